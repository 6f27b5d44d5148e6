package dev.mooring.domain.client;

import dev.mooring.domain.InvalidValueException;

import java.util.Locale;

/** How the MCP server wants us to prove ourselves: the {@code auth_type} of the HTTP contract. */
public sealed interface ClientAuth {
    Kind kind();

    /** The server is open. */
    record None() implements ClientAuth {
        @Override
        public Kind kind() {
            return Kind.NONE;
        }
    }

    /** The static headers of the connection carry the credential. */
    record Headers() implements ClientAuth {
        @Override
        public Kind kind() {
            return Kind.HEADERS;
        }
    }

    /** An authorization server grants access, and we keep the grant. */
    record OAuth(OAuthConfigId id, OAuthSettings settings) implements ClientAuth {
        @Override
        public Kind kind() {
            return Kind.OAUTH;
        }
    }

    /** The kinds there are, by their words. */
    enum Kind {
        NONE,
        HEADERS,
        OAUTH;

        public String word() {
            return name().toLowerCase(Locale.ROOT);
        }

        public static Kind parse(String word) {
            return switch (word) {
                case "none" -> NONE;
                case "headers" -> HEADERS;
                case "oauth" -> OAUTH;
                default ->
                        throw new InvalidValueException(
                                "auth_type", "must be none, headers or oauth");
            };
        }
    }
}
