package dev.mooring.application;

import dev.mooring.application.port.EventHistory;
import dev.mooring.application.port.EventLog;
import dev.mooring.application.port.UnitOfWork;
import dev.mooring.domain.audit.AdministrativeEvent;
import dev.mooring.domain.audit.AuditFilter;
import dev.mooring.domain.audit.AuditRecord;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;

/** Shows the audit trail, and forgets what is older than the operator wants to keep. */
public final class KeepHistory {
    private static final int BATCH = 20_000;

    private final UnitOfWork unitOfWork;
    private final EventHistory history;
    private final EventLog events;
    private final InstantSource clock;

    public KeepHistory(
            UnitOfWork unitOfWork, EventHistory history, EventLog events, InstantSource clock) {
        this.unitOfWork = unitOfWork;
        this.history = history;
        this.events = events;
        this.clock = clock;
    }

    /** What matches after a number, oldest first: all that had happened when this was called. */
    public List<AuditRecord> after(long number, AuditFilter filter, int limit) {
        history.settled();
        return history.after(number, filter, limit).records();
    }

    /** What matches before a number, newest first. */
    public List<AuditRecord> before(long number, AuditFilter filter, int limit) {
        return history.before(number, filter, limit);
    }

    /**
     * Forgets what happened longer ago than this, and records that. In pieces, as those who read
     * the trail wait for who changes it.
     */
    public void forget(Duration retention) {
        Instant now = clock.instant();
        Instant before = now.minus(retention);
        int forgotten;
        do {
            forgotten = unitOfWork.execute(() -> forgetSome(before, now));
        } while (forgotten == BATCH);
    }

    private int forgetSome(Instant before, Instant now) {
        int forgotten = history.forget(before, BATCH);
        if (forgotten > 0) {
            events.append(new AdministrativeEvent.EventsForgotten(before, forgotten, now));
        }
        return forgotten;
    }
}
