package dev.mooring.adapter.persistence;

import java.util.Collections;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Up to where nothing can be added any more, learnt from looks at who is writing. Nobody waits for
 * anything here, so it may lag behind while others write. Safe for use by many threads, whose looks
 * may overlap.
 */
final class Horizon {
    private final ReentrantLock lock = new ReentrantLock();
    private Look pending = new Look(-1, Set.of());
    private long turns;
    private long pendingSince;
    private long reached = -1;

    /**
     * A look.
     *
     * @param number the highest there was
     * @param writers who was writing just after that
     */
    record Look(long number, Set<String> writers) {
        Look {
            writers = Set.copyOf(writers);
        }
    }

    /** To be called before one looks. */
    long begin() {
        lock.lock();
        try {
            return ++turns;
        } finally {
            lock.unlock();
        }
    }

    /**
     * What is certain with this look.
     *
     * @param turn what {@link #begin} gave
     * @return -1 as long as nothing is
     */
    long learn(long turn, Look fresh) {
        lock.lock();
        try {
            if (fresh.writers().isEmpty()) {
                reached = Math.max(reached, fresh.number());
            }
            // Whoever is missing from a look that began before has not begun to write, maybe.
            if (turn > pendingSince && Collections.disjoint(pending.writers(), fresh.writers())) {
                reached = Math.max(reached, pending.number());
                pending = fresh;
                pendingSince = ++turns;
            }
            return reached;
        } finally {
            lock.unlock();
        }
    }

    /** Somebody has found out that all is there up to this number. */
    long reach(long number) {
        lock.lock();
        try {
            reached = Math.max(reached, number);
            return number;
        } finally {
            lock.unlock();
        }
    }
}
