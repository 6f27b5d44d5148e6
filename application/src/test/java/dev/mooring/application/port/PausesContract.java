package dev.mooring.application.port;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.application.fixture.Eventually;
import dev.mooring.application.port.Pauses.Pause;
import dev.mooring.domain.client.ClientId;
import dev.mooring.domain.lifecycle.Problem;

import org.junit.jupiter.api.Test;

import java.net.URI;
import java.time.Duration;
import java.util.Optional;

/** What every {@link Pauses} must keep. */
public abstract class PausesContract extends StoreContract {
    private static final Problem AWAY =
            new Problem(Problem.Code.AUTHORIZATION_SERVER_UNREACHABLE, "as.example is away");
    private static final Problem BUSY =
            new Problem(Problem.Code.AUTHORIZATION_SERVER_BROKEN, "as.example has had enough");
    private static final URI ENDPOINT = URI.create("https://as.example/token");
    private static final URI OTHER = URI.create("https://other.example/token");

    @Test
    void whereNothingFailedNothingIsPaused() {
        ClientId client = insertClient("files");

        assertThat(pauses().running(client)).isEmpty();
        assertThat(pauses().running(client, ENDPOINT)).isEmpty();
        assertThat(pauses().failures(client)).isZero();
        assertThat(pauses().last(client)).isEmpty();
    }

    @Test
    void aPauseHoldsForItsClientAlone() {
        ClientId client = insertClient("files");
        ClientId neighbour = insertClient("other");

        pauses().begin(client, 3, AWAY, LONG);

        assertThat(pauses().running(client)).map(Pause::problem).contains(AWAY);
        assertThat(pauses().running(client, ENDPOINT)).map(Pause::problem).contains(AWAY);
        assertThat(pauses().running(client).orElseThrow().left())
                .isPositive()
                .isLessThanOrEqualTo(LONG);
        assertThat(pauses().failures(client)).isEqualTo(3);
        assertThat(pauses().running(neighbour)).isEmpty();
        assertThat(pauses().running(neighbour, ENDPOINT)).isEmpty();
    }

    @Test
    void aPauseEndsByItselfAndItsFailuresStayCounted() {
        ClientId client = insertClient("files");
        pauses().begin(client, 2, AWAY, SHORT);

        Eventually.holds("the pause ended", () -> pauses().running(client).isEmpty());

        assertThat(pauses().running(client, ENDPOINT)).isEmpty();
        assertThat(pauses().failures(client)).isEqualTo(2);
        assertThat(pauses().last(client)).contains(AWAY);
    }

    @Test
    void aNewPauseTakesThePlaceOfTheLast() {
        ClientId client = insertClient("files");
        pauses().begin(client, 1, AWAY, LONG);

        pauses().begin(client, 2, BUSY, SHORT);

        assertThat(pauses().failures(client)).isEqualTo(2);
        Eventually.holds("the shorter pause ended", () -> pauses().running(client).isEmpty());
    }

    @Test
    void anEndpointThatPausesDoesSoForAll() {
        ClientId client = insertClient("files");
        ClientId neighbour = insertClient("other");

        pauses().begin(ENDPOINT, BUSY, LONG);

        assertThat(pauses().running(client, ENDPOINT)).map(Pause::problem).contains(BUSY);
        assertThat(pauses().running(neighbour, ENDPOINT)).map(Pause::problem).contains(BUSY);
        assertThat(pauses().running(client, OTHER)).isEmpty();
        assertThat(pauses().running(client)).isEmpty();
        assertThat(pauses().failures(client)).isZero();
    }

    @Test
    void aShorterPauseOfAnEndpointDoesNotCutALongerOne() {
        ClientId client = insertClient("files");
        pauses().begin(ENDPOINT, BUSY, LONG);

        pauses().begin(ENDPOINT, AWAY, Duration.ofMillis(1));

        assertThat(pauses().running(client, ENDPOINT).orElseThrow().left())
                .isGreaterThan(LONG.dividedBy(2));
    }

    @Test
    void ofTwoPausesTheLongerOneCounts() {
        ClientId client = insertClient("files");
        pauses().begin(client, 1, AWAY, LONG);
        pauses().begin(ENDPOINT, BUSY, LONG.multipliedBy(2));

        assertThat(pauses().running(client, ENDPOINT)).map(Pause::problem).contains(BUSY);
    }

    @Test
    void successForgetsTheClientsFailuresOnly() {
        ClientId client = insertClient("files");
        pauses().begin(client, 4, AWAY, LONG);
        pauses().begin(ENDPOINT, BUSY, LONG);

        pauses().forget(client);

        assertThat(pauses().failures(client)).isZero();
        assertThat(pauses().running(client)).isEmpty();
        assertThat(pauses().running(client, ENDPOINT)).isPresent();
    }

    @Test
    void aClientThatIsGoneIsNotPaused() {
        ClientId client = insertClient("files");
        pauses().begin(client, 1, AWAY, LONG);
        stores().clients().delete(client);

        assertThat(pauses().running(client)).isEmpty();
        pauses().begin(client, 2, AWAY, LONG);
        assertThat(pauses().running(client)).isEqualTo(Optional.empty());
    }

    private Pauses pauses() {
        return stores().pauses();
    }
}
