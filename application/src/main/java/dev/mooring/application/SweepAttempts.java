package dev.mooring.application;

import dev.mooring.application.port.AttemptStore;
import dev.mooring.application.port.EventLog;
import dev.mooring.application.port.UnitOfWork;
import dev.mooring.domain.lifecycle.AuthorizationAttempt.Expired;
import dev.mooring.domain.lifecycle.AuthorizationAttempt.Redeeming;
import dev.mooring.domain.lifecycle.AuthorizationAttempt.Started;
import dev.mooring.domain.lifecycle.AuthorizationAttempt.Unknown;
import dev.mooring.domain.lifecycle.ClientEvent;

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
    private final EventLog events;
    private final Timing timing;
    private final InstantSource clock;

    public SweepAttempts(
            UnitOfWork unitOfWork,
            AttemptStore attempts,
            EventLog events,
            Timing timing,
            InstantSource clock) {
        this.unitOfWork = unitOfWork;
        this.attempts = attempts;
        this.events = events;
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
        Expired expired = started.expire(now);
        unitOfWork.run(() -> {
            if (attempts.end(started, expired)) {
                events.append(
                        new ClientEvent.AuthorizationExpired(
                                started.client(), started.flowId(), now));
            }
        });
    }

    private void giveUp(Redeeming redeeming, Instant now) {
        Unknown unknown = redeeming.loseAnswer(now);
        unitOfWork.run(() -> {
            if (attempts.end(redeeming, unknown)) {
                events.append(
                        new ClientEvent.AuthorizationUnknown(
                                redeeming.client(), redeeming.flowId(), now));
            }
        });
    }
}
