package dev.mooring.adapter.rest.edge;

import io.helidon.http.Headers;
import io.helidon.http.HttpPrologue;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.ConnectionContext;
import io.helidon.webserver.http1.Http1ConnectionListener;

import java.time.Duration;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.Supplier;

/**
 * Ends connections whose request arrives too slowly, be it in its headers or in its body. Helidon
 * sets no time-out on what it reads, so without this a few thousand senders of one byte a minute
 * would occupy every connection.
 *
 * <p>A thread that reads notes when it began; one other thread looks after them all.
 */
public final class ReceiveDeadline implements Http1ConnectionListener, AutoCloseable {
    private final long limitNanos;
    private final ConcurrentMap<Thread, Long> receivingSince = new ConcurrentHashMap<>();
    private final Thread watch;

    /**
     * Begins to watch.
     *
     * @param limit for the headers of one request, and again for its body
     */
    public ReceiveDeadline(Duration limit) {
        limitNanos = limit.toNanos();
        Duration pause = limit.dividedBy(8);
        watch = Thread.ofVirtual().name("receive-deadline").start(() -> watch(pause));
    }

    @Override
    public void prologue(ConnectionContext context, HttpPrologue prologue) {
        begin();
    }

    @Override
    public void headers(ConnectionContext context, Headers headers) {
        end();
    }

    /**
     * Reads under the deadline.
     *
     * @throws CloseConnectionException when it has passed
     */
    <T> T receive(Supplier<T> reading) {
        begin();
        try {
            return reading.get();
        } finally {
            end();
        }
    }

    private void begin() {
        receivingSince.put(Thread.currentThread(), System.nanoTime());
    }

    private void end() {
        if (receivingSince.remove(Thread.currentThread()) == null) {
            // Interrupted, perhaps just after the last byte; the mark must not reach later code.
            boolean cleared = Thread.interrupted();
            throw new CloseConnectionException("Received too slowly, interrupted: " + cleared);
        }
    }

    private void watch(Duration pause) {
        try {
            while (true) {
                Thread.sleep(pause);
                long now = System.nanoTime();
                receivingSince.forEach((thread, since) -> {
                    // Removing comes first: whoever removes the mark decides.
                    if (now - since > limitNanos && receivingSince.remove(thread, since)) {
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
