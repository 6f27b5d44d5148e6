package dev.mooring.adapter.mcp;

import com.fasterxml.jackson.databind.JsonNode;

import dev.mooring.application.port.McpConnector.Target;
import dev.mooring.domain.mcp.Transport;
import dev.mooring.party.Answer;
import dev.mooring.party.LoopbackServer;
import dev.mooring.party.Received;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;

/** A server of the 2024-11-05 transport with one stream at a time, which can be ended at will. */
final class ScriptedSse implements AutoCloseable {
    private static final String END = "";

    private final BlockingQueue<String> outgoing = new LinkedBlockingQueue<>();
    private final LoopbackServer server = LoopbackServer.start(this::answer);
    private final String messages;
    private volatile String failing = "";

    ScriptedSse(String messages) {
        this.messages = messages;
    }

    Target target() {
        return Talk.target(
                Talk.to(server.origin() + "/sse", Transport.HTTP_WITH_SSE, Optional.empty()));
    }

    /** Ends the stream and returns when that is done. */
    void endStream() throws InterruptedException {
        say(END);
        Talk.eventually(outgoing::isEmpty);
    }

    void say(String message) {
        outgoing.add(message);
    }

    /** Accepts the next message of this method and ends the stream. */
    void endsInsteadOfAnswering(String method) {
        failing = method;
    }

    long posted(String method) {
        return server.received().stream().map(Talk::word).filter(method::equals).count();
    }

    List<String> bodies() {
        return server.received().stream().map(Received::body).toList();
    }

    @Override
    public void close() {
        server.close();
    }

    private Answer answer(Received request) {
        if (request.method().equals("GET")) {
            return Answer.stream(body -> {
                body.write(
                        "event: endpoint\ndata: %s\n\n"
                                .formatted(messages)
                                .getBytes(StandardCharsets.UTF_8));
                body.flush();
                for (String next = outgoing.take(); !next.equals(END); next = outgoing.take()) {
                    body.write("data: %s\n\n".formatted(next).getBytes(StandardCharsets.UTF_8));
                    body.flush();
                }
            });
        }
        JsonNode message = request.json().orElseThrow();
        String method = message.path("method").asText();
        if (method.equals(failing)) {
            failing = "";
            say(END);
        } else if (message.has("id") && !method.isEmpty()) {
            say(
                    "{\"jsonrpc\":\"2.0\",\"id\":%s,\"result\":%s}"
                            .formatted(message.get("id"), result(method)));
        }
        return Answer.empty(202);
    }

    private static String result(String method) {
        return switch (method) {
            case "initialize" ->
                    "{\"protocolVersion\":\"2024-11-05\",\"capabilities\":{\"tools\":{}}}";
            case "tools/list" -> "{\"tools\":[]}";
            default -> "{\"content\":[]}";
        };
    }
}
