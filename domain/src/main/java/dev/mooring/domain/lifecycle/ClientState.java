package dev.mooring.domain.lifecycle;

import dev.mooring.domain.InvalidValueException;

import java.util.Arrays;
import java.util.Locale;

/** The word for a client's state in the HTTP contract and in the store. */
public enum ClientState {
    PENDING_OAUTH,
    AUTHORIZED,
    CONNECTED,
    DISCONNECTED,
    NEEDS_REAUTH,
    DISABLED;

    public static ClientState of(McpClient client) {
        return switch (client) {
            case McpClient.Pending pending -> PENDING_OAUTH;
            case McpClient.Authorized authorized -> AUTHORIZED;
            case McpClient.Connected connected -> CONNECTED;
            case McpClient.Disconnected disconnected -> DISCONNECTED;
            case McpClient.NeedsReauthorization needs -> NEEDS_REAUTH;
            case McpClient.Disabled disabled -> DISABLED;
        };
    }

    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    public static ClientState parse(String word) {
        return Arrays.stream(values())
                .filter(state -> state.word().equals(word))
                .findFirst()
                .orElseThrow(() ->
                        new InvalidValueException(
                                "state",
                                "must be pending_oauth, authorized, connected,"
                                        + " disconnected, needs_reauth or disabled"));
    }
}
