package dev.mooring.application;

import dev.mooring.application.port.DebtMeter;
import dev.mooring.application.port.EventLog;
import dev.mooring.application.port.GrantStore;
import dev.mooring.application.port.RegistrationStore;
import dev.mooring.application.port.RevocationEndpoint;
import dev.mooring.application.port.RevocationOutbox;
import dev.mooring.application.port.UnitOfWork;
import dev.mooring.domain.audit.ActingParty;
import dev.mooring.domain.audit.Actor;
import dev.mooring.domain.lifecycle.Revocation;

import java.time.InstantSource;
import java.util.concurrent.Executor;
import java.util.random.RandomGenerator;

/**
 * Gives owed tokens back to their authorization servers (RFC 7009): at once when something was just
 * ended, and later by schedule. May run on every node at once.
 */
public final class DeliverRevocations {
    private final WorkOff<Revocation> workOff;

    /**
     * @param background runs deliveries; must not run them on the caller's thread
     */
    public DeliverRevocations(
            UnitOfWork unitOfWork,
            GrantStore grants,
            RegistrationStore registrations,
            RevocationOutbox outbox,
            RevocationEndpoint endpoint,
            EventLog events,
            DebtMeter meter,
            Executor background,
            Timing timing,
            InstantSource clock,
            RandomGenerator random) {
        OweTokens oweTokens = new OweTokens(grants, registrations, outbox);
        this.workOff =
                new WorkOff<>(
                        DebtMeter.Kind.REVOCATION,
                        unitOfWork,
                        outbox,
                        // Rule 6 again: the next consent may have come by the same registration.
                        (revocation, budget) ->
                                oweTokens.isOutlived(revocation)
                                        ? new WorkOff.Delivery.Outlived()
                                        : delivery(endpoint.revoke(revocation, budget)),
                        events,
                        meter,
                        background,
                        ActingParty.local(Actor.service("revocations")),
                        timing,
                        clock,
                        random);
    }

    private static WorkOff.Delivery delivery(RevocationEndpoint.Answer answer) {
        return switch (answer) {
            case RevocationEndpoint.Answer.Revoked revoked -> new WorkOff.Delivery.Done();
            case RevocationEndpoint.Answer.Refused refused ->
                    new WorkOff.Delivery.Refused(refused.problem(), refused.status());
            case RevocationEndpoint.Answer.Unavailable unavailable ->
                    new WorkOff.Delivery.Unavailable(
                            unavailable.problem(), unavailable.status(), unavailable.retryAfter());
        };
    }

    /**
     * Begins to deliver what is due and has room, and returns; what is under way makes room for
     * more for some seconds. Meant to be called every two seconds.
     */
    public void handle() {
        workOff.handle();
    }

    /** The same on another thread. */
    public void soon() {
        workOff.soon();
    }

    /** Tells the meter how much is owed. Meant to be called now and then. */
    public void measure() {
        workOff.measure();
    }
}
