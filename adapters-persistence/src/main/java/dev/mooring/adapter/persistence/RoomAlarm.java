package dev.mooring.adapter.persistence;

import static java.lang.System.Logger.Level.ERROR;

import java.time.Duration;
import java.util.Optional;
import java.util.function.LongSupplier;

/**
 * Says that the database has no room left, and goes on saying so until for a while nothing failed
 * for want of it. Reading and overwriting succeed on a full disk, so no success tells that there is
 * room again. Any thread may ring it.
 */
final class RoomAlarm {

    /** Scheduled work writes more often than that. */
    private static final Duration LASTS = Duration.ofSeconds(15);

    private static final System.Logger LOG = System.getLogger(RoomAlarm.class.getName());

    private final LongSupplier nanoTime;
    private volatile Optional<Long> rung = Optional.empty();

    /**
     * @param nanoTime a clock that only goes forward
     */
    RoomAlarm(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
    }

    /** Something could not be stored. */
    void ring() {
        boolean news = !rings();
        rung = Optional.of(nanoTime.getAsLong());
        if (news) {
            LOG.log(
                    ERROR,
                    "The disk of the database is full: what is stored can be read, and nothing"
                            + " more be stored until somebody makes room");
        }
    }

    /** Whether that was lately. */
    boolean rings() {
        return rung.filter(at -> nanoTime.getAsLong() - at < LASTS.toNanos()).isPresent();
    }
}
