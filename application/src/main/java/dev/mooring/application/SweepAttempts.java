package dev.mooring.application;

import dev.mooring.application.port.AttemptStore;
import dev.mooring.application.port.UnitOfWork;
import dev.mooring.domain.lifecycle.AuthorizationAttempt.Redeeming;
import dev.mooring.domain.lifecycle.AuthorizationAttempt.Started;

import java.time.Instant;
import java.time.InstantSource;
import java.util.List;

/**
 * Ends attempts that nobody will end: links past their deadline, and redemptions whose run died.
 * May run on every node at once.
 */
public final class SweepAttempts {
    private static final int BATCH = 100;

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

    private void expire(Started started, Instant now) {
        unitOfWork.run(() -> advanceAttempt.end(started, started.expire(now)));
    }

    private void giveUp(Redeeming redeeming, Instant now) {
        unitOfWork.run(() -> advanceAttempt.end(redeeming, redeeming.loseAnswer(now)));
    }
}
