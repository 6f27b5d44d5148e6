package dev.mooring.domain.lifecycle;

import static dev.mooring.domain.InvalidValueException.require;

import dev.mooring.domain.Secret;

import java.util.Base64;
import java.util.random.RandomGenerator;
import java.util.regex.Pattern;

/** What a browser holds by which it is known again; of any other browser nobody knows it. */
public record BrowserSecret(String value) implements Secret {
    private static final Pattern SHAPE = Pattern.compile("[A-Za-z0-9_-]{43}");

    public BrowserSecret {
        require(isOne(value), "browser", "is not what we gave a browser");
    }

    /** Whether the text has the shape of one. */
    public static boolean isOne(String text) {
        return SHAPE.matcher(text).matches();
    }

    /** 256 random bits in URL-safe base64. */
    public static BrowserSecret random(RandomGenerator random) {
        byte[] bytes = new byte[32];
        random.nextBytes(bytes);
        return new BrowserSecret(Base64.getUrlEncoder().withoutPadding().encodeToString(bytes));
    }

    public BrowserDigest digest() {
        return new BrowserDigest(sha256());
    }

    @Override
    public String toString() {
        return REDACTED;
    }
}
