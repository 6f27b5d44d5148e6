package dev.mooring.domain.lifecycle;

import dev.mooring.domain.client.ClientId;
import dev.mooring.domain.client.ClientSettings;

import java.time.Instant;

/** What every state of an MCP client has in common. */
public record ClientDetails(ClientId id, ClientSettings settings, Instant createdAt) {
    /** That it is there, as events tell it: of the server's URL no more than the host. */
    public ClientEvent registered(Instant at) {
        return new ClientEvent.ClientRegistered(id, settings.name(), host(), at);
    }

    /** That it is not there any more. */
    public ClientEvent removed(Instant at) {
        return new ClientEvent.ClientRemoved(id, settings.name(), host(), at);
    }

    private String host() {
        return settings.connection().server().uri().getHost();
    }

    ClientDetails with(ClientSettings edited) {
        return new ClientDetails(id, edited, createdAt);
    }
}
