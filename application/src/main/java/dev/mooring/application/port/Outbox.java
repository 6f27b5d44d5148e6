package dev.mooring.application.port;

import dev.mooring.domain.lifecycle.Debt;
import dev.mooring.domain.oauth.Origin;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * What is still owed to authorization servers, encrypted. It outlives what it was owed for. Times
 * are judged by the store's clock.
 *
 * @param <T> what is owed, with all that it takes
 */
public interface Outbox<T> {
    /** Adds what is owed, in the unit of work that makes it so. */
    void add(T owed);

    /**
     * Takes entries that are due, for {@code lease}; another node does not get them meanwhile.
     * Those of an origin come in the order in which they are due, and nothing is taken for one that
     * is {@linkplain #pause paused}.
     *
     * @param most how many at most
     * @param atOneOrigin how many for one origin at most, together with those that are under way
     * @param underWay the origin of each one that is under way here
     */
    List<Entry> take(int most, int atOneOrigin, List<Origin> underWay, Duration lease);

    /**
     * What an entry is about, which nothing else here reads: one that cannot be read is in nobody's
     * way. Empty when somebody else has taken or ended it since.
     *
     * @throws IllegalStateException if its secrets do not open
     */
    Optional<T> open(Entry entry);

    /** It is done: forgets it; false when somebody else has done so already. */
    boolean done(Entry entry);

    /**
     * It never will be done: forgets it; false when somebody else has taken or ended it since, who
     * then decides.
     */
    boolean giveUp(Entry entry);

    /** Try again, not before {@code delay} from now. */
    void postpone(Entry entry, Duration delay);

    /** The same, and the last time does not count as an attempt. */
    void excuse(Entry entry, Duration delay);

    /**
     * Nothing that is owed to this origin, of whatever kind, is taken for so long, unless a longer
     * pause is running.
     */
    void pause(Origin origin, Duration length);

    /** How much is owed now. */
    Backlog backlog();

    /**
     * One thing that is owed.
     *
     * @param attempts how often it was taken so far, this time included
     * @param excused how many of these do not count
     * @param age for how long it has been owed
     */
    record Entry(long number, Debt debt, int attempts, int excused, Duration age) {
        /** How often it was tried. */
        public int tries() {
            return attempts - excused;
        }
    }

    /**
     * What has not been done yet.
     *
     * @param oldest for how long the oldest of it has been owed; zero when there is none
     */
    record Backlog(long count, Duration oldest) {}
}
