package dev.mooring.adapter.http;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Looks names up with a time-out. The platform's resolver has none that we could set and would hold
 * the carrier of a virtual thread, so a few platform threads do it, which end when idle.
 */
final class BoundedLookup implements AutoCloseable {

    private static final int THREADS = 8;
    private static final int WAITING = 1024;
    private static final int MOST_ADDRESSES = 16;

    private final NameResolver resolver;
    private final ThreadPoolExecutor threads =
            new ThreadPoolExecutor(
                    THREADS,
                    THREADS,
                    10,
                    TimeUnit.SECONDS,
                    new LinkedBlockingQueue<>(WAITING),
                    Thread.ofPlatform().daemon().name("mooring-lookup-", 0).factory());

    BoundedLookup(NameResolver resolver) {
        this.resolver = resolver;
        threads.allowCoreThreadTimeOut(true);
    }

    List<InetAddress> resolve(Destination destination, Duration timeout) {
        Future<List<InetAddress>> answer = submit(destination);
        try {
            List<InetAddress> addresses = answer.get(timeout.toNanos(), TimeUnit.NANOSECONDS);
            if (addresses.isEmpty()) {
                throw notFound(destination);
            }
            if (addresses.size() > MOST_ADDRESSES) {
                throw OutboundException.refused(
                        destination
                                + " is refused: its name has more than "
                                + MOST_ADDRESSES
                                + " addresses");
            }
            return addresses;
        } catch (TimeoutException e) {
            throw failure(
                    OutboundException.Reason.TIMED_OUT,
                    "looking up the name of " + destination + " took too long");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw failure(
                    OutboundException.Reason.CANCELLED,
                    "interrupted while looking up " + destination);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof UnknownHostException) {
                throw notFound(destination);
            }
            throw new IllegalStateException("the name resolver is broken", e.getCause());
        } finally {
            answer.cancel(true);
        }
    }

    private Future<List<InetAddress>> submit(Destination destination) {
        try {
            return threads.submit(() -> resolver.resolve(destination.host()));
        } catch (RejectedExecutionException e) {
            throw failure(OutboundException.Reason.CANCELLED, "no more name look-ups are taken");
        }
    }

    private static OutboundException notFound(Destination destination) {
        return failure(
                OutboundException.Reason.NAME_NOT_FOUND,
                "the name of " + destination + " has no address");
    }

    private static OutboundException failure(OutboundException.Reason reason, String message) {
        return new OutboundException(reason, false, message);
    }

    @Override
    public void close() {
        threads.shutdownNow();
    }
}
