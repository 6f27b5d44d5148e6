package dev.mooring.application;

import dev.mooring.application.port.StoreUnavailableException;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.function.Supplier;

/**
 * Keeps trying to store tokens while the database is away. Until they are stored they exist only
 * here, and nobody can get them a second time.
 *
 * @param background goes on with it when who waits for it has waited long enough
 */
record HoldTokens(Executor background) {
    private static final Logger LOGGER = System.getLogger(HoldTokens.class.getName());
    private static final Duration FIRST_PAUSE = Duration.ofMillis(100);

    /** Short, as others wait no longer for tokens whose lease is over. */
    private static final Duration LONGEST_PAUSE = Duration.ofMillis(500);

    /** A database that is away for longer is not coming back by itself. */
    private static final Duration IN_THE_BACKGROUND = Duration.ofHours(1);

    /**
     * Runs {@code storing} until the store takes it. It may be run again after it was done, where
     * the answer to that was lost; and late, so it must see for itself whether it still may.
     *
     * @throws StoreUnavailableException when the store is still away after {@code patience}, in
     *     which case it goes on in the background; or when the thread is interrupted meanwhile
     */
    <T> T until(Supplier<T> storing, Duration patience) {
        try {
            return keepTrying(storing, patience);
        } catch (StoreUnavailableException e) {
            if (!Thread.currentThread().isInterrupted()) {
                background.execute(() -> goOn(storing));
            }
            throw e;
        }
    }

    /**
     * The same for what its caller undoes, or says has failed, when it could not be done in time:
     * nothing goes on.
     */
    <T> T within(Duration patience, Supplier<T> storing) {
        return keepTrying(storing, patience);
    }

    private static void goOn(Supplier<?> storing) {
        try {
            keepTrying(storing, IN_THE_BACKGROUND);
            LOGGER.log(Level.INFO, "Tokens that waited for the database are stored");
        } catch (StoreUnavailableException e) {
            LOGGER.log(
                    Level.ERROR,
                    "The database was away for so long that tokens were lost: {0}",
                    e.getMessage());
        }
    }

    private static <T> T keepTrying(Supplier<T> storing, Duration patience) {
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
