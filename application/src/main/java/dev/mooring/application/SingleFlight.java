package dev.mooring.application;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;

/**
 * Of all threads of this process that want the same thing at the same time, one goes and the others
 * take what it brings. It spares the database their questions; that no other node goes is seen to
 * elsewhere.
 *
 * @param <K> tells what is wanted, by its equality
 */
final class SingleFlight<K, V> {
    private final ConcurrentMap<K, CompletableFuture<V>> underway = new ConcurrentHashMap<>();

    /**
     * Goes, or waits for who has gone already.
     *
     * @param patience how long to wait; who goes is not bounded by it
     * @return empty when who went is not back by then, or this thread was interrupted
     * @throws RuntimeException what {@code going} threw, also to those who waited
     */
    Optional<V> join(K wanted, Duration patience, Supplier<V> going) {
        CompletableFuture<V> mine = new CompletableFuture<>();
        CompletableFuture<V> other = underway.putIfAbsent(wanted, mine);
        return other == null ? Optional.of(go(wanted, mine, going)) : await(other, patience);
    }

    private V go(K wanted, CompletableFuture<V> mine, Supplier<V> going) {
        try {
            V brought = going.get();
            mine.complete(brought);
            return brought;
        } catch (RuntimeException | Error e) {
            mine.completeExceptionally(e);
            throw e;
        } finally {
            underway.remove(wanted, mine);
        }
    }

    private static <V> Optional<V> await(CompletableFuture<V> other, Duration patience) {
        try {
            return Optional.of(other.get(patience.toNanos(), TimeUnit.NANOSECONDS));
        } catch (TimeoutException e) {
            return Optional.empty();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Optional.empty();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeException failure) {
                throw failure;
            }
            throw new IllegalStateException("Who went for all has failed", e.getCause());
        }
    }
}
