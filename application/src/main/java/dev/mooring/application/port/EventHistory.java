package dev.mooring.application.port;

import dev.mooring.domain.audit.AuditFilter;
import dev.mooring.domain.audit.AuditRecord;

import java.time.Instant;
import java.util.List;

/** Reads what the {@link EventLog} took, in the order of its numbers. */
public interface EventHistory {
    /**
     * A stretch of the history.
     *
     * @param upTo everything that matches up to this number is in here; nothing will ever be added
     *     to that
     */
    record Page(List<AuditRecord> records, long upTo) {
        public Page {
            records = List.copyOf(records);
        }
    }

    /**
     * What comes after a number, oldest first. Goes only as far as nothing can come in between any
     * more: what a unit of work still under way has appended may get a smaller number than what is
     * stored already. So whoever goes on after {@link Page#upTo} misses nothing. It goes as far as
     * {@link #settled} went before at least, and waits for nobody who writes.
     */
    Page after(long number, AuditFilter filter, int limit);

    /** What comes before a number, newest first, as far as it is stored. */
    List<AuditRecord> before(long number, AuditFilter filter, int limit);

    /**
     * The highest number that was given when this was called; all that was to come up to it is
     * there. Waits until those have ended who are writing.
     *
     * @throws StoreUnavailableException when one of them does not end
     */
    long settled();

    /**
     * The highest number of which is known already that all is there up to it. Never too high, and
     * behind by as much as those hold it up who are writing, for whom it does not wait.
     */
    long certain();

    /**
     * Forgets the oldest of what happened before an instant.
     *
     * @return how many; when fewer than {@code limit}, there are no more
     */
    int forget(Instant before, int limit);
}
