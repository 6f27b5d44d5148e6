package dev.mooring.domain.mcp;

import dev.mooring.domain.InvalidValueException;

/** How messages travel: the {@code connection_type} of the HTTP contract. */
public enum Transport {
    /** Streamable HTTP, of every revision since 2025-03-26. */
    STREAMABLE_HTTP("http"),
    /** HTTP with server-sent events, of revision 2024-11-05. */
    HTTP_WITH_SSE("sse");

    private final String word;

    Transport(String word) {
        this.word = word;
    }

    public String word() {
        return word;
    }

    public static Transport parse(String word) {
        return switch (word) {
            case "http" -> STREAMABLE_HTTP;
            case "sse" -> HTTP_WITH_SSE;
            case "stdio" ->
                    throw new InvalidValueException(
                            "connection_type",
                            "stdio is not supported: there is no OAuth on a pipe");
            default -> throw new InvalidValueException("connection_type", "must be http or sse");
        };
    }
}
