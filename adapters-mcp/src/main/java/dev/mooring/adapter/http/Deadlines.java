package dev.mooring.adapter.http;

import java.time.Duration;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * The one thread of the client. It ends calls whose time is over by closing their connection, which
 * also wakes a reader that is fed a byte at a time, and it sweeps idle connections.
 */
final class Deadlines implements AutoCloseable {

    private final ScheduledThreadPoolExecutor thread =
            new ScheduledThreadPoolExecutor(
                    1, Thread.ofPlatform().daemon().name("mooring-http-deadlines").factory());

    Deadlines() {
        thread.setRemoveOnCancelPolicy(true);
    }

    Future<?> after(Duration delay, Runnable action) {
        return thread.schedule(action, delay.toNanos(), TimeUnit.NANOSECONDS);
    }

    void every(Duration period, Runnable action) {
        var _ =
                thread.scheduleWithFixedDelay(
                        action, period.toNanos(), period.toNanos(), TimeUnit.NANOSECONDS);
    }

    @Override
    public void close() {
        thread.shutdownNow();
    }
}
