package dev.mooring.adapter.mcp;

import dev.mooring.application.port.Budget;
import dev.mooring.domain.client.ClientId;
import dev.mooring.domain.client.Connection;
import dev.mooring.domain.lifecycle.Problem.Code;
import dev.mooring.domain.mcp.Transport;
import dev.mooring.domain.oauth.AccessToken;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * The live connections of this process, at most one for each client. A connection serves only the
 * address, the settings and the token that it was made with; where one of them changes, the next
 * request makes a new one, and the former is left when its last request is through. So is a
 * connection that nobody has used for some minutes, or that had to make room. A client has only so
 * many requests under way at once, so that none takes all connections to a server that many use.
 */
final class LiveConnections implements AutoCloseable {
    private static final int MOST = 512;
    static final int MOST_AT_ONCE = 32;
    private static final Duration IDLE = Duration.ofMinutes(5);
    private static final Duration BETWEEN_SWEEPS = Duration.ofSeconds(30);
    private static final Duration GOOD_BYE = Duration.ofSeconds(2);

    private final InstantSource clock;
    private final int mostStreams;
    private final Map<ClientId, Slot> slots = new LinkedHashMap<>(16, 0.75f, true);
    private final Thread sweeper;
    private boolean closed;

    /**
     * @param mostStreams how many of them may hold a stream to one origin open
     */
    LiveConnections(InstantSource clock, int mostStreams) {
        this.clock = clock;
        this.mostStreams = mostStreams;
        this.sweeper = Thread.ofVirtual().name("mcp-idle").start(this::sweep);
    }

    /** Whom a connection is to, and as whom; the token by its digest only. */
    private record Key(ClientId client, Connection connection, Optional<String> token) {
        static Key of(ClientId client, Endpoint endpoint) {
            return new Key(
                    client,
                    endpoint.connection(),
                    endpoint.credential().token().map(AccessToken::sha256));
        }

        boolean holdsStream() {
            return connection.transport() == Transport.HTTP_WITH_SSE;
        }

        boolean isOfSameOrigin(Key other) {
            return connection.server().origin().equals(other.connection().server().origin());
        }
    }

    /** The place of one connection, from before it is opened until it is left. */
    private static final class Slot {
        final Key key;
        final CompletableFuture<Outcome<LiveConnection>> opened = new CompletableFuture<>();
        final AtomicBoolean opening = new AtomicBoolean();
        final Semaphore turns = new Semaphore(MOST_AT_ONCE, true);
        Optional<CompletableFuture<Void>> left = Optional.empty();
        int users;
        boolean retired;
        Instant lastUsed;

        Slot(Key key, Instant now) {
            this.key = key;
            this.lastUsed = now;
        }
    }

    /**
     * Does some work over the client's connection, opening it first if there is none. Of several
     * threads that come at once, one opens and all get what it got.
     *
     * @param open used at most once
     */
    <T> Outcome<T> with(
            ClientId client,
            Endpoint endpoint,
            Budget budget,
            Supplier<Outcome<LiveConnection>> open,
            Function<LiveConnection, Outcome<T>> work) {
        Slot slot = enter(Key.of(client, endpoint));
        try {
            if (slot.opening.compareAndSet(false, true)) {
                open(slot, open);
            }
            Outcome<T> outcome =
                    endpoint.await(slot.opened, budget)
                            .then(connection -> inTurn(slot, endpoint, budget, connection, work));
            if (outcome instanceof Outcome.Refused<T>(Refusal.Stale _)) {
                drop(slot);
            }
            return outcome;
        } finally {
            exit(slot);
        }
    }

    private static <T> Outcome<T> inTurn(
            Slot slot,
            Endpoint endpoint,
            Budget budget,
            LiveConnection connection,
            Function<LiveConnection, Outcome<T>> work) {
        try {
            if (!slot.turns.tryAcquire(budget.remaining().toNanos(), TimeUnit.NANOSECONDS)) {
                return Outcome.refused(
                        Refusal.failed(
                                Code.SERVER_TOO_SLOW,
                                endpoint.host()
                                        + " has not answered the requests that were there before"));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Outcome.refused(new Refusal.Failed(endpoint.endedByUs()));
        }
        try {
            return work.apply(connection);
        } finally {
            slot.turns.release();
        }
    }

    /** Leaves the client's connection now, whoever uses it. */
    void leave(ClientId client) {
        Optional<Slot> slot;
        synchronized (slots) {
            slot = Optional.ofNullable(slots.remove(client));
        }
        slot.ifPresent(LiveConnections::leave);
    }

    /** The same, unless it was made with these settings. */
    void leaveUnless(ClientId client, Connection current) {
        Optional<Slot> former;
        synchronized (slots) {
            former =
                    Optional.ofNullable(slots.get(client))
                            .filter(slot -> !slot.key.connection().equals(current));
            former.ifPresent(slot -> slots.remove(client, slot));
        }
        former.ifPresent(LiveConnections::leave);
    }

    /** Whose connections there are. */
    Set<ClientId> clients() {
        synchronized (slots) {
            return Set.copyOf(slots.keySet());
        }
    }

    /** Leaves the client's connection as soon as nobody uses it; the next request opens another. */
    void retire(ClientId client) {
        synchronized (slots) {
            Optional.ofNullable(slots.get(client)).ifPresent(this::retire);
        }
    }

    /** Leaves what nobody has used for long. */
    void leaveIdle() {
        List<Slot> idle = new ArrayList<>();
        synchronized (slots) {
            Instant limit = clock.instant().minus(IDLE);
            slots.values()
                    .removeIf(slot -> {
                        boolean isIdle = slot.users == 0 && slot.lastUsed.isBefore(limit);
                        if (isIdle) {
                            idle.add(slot);
                        }
                        return isIdle;
                    });
        }
        idle.forEach(LiveConnections::leave);
    }

    /** How many there are. */
    int size() {
        synchronized (slots) {
            return slots.size();
        }
    }

    /** Leaves all connections and waits for that, but not for long. */
    @Override
    public void close() {
        List<Slot> all;
        synchronized (slots) {
            closed = true;
            all = List.copyOf(slots.values());
            slots.clear();
        }
        sweeper.interrupt();
        all.forEach(LiveConnections::leave);
        try {
            CompletableFuture.allOf(
                            all.stream()
                                    .flatMap(slot -> slot.left.stream())
                                    .toArray(CompletableFuture<?>[]::new))
                    .get(GOOD_BYE.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (TimeoutException | ExecutionException | CancellationException e) {
            // Who does not listen to a good-bye will notice that we are gone.
        }
    }

    private Slot enter(Key key) {
        synchronized (slots) {
            if (closed) {
                throw new IllegalStateException("The connector is closed");
            }
            Slot slot = slots.get(key.client());
            if (slot == null || !slot.key.equals(key)) {
                if (slot != null) {
                    retire(slot);
                }
                slot = new Slot(key, clock.instant());
                slots.put(key.client(), slot);
                if (slots.size() > MOST) {
                    retire(slots.values().iterator().next());
                }
                if (key.holdsStream()) {
                    makeRoomForStream(key);
                }
            }
            slot.users++;
            return slot;
        }
    }

    /**
     * The longest unused stream to the same origin goes, if with this one there are too many. Where
     * all are in use, the new one has to wait for the end of one.
     */
    private void makeRoomForStream(Key key) {
        List<Slot> others =
                slots.values().stream()
                        .filter(slot -> slot.key.holdsStream() && slot.key.isOfSameOrigin(key))
                        .filter(slot -> !slot.key.equals(key))
                        .toList();
        if (others.size() >= mostStreams) {
            retire(
                    others.stream()
                            .filter(slot -> slot.users == 0)
                            .findFirst()
                            .orElseGet(others::getFirst));
        }
    }

    private void exit(Slot slot) {
        synchronized (slots) {
            slot.users--;
            slot.lastUsed = clock.instant();
            leaveIfRetired(slot);
        }
    }

    private void drop(Slot slot) {
        synchronized (slots) {
            retire(slot);
        }
    }

    private void retire(Slot slot) {
        slots.remove(slot.key.client(), slot);
        slot.retired = true;
        leaveIfRetired(slot);
    }

    private void leaveIfRetired(Slot slot) {
        if (slot.retired && slot.users == 0) {
            leave(slot);
        }
    }

    private void open(Slot slot, Supplier<Outcome<LiveConnection>> open) {
        try {
            Outcome<LiveConnection> outcome = open.get();
            slot.opened.complete(outcome);
            if (outcome instanceof Outcome.Refused) {
                drop(slot);
            }
        } finally {
            // Only after an exception: then the others must not wait for what never comes.
            if (slot.opened.cancel(false)) {
                drop(slot);
            }
        }
    }

    /** Leaves in the background, as soon as there is something to leave. */
    private static void leave(Slot slot) {
        synchronized (slot) {
            if (slot.left.isEmpty()) {
                slot.left =
                        Optional.of(
                                slot.opened.thenAcceptAsync(
                                        LiveConnections::sayGoodBye, Thread::startVirtualThread));
            }
        }
    }

    private static void sayGoodBye(Outcome<LiveConnection> opened) {
        if (opened instanceof Outcome.Success<LiveConnection>(LiveConnection connection)) {
            connection.leave();
        }
    }

    private void sweep() {
        try {
            while (true) {
                Thread.sleep(BETWEEN_SWEEPS);
                leaveIdle();
            }
        } catch (InterruptedException e) {
            // We are closed.
        }
    }
}
