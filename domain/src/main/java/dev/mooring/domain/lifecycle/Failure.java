package dev.mooring.domain.lifecycle;

import dev.mooring.domain.client.ClientId;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * A problem and when it happened: the last failure of a client.
 *
 * @param inARow how many there were without anything that worked in between, this one counted
 */
public record Failure(Problem problem, Instant at, int inARow) {
    /** What nobody uses at the moment is not tried again all too often. */
    public static final Backoff PAUSES = new Backoff(Duration.ofMinutes(1), Duration.ofHours(1));

    public Failure {
        if (inARow < 1) {
            throw new IllegalArgumentException("A failure counts itself");
        }
    }

    /** The first one. */
    public Failure(Problem problem, Instant at) {
        this(problem, at, 1);
    }

    /** When to try again, without anybody who asks for it: each of many at another time. */
    Instant retryAt(ClientId client) {
        return at.plus(PAUSES.after(inARow, client));
    }

    /** One more. */
    static Failure after(Optional<Failure> last, Problem problem, Instant at) {
        return new Failure(problem, at, last.map(before -> before.inARow + 1).orElse(1));
    }
}
