package dev.mooring.adapter.mcp;

import com.fasterxml.jackson.databind.node.ObjectNode;

/** How we introduce ourselves to MCP servers: the {@code clientInfo} of every revision. */
public record ClientInfo(String name, String version) {
    ObjectNode toJson() {
        return JsonRpc.object().put("name", name).put("version", version);
    }
}
