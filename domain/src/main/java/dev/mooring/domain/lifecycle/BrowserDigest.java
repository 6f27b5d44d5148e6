package dev.mooring.domain.lifecycle;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;

/** SHA-256 of a {@link BrowserSecret}, in hexadecimal. */
public record BrowserDigest(String value) {
    /** Whether it is the one of this secret; takes as long whatever the answer is. */
    boolean isOf(BrowserSecret secret) {
        return MessageDigest.isEqual(
                value.getBytes(StandardCharsets.UTF_8),
                secret.sha256().getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public String toString() {
        return "[digest]";
    }
}
