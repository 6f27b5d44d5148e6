package dev.mooring.adapter.persistence;

import static dev.mooring.adapter.persistence.JsonText.optionalText;
import static dev.mooring.adapter.persistence.JsonText.text;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.mooring.domain.mcp.Inventory;
import dev.mooring.domain.mcp.ProtocolVersion;
import dev.mooring.domain.mcp.ServerProfile;
import dev.mooring.domain.mcp.Tool;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** How an {@link Inventory} is kept: one JSON object, read and replaced as a whole. */
record InventoryJson(String json) {

    static InventoryJson of(Inventory inventory) {
        ObjectNode json = JsonText.object();
        ServerProfile server = inventory.server();
        json.put("name", server.name());
        json.put("version", server.version());
        json.put("protocol_version", server.protocolVersion().value());
        JsonText.put(json, "instructions", server.instructions());
        json.put("listed_at", inventory.listedAt().toString());
        ArrayNode tools = json.putArray("tools");
        for (Tool tool : inventory.tools()) {
            ObjectNode entry = tools.addObject();
            entry.put("name", tool.name());
            JsonText.put(entry, "title", tool.title());
            JsonText.put(entry, "description", tool.description());
            entry.put("input_schema", tool.inputSchema());
        }
        return new InventoryJson(JsonText.write(json));
    }

    Inventory toInventory() {
        JsonNode root = JsonText.read(json);
        List<Tool> tools = new ArrayList<>();
        for (JsonNode tool : root.path("tools")) {
            tools.add(
                    new Tool(
                            text(tool, "name"),
                            optionalText(tool, "title"),
                            optionalText(tool, "description"),
                            text(tool, "input_schema")));
        }
        return new Inventory(
                new ServerProfile(
                        text(root, "name"),
                        text(root, "version"),
                        new ProtocolVersion(text(root, "protocol_version")),
                        optionalText(root, "instructions")),
                tools,
                Instant.parse(text(root, "listed_at")));
    }
}
