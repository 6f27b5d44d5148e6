package dev.mooring.domain.webhook;

import static dev.mooring.domain.InvalidValueException.require;

import dev.mooring.domain.Secret;

import java.util.Base64;
import java.util.random.RandomGenerator;

/** What messages are signed with, as Standard Webhooks writes it. Shown once. */
public record WebhookSecret(String value) implements Secret {
    private static final String PREFIX = "whsec_";
    private static final int BYTES = 32;

    public WebhookSecret {
        require(
                value.matches("whsec_[A-Za-z0-9+/]{32,88}={0,2}"),
                "secret",
                "must be whsec_ and 24 to 64 bytes in base64");
    }

    /** 256 random bits. */
    public static WebhookSecret random(RandomGenerator random) {
        byte[] bytes = new byte[BYTES];
        random.nextBytes(bytes);
        return new WebhookSecret(PREFIX + Base64.getEncoder().encodeToString(bytes));
    }

    /** The key of the signature itself. */
    public byte[] key() {
        return Base64.getDecoder().decode(value.substring(PREFIX.length()));
    }

    @Override
    public String toString() {
        return REDACTED;
    }
}
