package dev.mooring.party;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** The tools of an MCP party, which are the same in every era: listed by pages, called, counted. */
final class Toolbox {

    private final int pageSize;
    private final Map<String, Integer> calls = new ConcurrentHashMap<>();
    private volatile List<PartyTool> tools;

    Toolbox(List<PartyTool> tools, int pageSize) {
        this.tools = tools;
        this.pageSize = pageSize;
    }

    void replace(List<PartyTool> others) {
        tools = others;
    }

    int calls(String name) {
        return calls.getOrDefault(name, 0);
    }

    Optional<PartyTool> find(JsonNode name) {
        return tools.stream().filter(tool -> tool.name().equals(name.asText())).findFirst();
    }

    /** The answer to {@code tools/list}; the cursor is opaque to clients. */
    ObjectNode list(JsonNode id, JsonNode params) {
        List<PartyTool> all = tools;
        String cursor = params.path("cursor").asText("page-0");
        if (!cursor.matches("page-[0-9]+")) {
            return JsonRpc.error(id, JsonRpc.INVALID_PARAMS, "This cursor is unknown.");
        }
        int from = Math.min(all.size(), Integer.parseInt(cursor.substring("page-".length())));
        int to = Math.min(all.size(), from + pageSize);
        ObjectNode result = JsonRpc.object();
        ArrayNode page = result.putArray("tools");
        all.subList(from, to).forEach(tool -> page.add(tool.listed()));
        if (to < all.size()) {
            result.put("nextCursor", "page-" + to);
        }
        return JsonRpc.result(id, result);
    }

    /** The answer to {@code tools/call}. */
    ObjectNode call(JsonNode id, JsonNode params) {
        Optional<PartyTool> tool = find(params.path("name"));
        if (tool.isEmpty()) {
            return JsonRpc.error(id, JsonRpc.INVALID_PARAMS, "This tool is unknown.");
        }
        for (JsonNode argument : tool.get().inputSchema().path("required")) {
            if (!params.path("arguments").has(argument.asText())) {
                return JsonRpc.error(id, JsonRpc.INVALID_PARAMS, "An argument is missing.");
            }
        }
        calls.merge(tool.get().name(), 1, Integer::sum);
        return JsonRpc.result(id, tool.get().behaviour().apply(params.path("arguments")));
    }
}
