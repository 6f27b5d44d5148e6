package dev.mooring.bootstrap;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.TimeUnit;

/** What was opened so far, to be closed in the opposite order, whatever happens on the way. */
final class Opened implements AutoCloseable {
    private static final Logger LOGGER = System.getLogger(Opened.class.getName());

    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final Deque<AutoCloseable> opened = new ArrayDeque<>();

    synchronized <T extends AutoCloseable> T add(T closeable) {
        opened.push(closeable);
        return closeable;
    }

    /** Threads that get some time to end their work. */
    ExecutorService addThreads(ExecutorService threads) {
        add((AutoCloseable) () -> end(threads));
        return threads;
    }

    /**
     * Lets what is at work end, as it may hold tokens that exist nowhere else yet; after {@link
     * #PATIENCE} it is interrupted.
     */
    static void end(ExecutorService threads) {
        threads.shutdown();
        try {
            if (!threads.awaitTermination(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)) {
                threads.shutdownNow();
            }
        } catch (InterruptedException e) {
            threads.shutdownNow();
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public synchronized void close() {
        while (!opened.isEmpty()) {
            AutoCloseable next = opened.pop();
            try {
                next.close();
            } catch (Exception e) {
                LOGGER.log(Level.WARNING, next.getClass().getSimpleName() + " did not close", e);
            }
        }
    }
}
