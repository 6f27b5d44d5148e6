package dev.mooring.domain.oauth;

import dev.mooring.domain.InvalidValueException;

import java.util.Arrays;
import java.util.Optional;

/** How our client proves itself at the token endpoint (RFC 7591 section 2). */
public enum TokenEndpointAuthMethod {
    NONE("none"),
    CLIENT_SECRET_BASIC("client_secret_basic"),
    CLIENT_SECRET_POST("client_secret_post");

    private final String word;

    TokenEndpointAuthMethod(String word) {
        this.word = word;
    }

    /** The registered name of the method. */
    public String word() {
        return word;
    }

    public static Optional<TokenEndpointAuthMethod> find(String word) {
        return Arrays.stream(values()).filter(method -> method.word.equals(word)).findFirst();
    }

    public static TokenEndpointAuthMethod parse(String field, String word) {
        return find(word)
                .orElseThrow(() ->
                        new InvalidValueException(
                                field, "must be none, client_secret_basic or client_secret_post"));
    }
}
