package dev.mooring.domain.client;

import static dev.mooring.domain.InvalidValueException.require;

import dev.mooring.domain.Secret;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * Headers that go out with every request to the MCP server. Their values are secrets: an API key of
 * the server often is one of them.
 */
public record StaticHeaders(Map<String, Value> byName) {
    public static final StaticHeaders NONE = new StaticHeaders(Map.of());

    /** Headers that the transport itself decides on. */
    private static final Set<String> RESERVED =
            Set.of(
                    "host",
                    "content-length",
                    "content-type",
                    "transfer-encoding",
                    "connection",
                    "keep-alive",
                    "proxy-authorization",
                    "proxy-connection",
                    "accept",
                    "accept-encoding",
                    "expect",
                    "te",
                    "trailer",
                    "upgrade",
                    "mcp-session-id",
                    "mcp-protocol-version",
                    "mcp-method",
                    "mcp-name",
                    "last-event-id");

    public StaticHeaders {
        require(byName.size() <= 64, "headers", "more than 64 headers");
        Map<String, Value> copy = new LinkedHashMap<>();
        byName.forEach((name, value) -> {
            String key = name.toLowerCase(Locale.ROOT);
            require(
                    name.matches("[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128}"),
                    "headers",
                    "not a header name of RFC 9110");
            require(!RESERVED.contains(key), "headers", name + " is set by the transport");
            require(copy.put(key, value) == null, "headers", name + " is given twice");
        });
        byName = Map.copyOf(copy);
    }

    public boolean isEmpty() {
        return byName.isEmpty();
    }

    public boolean contains(String name) {
        return byName.containsKey(name.toLowerCase(Locale.ROOT));
    }

    /** The names, in lower case and sorted. */
    public List<String> names() {
        return byName.keySet().stream().sorted().toList();
    }

    /** The value of one header. */
    public record Value(String value) implements Secret {
        public Value {
            require(
                    value.length() <= 8192
                            && value.chars().allMatch(c -> c == '\t' || (c >= 0x20 && c < 0x7f)),
                    "headers",
                    "a header value must be printable ASCII of at most 8192 characters");
        }

        @Override
        public String toString() {
            return REDACTED;
        }
    }
}
