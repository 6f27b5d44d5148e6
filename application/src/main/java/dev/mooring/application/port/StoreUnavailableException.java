package dev.mooring.application.port;

import java.io.Serial;

/**
 * The store cannot be reached or has no capacity left; nothing was changed by the call. Trying
 * again later is the only cure.
 */
public sealed class StoreUnavailableException extends RuntimeException permits StoreFullException {
    @Serial private static final long serialVersionUID = 1L;

    public StoreUnavailableException(String message, Throwable cause) {
        super(message, cause);
    }

    public StoreUnavailableException(String message) {
        super(message);
    }
}
