package dev.mooring.domain.oauth;

import java.util.Arrays;
import java.util.Optional;

/**
 * How an access token is presented: its {@code token_type} (RFC 6749 section 7.1), which is the
 * authentication scheme too. The words of both are compared without regard to case.
 */
public enum TokenType {
    /** Whoever has the token may use it (RFC 6750). */
    BEARER("Bearer"),
    /** Only who holds the key that the token is bound to (RFC 9449 section 7.1). */
    DPOP("DPoP");

    private final String word;

    TokenType(String word) {
        this.word = word;
    }

    /** The registered name. */
    public String word() {
        return word;
    }

    public static Optional<TokenType> find(String word) {
        return Arrays.stream(values()).filter(type -> type.word.equalsIgnoreCase(word)).findFirst();
    }
}
