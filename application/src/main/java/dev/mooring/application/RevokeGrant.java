package dev.mooring.application;

import dev.mooring.application.port.ClientStore;
import dev.mooring.application.port.EventLog;
import dev.mooring.application.port.McpConnector;
import dev.mooring.application.port.Stored;
import dev.mooring.application.port.UnitOfWork;
import dev.mooring.domain.client.ClientId;
import dev.mooring.domain.client.OAuthConfigId;
import dev.mooring.domain.lifecycle.ClientEvent;
import dev.mooring.domain.lifecycle.McpClient;
import dev.mooring.domain.lifecycle.ReauthorizationCause;

import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;

/**
 * Ends the grant of an OAuth config, and an attempt that is under way, at an operator's wish. The
 * client stays and can be authorized again; repeating the wish changes nothing.
 */
public final class RevokeGrant {
    private final UnitOfWork unitOfWork;
    private final ClientStore clients;
    private final EventLog events;
    private final McpConnector connector;
    private final EndAuthorization endAuthorization;
    private final DeliverRevocations deliverRevocations;
    private final InstantSource clock;

    RevokeGrant(
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

    /** False when there is no such config. */
    public boolean handle(OAuthConfigId config) {
        Optional<ClientId> id = clients.find(config).map(stored -> stored.value().id());
        boolean found = id.isPresent() && unitOfWork.execute(() -> end(id.get()));
        if (found) {
            connector.disconnect(id.get());
            deliverRevocations.soon();
        }
        return found;
    }

    private boolean end(ClientId id) {
        Instant now = clock.instant();
        Optional<Stored<McpClient>> client = clients.lock(id);
        client.ifPresent(stored -> {
            boolean hadGrant = stored.value().grant().isPresent();
            endAuthorization.handle(stored.value(), now);
            if (hadGrant) {
                ReauthorizationCause cause = new ReauthorizationCause.Revoked();
                clients.replaceLocked(stored, stored.value().needsReauthorization(cause, now));
                events.append(new ClientEvent.ReauthorizationNeeded(id, cause, now));
            }
        });
        return client.isPresent();
    }
}
