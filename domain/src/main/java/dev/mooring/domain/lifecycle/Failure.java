package dev.mooring.domain.lifecycle;

import java.time.Instant;
import java.util.Optional;

/**
 * A problem and when it happened: the last failure of a client.
 *
 * @param inARow how many there were without anything that worked in between, this one counted
 */
public record Failure(Problem problem, Instant at, int inARow) {
    public Failure {
        if (inARow < 1) {
            throw new IllegalArgumentException("A failure counts itself");
        }
    }

    /** The first one. */
    public Failure(Problem problem, Instant at) {
        this(problem, at, 1);
    }

    /** One more. */
    static Failure after(Optional<Failure> last, Problem problem, Instant at) {
        return new Failure(problem, at, last.map(before -> before.inARow + 1).orElse(1));
    }
}
