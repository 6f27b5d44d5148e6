package dev.mooring.adapter.oauth;

import static dev.mooring.adapter.oauth.OAuthFixtures.PROOFS;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.adapter.http.GuardedHttp;
import dev.mooring.application.DeliverRevocations;
import dev.mooring.application.Timing;
import dev.mooring.application.fixture.Eventually;
import dev.mooring.application.fixture.Grants;
import dev.mooring.application.port.CountingDebtMeter;
import dev.mooring.application.port.DebtMeter.Result;
import dev.mooring.application.port.InMemoryDatabase;
import dev.mooring.application.port.InMemoryEventLog;
import dev.mooring.application.port.InMemoryGrantStore;
import dev.mooring.application.port.InMemoryRegistrationStore;
import dev.mooring.application.port.InMemoryRevocationOutbox;
import dev.mooring.domain.client.ClientId;
import dev.mooring.domain.lifecycle.GrantId;
import dev.mooring.domain.lifecycle.Revocation;
import dev.mooring.party.Answer;
import dev.mooring.party.LoopbackServer;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** Owed revocations over real connections, to a server that takes them and never answers. */
@Timeout(60)
class OwedToADeadServerTest {
    private final InMemoryDatabase database = new InMemoryDatabase(InstantSource.system());
    private final InMemoryRevocationOutbox outbox = new InMemoryRevocationOutbox(database);
    private final CountingDebtMeter meter = new CountingDebtMeter();

    @Test
    void whatIsOwedToItDelaysNothingThatIsOwedToAnother() throws IOException {
        try (ServerSocket dead = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
                LoopbackServer alive = LoopbackServer.start(request -> Answer.empty(200));
                GuardedHttp http = OAuthFixtures.loopbackHttp();
                ExecutorService background = Executors.newVirtualThreadPerTaskExecutor()) {
            database.run(() -> {
                for (int n = 0; n < 1000; n++) {
                    outbox.add(owedTo("http://127.0.0.1:" + dead.getLocalPort() + "/revoke"));
                }
            });
            DeliverRevocations deliverRevocations = deliverRevocations(http, background);
            deliverRevocations.handle();

            outbox.add(owedTo(alive.origin() + "/revoke"));
            deliverRevocations.soon();

            Eventually.holds("the other is delivered", () -> !meter.counts().isEmpty());
            // No call to the dead server has run out of time yet, so nobody waited for one.
            assertThat(meter.counts()).containsExactly(Map.entry(Result.DONE, 1));
            assertThat(alive.received()).hasSize(2);
            assertThat(database.owed()).hasSize(1000);
            background.shutdownNow();
        }
    }

    private DeliverRevocations deliverRevocations(GuardedHttp http, ExecutorService background) {
        return new DeliverRevocations(
                database,
                new InMemoryGrantStore(database),
                new InMemoryRegistrationStore(database),
                outbox,
                new HttpRevocationEndpoint(
                        http, PROOFS, OAuthFixtures.keyless(), InstantSource.system()),
                new InMemoryEventLog(database),
                meter,
                background,
                Timing.DEFAULT,
                InstantSource.system(),
                new SecureRandom());
    }

    private static Revocation owedTo(String endpoint) {
        return new Revocation(
                Optional.of(new ClientId("gone")),
                new GrantId("grant_1"),
                URI.create(endpoint),
                OAuthFixtures.publicClient("id"),
                Grants.tokens(1),
                Optional.empty(),
                Optional.empty());
    }
}
