package dev.mooring.party;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Protocol revisions 2025-03-26 to 2025-11-25: {@code initialize} opens a session that every later
 * request names, and DELETE ends it.
 */
final class LegacyEra {

    static final List<String> VERSIONS = List.of("2025-11-25", "2025-06-18", "2025-03-26");

    private record Session(String version, boolean initialized) {}

    private final Toolbox tools;
    private final Framing framing;
    private final ObjectNode serverInfo;
    private final Map<String, Session> sessions = new ConcurrentHashMap<>();
    private final Map<String, String> unresumed = new ConcurrentHashMap<>();
    private final AtomicInteger opened = new AtomicInteger();

    LegacyEra(Toolbox tools, Framing framing, ObjectNode serverInfo) {
        this.tools = tools;
        this.framing = framing;
        this.serverInfo = serverInfo;
    }

    int opened() {
        return opened.get();
    }

    int open() {
        return sessions.size();
    }

    void forgetSessions() {
        sessions.clear();
    }

    Answer answer(Received request, JsonNode message) {
        JsonNode id = message.path("id");
        String accept = String.join(",", request.headers("Accept"));
        if (!accept.contains("application/json") || !accept.contains("text/event-stream")) {
            return fault(406, id, "Not Acceptable: accept JSON and event streams");
        }
        if (message.path("method").asText().equals("initialize")) {
            return initialize(message);
        }
        Optional<String> sessionId = request.header("Mcp-Session-Id");
        if (sessionId.isEmpty()) {
            return fault(400, id, "Bad Request: Server not initialized");
        }
        Session session = sessions.get(sessionId.orElseThrow());
        if (session == null) {
            return fault(404, id, "Session not found");
        }
        // Since 2025-06-18 the negotiated version is a header of every later request.
        if (!session.version().equals("2025-03-26")
                && !request.header("MCP-Protocol-Version")
                        .filter(session.version()::equals)
                        .isPresent()) {
            return fault(400, id, "Bad Request: MCP-Protocol-Version is not the negotiated one");
        }
        String method = message.path("method").asText();
        if (method.equals("notifications/initialized")) {
            sessions.put(sessionId.orElseThrow(), new Session(session.version(), true));
        }
        if (JsonRpc.isNotification(message)) {
            return Answer.empty(202);
        }
        if (!session.initialized() && !method.equals("ping")) {
            return fault(400, id, "Bad Request: notifications/initialized did not come");
        }
        return framed(handle(tools, method, id, message.path("params")));
    }

    /**
     * GET: the answer of a stream that was left early; no stream of the server's own is offered.
     */
    Answer resume(Received request) {
        String body = unresumed.remove(request.header("Last-Event-ID").orElse(""));
        return body == null
                ? Answer.empty(405).with("Allow", "POST, DELETE")
                : Framing.events(body);
    }

    Answer end(Received request) {
        boolean known = sessions.remove(request.header("Mcp-Session-Id").orElse("")) != null;
        return Answer.empty(known ? 200 : 404);
    }

    private Answer initialize(JsonNode message) {
        JsonNode id = message.path("id");
        JsonNode params = message.path("params");
        Optional<String> fault = faultOfInitialize(params);
        if (fault.isPresent()) {
            return Answer.json(400, JsonRpc.error(id, JsonRpc.INVALID_PARAMS, fault.orElseThrow()));
        }
        String version = negotiate(params.path("protocolVersion").asText(), VERSIONS);
        String sessionId = UUID.randomUUID().toString();
        sessions.put(sessionId, new Session(version, false));
        opened.incrementAndGet();
        ObjectNode answer = JsonRpc.result(id, initialized(version, serverInfo));
        Answer framed =
                framing == Framing.JSON ? Answer.json(200, answer) : Framing.streamed(answer);
        return framed.with("Mcp-Session-Id", sessionId);
    }

    private Answer framed(ObjectNode answer) {
        return switch (framing) {
            case JSON -> Answer.json(200, answer);
            case SSE -> Framing.streamed(answer);
            case SSE_RESUMED -> {
                String event = UUID.randomUUID().toString();
                unresumed.put(event, Framing.event(answer));
                yield Framing.events(
                        "id: %s\nretry: %d\ndata: \n\n".formatted(event, Framing.RETRY_MILLIS));
            }
        };
    }

    static Optional<String> faultOfInitialize(JsonNode params) {
        if (!params.path("protocolVersion").isTextual()) {
            return Optional.of("protocolVersion is missing.");
        }
        if (!params.path("capabilities").isObject()) {
            return Optional.of("capabilities is missing.");
        }
        return params.path("clientInfo").path("name").isTextual()
                        && params.path("clientInfo").path("version").isTextual()
                ? Optional.empty()
                : Optional.of("clientInfo is missing.");
    }

    static String negotiate(String requested, List<String> supported) {
        return supported.contains(requested) ? requested : supported.getFirst();
    }

    static ObjectNode initialized(String version, ObjectNode serverInfo) {
        ObjectNode result = JsonRpc.object().put("protocolVersion", version);
        result.putObject("capabilities").putObject("tools");
        result.set("serverInfo", serverInfo);
        return result.put("instructions", "Use the tools kindly.");
    }

    static ObjectNode handle(Toolbox tools, String method, JsonNode id, JsonNode params) {
        return switch (method) {
            case "ping" -> JsonRpc.result(id, JsonRpc.object());
            case "tools/list" -> tools.list(id, params);
            case "tools/call" -> tools.call(id, params);
            default -> JsonRpc.error(id, JsonRpc.METHOD_NOT_FOUND, "Method not found");
        };
    }

    private static Answer fault(int status, JsonNode id, String text) {
        return Answer.json(status, JsonRpc.error(id, JsonRpc.SERVER_ERROR, text));
    }
}
