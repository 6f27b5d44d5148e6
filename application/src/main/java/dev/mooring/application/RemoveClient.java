package dev.mooring.application;

import dev.mooring.application.port.ClientStore;
import dev.mooring.application.port.EventLog;
import dev.mooring.application.port.McpConnector;
import dev.mooring.application.port.Stored;
import dev.mooring.application.port.UnitOfWork;
import dev.mooring.domain.client.ClientId;
import dev.mooring.domain.lifecycle.McpClient;

import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;

/**
 * Forgets a client. It is gone at once; giving its tokens back to the authorization server is owed
 * and retried, and never keeps the removal waiting.
 */
public final class RemoveClient {
    private final UnitOfWork unitOfWork;
    private final ClientStore clients;
    private final EventLog events;
    private final McpConnector connector;
    private final EndAuthorization endAuthorization;
    private final DeliverRevocations deliverRevocations;
    private final InstantSource clock;

    RemoveClient(
            UnitOfWork unitOfWork,
            ClientStore clients,
            EventLog events,
            McpConnector connector,
            EndAuthorization endAuthorization,
            DeliverRevocations deliverRevocations,
            InstantSource clock) {
        this.unitOfWork = unitOfWork;
        this.clients = clients;
        this.events = events;
        this.connector = connector;
        this.endAuthorization = endAuthorization;
        this.deliverRevocations = deliverRevocations;
        this.clock = clock;
    }

    /** False when there is no such client. */
    public boolean handle(ClientId id) {
        Instant now = clock.instant();
        boolean removed =
                unitOfWork.execute(() -> {
                    Optional<McpClient> client = clients.lock(id).map(Stored::value);
                    if (client.isEmpty()) {
                        return false;
                    }
                    endAuthorization.handle(client.get(), now);
                    events.append(client.get().details().removed(now));
                    clients.delete(id);
                    return true;
                });
        if (removed) {
            connector.disconnect(id);
            deliverRevocations.soon();
        }
        return removed;
    }
}
