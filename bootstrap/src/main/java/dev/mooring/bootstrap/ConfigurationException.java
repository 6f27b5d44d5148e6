package dev.mooring.bootstrap;

import java.io.Serial;

/** The configuration cannot be used; the message names the key and is for the operator. */
final class ConfigurationException extends RuntimeException {
    @Serial private static final long serialVersionUID = 1L;

    ConfigurationException(String message) {
        super(message);
    }

    ConfigurationException(String message, Throwable cause) {
        super(message, cause);
    }
}
