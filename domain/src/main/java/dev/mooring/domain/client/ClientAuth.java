package dev.mooring.domain.client;

/** How the MCP server wants us to prove ourselves: the {@code auth_type} of the HTTP contract. */
public sealed interface ClientAuth {
    String word();

    /** The server is open. */
    record None() implements ClientAuth {
        @Override
        public String word() {
            return "none";
        }
    }

    /** The static headers of the connection carry the credential. */
    record Headers() implements ClientAuth {
        @Override
        public String word() {
            return "headers";
        }
    }

    /** An authorization server grants access, and we keep the grant. */
    record OAuth(OAuthConfigId id, OAuthSettings settings) implements ClientAuth {
        @Override
        public String word() {
            return "oauth";
        }
    }
}
