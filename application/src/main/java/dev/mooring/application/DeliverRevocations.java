package dev.mooring.application;

import dev.mooring.application.port.Budget;
import dev.mooring.application.port.RevocationEndpoint;
import dev.mooring.application.port.RevocationOutbox;
import dev.mooring.application.port.RevocationOutbox.Entry;
import dev.mooring.application.port.StoreUnavailableException;
import dev.mooring.domain.lifecycle.Problem;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.random.RandomGenerator;

/**
 * Gives owed tokens back to their authorization servers (RFC 7009), as often as it takes: at once
 * when something was just ended, and later by schedule. Given up after half a day of trying.
 */
public final class DeliverRevocations {
    private static final Logger LOGGER = System.getLogger(DeliverRevocations.class.getName());

    /** So few that the last one is done before the lease on all of them ends. */
    private static final int BATCH = 3;

    private static final int MAX_ATTEMPTS = 24;
    private static final Duration FIRST_DELAY = Duration.ofSeconds(10);
    private static final Duration LONGEST_DELAY = Duration.ofHours(1);

    private final RevocationOutbox outbox;
    private final RevocationEndpoint endpoint;
    private final Executor background;
    private final Timing timing;
    private final RandomGenerator random;

    /**
     * @param background runs {@link #soon()}; must not run it on the caller's thread
     */
    public DeliverRevocations(
            RevocationOutbox outbox,
            RevocationEndpoint endpoint,
            Executor background,
            Timing timing,
            RandomGenerator random) {
        this.outbox = outbox;
        this.endpoint = endpoint;
        this.background = background;
        this.timing = timing;
        this.random = random;
    }

    /** Has what is due delivered without waiting for it. */
    public void soon() {
        background.execute(() -> {
            try {
                handle();
            } catch (StoreUnavailableException e) {
                LOGGER.log(Level.DEBUG, "Revocations wait for the database");
            }
        });
    }

    /** Delivers what is due now; returns when nothing more is. */
    public void handle() {
        List<Entry> due = outbox.take(BATCH, timing.lease());
        while (!due.isEmpty()) {
            due.forEach(this::deliver);
            due = outbox.take(BATCH, timing.lease());
        }
    }

    private void deliver(Entry entry) {
        switch (endpoint.revoke(entry.revocation(), Budget.of(timing.tokenCall()))) {
            case RevocationEndpoint.Answer.Revoked revoked -> outbox.done(entry);
            case RevocationEndpoint.Answer.Refused refused -> giveUp(entry, refused.problem());
            case RevocationEndpoint.Answer.Unavailable unavailable -> {
                if (entry.attempts() >= MAX_ATTEMPTS) {
                    giveUp(entry, unavailable.problem());
                } else {
                    outbox.postpone(entry, delayAfter(entry.attempts()));
                }
            }
        }
    }

    private void giveUp(Entry entry, Problem problem) {
        LOGGER.log(
                Level.WARNING,
                "The tokens of {0} could not be revoked: {1}",
                entry.revocation().grant(),
                problem.message());
        outbox.done(entry);
    }

    /** Doubles up to an hour, with jitter so that many owed to one server do not come at once. */
    private Duration delayAfter(int attempts) {
        long doubled = FIRST_DELAY.toMillis() << Math.min(attempts, 16);
        long delay = Math.min(doubled, LONGEST_DELAY.toMillis());
        return Duration.ofMillis(delay / 2 + random.nextLong(delay / 2 + 1));
    }
}
