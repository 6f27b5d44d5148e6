package dev.mooring.party;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * Protocol revision 2024-11-05: a GET opens an event stream whose first event names the address to
 * post messages to; their answers come on the stream.
 */
final class HttpSseEra {

    static final List<String> VERSIONS = List.of("2024-11-05");
    static final String MESSAGES = "/messages";

    private final Toolbox tools;
    private final ObjectNode serverInfo;
    private final String messages;
    private final Map<String, BlockingQueue<ObjectNode>> streams = new ConcurrentHashMap<>();

    /**
     * @param messages the address that the first event names, without its session
     */
    HttpSseEra(Toolbox tools, ObjectNode serverInfo, String messages) {
        this.tools = tools;
        this.serverInfo = serverInfo;
        this.messages = messages;
    }

    int open() {
        return streams.size();
    }

    Answer stream() {
        String session = UUID.randomUUID().toString();
        BlockingQueue<ObjectNode> outgoing = new LinkedBlockingQueue<>();
        return Answer.stream(body -> {
            streams.put(session, outgoing);
            try {
                String endpoint = messages + "?session=" + session;
                body.write(bytes("event: endpoint\ndata: " + endpoint + "\n\n"));
                body.flush();
                while (true) {
                    ObjectNode message = outgoing.poll(200, TimeUnit.MILLISECONDS);
                    // A comment now and then is how we notice that nobody listens.
                    body.write(bytes(message == null ? ": \n\n" : Framing.event(message)));
                    body.flush();
                }
            } finally {
                streams.remove(session);
            }
        });
    }

    Answer answer(Received request, JsonNode message) {
        BlockingQueue<ObjectNode> outgoing = streams.get(request.query().text("session"));
        if (outgoing == null) {
            return Answer.empty(404);
        }
        if (!JsonRpc.isNotification(message)) {
            outgoing.add(handle(message));
        }
        return Answer.text(202, "text/plain", "Accepted");
    }

    private ObjectNode handle(JsonNode message) {
        JsonNode id = message.path("id");
        JsonNode params = message.path("params");
        String method = message.path("method").asText();
        return method.equals("initialize")
                ? LegacyEra.faultOfInitialize(params)
                        .map(fault -> JsonRpc.error(id, JsonRpc.INVALID_PARAMS, fault))
                        .orElseGet(() ->
                                JsonRpc.result(
                                        id, LegacyEra.initialized(VERSIONS.getFirst(), serverInfo)))
                : LegacyEra.handle(tools, method, id, params);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
