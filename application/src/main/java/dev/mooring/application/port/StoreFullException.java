package dev.mooring.application.port;

import java.io.Serial;

/** The store answers but has no room: what is there can be read, and nothing more be stored. */
public final class StoreFullException extends StoreUnavailableException {
    @Serial private static final long serialVersionUID = 1L;

    public StoreFullException(String message, Throwable cause) {
        super(message, cause);
    }
}
