package dev.mooring.application;

import java.time.Duration;

/**
 * How long things may take.
 *
 * @param consent how long a link lives
 * @param discovery budget of probing, discovery and registration together
 * @param tokenCall budget of one call to a token or revocation endpoint
 * @param connecting budget of connecting to an MCP server, tools listed
 * @param lease what a run may take before it counts as dead; long enough for a token call and for
 *     connecting, one after the other
 * @param patience how long a caller waits for a run of somebody else
 * @param expiryMargin an access token that ends sooner than this is refreshed before it is used
 */
public record Timing(
        Duration consent,
        Duration discovery,
        Duration tokenCall,
        Duration connecting,
        Duration lease,
        Duration patience,
        Duration expiryMargin) {
    /** Pauses between tries, and the last try itself. */
    private static final Duration MARGIN = Duration.ofSeconds(10);

    public static final Timing DEFAULT =
            new Timing(
                    Duration.ofMinutes(15),
                    Duration.ofSeconds(30),
                    Duration.ofSeconds(15),
                    Duration.ofSeconds(30),
                    Duration.ofSeconds(60),
                    Duration.ofSeconds(45),
                    Duration.ofSeconds(30));

    public Timing {
        if (lease.minus(MARGIN).compareTo(tokenCall.plus(connecting)) < 0) {
            throw new IllegalArgumentException(
                    "A lease must outlast a token call and connecting together by "
                            + MARGIN.toSeconds()
                            + " seconds");
        }
    }

    /**
     * The one budget of all that a run does: it ends before the lease does, so that no two runs of
     * a client are ever at work.
     */
    Duration run() {
        return lease.minus(MARGIN);
    }

    /**
     * How long who takes the lease of a dead run waits for its tokens: longer than any pause of who
     * holds tokens, and of a pool of connections, until it tries the database again.
     */
    Duration comeback() {
        return patience.dividedBy(5);
    }

    /**
     * How long who waits for redeemed tokens waits while the database is away; they are held for
     * longer than that.
     */
    Duration holding() {
        return run().minus(tokenCall);
    }

    /**
     * Budget of discovering and asking for a grant that needs no person: it leaves time to connect
     * in the same run.
     */
    Duration obtaining() {
        return run().minus(connecting);
    }
}
