package dev.mooring.adapter.persistence.embedded;

/** The embedded server cannot be started; the message tells the operator why and what to do. */
public final class EmbeddedPostgresException extends RuntimeException {

    EmbeddedPostgresException(String message) {
        super(message);
    }

    EmbeddedPostgresException(String message, Throwable cause) {
        super(message, cause);
    }
}
