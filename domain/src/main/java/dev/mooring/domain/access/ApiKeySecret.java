package dev.mooring.domain.access;

import static dev.mooring.domain.InvalidValueException.require;

import dev.mooring.domain.Secret;

import java.util.Base64;
import java.util.random.RandomGenerator;

/** The key as its holder presents it. It is shown once and then only its digest is kept. */
public record ApiKeySecret(String value) implements Secret {
    private static final int MAX_LENGTH = 512;

    public ApiKeySecret {
        require(
                !value.isBlank() && value.length() <= MAX_LENGTH,
                "key",
                "must have 1 to 512 characters");
    }

    /** 256 random bits behind a prefix by which secret scanners know the key. */
    public static ApiKeySecret random(RandomGenerator random) {
        byte[] bytes = new byte[32];
        random.nextBytes(bytes);
        return new ApiKeySecret(
                "mrg_" + Base64.getUrlEncoder().withoutPadding().encodeToString(bytes));
    }

    public ApiKeyDigest digest() {
        return new ApiKeyDigest(sha256());
    }

    @Override
    public String toString() {
        return REDACTED;
    }
}
