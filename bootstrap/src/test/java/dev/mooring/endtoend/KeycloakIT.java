package dev.mooring.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.endtoend.ApiClient.Reply;
import dev.mooring.endtoend.Mooring.Pending;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import java.util.Map;

/**
 * The main job against Keycloak, which is too large for every build: {@code mvn -Pkeycloak verify}.
 * What was learnt is in {@code docs/providers.md}.
 */
@Tag("keycloak")
@NeedsNpm
final class KeycloakIT {

    private static Keycloak keycloak;

    private final Mooring mooring =
            new Mooring(
                    SharedService.get().address(),
                    SharedService.KEY,
                    new Browser(Map.of("username", Keycloak.USER, "password", Keycloak.PASSWORD)));

    @BeforeAll
    static void start() {
        keycloak = Keycloak.start();
    }

    @AfterAll
    static void end() {
        keycloak.close();
    }

    @AfterEach
    void stop() {
        mooring.close();
    }

    @Test
    void aServerBehindItIsRegisteredConsentedToUsedAndForgotten() {
        String issuer = keycloak.realm("whole");
        keycloak.trustEveryHost("whole");
        try (NodeParty server = NodeParty.dualEraServer(issuer)) {
            keycloak.scope("whole", "mcp:tools", server.address());

            Pending pending = mooring.connect(server.address());
            // The access tokens live shorter than our margin, so each call refreshes and rotates.
            for (int call = 0; call < 3; call++) {
                Reply greeting =
                        mooring.execute(
                                pending.name(), "greet", ApiClient.object().put("name", "you"));
                assertThat(greeting.status()).as(greeting.body()).isEqualTo(200);
            }
            assertThat(keycloak.offlineGrants("whole")).isEqualTo(1);

            assertThat(mooring.delete(pending.id()).status()).isEqualTo(200);
            Eventually.holds("the grant is revoked", () -> keycloak.offlineGrants("whole") == 0);
        }
    }

    @Test
    void itsTrustedHostsPolicyIsARefusalThatSaysWhatToDo() {
        String issuer = keycloak.realm("strict");
        try (NodeParty server = NodeParty.dualEraServer(issuer)) {
            Reply refused =
                    mooring.api().post("/api/mcp/client", Mooring.request(server.address()));

            assertThat(refused.status()).as(refused.body()).isEqualTo(422);
            assertThat(refused.code()).isEqualTo("registration_refused");
            assertThat(refused.body()).contains("client_id");
        }
    }
}
