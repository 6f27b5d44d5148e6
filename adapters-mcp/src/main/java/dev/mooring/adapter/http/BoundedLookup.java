package dev.mooring.adapter.http;

import dev.mooring.adapter.http.OutboundException.Reason;

import java.io.Serial;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedTransferQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Looks names up with a time-out. The platform's resolver has none that we could set, cannot be
 * interrupted and would hold the carrier of a virtual thread, so platform threads do it, a bounded
 * number that end when idle.
 *
 * <p>A name has one of them at a time, however many ask for it: the resolver would let the others
 * wait for the first one anyway, each in a thread, and one name server that hangs would take all.
 */
final class BoundedLookup implements AutoCloseable {

    private static final int MOST_THREADS = 64;
    private static final int IDLE_SECONDS = 10;
    private static final int MOST_ADDRESSES = 16;

    private final NameResolver resolver;
    private final ConcurrentMap<String, Future<List<InetAddress>>> underWay =
            new ConcurrentHashMap<>();
    private final ThreadPoolExecutor threads =
            new ThreadPoolExecutor(
                    0,
                    MOST_THREADS,
                    IDLE_SECONDS,
                    TimeUnit.SECONDS,
                    new Waiting(),
                    Thread.ofPlatform().daemon().name("mooring-lookup-", 0).factory(),
                    Waiting::add);

    /**
     * Takes a task at once only if a thread waits for it, so that the pool has no more threads than
     * it needs. Where all are taken, whoever asks waits for one, within a time-out of their own.
     */
    private static final class Waiting extends LinkedTransferQueue<Runnable> {
        @Serial private static final long serialVersionUID = 1L;

        @Override
        public boolean offer(Runnable task) {
            return tryTransfer(task);
        }

        static void add(Runnable task, ThreadPoolExecutor full) {
            if (full.isShutdown()) {
                throw new RejectedExecutionException();
            }
            ((Waiting) full.getQueue()).put(task);
        }
    }

    BoundedLookup(NameResolver resolver) {
        this.resolver = resolver;
    }

    /** All addresses of the host; an address literal is its own. */
    List<InetAddress> resolve(Destination destination, Duration timeout) {
        return destination
                .literal()
                .map(List::of)
                .orElseGet(() -> resolveName(destination, timeout));
    }

    private List<InetAddress> resolveName(Destination destination, Duration timeout) {
        try {
            Future<List<InetAddress>> answer =
                    underWay.computeIfAbsent(destination.host(), this::begin);
            List<InetAddress> addresses = answer.get(timeout.toNanos(), TimeUnit.NANOSECONDS);
            if (addresses.isEmpty()) {
                throw failure(Reason.NAME_NOT_FOUND, "the name of %s has no address", destination);
            }
            if (addresses.size() > MOST_ADDRESSES) {
                throw failure(
                        Reason.REFUSED_BY_GUARD,
                        "the name of %s has too many addresses",
                        destination);
            }
            return addresses;
        } catch (TimeoutException e) {
            throw failure(Reason.TIMED_OUT, "looking up the name of %s took too long", destination);
        } catch (RejectedExecutionException e) {
            throw failure(Reason.CANCELLED, "closed while looking up the name of %s", destination);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw failure(
                    Reason.CANCELLED, "interrupted while looking up the name of %s", destination);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof UnknownHostException) {
                throw failure(Reason.NAME_NOT_FOUND, "the name of %s is unknown", destination);
            }
            throw new IllegalStateException("the name resolver is broken", e.getCause());
        }
    }

    private Future<List<InetAddress>> begin(String host) {
        return threads.submit(() -> {
            try {
                return resolver.resolve(host);
            } finally {
                underWay.remove(host);
            }
        });
    }

    private static OutboundException failure(
            Reason reason, String message, Destination destination) {
        return new OutboundException(reason, false, message.formatted(destination));
    }

    @Override
    public void close() {
        threads.shutdownNow();
    }
}
