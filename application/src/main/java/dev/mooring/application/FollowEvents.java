package dev.mooring.application;

import dev.mooring.application.port.EventHistory;
import dev.mooring.application.port.StoreUnavailableException;
import dev.mooring.domain.audit.AuditFilter;
import dev.mooring.domain.audit.AuditRecord;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Lets any number of followers see what happens, on whatever node it happens. The history is asked
 * once for all of them; the newest events are held for those who keep up, and who falls behind, or
 * comes back later, reads from the history where it left off. So a slow follower costs nothing.
 */
public final class FollowEvents {
    private static final Logger LOGGER = System.getLogger(FollowEvents.class.getName());
    private static final int HELD = 1000;
    private static final int BATCH = 200;

    private final EventHistory history;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();

    /** All events after {@code from} and up to {@code to}, while anybody follows. */
    private final Deque<AuditRecord> held = new ArrayDeque<>();

    private long from;
    private long to;
    private int followers;
    private boolean ended;

    public FollowEvents(EventHistory history) {
        this.history = history;
    }

    /** One that follows, until it is closed. For one thread at a time. */
    public final class Follower implements AutoCloseable {
        private long position;

        private Follower(long position) {
            this.position = position;
        }

        /**
         * What came since the last call, oldest first; waits for something to come.
         *
         * @return nothing when the patience or {@linkplain #end all following} has ended before
         */
        public List<AuditRecord> next(Duration patience) throws InterruptedException {
            lock.lock();
            try {
                long left = patience.toNanos();
                while (to <= position && !ended && left > 0) {
                    left = changed.awaitNanos(left);
                }
                if (to <= position) {
                    return List.of();
                }
                if (position >= from) {
                    return take();
                }
            } finally {
                lock.unlock();
            }
            EventHistory.Page page = history.after(position, AuditFilter.ALL, BATCH);
            position = page.upTo();
            return page.records();
        }

        /** The number up to which everything was told: to go on after it misses nothing. */
        public long position() {
            return position;
        }

        private List<AuditRecord> take() {
            List<AuditRecord> news =
                    held.stream()
                            .dropWhile(each -> each.number() <= position)
                            .limit(BATCH)
                            .toList();
            position = news.size() == BATCH ? news.getLast().number() : to;
            return news;
        }

        @Override
        public void close() {
            lock.lock();
            try {
                followers--;
            } finally {
                lock.unlock();
            }
        }
    }

    /**
     * Begins to follow.
     *
     * @param after the number of the last event that was seen; absent: only what is still to come
     * @throws StoreUnavailableException when the store cannot be reached
     */
    public Follower follow(OptionalLong after) {
        long now = history.settled();
        lock.lock();
        try {
            if (followers == 0) {
                held.clear();
                from = now;
                to = now;
            }
            followers++;
            // A number that was never given is one of another database.
            return new Follower(Math.min(after.orElse(now), now));
        } finally {
            lock.unlock();
        }
    }

    /** Looks for news, if anybody follows. Meant to be called a few times each second. */
    public void poll() {
        try {
            boolean more = true;
            while (more) {
                OptionalLong start = start();
                more = start.isPresent() && fetch(start.getAsLong());
            }
        } catch (StoreUnavailableException e) {
            LOGGER.log(Level.DEBUG, "Followers wait for the database");
        }
    }

    private OptionalLong start() {
        lock.lock();
        try {
            return followers == 0 ? OptionalLong.empty() : OptionalLong.of(to);
        } finally {
            lock.unlock();
        }
    }

    private boolean fetch(long start) {
        EventHistory.Page page = history.after(start, AuditFilter.ALL, BATCH);
        lock.lock();
        try {
            if (to != start || page.upTo() == start) {
                return false;
            }
            held.addAll(page.records());
            to = page.upTo();
            while (held.size() > HELD) {
                from = held.removeFirst().number();
            }
            changed.signalAll();
            return page.records().size() == BATCH;
        } finally {
            lock.unlock();
        }
    }

    /** Nobody waits any longer, now or later: the process is to end. */
    public void end() {
        lock.lock();
        try {
            ended = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** How many follow now. */
    public int followers() {
        lock.lock();
        try {
            return followers;
        } finally {
            lock.unlock();
        }
    }

    /** Whether {@link #end} was called. */
    public boolean hasEnded() {
        lock.lock();
        try {
            return ended;
        } finally {
            lock.unlock();
        }
    }
}
