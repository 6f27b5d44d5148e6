package dev.mooring.adapter.persistence;

import java.time.Duration;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Waits for what another node may do by asking the database again and again, at growing intervals
 * and without holding a connection in between.
 */
final class Patience {

    private static final Duration SHORTEST = Duration.ofMillis(20);
    private static final Duration LONGEST = Duration.ofMillis(250);

    private Patience() {}

    /** Asks until there is an answer or the patience ends; at least once. */
    static <T> Optional<T> ask(Duration patience, Supplier<Optional<T>> question) {
        long deadline = System.nanoTime() + patience.toNanos();
        Duration pause = SHORTEST;
        Optional<T> answer = question.get();
        while (answer.isEmpty() && System.nanoTime() - deadline < 0) {
            Duration left = Duration.ofNanos(Math.max(0, deadline - System.nanoTime()));
            try {
                Thread.sleep(shorter(pause, left));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return Optional.empty();
            }
            pause = shorter(pause.multipliedBy(3).dividedBy(2), LONGEST);
            answer = question.get();
        }
        return answer;
    }

    private static Duration shorter(Duration one, Duration other) {
        return one.compareTo(other) < 0 ? one : other;
    }
}
