package dev.mooring.domain;

import java.io.Serial;

/**
 * A value that cannot exist was given from outside.
 *
 * <p>{@link #field()} names the offending field in the words of the HTTP contract ({@code
 * connection_string}, {@code oauth_config.issuer}), so that every boundary can tell the caller what
 * to mend. The message never repeats the value, which may be a secret.
 */
public final class InvalidValueException extends IllegalArgumentException {
    @Serial private static final long serialVersionUID = 1L;

    private final String field;

    public InvalidValueException(String field, String message) {
        super(message);
        this.field = field;
    }

    public String field() {
        return field;
    }

    /** Throws unless {@code valid}. */
    public static void require(boolean valid, String field, String message) {
        if (!valid) {
            throw new InvalidValueException(field, message);
        }
    }
}
