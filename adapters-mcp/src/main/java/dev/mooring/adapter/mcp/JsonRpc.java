package dev.mooring.adapter.mcp;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.mooring.domain.InvalidValueException;
import dev.mooring.domain.mcp.ProtocolVersion;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Pattern;

/**
 * JSON-RPC 2.0 as MCP uses it: our ids are numbers, parameters and results are objects. What we
 * send is exact; what we read may have members that we do not know.
 */
final class JsonRpc {
    static final int INVALID_REQUEST = -32600;
    static final int METHOD_NOT_FOUND = -32601;
    static final int INVALID_PARAMS = -32602;

    /** The three errors that only servers of the modern era answer with. */
    static final int HEADER_MISMATCH = -32020;

    static final int MISSING_CLIENT_CAPABILITY = -32021;
    static final int UNSUPPORTED_PROTOCOL_VERSION = -32022;

    private static final int MOST_DEEP = 100;
    private static final Pattern VERSION = Pattern.compile("\\d{4}-\\d{2}-\\d{2}");
    private static final JsonMapper JSON =
            JsonMapper.builder(
                            JsonFactory.builder()
                                    .streamReadConstraints(
                                            StreamReadConstraints.builder()
                                                    .maxNestingDepth(MOST_DEEP)
                                                    .build())
                                    .build())
                    .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
                    .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
                    .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
                    .build();

    private JsonRpc() {}

    /** One message of the server. */
    sealed interface Message {
        record Result(long id, ObjectNode value) implements Message {}

        /**
         * A request of ours failed.
         *
         * @param id absent where the server could not tell which request it is about
         */
        record Failure(OptionalLong id, RpcError error) implements Message {}

        record Request(JsonNode id, String method) implements Message {}

        record Notification(String method) implements Message {}
    }

    /**
     * A JSON-RPC error. Foreign, with its message bounded.
     *
     * @param supported the protocol revisions that the error lists, if it is about them
     */
    record RpcError(int code, String message, List<ProtocolVersion> supported) {
        private static final int MOST_MESSAGE = 1024;

        private static RpcError of(JsonNode error) {
            return new RpcError(
                    error.path("code").asInt(),
                    ForeignText.bounded(error.path("message").asText(), MOST_MESSAGE),
                    versions(error.path("data").path("supported")));
        }

        /** JSON-RPC 2.0: the request, its method or its parameters; all else is the server's. */
        boolean blamesTheRequest() {
            return code == INVALID_REQUEST || code == METHOD_NOT_FOUND || code == INVALID_PARAMS;
        }

        boolean isModern() {
            return code == HEADER_MISMATCH
                    || code == MISSING_CLIENT_CAPABILITY
                    || code == UNSUPPORTED_PROTOCOL_VERSION;
        }
    }

    static ObjectNode object() {
        return JSON.createObjectNode();
    }

    static byte[] request(long id, String method, ObjectNode params) {
        ObjectNode message = message().put("id", id).put("method", method);
        message.set("params", params);
        return bytes(message);
    }

    static byte[] notification(String method, ObjectNode params) {
        ObjectNode message = message().put("method", method);
        if (!params.isEmpty()) {
            message.set("params", params);
        }
        return bytes(message);
    }

    /** What we say to a request of a legacy server: we are here, and that is all we offer. */
    static byte[] replyTo(Message.Request request) {
        ObjectNode reply = message();
        reply.set("id", request.id());
        if (request.method().equals("ping")) {
            reply.putObject("result");
        } else {
            reply.putObject("error").put("code", METHOD_NOT_FOUND).put("message", "Not offered");
        }
        return bytes(reply);
    }

    /**
     * The messages in a body or an event; more than one only where a server of 2025-03-26 sends a
     * batch. What is no JSON-RPC message is left out.
     */
    static List<Message> parse(byte[] json) {
        JsonNode root;
        try {
            root = JSON.readTree(json);
        } catch (IOException e) {
            return List.of();
        }
        List<Message> messages = new ArrayList<>();
        if (root.isArray()) {
            root.forEach(element -> message(element).ifPresent(messages::add));
        } else {
            message(root).ifPresent(messages::add);
        }
        return messages;
    }

    /**
     * The arguments of a tool call. A member given twice is refused: what a header mirrors and what
     * the tool reads might then differ.
     *
     * @throws InvalidValueException when it is not the text of one JSON object
     */
    static ObjectNode arguments(String json) {
        try {
            if (JSON.reader().with(StreamReadFeature.STRICT_DUPLICATE_DETECTION).readTree(json)
                    instanceof ObjectNode arguments) {
                return arguments;
            }
        } catch (JsonProcessingException e) {
            // Not JSON and not an object are the same mistake to the caller.
        }
        throw new InvalidValueException(
                "function.arguments", "must be the JSON text of one object, at most 100 deep");
    }

    static String text(JsonNode node) {
        try {
            return JSON.writeValueAsString(node);
        } catch (JsonProcessingException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A protocol revision, if it looks like one. */
    static Optional<ProtocolVersion> version(JsonNode node) {
        return node.isTextual() && VERSION.matcher(node.asText()).matches()
                ? Optional.of(new ProtocolVersion(node.asText()))
                : Optional.empty();
    }

    /** Those elements of an array that look like protocol revisions. */
    static List<ProtocolVersion> versions(JsonNode array) {
        return array.valueStream().map(JsonRpc::version).flatMap(Optional::stream).toList();
    }

    private static Optional<Message> message(JsonNode node) {
        JsonNode id = node.path("id");
        if (node.path("method").isTextual()) {
            String method = node.path("method").asText();
            return Optional.of(
                    id.isTextual() || id.isIntegralNumber()
                            ? new Message.Request(id, method)
                            : new Message.Notification(method));
        }
        if (node.path("error").path("code").isIntegralNumber()) {
            OptionalLong about = isOurs(id) ? OptionalLong.of(id.asLong()) : OptionalLong.empty();
            return Optional.of(new Message.Failure(about, RpcError.of(node.path("error"))));
        }
        return isOurs(id) && node.get("result") instanceof ObjectNode result
                ? Optional.of(new Message.Result(id.asLong(), result))
                : Optional.empty();
    }

    /** One that does not fit would be cut to one of ours. */
    private static boolean isOurs(JsonNode id) {
        return id.isIntegralNumber() && id.canConvertToLong();
    }

    private static ObjectNode message() {
        return object().put("jsonrpc", "2.0");
    }

    private static byte[] bytes(ObjectNode message) {
        try {
            return JSON.writeValueAsBytes(message);
        } catch (JsonProcessingException e) {
            throw new UncheckedIOException(e);
        }
    }
}
