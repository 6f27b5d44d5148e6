package dev.mooring.application.port;

import java.io.Serial;

/**
 * A stored secret does not open: it was sealed with a key that is lost, or was altered. Nothing
 * brings it back but that key, so another one has to take its place.
 */
public final class SecretLostException extends IllegalStateException {
    @Serial private static final long serialVersionUID = 1L;

    public SecretLostException(String message) {
        super(message);
    }

    public SecretLostException(String message, Throwable cause) {
        super(message, cause);
    }
}
