package dev.mooring.domain.mcp;

import java.util.Optional;

/**
 * Who an MCP server said it is when it accepted us. Foreign text, bounded by who read it.
 *
 * @param protocolVersion the revision that was agreed on
 */
public record ServerProfile(
        String name,
        String version,
        ProtocolVersion protocolVersion,
        Optional<String> instructions) {}
