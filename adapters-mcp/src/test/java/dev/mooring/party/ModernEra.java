package dev.mooring.party;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Protocol revision 2026-07-28: no session, no handshake. Every request carries its version and
 * capabilities, and its headers must agree with its body.
 */
final class ModernEra {

    static final String VERSION = "2026-07-28";
    static final String META = "io.modelcontextprotocol/";

    private final Toolbox tools;
    private final Framing framing;
    private final ObjectNode serverInfo;

    ModernEra(Toolbox tools, Framing framing, ObjectNode serverInfo) {
        this.tools = tools;
        this.framing = framing;
        this.serverInfo = serverInfo;
    }

    static boolean claims(Received request, JsonNode message) {
        return meta(message).has(META + "protocolVersion")
                || request.header("MCP-Protocol-Version").filter(VERSION::equals).isPresent();
    }

    static Answer unsupportedVersion(JsonNode id, String requested) {
        ObjectNode data = JsonRpc.object();
        data.putArray("supported").add(VERSION);
        data.put("requested", requested);
        return Answer.json(
                400,
                JsonRpc.error(
                        id,
                        JsonRpc.UNSUPPORTED_PROTOCOL_VERSION,
                        "Unsupported protocol version",
                        data));
    }

    Answer answer(Received request, JsonNode message) {
        JsonNode id = message.path("id");
        Optional<String> mismatch = mismatch(request, message);
        if (mismatch.isPresent()) {
            return Answer.json(
                    400, JsonRpc.error(id, JsonRpc.HEADER_MISMATCH, mismatch.orElseThrow()));
        }
        String version = meta(message).path(META + "protocolVersion").asText();
        if (!version.equals(VERSION)) {
            return unsupportedVersion(id, version);
        }
        JsonNode capabilities = meta(message).path(META + "clientCapabilities");
        if (!capabilities.isObject()) {
            return Answer.json(
                    400,
                    JsonRpc.error(id, JsonRpc.INVALID_PARAMS, "clientCapabilities is missing."));
        }
        if (JsonRpc.isNotification(message)) {
            return Answer.empty(202);
        }
        JsonNode params = message.path("params");
        return switch (message.path("method").asText()) {
            case "server/discover" -> framed(JsonRpc.result(id, discovered()));
            case "tools/list" -> framed(tools.list(id, params));
            case "tools/call" -> call(id, params, capabilities);
            default ->
                    Answer.json(
                            404, JsonRpc.error(id, JsonRpc.METHOD_NOT_FOUND, "Method not found"));
        };
    }

    private Answer call(JsonNode id, JsonNode params, JsonNode capabilities) {
        String needed = tools.find(params.path("name")).map(PartyTool::capability).orElse("");
        if (needed.isEmpty() || capabilities.has(needed)) {
            return framed(tools.call(id, params));
        }
        ObjectNode data = JsonRpc.object();
        data.putObject("requiredCapabilities").putObject(needed);
        return Answer.json(
                400,
                JsonRpc.error(
                        id,
                        JsonRpc.MISSING_CLIENT_CAPABILITY,
                        "A client capability is missing",
                        data));
    }

    private ObjectNode discovered() {
        ObjectNode result = JsonRpc.object();
        result.putArray("supportedVersions").add(VERSION);
        result.putObject("capabilities").putObject("tools");
        result.put("instructions", "Use the tools kindly.");
        result.putObject("_meta").set(META + "serverInfo", serverInfo);
        return result;
    }

    private Answer framed(ObjectNode answer) {
        if (answer.get("result") instanceof ObjectNode result) {
            if (!result.has("resultType")) {
                result.put("resultType", "complete");
            }
            result.put("ttlMs", 0).put("cacheScope", "private");
        }
        return framing == Framing.JSON ? Answer.json(200, answer) : Framing.streamed(answer);
    }

    /** What in the headers is missing or contradicts the body. */
    private Optional<String> mismatch(Received request, JsonNode message) {
        String method = message.path("method").asText();
        JsonNode params = message.path("params");
        List<String> faults = new ArrayList<>();
        String accept = String.join(",", request.headers("Accept"));
        if (!accept.contains("application/json") || !accept.contains("text/event-stream")) {
            faults.add("Accept must list JSON and event streams");
        }
        compare(
                request,
                "MCP-Protocol-Version",
                meta(message).path(META + "protocolVersion").asText(),
                faults);
        compare(request, "Mcp-Method", method, faults);
        if (method.equals("tools/call")) {
            compare(request, "Mcp-Name", params.path("name").asText(), faults);
            JsonNode schema =
                    tools.find(params.path("name"))
                            .map(PartyTool::inputSchema)
                            .orElseGet(JsonRpc::object);
            for (Map.Entry<String, JsonNode> property : schema.path("properties").properties()) {
                JsonNode argument = params.path("arguments").path(property.getKey());
                if (property.getValue().has("x-mcp-header") && argument.isValueNode()) {
                    String header = "Mcp-Param-" + property.getValue().get("x-mcp-header").asText();
                    compare(request, header, argument.asText(), faults);
                }
            }
        }
        return faults.stream().findFirst();
    }

    private static void compare(
            Received request, String header, String inBody, List<String> faults) {
        Optional<String> value = request.header(header).map(ModernEra::decoded);
        if (value.isEmpty()) {
            faults.add(header + " is missing");
        } else if (!value.orElseThrow().equals(inBody)) {
            faults.add(header + " differs from the body");
        }
    }

    // Values that a header cannot carry come as =?base64?...?= over their UTF-8 form.
    private static String decoded(String value) {
        return value.startsWith("=?base64?") && value.endsWith("?=")
                ? new String(
                        Base64.getDecoder().decode(value.substring(9, value.length() - 2)),
                        StandardCharsets.UTF_8)
                : value;
    }

    private static JsonNode meta(JsonNode message) {
        return message.path("params").path("_meta");
    }
}
