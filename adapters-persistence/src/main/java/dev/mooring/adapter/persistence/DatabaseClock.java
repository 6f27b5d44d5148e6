package dev.mooring.adapter.persistence;

import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.function.LongSupplier;

/**
 * The database's time of day, which is the same on all nodes, whatever the clocks of their machines
 * say. Between two readings this process counts on from the last one, so to ask for the time costs
 * no statement, and nothing waits while the database is away.
 */
final class DatabaseClock implements InstantSource {

    private static final String NOW = "select clock_timestamp() as now";

    private final JdbcUnitOfWork unitOfWork;
    private final LongSupplier nanoTime;

    /** The time when {@code nanoTime} was 0. */
    private volatile Instant origin;

    /**
     * Reads the database's clock for the first time.
     *
     * @param nanoTime a clock that only goes forward, from wherever it began
     */
    DatabaseClock(JdbcUnitOfWork unitOfWork, LongSupplier nanoTime) {
        this.unitOfWork = unitOfWork;
        this.nanoTime = nanoTime;
        this.origin = ask().earliest();
    }

    @Override
    public Instant instant() {
        // PostgreSQL keeps microseconds; what is stored must equal what was computed.
        return origin.plusNanos(nanoTime.getAsLong()).truncatedTo(ChronoUnit.MICROS);
    }

    /**
     * Reads the database's clock again, which may be that of another server by now; or the machine
     * stood still, and what was counted with it.
     *
     * @throws dev.mooring.application.port.StoreUnavailableException if the database cannot be
     *     reached; then this goes on as before
     */
    synchronized void set() {
        origin = ask().nearest(origin);
    }

    private Reading ask() {
        return unitOfWork.statements(db -> {
            long asked = nanoTime.getAsLong();
            Instant told = new Row(db.createGet(NOW).execute().orElseThrow()).time("now");
            return new Reading(told.minusNanos(nanoTime.getAsLong()), told.minusNanos(asked));
        });
    }

    /**
     * The database looked at its clock at some moment between question and answer. The longer that
     * took, the less it proves: only what it proves wrong is put right.
     *
     * @param earliest the origin, if it looked when it answered
     * @param latest the origin, if it looked when it was asked
     */
    private record Reading(Instant earliest, Instant latest) {
        Instant nearest(Instant origin) {
            if (origin.isBefore(earliest)) {
                return earliest;
            }
            return origin.isAfter(latest) ? latest : origin;
        }
    }
}
