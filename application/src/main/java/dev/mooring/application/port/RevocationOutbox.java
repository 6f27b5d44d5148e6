package dev.mooring.application.port;

import dev.mooring.domain.lifecycle.Revocation;

import java.time.Duration;
import java.util.List;

/**
 * Revocations that are still owed to an authorization server, encrypted. They outlive the client
 * and its grant.
 */
public interface RevocationOutbox {
    /** Adds a revocation, in the unit of work that ends the grant. */
    void add(Revocation revocation);

    /** Takes entries that are due, for {@code lease}; another node does not get them meanwhile. */
    List<Entry> take(int limit, Duration lease);

    /** The tokens are revoked, or never will be: forget them. */
    void done(Entry entry);

    /** Try again, not before {@code delay} from now. */
    void postpone(Entry entry, Duration delay);

    /**
     * One owed revocation.
     *
     * @param attempts how often it was taken so far
     */
    record Entry(long number, Revocation revocation, int attempts) {}
}
