package dev.mooring.party;

import com.fasterxml.jackson.databind.node.ObjectNode;

/** How an MCP party frames the answer to a request. */
public enum Framing {
    /** One JSON document. */
    JSON,
    /** An event stream that carries a comment and a notification before the answer. */
    SSE,
    /**
     * Legacy era only: the stream names an event and a {@code retry} of 200 ms, then ends; the
     * answer waits for a GET with that {@code Last-Event-ID}.
     */
    SSE_RESUMED;

    static final int RETRY_MILLIS = 200;

    static Answer events(String text) {
        return Answer.text(200, "text/event-stream", text).with("X-Accel-Buffering", "no");
    }

    static String event(ObjectNode message) {
        return "event: message\ndata: " + message + "\n\n";
    }

    static Answer streamed(ObjectNode answer) {
        ObjectNode notification = JsonRpc.object().put("jsonrpc", "2.0");
        notification.put("method", "notifications/message");
        notification.putObject("params").put("level", "info").put("data", "Working on it.");
        return events(": this is a comment\n\n" + event(notification) + event(answer));
    }
}
