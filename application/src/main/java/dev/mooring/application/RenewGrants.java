package dev.mooring.application;

import dev.mooring.application.port.GrantStore;
import dev.mooring.application.port.GrantStore.Due;
import dev.mooring.application.port.StoreUnavailableException;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;

/**
 * Renews grants ahead of the end of their access tokens, so that no caller waits for it and a
 * refresh token that dies of idleness is kept alive. May run on every node at once: they share what
 * is due, and each holds few grants at a time, however many are due.
 *
 * <p>A host gets so many requests at once from this process and no more, however many token
 * endpoints it has, as a provider has one for each of its tenants. One that is slow keeps those
 * places and no others, so the grants of others pass it by, unless a great many are slow at once.
 */
public final class RenewGrants {
    private static final Logger LOGGER = System.getLogger(RenewGrants.class.getName());

    /** How many are taken at once. */
    static final int BATCH = 8;

    /** A host may get a whole batch on top of one that is under way. */
    static final int AT_ONE_ORIGIN = 2 * BATCH;

    /** Only that many hosts that are slow at once could keep all places from the others. */
    private static final int SLOW_ORIGINS = 32;

    static final int AT_ONCE = SLOW_ORIGINS * AT_ONE_ORIGIN;

    /** A round is over then, so that whoever schedules rounds can stop. */
    private static final Duration LONGEST_ROUND = Duration.ofSeconds(10);

    private static final Duration A_MOMENT = Duration.ofSeconds(1);

    private final GrantStore grants;
    private final ObtainAccessToken obtainAccessToken;
    private final Executor background;
    private final Timing timing;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition freed = lock.newCondition();
    private final Map<String, Integer> underWay = new HashMap<>();

    RenewGrants(
            GrantStore grants,
            ObtainAccessToken obtainAccessToken,
            Executor background,
            Timing timing) {
        this.grants = grants;
        this.obtainAccessToken = obtainAccessToken;
        this.background = background;
        this.timing = timing;
    }

    /**
     * One round over what is due: returns when everything due is under way or the round has become
     * too long; what is under way goes on in the background. Meant to be called every second, never
     * by two threads of a process at once.
     */
    public void handle() {
        long end = System.nanoTime() + LONGEST_ROUND.toNanos();
        long lookPast = System.nanoTime();
        boolean more = true;
        while (more && await(() -> sum() <= AT_ONCE - BATCH, end)) {
            Set<String> crowded = crowded();
            if (crowded.isEmpty()) {
                more = startDue(crowded);
            } else if (System.nanoTime() - lookPast >= 0) {
                // Dear, as the store has to look past all that is due at the crowded ones.
                startDue(crowded);
                lookPast = System.nanoTime() + A_MOMENT.toNanos();
            } else {
                more = awaitRoomAtOneOf(crowded);
            }
        }
    }

    /** A batch; false if nothing is due any more. */
    private boolean startDue(Set<String> crowded) {
        // Longer than a whole renewal, so that no other node takes it meanwhile.
        List<Due> due = grants.takeDue(BATCH, crowded, timing.lease().multipliedBy(2));
        due.forEach(this::start);
        return !due.isEmpty();
    }

    private void start(Due due) {
        enter(due.origin());
        boolean started = false;
        try {
            background.execute(() -> {
                try {
                    renew(due);
                } finally {
                    exit(due.origin());
                }
            });
            started = true;
        } finally {
            if (!started) {
                exit(due.origin());
            }
        }
    }

    /** A grant that cannot even be read must not keep the others from being renewed. */
    private void renew(Due due) {
        try {
            obtainAccessToken.ahead(due);
        } catch (StoreUnavailableException e) {
            LOGGER.log(Level.DEBUG, "Renewing {0} waits for the database", due.grant());
        } catch (RuntimeException e) {
            LOGGER.log(Level.ERROR, "Renewing " + due.grant() + " failed", e);
        }
    }

    private void enter(String origin) {
        lock.lock();
        try {
            underWay.merge(origin, 1, Integer::sum);
        } finally {
            lock.unlock();
        }
    }

    private void exit(String origin) {
        lock.lock();
        try {
            underWay.computeIfPresent(origin, (key, count) -> count == 1 ? null : count - 1);
            freed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Where a batch more would be too much. */
    private Set<String> crowded() {
        lock.lock();
        try {
            return underWay.entrySet().stream()
                    .filter(entry -> entry.getValue() > AT_ONE_ORIGIN - BATCH)
                    .map(Map.Entry::getKey)
                    .collect(Collectors.toUnmodifiableSet());
        } finally {
            lock.unlock();
        }
    }

    private int sum() {
        return underWay.values().stream().mapToInt(Integer::intValue).sum();
    }

    /** Not for long: meanwhile grants of other hosts may become due. */
    private boolean awaitRoomAtOneOf(Set<String> before) {
        long end = System.nanoTime() + A_MOMENT.toNanos();
        return await(() -> !crowded().containsAll(before), end);
    }

    /** Waits until this holds; false when it does not by then. */
    private boolean await(BooleanSupplier condition, long end) {
        lock.lock();
        try {
            while (!condition.getAsBoolean()) {
                if (freed.awaitNanos(end - System.nanoTime()) <= 0) {
                    return false;
                }
            }
            return System.nanoTime() - end < 0;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        } finally {
            lock.unlock();
        }
    }
}
