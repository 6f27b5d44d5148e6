package dev.mooring.application;

import dev.mooring.application.port.StoreUnavailableException;

import java.time.Duration;
import java.util.function.Supplier;

/**
 * Keeps trying to store tokens while the database is away. Until they are stored they exist only
 * here, and nobody can get them a second time.
 */
final class HoldTokens {
    private static final Duration FIRST_PAUSE = Duration.ofMillis(100);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(2);

    private HoldTokens() {}

    /**
     * Runs {@code storing} until the store takes it.
     *
     * @throws StoreUnavailableException when the store is still away after {@code patience}, or the
     *     thread is interrupted meanwhile
     */
    static <T> T until(Supplier<T> storing, Duration patience) {
        long deadline = System.nanoTime() + patience.toNanos();
        Duration pause = FIRST_PAUSE;
        while (true) {
            try {
                return storing.get();
            } catch (StoreUnavailableException e) {
                if (System.nanoTime() - deadline >= 0) {
                    throw e;
                }
                pauseOrGiveUp(pause, e);
                Duration doubled = pause.multipliedBy(2);
                pause = doubled.compareTo(LONGEST_PAUSE) < 0 ? doubled : LONGEST_PAUSE;
            }
        }
    }

    private static void pauseOrGiveUp(Duration pause, StoreUnavailableException why) {
        try {
            Thread.sleep(pause);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw why;
        }
    }
}
