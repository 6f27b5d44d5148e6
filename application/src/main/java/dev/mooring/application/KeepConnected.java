package dev.mooring.application;

import dev.mooring.application.port.ClientStore;
import dev.mooring.application.port.StoreUnavailableException;
import dev.mooring.application.port.Stored;
import dev.mooring.domain.client.ClientId;
import dev.mooring.domain.lifecycle.ClientState;
import dev.mooring.domain.lifecycle.Failure;
import dev.mooring.domain.lifecycle.McpClient;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.Semaphore;

/**
 * Tries clients whose server went away again, and lists tools anew where an operator wants that
 * from time to time. May run on every node at once: a client is connected by one run at a time.
 */
public final class KeepConnected {
    private static final Logger LOGGER = System.getLogger(KeepConnected.class.getName());

    /** What nobody uses at the moment is not asked for all too often. */
    static final Backoff AFTER_FAILURE = new Backoff(Duration.ofMinutes(1), Duration.ofHours(1));

    private static final int PAGE = 100;
    private static final int AT_ONCE = 16;

    private final ClientStore clients;
    private final ConnectClient connectClient;
    private final Executor background;
    private final InstantSource clock;

    KeepConnected(
            ClientStore clients,
            ConnectClient connectClient,
            Executor background,
            InstantSource clock) {
        this.clients = clients;
        this.connectClient = connectClient;
        this.background = background;
        this.clock = clock;
    }

    /** One round over all clients that have something due; returns when all were tried. */
    public void handle() {
        Instant now = clock.instant();
        List<ClientId> due = new ArrayList<>(due(ClientState.DISCONNECTED, now));
        due.addAll(due(ClientState.CONNECTED, now));
        Semaphore places = new Semaphore(AT_ONCE);
        for (ClientId client : due) {
            places.acquireUninterruptibly();
            background.execute(() -> {
                try {
                    connect(client);
                } finally {
                    places.release();
                }
            });
        }
        places.acquireUninterruptibly(AT_ONCE);
    }

    /** One client that cannot even be read must not keep the others from being tried. */
    private void connect(ClientId client) {
        try {
            connectClient.handle(client);
        } catch (StoreUnavailableException e) {
            LOGGER.log(Level.DEBUG, "Connecting {0} waits for the database", client);
        } catch (RuntimeException e) {
            LOGGER.log(Level.ERROR, "Connecting " + client + " failed", e);
        }
    }

    private List<ClientId> due(ClientState state, Instant now) {
        List<ClientId> due = new ArrayList<>();
        int offset = 0;
        List<Stored<McpClient>> page;
        do {
            page = clients.list(query(state, offset)).clients();
            page.stream()
                    .map(Stored::value)
                    .filter(client -> isDue(client, now))
                    .map(McpClient::id)
                    .forEach(due::add);
            offset += PAGE;
        } while (page.size() == PAGE);
        return due;
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
                            .map(failure -> !failure.at().plus(pause(client, failure)).isAfter(now))
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

    /** The same each time somebody looks, and another one for each client. */
    private static Duration pause(McpClient client, Failure failure) {
        return AFTER_FAILURE.after(failure.inARow(), client.id());
    }
}
