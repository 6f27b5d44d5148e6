package dev.mooring.application.port;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mooring.application.fixture.Clients;
import dev.mooring.application.fixture.Eventually;
import dev.mooring.application.fixture.Race;
import dev.mooring.application.port.ConnectionRuns.Outcome;
import dev.mooring.application.port.ConnectionRuns.Start;
import dev.mooring.domain.client.ClientId;
import dev.mooring.domain.lifecycle.Problem;
import dev.mooring.domain.lifecycle.RunId;

import org.junit.jupiter.api.Test;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/** What every {@link ConnectionRuns} must keep. */
public abstract class ConnectionRunsContract extends StoreContract {
    private static final RunId FIRST = new RunId("run_1");
    private static final RunId SECOND = new RunId("run_2");
    private static final Outcome CONNECTED = new Outcome.Connected();
    private static final Outcome FAILED = new Outcome.Failed(Clients.UNREACHABLE);

    @Test
    void oneRunAtATimeConnectsAClient() {
        ClientId client = started(FIRST, LONG);
        assertThat(runs().start(client, SECOND, LONG)).isEqualTo(new Start.Underway(FIRST));
        assertThat(runs().start(insertClient("other"), SECOND, LONG))
                .isEqualTo(new Start.Started());
    }

    @Test
    void ofManyRunsOneStartsAndTheOthersAreToldWhich() {
        ClientId client = insertClient("files");
        List<Start> starts =
                Race.of(16, runner -> runs().start(client, new RunId("run_" + runner), LONG));
        assertThat(starts).containsOnlyOnce(new Start.Started());
        RunId winner = new RunId("run_" + starts.indexOf(new Start.Started()));
        assertThat(starts).filteredOn(new Start.Underway(winner)::equals).hasSize(15);
    }

    @Test
    void aClientThatIsNotThereIsNotConnected() {
        assertThat(runs().start(new ClientId("nobody"), FIRST, LONG)).isEqualTo(new Start.Gone());
    }

    @Test
    void afterARunTheNextMayStart() {
        ClientId client = started(FIRST, LONG);
        assertThat(runs().finish(client, FIRST, FAILED)).isTrue();
        assertThat(runs().start(client, SECOND, LONG)).isEqualTo(new Start.Started());
    }

    @Test
    void aDeadRunIsReplacedAndItsOutcomeCountsNoMore() {
        ClientId client = started(FIRST, SHORT);
        Eventually.holds(
                "the lease of the dead run ended",
                () -> runs().start(client, SECOND, LONG) instanceof Start.Started);

        assertThat(runs().finish(client, FIRST, CONNECTED)).isFalse();
        assertThat(runs().await(client, FIRST, Duration.ZERO)).isEmpty();
        assertThat(runs().finish(client, SECOND, FAILED)).isTrue();
        assertThat(runs().await(client, SECOND, LONG)).contains(FAILED);
    }

    @Test
    void aRunFinishesOnce() {
        ClientId client = started(FIRST, LONG);
        runs().finish(client, FIRST, FAILED);
        assertThat(runs().finish(client, FIRST, CONNECTED)).isFalse();
        assertThat(runs().await(client, FIRST, LONG)).contains(FAILED);
    }

    @Test
    void everyProblemOfARunComesBackAsItWas() {
        ClientId client = insertClient("files");
        for (Problem.Code code : Problem.Code.values()) {
            RunId run = new RunId("run_" + code);
            Outcome outcome = new Outcome.Failed(new Problem(code, "Because of \"" + code + "\""));
            runs().start(client, run, LONG);
            runs().finish(client, run, outcome);
            assertThat(runs().await(client, run, LONG)).contains(outcome);
        }
    }

    @Test
    void whoWaitsForARunIsToldHowItWent() {
        ClientId client = started(FIRST, LONG);
        List<CompletableFuture<Optional<Outcome>>> waiting =
                List.of(
                        Race.start(() -> runs().await(client, FIRST, LONG)),
                        Race.start(() -> runs().await(client, FIRST, LONG)));
        runs().finish(client, FIRST, CONNECTED);
        waiting.forEach(each -> assertThat(Race.finish(each)).contains(CONNECTED));
    }

    @Test
    void howARunWentIsStillKnownWhenTheNextOneIsUnderWay() {
        ClientId client = started(FIRST, LONG);
        runs().finish(client, FIRST, FAILED);
        runs().start(client, SECOND, LONG);
        assertThat(runs().await(client, FIRST, LONG)).contains(FAILED);
    }

    @Test
    void whoLosesPatienceIsToldNothing() {
        ClientId client = started(FIRST, LONG);
        assertThat(runs().await(client, FIRST, Duration.ofMillis(50))).isEmpty();
    }

    @Test
    void whoWaitsForARunThatDiesIsToldNothingAndSoon() {
        ClientId client = started(FIRST, SHORT);
        assertThat(runs().await(client, FIRST, LONG)).isEmpty();
    }

    @Test
    void whoWaitsForARunOfARemovedClientIsToldNothingAndSoon() {
        ClientId client = started(FIRST, LONG);
        CompletableFuture<Optional<Outcome>> waiting =
                Race.start(() -> runs().await(client, FIRST, LONG));
        stores().clients().delete(client);
        assertThat(Race.finish(waiting)).isEmpty();
        assertThat(runs().finish(client, FIRST, CONNECTED)).isFalse();
    }

    @Test
    void aRunFinishesWithTheUnitOfWorkOrNotAtAll() {
        ClientId client = started(FIRST, LONG);
        assertThatThrownBy(() ->
                        stores().unitOfWork()
                                .run(() -> {
                                    runs().finish(client, FIRST, CONNECTED);
                                    throw new UnsupportedOperationException("after the finish");
                                }))
                .hasMessage("after the finish");
        assertThat(runs().start(client, SECOND, LONG)).isEqualTo(new Start.Underway(FIRST));
        assertThat(runs().finish(client, FIRST, FAILED)).isTrue();
    }

    private ConnectionRuns runs() {
        return stores().connectionRuns();
    }

    private ClientId started(RunId run, Duration lease) {
        ClientId client = insertClient("files");
        assertThat(runs().start(client, run, lease)).isEqualTo(new Start.Started());
        return client;
    }
}
