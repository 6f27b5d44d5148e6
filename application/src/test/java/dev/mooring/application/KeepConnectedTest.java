package dev.mooring.application;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.application.port.McpConnector.ConnectAnswer;
import dev.mooring.domain.client.ClientId;
import dev.mooring.domain.lifecycle.McpClient;
import dev.mooring.domain.lifecycle.Problem;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import java.time.Duration;

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

        mooring.clock().advance(KeepConnected.AFTER_FAILURE.first());
        keepConnected();
        assertThat(tries()).isEqualTo(1);
    }

    @Test
    void successEndsTheRow() {
        for (int n = 0; n < 5; n++) {
            mooring.clock().advance(KeepConnected.AFTER_FAILURE.longest());
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

    private int tries() {
        return mooring.connector().connects().count() - before;
    }

    private void keepConnected() {
        mooring.useCases().keepConnected().handle();
        mooring.awaitBackground();
    }
}
