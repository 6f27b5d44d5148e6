package dev.mooring.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.endtoend.ApiClient.Reply;
import dev.mooring.endtoend.Mooring.Pending;
import dev.mooring.party.Answer;
import dev.mooring.party.AuthorizationServerParty;
import dev.mooring.party.AuthorizationServerParty.Endpoint;
import dev.mooring.party.McpServerParty;
import dev.mooring.party.Mischief;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Starting, ending and dying, on a data directory of its own. */
final class ServiceLifeIT {

    private final Path data = SharedService.newDataDirectory();
    private final AuthorizationServerParty issuer = AuthorizationServerParty.start();
    private final McpServerParty server =
            McpServerParty.settings().protectedBy(issuer, "mcp:tools").start();
    private final ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor();

    @AfterEach
    void stop() {
        server.close();
        issuer.close();
        callers.shutdownNow();
    }

    @Test
    void theFirstStartPrintsTheAddressAndAnAdminKeyAndNoLaterStartDoes() {
        try (ServiceProcess service = ServiceProcess.start(data, Map.of())) {
            String key = service.printedKey();
            try (Mooring mooring = new Mooring(service.address(), key)) {
                assertThat(mooring.api().get("/api/keys").status()).isEqualTo(200);
                assertThat(String.join("\n", service.log())).contains(service.address());
                assertThat(service.log().stream().filter(line -> line.contains(key))).hasSize(1);

                service.terminate();
                service.startAgain();

                Reply keys = mooring.api().get("/api/keys");
                assertThat(keys.status()).isEqualTo(200);
                // Of the use before the stop; that of this request is not written yet.
                assertThat(keys.body()).contains("\"last_used_at\"");
                assertThat(String.join("\n", service.log())).doesNotContain("mrg_");
            }
        }
    }

    @Test
    void killedAndStartedAgainItHasEverything() {
        try (ServiceProcess service = ServiceProcess.start(data, Map.of());
                Mooring mooring = new Mooring(service.address(), service.printedKey())) {
            Pending connected = mooring.connect(server.endpoint());
            Pending consented = mooring.register(server.endpoint());
            mooring.consent(consented);
            Pending pending = mooring.register(server.endpoint());

            service.kill();
            service.startAgain();

            assertThat(mooring.state(connected.id())).isEqualTo("connected");
            assertThat(mooring.echo(connected.name(), "after").status()).isEqualTo(200);
            assertThat(mooring.complete(consented.id()).status()).isEqualTo(200);
            assertThat(mooring.consent(pending).status()).isEqualTo(200);
            assertThat(mooring.complete(pending.id()).status()).isEqualTo(200);
            issuer.expireAccessTokens();
            assertThat(mooring.echo(connected.name(), "refreshed").status()).isEqualTo(200);
            assertThat(issuer.redemptions()).isEqualTo(3);
            assertThat(issuer.refusals()).isEmpty();
        }
    }

    @Test
    void killedWhileItRedeemsItNeverSendsTheCodeAgain() {
        try (ServiceProcess service = ServiceProcess.start(data, Map.of());
                Mooring mooring = new Mooring(service.address(), service.printedKey())) {
            Pending pending = mooring.register(server.endpoint());
            CountDownLatch never = new CountDownLatch(1);
            issuer.misbehaveOnce(
                    Endpoint.TOKEN,
                    (request, honest) -> {
                        Answer redeemed = honest.get();
                        return Mischief.waitingFor(never).answer(request, () -> redeemed);
                    });
            Future<?> browsing = callers.submit(() -> mooring.consent(pending));
            Eventually.holds("the code is redeemed", () -> issuer.redemptions() == 1);

            service.kill();
            browsing.cancel(true);
            service.startAgain();
            Pending again = Mooring.pending(pending.name(), mooring.reauthorize(pending.id()));
            mooring.consent(again);

            assertThat(mooring.complete(pending.id()).status()).isEqualTo(200);
            assertThat(issuer.mostRedemptionsOfOneCode()).isEqualTo(1);
            assertThat(issuer.redemptions()).isEqualTo(2);
        }
    }

    @Test
    void killedWhileItConnectsTheSameCallGoesOnAfterwards() {
        try (ServiceProcess service = ServiceProcess.start(data, Map.of());
                Mooring mooring = new Mooring(service.address(), service.printedKey())) {
            Pending pending = mooring.register(server.endpoint());
            mooring.consent(pending);
            CountDownLatch never = new CountDownLatch(1);
            server.misbehaveOnce("tools/list", Mischief.waitingFor(never));
            Future<?> completing = callers.submit(() -> mooring.complete(pending.id()));
            Eventually.holds("it lists the tools", () -> server.received("tools/list").size() == 1);

            service.kill();
            completing.cancel(true);
            service.startAgain();

            Eventually.holds(
                    "the dead run gives way",
                    Duration.ofMinutes(2),
                    () -> mooring.complete(pending.id()).status() == 200);
            assertThat(mooring.state(pending.id())).isEqualTo("connected");
            assertThat(issuer.redemptions()).isEqualTo(1);
        }
    }

    @Test
    void terminatedItFinishesWhatItWasAsked() throws Exception {
        try (ServiceProcess service = ServiceProcess.start(data, Map.of());
                Mooring mooring = new Mooring(service.address(), service.printedKey())) {
            Pending pending = mooring.connect(server.endpoint());
            CountDownLatch gate = new CountDownLatch(1);
            server.misbehave("tools/call", Mischief.waitingFor(gate));
            Future<Reply> echo = callers.submit(() -> mooring.echo(pending.name(), "last words"));
            Eventually.holds(
                    "the call is under way", () -> server.received("tools/call").size() == 1);

            service.process().terminate();
            Eventually.holds("nobody new is let in", () -> refuses(service));
            gate.countDown();

            assertThat(echo.get().status()).isEqualTo(200);
            assertThat(echo.get().body()).contains("last words");
            assertThat(service.process().awaitExit(Duration.ofSeconds(30))).isIn(0, 143);
        }
    }

    @Test
    void aWholeFlowLeavesNoSecretInTheLog() {
        try (ServiceProcess service =
                        ServiceProcess.start(data, Map.of("MOORING_ADMIN_KEY", "the-chosen-key"));
                Mooring mooring = new Mooring(service.address(), "the-chosen-key")) {
            Pending pending = mooring.connect(server.endpoint());
            issuer.expireAccessTokens();
            mooring.echo(pending.name(), "private words");
            mooring.complete("nobody");
            mooring.delete(pending.id());
            service.terminate();

            assertThat(String.join("\n", service.log()))
                    .doesNotContain("access-")
                    .doesNotContain("refresh-")
                    .doesNotContain("secret-")
                    .doesNotContain("code-")
                    .doesNotContain("state=")
                    .doesNotContain("private words")
                    .doesNotContain("the-chosen-key");
        }
    }

    @ParameterizedTest
    @CsvSource({
        "MOORING_PORT, many",
        "MOORING_PORT, 70000",
        "MOORING_ADMIN_PORT, -1",
        "MOORING_PUBLIC_URL, not a url",
        "MOORING_PUBLIC_URL, ftp://example.test",
        "MOORING_OUTBOUND_ALLOW, 10.0.0.0/99",
        "MOORING_DATABASE_URL, oracle:somewhere",
        "MOORING_ENCRYPTION_KEY_FILE, /there/is/no/such/file",
        "MOORING_OIDC_ISSUER, not a url",
        "MOORING_INVENTED, anything"
    })
    void aBadSettingStopsTheStartAndIsNamed(String name, String value) {
        try (ChildProcess process = ServiceProcess.launchOnly(data, Map.of(name, value))) {
            int exit = process.awaitExit(Duration.ofSeconds(60));

            assertThat(exit).isNotZero();
            assertThat(String.join("\n", process.output()))
                    .contains(name)
                    .doesNotContain("Exception");
        }
    }

    @Test
    void anExternalDatabaseWantsAnEncryptionKey() {
        Map<String, String> environment =
                Map.of("MOORING_DATABASE_URL", "jdbc:postgresql://localhost:1/none");
        try (ChildProcess process = ServiceProcess.launchOnly(data, environment)) {
            assertThat(process.awaitExit(Duration.ofSeconds(60))).isNotZero();
            assertThat(String.join("\n", process.output())).contains("MOORING_ENCRYPTION_KEY_FILE");
        }
    }

    @Test
    void aPortInUseIsSaid() throws IOException {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.ofLiteral("127.0.0.1"));
                ChildProcess process =
                        ServiceProcess.launchOnly(
                                data, Map.of("MOORING_PORT", "" + taken.getLocalPort()))) {
            assertThat(process.awaitExit(Duration.ofSeconds(60))).isNotZero();
            assertThat(String.join("\n", process.output()))
                    .contains("" + taken.getLocalPort())
                    .contains("MOORING_PORT");
        }
    }

    @Test
    void aDataDirectoryServesOneServiceAtATime() {
        try (ServiceProcess service = ServiceProcess.start(data, Map.of());
                ChildProcess second = ServiceProcess.launchOnly(data, Map.of())) {
            assertThat(second.awaitExit(Duration.ofSeconds(60))).isNotZero();
            assertThat(String.join("\n", second.output())).contains(data.toString());
            assertThat(service.process().isAlive()).isTrue();
        }
    }

    private static boolean refuses(ServiceProcess service) {
        try (Mooring another = new Mooring(service.address(), "any")) {
            return another.api().get("/health/ready").status() == 503;
        } catch (UncheckedIOException refused) {
            return true;
        }
    }
}
