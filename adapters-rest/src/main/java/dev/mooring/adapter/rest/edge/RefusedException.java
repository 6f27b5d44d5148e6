package dev.mooring.adapter.rest.edge;

import java.io.Serial;

/** Ends a request with this error, from wherever the edge finds that it cannot go on. */
public final class RefusedException extends RuntimeException {
    @Serial private static final long serialVersionUID = 1L;

    private final transient ApiError error;

    public RefusedException(ApiError error) {
        // An answer, not an accident: nobody reads its stack trace.
        super(error.message(), null, false, false);
        this.error = error;
    }

    public ApiError error() {
        return error;
    }
}
