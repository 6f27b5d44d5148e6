package dev.mooring.domain.lifecycle;

import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * Pauses that double with every failure in a row, each cut by chance by up to a half, so that many
 * who failed together do not come again together.
 *
 * @param first the longest first one
 * @param longest what no pause exceeds
 */
public record Backoff(Duration first, Duration longest) {
    private static final int MOST_DOUBLINGS = 16;

    /** The pause after this many failures in a row, one at least. */
    public Duration after(int failures, RandomGenerator random) {
        long half = half(failures);
        return Duration.ofMillis(half + random.nextLong(half + 1));
    }

    /** The same whenever somebody computes it again for {@code whom}, and another for others. */
    public Duration after(int failures, Object whom) {
        long half = half(failures);
        return Duration.ofMillis(half + Math.floorMod((long) whom.hashCode(), half + 1));
    }

    private long half(int failures) {
        long doubled = first.toMillis() << Math.min(failures - 1, MOST_DOUBLINGS);
        return Math.min(doubled, longest.toMillis()) / 2;
    }
}
