package dev.mooring.domain.oauth;

import static java.util.stream.Collectors.toUnmodifiableSet;

import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** What the tokens of one consent are to be bound to, from the link to the last refresh. */
public sealed interface TokenBinding {
    /** The key that proves the requests for tokens, if there is one. */
    Optional<DpopKey> key();

    /** Whether a token of this type may be used. */
    boolean accepts(TokenType type);

    /** What a request to the resource is sent with. */
    default Credential credential(TokenSet tokens) {
        return switch (tokens.type()) {
            case BEARER -> new Credential.Bearer(tokens.accessToken());
            case DPOP -> new Credential.DpopBound(tokens.accessToken(), key().orElseThrow());
        };
    }

    /** The types that may be used. */
    default Set<TokenType> accepted() {
        return Stream.of(TokenType.values()).filter(this::accepts).collect(toUnmodifiableSet());
    }

    /** Bearer tokens. */
    record Unbound() implements TokenBinding {
        @Override
        public Optional<DpopKey> key() {
            return Optional.empty();
        }

        @Override
        public boolean accepts(TokenType type) {
            return type == TokenType.BEARER;
        }
    }

    /** We offer to prove possession; the server may bind its tokens to the key or not. */
    record Offered(DpopKey dpopKey) implements TokenBinding {
        @Override
        public Optional<DpopKey> key() {
            return Optional.of(dpopKey);
        }

        @Override
        public boolean accepts(TokenType type) {
            return true;
        }
    }

    /** Only tokens that are bound to the key will do. */
    record Required(DpopKey dpopKey) implements TokenBinding {
        @Override
        public Optional<DpopKey> key() {
            return Optional.of(dpopKey);
        }

        @Override
        public boolean accepts(TokenType type) {
            return type == TokenType.DPOP;
        }
    }
}
