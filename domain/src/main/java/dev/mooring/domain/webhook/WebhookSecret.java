package dev.mooring.domain.webhook;

import static dev.mooring.domain.InvalidValueException.require;

import dev.mooring.domain.Secret;

import java.util.Base64;
import java.util.random.RandomGenerator;

/** What messages are signed with, as Standard Webhooks writes it. Shown once. */
public record WebhookSecret(String value) implements Secret {
    private static final String PREFIX = "whsec_";
    private static final int BYTES = 32;
    private static final int LEAST_BYTES = 24;
    private static final int MOST_BYTES = 64;

    public WebhookSecret {
        require(isOne(value), "secret", "must be whsec_ and 24 to 64 bytes in base64");
    }

    private static boolean isOne(String value) {
        if (!value.startsWith(PREFIX)) {
            return false;
        }
        try {
            int bytes = decode(value).length;
            return bytes >= LEAST_BYTES && bytes <= MOST_BYTES;
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    private static byte[] decode(String value) {
        return Base64.getDecoder().decode(value.substring(PREFIX.length()));
    }

    /** 256 random bits. */
    public static WebhookSecret random(RandomGenerator random) {
        byte[] bytes = new byte[BYTES];
        random.nextBytes(bytes);
        return new WebhookSecret(PREFIX + Base64.getEncoder().encodeToString(bytes));
    }

    /** The key of the signature itself. */
    public byte[] key() {
        return decode(value);
    }

    @Override
    public String toString() {
        return REDACTED;
    }
}
