package dev.mooring.adapter.http;

/**
 * A call that ended without a complete answer. The message is for a person: our own words with the
 * scheme, host and port that the caller named, never with addresses, paths, headers or bodies.
 */
public final class OutboundException extends RuntimeException {

    /** Why there is no answer. */
    public enum Reason {
        /** The URL, or an address its host resolves to, is not allowed. */
        REFUSED_BY_GUARD,
        NAME_NOT_FOUND,
        CONNECT_FAILED,
        /** The handshake failed, or the certificate is not trusted or is for another name. */
        TLS_FAILED,
        /** Connecting, a silence, the whole call or the shared budget took too long. */
        TIMED_OUT,
        /** More header or body bytes than the limits allow. */
        TOO_LARGE,
        /** The answer ended early, is not HTTP, or is encoded although we asked for plain bytes. */
        BROKEN_ANSWER,
        TOO_MANY_REDIRECTS,
        /** The calling thread was interrupted, or the client was closed. */
        CANCELLED
    }

    private final Reason reason;
    private final boolean mayHaveBeenSent;

    OutboundException(Reason reason, boolean mayHaveBeenSent, String message) {
        super(message);
        this.reason = reason;
        this.mayHaveBeenSent = mayHaveBeenSent;
    }

    OutboundException(Reason reason, boolean mayHaveBeenSent, String message, Throwable cause) {
        super(message, cause);
        this.reason = reason;
        this.mayHaveBeenSent = mayHaveBeenSent;
    }

    static OutboundException refused(String message) {
        return new OutboundException(Reason.REFUSED_BY_GUARD, false, message);
    }

    public Reason reason() {
        return reason;
    }

    /**
     * Whether the server may have received and acted on the request. When false, nothing of it was
     * written and it can be repeated without harm.
     */
    public boolean mayHaveBeenSent() {
        return mayHaveBeenSent;
    }
}
