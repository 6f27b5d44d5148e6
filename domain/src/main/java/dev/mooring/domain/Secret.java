package dev.mooring.domain;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * Text that must never reach a log, an error, an event or an answer.
 *
 * <p>Implementations have a {@code toString} that returns {@link #REDACTED}; an architecture rule
 * checks that. Only adapters that store or send the secret call {@link #value()}.
 */
public interface Secret {
    /** What a secret says when it is printed. */
    String REDACTED = "[redacted]";

    /** The secret itself, in the clear. */
    String value();

    /**
     * SHA-256 of the UTF-8 text, in lower-case hexadecimal: recognises a secret without keeping it.
     */
    default String sha256() {
        return HexFormat.of().formatHex(sha256(value()));
    }

    /** SHA-256 of the UTF-8 text. */
    static byte[] sha256(String text) {
        try {
            return MessageDigest.getInstance("SHA-256")
                    .digest(text.getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("Every Java platform must provide SHA-256", e);
        }
    }
}
