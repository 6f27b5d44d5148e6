package dev.mooring.adapter.rest.edge;

import io.helidon.webserver.CloseConnectionException;

import java.time.Duration;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.Supplier;

/**
 * Ends connections whose peer is too slow, be it in sending a request or in taking an answer.
 * Helidon sets no time-out on either, so without this a few thousand senders or readers of one byte
 * a minute would occupy every connection.
 *
 * <p>A thread that transfers notes when it began; one other thread looks after them all.
 */
public final class TransferDeadline implements AutoCloseable {
    private final long limitNanos;
    private final ConcurrentMap<Thread, Long> transferringSince = new ConcurrentHashMap<>();
    private final Thread watch;

    /**
     * Begins to watch.
     *
     * @param limit for one transfer: the headers of a request, its body, or a part of an answer
     */
    public TransferDeadline(String name, Duration limit) {
        limitNanos = limit.toNanos();
        Duration pause = limit.dividedBy(8);
        watch = Thread.ofVirtual().name(name).start(() -> watch(pause));
    }

    /**
     * Transfers under the deadline.
     *
     * @throws CloseConnectionException when it has passed
     */
    <T> T within(Supplier<T> transfer) {
        begin();
        try {
            return transfer.get();
        } finally {
            end();
        }
    }

    /** The transfer of this thread begins. */
    void begin() {
        transferringSince.put(Thread.currentThread(), System.nanoTime());
    }

    /**
     * The transfer of this thread has ended.
     *
     * @throws CloseConnectionException when that was too late
     */
    void end() {
        if (transferringSince.remove(Thread.currentThread()) == null) {
            // Interrupted, perhaps just after the last byte; the mark must not reach later code.
            boolean cleared = Thread.interrupted();
            throw new CloseConnectionException("Transferred too slowly, interrupted: " + cleared);
        }
    }

    private void watch(Duration pause) {
        try {
            while (true) {
                Thread.sleep(pause);
                long now = System.nanoTime();
                transferringSince.forEach((thread, since) -> {
                    // Removing comes first: whoever removes the mark decides.
                    if (now - since > limitNanos && transferringSince.remove(thread, since)) {
                        thread.interrupt();
                    }
                });
            }
        } catch (InterruptedException closed) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        watch.interrupt();
    }
}
