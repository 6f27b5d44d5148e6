package dev.mooring.party;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

/** JSON-RPC 2.0 messages, and the error codes that MCP adds to its own. */
final class JsonRpc {

    static final int INVALID_REQUEST = -32600;
    static final int METHOD_NOT_FOUND = -32601;
    static final int INVALID_PARAMS = -32602;
    static final int SERVER_ERROR = -32000;
    static final int HEADER_MISMATCH = -32020;
    static final int MISSING_CLIENT_CAPABILITY = -32021;
    static final int UNSUPPORTED_PROTOCOL_VERSION = -32022;

    private JsonRpc() {}

    static ObjectNode object() {
        return Answer.JSON.createObjectNode();
    }

    static ObjectNode result(JsonNode id, ObjectNode result) {
        ObjectNode message = object().put("jsonrpc", "2.0");
        message.set("id", id);
        message.set("result", result);
        return message;
    }

    static ObjectNode error(JsonNode id, int code, String text) {
        return error(id, code, text, object());
    }

    static ObjectNode error(JsonNode id, int code, String text, ObjectNode data) {
        ObjectNode message = object().put("jsonrpc", "2.0");
        message.set("id", id);
        ObjectNode error = message.putObject("error").put("code", code).put("message", text);
        if (!data.isEmpty()) {
            error.set("data", data);
        }
        return message;
    }

    static boolean isNotification(JsonNode message) {
        return !message.has("id");
    }

    static boolean isWellFormed(JsonNode message) {
        JsonNode id = message.path("id");
        return message.path("jsonrpc").asText().equals("2.0")
                && message.path("method").isTextual()
                && (id.isMissingNode() || id.isTextual() || id.isIntegralNumber());
    }
}
