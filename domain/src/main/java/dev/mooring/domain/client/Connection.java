package dev.mooring.domain.client;

import dev.mooring.domain.mcp.ProtocolVersion;
import dev.mooring.domain.mcp.ServerUri;
import dev.mooring.domain.mcp.Transport;

import java.util.Optional;

/**
 * How to reach an MCP server.
 *
 * @param protocolVersion the revision an operator insists on; absent: found out and remembered
 */
public record Connection(
        ServerUri server,
        Transport transport,
        Optional<ProtocolVersion> protocolVersion,
        Optional<TrustedCa> trustedCa,
        StaticHeaders headers) {
    /** Whether both lead to the same scheme, host and port. */
    public boolean sameOriginAs(Connection other) {
        return server.origin().equals(other.server.origin());
    }
}
