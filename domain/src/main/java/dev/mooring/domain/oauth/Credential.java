package dev.mooring.domain.oauth;

import java.util.Optional;

/** What a request to an MCP server proves itself with. */
public sealed interface Credential {
    /** The token that is sent, if any. */
    Optional<AccessToken> token();

    /** Nothing of ours: the server is open, or static headers carry the credential. */
    record None() implements Credential {
        @Override
        public Optional<AccessToken> token() {
            return Optional.empty();
        }
    }

    /** A token that whoever holds it may use (RFC 6750 section 2.1). */
    record Bearer(AccessToken accessToken) implements Credential {
        @Override
        public Optional<AccessToken> token() {
            return Optional.of(accessToken);
        }
    }

    /**
     * A token of the {@code DPoP} scheme, and the key that proves each request (RFC 9449 section
     * 7).
     */
    record DpopBound(AccessToken accessToken, DpopKey key) implements Credential {
        @Override
        public Optional<AccessToken> token() {
            return Optional.of(accessToken);
        }
    }
}
