package dev.mooring.domain.lifecycle;

import dev.mooring.domain.client.ClientId;
import dev.mooring.domain.client.ClientSettings;

import java.time.Instant;

/** What every state of an MCP client has in common. */
public record ClientDetails(ClientId id, ClientSettings settings, Instant createdAt) {
    ClientDetails with(ClientSettings edited) {
        return new ClientDetails(id, edited, createdAt);
    }
}
