package dev.mooring.domain.mcp;

import java.util.Optional;

/**
 * A tool as {@code tools/list} described it.
 *
 * @param inputSchema the JSON text of its input schema, passed on untouched
 */
public record Tool(
        String name, Optional<String> title, Optional<String> description, String inputSchema) {}
