package dev.mooring.application.port;

/**
 * Tells how much is owed to authorization servers and counts what comes of it; for whoever watches
 * the service.
 */
public interface DebtMeter {
    void count(Kind kind, Result result);

    /** How much there is now, which is the same on all nodes. */
    void owed(Kind kind, Outbox.Backlog backlog);

    /** What is owed. */
    enum Kind {
        REVOCATION,
        DELETION
    }

    /** What came of one try. */
    enum Result {
        DONE,
        /** It is tried again. */
        FAILED,
        /** The server asked for patience. */
        PAUSED,
        /** Nobody tries any more. */
        GIVEN_UP
    }
}
