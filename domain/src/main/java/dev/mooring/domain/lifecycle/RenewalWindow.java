package dev.mooring.domain.lifecycle;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * When a token is renewed ahead of its end, told as times since it was issued. Any moment of the
 * window will do: what was issued at one moment is not renewed at one.
 *
 * @param opens the earliest moment
 * @param closes the latest, from which there is still time for some tries
 */
public record RenewalWindow(Duration opens, Duration closes) {
    /** A shorter life is not worth the traffic: such a token is renewed when it is needed. */
    static final Duration SHORTEST_LIFE = Duration.ofMinutes(2);

    private static final int FRACTION = 5;
    private static final Duration SHORTEST_MARGIN = Duration.ofMinutes(1);
    private static final Duration LONGEST_MARGIN = Duration.ofMinutes(15);

    public RenewalWindow {
        if (opens.isNegative() || opens.compareTo(closes) > 0) {
            throw new IllegalArgumentException("A window opens before it closes");
        }
    }

    /**
     * A fifth of the token's life before its end, at least a minute and at most a quarter of an
     * hour, and up to half as much again. Empty for a token that lives too short.
     */
    static Optional<RenewalWindow> of(Instant issuedAt, Instant expiresAt) {
        Duration life = Duration.between(issuedAt, expiresAt);
        if (life.compareTo(SHORTEST_LIFE) < 0) {
            return Optional.empty();
        }
        Duration margin =
                atMost(LONGEST_MARGIN, atLeast(SHORTEST_MARGIN, life.dividedBy(FRACTION)));
        return Optional.of(
                new RenewalWindow(
                        life.minus(margin).minus(margin.dividedBy(2)), life.minus(margin)));
    }

    private static Duration atMost(Duration limit, Duration value) {
        return value.compareTo(limit) < 0 ? value : limit;
    }

    private static Duration atLeast(Duration limit, Duration value) {
        return value.compareTo(limit) > 0 ? value : limit;
    }
}
