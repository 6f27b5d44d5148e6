package dev.mooring.domain.oauth;

import dev.mooring.domain.InvalidValueException;

import java.util.Arrays;
import java.util.Optional;

/** How our client proves itself at the token endpoint (RFC 7591 section 2). */
public enum TokenEndpointAuthMethod {
    NONE("none"),
    CLIENT_SECRET_BASIC("client_secret_basic"),
    CLIENT_SECRET_POST("client_secret_post"),
    PRIVATE_KEY_JWT("private_key_jwt");

    private final String word;

    TokenEndpointAuthMethod(String word) {
        this.word = word;
    }

    /** The registered name of the method. */
    public String word() {
        return word;
    }

    /** Whether a password that both sides know is the proof. */
    public boolean needsSecret() {
        return switch (this) {
            case CLIENT_SECRET_BASIC, CLIENT_SECRET_POST -> true;
            case NONE, PRIVATE_KEY_JWT -> false;
        };
    }

    public static Optional<TokenEndpointAuthMethod> find(String word) {
        return Arrays.stream(values()).filter(method -> method.word.equals(word)).findFirst();
    }

    public static TokenEndpointAuthMethod parse(String field, String word) {
        return find(word)
                .orElseThrow(() ->
                        new InvalidValueException(
                                field,
                                "must be none, client_secret_basic, client_secret_post or"
                                        + " private_key_jwt"));
    }
}
