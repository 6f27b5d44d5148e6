package dev.mooring.application.port;

import java.time.Duration;

/**
 * How much time is left for one piece of work that asks several parties. Monotonic: changes of the
 * wall clock do not touch it.
 */
public final class Budget {
    private final long deadlineNanos;

    private Budget(long deadlineNanos) {
        this.deadlineNanos = deadlineNanos;
    }

    /** Starts to run now. */
    public static Budget of(Duration time) {
        return new Budget(System.nanoTime() + time.toNanos());
    }

    /** A part of this one, which begins now: as much as {@code most}, or what is left. */
    public Budget part(Duration most) {
        Duration left = remaining();
        return of(left.compareTo(most) < 0 ? left : most);
    }

    /** What is left, never negative. */
    public Duration remaining() {
        return Duration.ofNanos(Math.max(0, deadlineNanos - System.nanoTime()));
    }

    public boolean isSpent() {
        return remaining().isZero();
    }
}
