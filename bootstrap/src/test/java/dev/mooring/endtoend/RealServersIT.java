package dev.mooring.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.mooring.endtoend.ApiClient.Reply;
import dev.mooring.endtoend.Mooring.Pending;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.time.Duration;

/** The main job against servers that others wrote and publish. */
@NeedsNpm
final class RealServersIT {

    private final Mooring mooring = SharedService.mooring();

    @AfterEach
    void stop() {
        mooring.close();
    }

    @Test
    void theSdksDemoServerIsConnectedUsedAndForgotten() {
        try (NodeParty demo = NodeParty.demo()) {
            connectUseAndForget(Mooring.request(demo.address()));
        }
    }

    @Test
    void aDualEraServerBehindOidcProviderIsConnectedUsedAndForgotten() {
        try (NodeParty issuer = NodeParty.authorizationServer(Duration.ofHours(1));
                NodeParty server = NodeParty.dualEraServer(issuer)) {
            connectUseAndForget(Mooring.request(server.address()));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"2025-11-25", "2026-07-28"})
    void aDualEraServerIsSpokenToInTheVersionThatIsAskedFor(String version) {
        try (NodeParty issuer = NodeParty.authorizationServer(Duration.ofHours(1));
                NodeParty server = NodeParty.dualEraServer(issuer)) {
            connectUseAndForget(Mooring.request(server.address()).put("protocol_version", version));
        }
    }

    @Test
    void aModernServerBehindOidcProviderIsConnectedUsedAndForgotten() {
        try (NodeParty issuer = NodeParty.authorizationServer(Duration.ofHours(1));
                NodeParty server = NodeParty.modernServer(issuer)) {
            connectUseAndForget(Mooring.request(server.address()));
        }
    }

    @Test
    void tokensThatLiveSecondsAreRefreshedAndRotated() {
        try (NodeParty issuer = NodeParty.authorizationServer(Duration.ofSeconds(5));
                NodeParty server = NodeParty.dualEraServer(issuer)) {
            Pending pending = mooring.connect(server.address());

            for (int call = 0; call < 3; call++) {
                assertThat(greet(pending).status()).isEqualTo(200);
            }
        }
    }

    @Test
    void reauthorizingKeepsTheClientAndItsName() {
        try (NodeParty issuer = NodeParty.authorizationServer(Duration.ofHours(1));
                NodeParty server = NodeParty.dualEraServer(issuer)) {
            Pending first = mooring.connect(server.address());

            Pending again = Mooring.pending(first.name(), mooring.reauthorize(first.id()));
            assertThat(greet(first).status()).isEqualTo(200);
            assertThat(mooring.consent(again).status()).isEqualTo(200);

            assertThat(again.id()).isEqualTo(first.id());
            assertThat(mooring.complete(first.id()).status()).isEqualTo(200);
            assertThat(greet(first).status()).isEqualTo(200);
        }
    }

    private void connectUseAndForget(ObjectNode request) {
        Pending pending = mooring.connect(request);
        assertThat(mooring.state(pending.id())).isEqualTo("connected");
        assertThat(mooring.complete(pending.id()).status()).isEqualTo(200);

        Reply greeting = greet(pending);
        assertThat(greeting.status()).as(greeting.body()).isEqualTo(200);
        assertThat(greeting.body()).contains("Hello, you!");

        assertThat(mooring.delete(pending.id()).status()).isEqualTo(200);
        assertThat(mooring.client(pending.id()).status()).isEqualTo(404);
    }

    private Reply greet(Pending pending) {
        return mooring.execute(pending.name(), "greet", ApiClient.object().put("name", "you"));
    }
}
