package dev.mooring.application.port;

import java.time.Duration;
import java.util.List;

/**
 * What is still owed to an authorization server, encrypted. It outlives what it was owed for.
 *
 * @param <T> what is owed
 */
public interface Outbox<T> {
    /** Adds what is owed, in the unit of work that makes it so. */
    void add(T owed);

    /** Takes entries that are due, for {@code lease}; another node does not get them meanwhile. */
    List<Entry<T>> take(int limit, Duration lease);

    /** It is done, or never will be: forget it. */
    void done(Entry<T> entry);

    /** Try again, not before {@code delay} from now. */
    void postpone(Entry<T> entry, Duration delay);

    /**
     * One thing that is owed.
     *
     * @param attempts how often it was taken so far
     */
    record Entry<T>(long number, T owed, int attempts) {}
}
