package dev.mooring.application;

import dev.mooring.application.port.ClientStore;
import dev.mooring.application.port.StoreUnavailableException;
import dev.mooring.application.port.Stored;
import dev.mooring.domain.client.ClientId;
import dev.mooring.domain.lifecycle.McpClient;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.Semaphore;

/**
 * Tries clients whose server went away again, and lists tools anew where an operator wants that
 * from time to time. May run on every node at once: they share what is due.
 */
public final class KeepConnected {
    private static final Logger LOGGER = System.getLogger(KeepConnected.class.getName());

    private static final int AT_ONCE = 16;

    private final ClientStore clients;
    private final ConnectClient connectClient;
    private final Executor background;
    private final Timing timing;
    private final InstantSource clock;

    KeepConnected(
            ClientStore clients,
            ConnectClient connectClient,
            Executor background,
            Timing timing,
            InstantSource clock) {
        this.clients = clients;
        this.connectClient = connectClient;
        this.background = background;
        this.timing = timing;
        this.clock = clock;
    }

    /** One round over the clients that have something due; returns when all were tried. */
    public void handle() {
        Semaphore places = new Semaphore(AT_ONCE);
        List<ClientId> due;
        do {
            // Longer than one waits for a place and is connected, so that no other node takes it.
            due = clients.takeDue(AT_ONCE, timing.lease().multipliedBy(2));
            due.forEach(client -> start(client, places));
        } while (due.size() == AT_ONCE);
        places.acquireUninterruptibly(AT_ONCE);
    }

    private void start(ClientId client, Semaphore places) {
        places.acquireUninterruptibly();
        boolean started = false;
        try {
            background.execute(() -> {
                try {
                    connect(client);
                } finally {
                    places.release();
                }
            });
            started = true;
        } finally {
            if (!started) {
                places.release();
            }
        }
    }

    /** One client that cannot even be read must not keep the others from being tried. */
    private void connect(ClientId client) {
        try {
            clients.find(client).ifPresent(this::connectIfDue);
        } catch (StoreUnavailableException e) {
            LOGGER.log(Level.DEBUG, "Connecting {0} waits for the database", client);
        } catch (RuntimeException e) {
            LOGGER.log(Level.ERROR, "Connecting " + client + " failed", e);
        }
    }

    /** It may have been changed since, and an older version does not say when it is due. */
    private void connectIfDue(Stored<McpClient> client) {
        boolean due =
                client.value().connectAt().filter(at -> !at.isAfter(clock.instant())).isPresent();
        if (due) {
            connectClient.handle(client.value().id());
        } else {
            clients.connectLater(client);
        }
    }
}
