package dev.mooring.application;

import dev.mooring.application.port.ClientStore;
import dev.mooring.application.port.Stored;
import dev.mooring.domain.lifecycle.ClientState;
import dev.mooring.domain.lifecycle.McpClient;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;

/**
 * Tries clients whose server went away again, and lists tools anew where an operator wants that
 * from time to time. May run on every node at once: a client is connected by one run at a time.
 */
public final class KeepConnected {
    private static final Duration RETRY_INTERVAL = Duration.ofMinutes(1);
    private static final int PAGE = 100;

    private final ClientStore clients;
    private final ConnectClient connectClient;
    private final InstantSource clock;

    KeepConnected(ClientStore clients, ConnectClient connectClient, InstantSource clock) {
        this.clients = clients;
        this.connectClient = connectClient;
        this.clock = clock;
    }

    /** One round over all clients that may have something due. */
    public void handle() {
        each(ClientState.DISCONNECTED);
        each(ClientState.CONNECTED);
    }

    private void each(ClientState state) {
        Instant now = clock.instant();
        int offset = 0;
        List<Stored<McpClient>> page;
        do {
            page = clients.list(query(state, offset)).clients();
            page.stream()
                    .map(Stored::value)
                    .filter(client -> isDue(client, now))
                    .forEach(client -> connectClient.handle(client.id()));
            offset += PAGE;
        } while (page.size() == PAGE);
    }

    private static ClientStore.Query query(ClientState state, int offset) {
        return new ClientStore.Query(
                PAGE,
                offset,
                Optional.empty(),
                Optional.of(state),
                Optional.empty(),
                Optional.empty());
    }

    private static boolean isDue(McpClient client, Instant now) {
        return switch (client) {
            case McpClient.Disconnected disconnected ->
                    disconnected
                            .lastFailure()
                            .map(failure -> !failure.at().plus(RETRY_INTERVAL).isAfter(now))
                            .orElse(true);
            case McpClient.Connected connected ->
                    connected
                            .settings()
                            .toolSyncInterval()
                            .map(every -> !connected.current().listedAt().plus(every).isAfter(now))
                            .orElse(false);
            case McpClient.Pending pending -> false;
            case McpClient.Authorized authorized -> false;
            case McpClient.NeedsReauthorization needs -> false;
            case McpClient.Disabled disabled -> false;
        };
    }
}
