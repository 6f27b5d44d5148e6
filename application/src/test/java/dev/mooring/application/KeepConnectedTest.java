package dev.mooring.application;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.application.fixture.Race;
import dev.mooring.application.port.ClientStore;
import dev.mooring.application.port.McpConnector.ConnectAnswer;
import dev.mooring.application.port.Stored;
import dev.mooring.domain.client.ClientId;
import dev.mooring.domain.lifecycle.Failure;
import dev.mooring.domain.lifecycle.McpClient;
import dev.mooring.domain.lifecycle.Problem;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import java.time.Duration;
import java.util.List;

/** A server that went away is tried again, less and less often. */
class KeepConnectedTest {
    private static final Problem AWAY =
            new Problem(Problem.Code.SERVER_UNREACHABLE, "mcp.example is away");

    private final InMemoryMooring mooring = new InMemoryMooring();
    private ClientId client;
    private int before;

    @BeforeEach
    void loseTheServer() {
        client = mooring.connect("files").client();
        mooring.connector().connects().always(new ConnectAnswer.Failed(AWAY));
        mooring.useCases().reconnectClient().handle(client);
        assertThat(mooring.client(client)).isInstanceOf(McpClient.Disconnected.class);
        before = mooring.connector().connects().count();
    }

    @Test
    void pausesGrowUpToAnHour() {
        Duration six = Duration.ofHours(6);
        for (Duration gone = Duration.ZERO;
                gone.compareTo(six) < 0;
                gone = gone.plus(Duration.ofSeconds(30))) {
            mooring.clock().advance(Duration.ofSeconds(30));
            keepConnected();
        }
        // Six doublings make an hour; each pause is cut by a half at most.
        assertThat(tries()).isBetween(6 + 5, 6 + 12);
    }

    @Test
    void theFirstTryComesWithinAMinute() {
        keepConnected();
        assertThat(tries()).isZero();

        mooring.clock().advance(Failure.PAUSES.first());
        keepConnected();
        assertThat(tries()).isEqualTo(1);
    }

    @Test
    void successEndsTheRow() {
        for (int n = 0; n < 5; n++) {
            mooring.clock().advance(Failure.PAUSES.longest());
            keepConnected();
        }
        assertThat(mooring.client(client).lastFailure().orElseThrow().inARow()).isEqualTo(6);

        mooring.connector()
                .connects()
                .next(new ConnectAnswer.Accepted(mooring.connector().inventory()));
        mooring.useCases().reconnectClient().handle(client);
        assertThat(mooring.client(client)).isInstanceOf(McpClient.Connected.class);
        mooring.useCases().reconnectClient().handle(client);

        assertThat(mooring.client(client).lastFailure().orElseThrow().inARow()).isEqualTo(1);
    }

    @Test
    void manyThatAreDueAreTriedOnceEachByAllNodes() {
        int many = 40;
        for (int n = 0; n < many; n++) {
            mooring.connector()
                    .connects()
                    .next(new ConnectAnswer.Accepted(mooring.connector().inventory()));
            ClientId next = mooring.connect("client_" + n).client();
            mooring.useCases().reconnectClient().handle(next);
        }
        before = mooring.connector().connects().count();
        mooring.clock().advance(Failure.PAUSES.first());

        List<UseCases> nodes = List.of(mooring.useCases(), mooring.node(1), mooring.node(2));
        Race.of(
                3,
                runner -> {
                    nodes.get(runner).keepConnected().handle();
                    return true;
                });
        mooring.awaitBackground();

        assertThat(tries()).isEqualTo(many + 1);
    }

    @Test
    void whoseTimeHasNotComeYetIsNotTriedWhateverTheStoreSays() {
        Stored<McpClient> stored = mooring.ports().clients().find(client).orElseThrow();
        mooring.clock().advance(Failure.PAUSES.first());
        UseCases interrupted =
                mooring.interrupted(
                        ClientStore.class,
                        "find",
                        () -> mooring.ports().clients().replace(stored, failedJustNow(stored)));
        interrupted.keepConnected().handle();
        mooring.awaitBackground();
        assertThat(tries()).isZero();

        mooring.clock().advance(Failure.PAUSES.first().multipliedBy(2));
        keepConnected();
        assertThat(tries()).isEqualTo(1);
    }

    private McpClient failedJustNow(Stored<McpClient> stored) {
        return ((McpClient.Disconnected) stored.value())
                .connectionFailed(AWAY, mooring.clock().instant());
    }

    private int tries() {
        return mooring.connector().connects().count() - before;
    }

    private void keepConnected() {
        mooring.useCases().keepConnected().handle();
        mooring.awaitBackground();
    }
}
