package dev.mooring.application;

import dev.mooring.application.port.ChangeFeed;
import dev.mooring.application.port.ClientStore;
import dev.mooring.application.port.McpConnector;
import dev.mooring.application.port.StoreUnavailableException;
import dev.mooring.application.port.Stored;
import dev.mooring.domain.client.ClientId;
import dev.mooring.domain.lifecycle.McpClient;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Leaves the live connections of this process to clients that were removed, revoked, switched off
 * or changed, wherever that was done. Told by the change feed at once; and because that may miss
 * something, or may not be there at all, it looks by itself as well.
 */
public final class FollowChanges {
    private static final Logger LOGGER = System.getLogger(FollowChanges.class.getName());

    /** How often to look although the feed tells. */
    private static final Duration BETWEEN_LOOKS = Duration.ofSeconds(30);

    private final ClientStore clients;
    private final McpConnector connector;
    private final ChangeFeed feed;
    private final Executor background;
    private final InstantSource clock;
    private volatile Instant lastLook = Instant.MIN;

    FollowChanges(
            ClientStore clients,
            McpConnector connector,
            ChangeFeed feed,
            Executor background,
            InstantSource clock) {
        this.clients = clients;
        this.connector = connector;
        this.feed = feed;
        this.background = background;
        this.clock = clock;
    }

    /** Begins to listen; once. */
    public void begin() {
        feed.follow(new Ear());
    }

    /**
     * Looks for changes while the feed does not tell of them, and now and then although it does.
     * Meant to be called every second.
     */
    public void handle() {
        Instant now = clock.instant();
        if (!feed.isLive() || !lastLook.plus(BETWEEN_LOOKS).isAfter(now)) {
            look(connector.connected());
            lastLook = now;
        }
    }

    private void soon(Set<ClientId> ids) {
        background.execute(() -> {
            try {
                look(ids);
            } catch (StoreUnavailableException e) {
                LOGGER.log(Level.DEBUG, "Looking at changed clients waits for the database");
                lastLook = Instant.MIN;
            }
        });
    }

    private void look(Set<ClientId> ids) {
        if (ids.isEmpty()) {
            return;
        }
        List<Stored<McpClient>> found = clients.findAll(ids);
        Map<ClientId, McpClient> now =
                found.stream()
                        .map(Stored::value)
                        .collect(Collectors.toMap(McpClient::id, Function.identity()));
        ids.stream().filter(id -> !now.containsKey(id)).forEach(connector::disconnect);
        now.values().forEach(this::leaveUnlessItMayServe);
    }

    private void leaveUnlessItMayServe(McpClient client) {
        switch (client) {
            case McpClient.Connectable connectable ->
                    connector.disconnectUnless(
                            connectable.id(), connectable.settings().connection());
            case McpClient.Pending pending -> connector.disconnect(pending.id());
            case McpClient.NeedsReauthorization needs -> connector.disconnect(needs.id());
            case McpClient.Disabled disabled -> connector.disconnect(disabled.id());
        }
    }

    /** Hears what the feed tells. */
    private final class Ear implements ChangeFeed.Listener {
        @Override
        public void changed(ClientId client) {
            // Most changes are of clients that this process has no connection to.
            if (connector.connected().contains(client)) {
                soon(Set.of(client));
            }
        }

        @Override
        public void mayHaveMissed() {
            soon(connector.connected());
        }
    }
}
