package dev.mooring.domain.mcp;

import java.time.Instant;
import java.util.List;

/** What a server offered when its tools were last listed. */
public record Inventory(ServerProfile server, List<Tool> tools, Instant listedAt) {
    public Inventory {
        tools = List.copyOf(tools);
    }
}
