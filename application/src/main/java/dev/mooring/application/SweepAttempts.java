package dev.mooring.application;

import dev.mooring.application.port.AttemptStore;
import dev.mooring.application.port.UnitOfWork;
import dev.mooring.domain.lifecycle.AuthorizationAttempt.Redeeming;
import dev.mooring.domain.lifecycle.AuthorizationAttempt.Started;
import dev.mooring.domain.oauth.Scopes;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;

/**
 * Ends attempts that nobody will end: links past their deadline, and redemptions whose run died.
 * May run on every node at once.
 */
public final class SweepAttempts {
    private static final int BATCH = 100;

    /** Longer than anybody comes back to a link, or waits for what a redemption may yet bring. */
    private static final Duration MEMORY = Duration.ofDays(30);

    private final UnitOfWork unitOfWork;
    private final AttemptStore attempts;
    private final AdvanceAttempt advanceAttempt;
    private final Timing timing;
    private final InstantSource clock;

    SweepAttempts(
            UnitOfWork unitOfWork,
            AttemptStore attempts,
            AdvanceAttempt advanceAttempt,
            Timing timing,
            InstantSource clock) {
        this.unitOfWork = unitOfWork;
        this.attempts = attempts;
        this.advanceAttempt = advanceAttempt;
        this.timing = timing;
        this.clock = clock;
    }

    /** One sweep, in batches, until nothing is left to end. */
    public void handle() {
        Instant now = clock.instant();
        List<Started> overdue;
        do {
            overdue = attempts.overdue(now, BATCH);
            overdue.forEach(started -> expire(started, now));
        } while (overdue.size() == BATCH);
        List<Redeeming> abandoned;
        do {
            abandoned = attempts.abandoned(now.minus(timing.lease()), BATCH);
            abandoned.forEach(redeeming -> giveUp(redeeming, now));
        } while (abandoned.size() == BATCH);
    }

    /** Forgets, in batches, what ended a month ago and is asked for no more. */
    public void forget() {
        Instant before = clock.instant().minus(MEMORY);
        int forgotten;
        do {
            forgotten = attempts.forget(before, Scopes.OFFLINE_ACCESS, BATCH);
        } while (forgotten == BATCH);
    }

    private void expire(Started started, Instant now) {
        unitOfWork.run(() -> advanceAttempt.end(started, started.expire(now)));
    }

    private void giveUp(Redeeming redeeming, Instant now) {
        unitOfWork.run(() -> advanceAttempt.end(redeeming, redeeming.loseAnswer(now)));
    }
}
