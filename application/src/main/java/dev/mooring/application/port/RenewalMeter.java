package dev.mooring.application.port;

/** Counts what came of asking for the tokens of grants again; for whoever watches the service. */
public interface RenewalMeter {
    void count(Result result);

    /** What came of one request. */
    enum Result {
        /** New tokens are stored. */
        RENEWED,
        /** New tokens came, and nobody wants them any more. */
        SUPERFLUOUS,
        /** It failed for now; the grant is kept. */
        FAILED,
        /** The request may have arrived, and no answer came: nobody knows. */
        AMBIGUOUS,
        /** Refused for good, or ambiguous twice: the grant ended. */
        ENDED
    }
}
