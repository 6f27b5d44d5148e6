package dev.mooring.domain.oauth;

import static dev.mooring.domain.InvalidValueException.require;

import dev.mooring.domain.Secret;

import java.util.Base64;
import java.util.random.RandomGenerator;

/**
 * The value that ties an authorization response to the request that caused it (RFC 6749 section
 * 10.12). We keep only its {@linkplain #digest() digest}: who reads our database cannot forge a
 * response.
 */
public record State(String value) implements Secret {
    private static final int MAX_LENGTH = 512;

    public State {
        require(!value.isEmpty() && value.length() <= MAX_LENGTH, "state", "missing or too long");
    }

    /** 256 random bits in URL-safe base64. */
    public static State random(RandomGenerator random) {
        byte[] bytes = new byte[32];
        random.nextBytes(bytes);
        return new State(Base64.getUrlEncoder().withoutPadding().encodeToString(bytes));
    }

    public StateDigest digest() {
        return new StateDigest(sha256());
    }

    @Override
    public String toString() {
        return REDACTED;
    }
}
