package dev.mooring.application;

import dev.mooring.application.port.ClientRegistrar;
import dev.mooring.application.port.ClientRegistrar.Deletion;
import dev.mooring.application.port.DebtMeter;
import dev.mooring.application.port.DeregistrationOutbox;
import dev.mooring.application.port.EventLog;
import dev.mooring.application.port.UnitOfWork;
import dev.mooring.domain.audit.ActingParty;
import dev.mooring.domain.audit.Actor;
import dev.mooring.domain.lifecycle.Deregistration;

import java.time.InstantSource;
import java.util.concurrent.Executor;
import java.util.random.RandomGenerator;

/**
 * Deletes registrations that we made ourselves, and that nobody needs any more, at their
 * authorization servers (RFC 7592), by schedule. May run on every node at once.
 */
public final class DeleteRegistrations {
    private final WorkOff<Deregistration> workOff;

    /**
     * @param background runs deletions; must not run them on the caller's thread
     */
    public DeleteRegistrations(
            UnitOfWork unitOfWork,
            DeregistrationOutbox outbox,
            ClientRegistrar registrar,
            EventLog events,
            DebtMeter meter,
            Executor background,
            Timing timing,
            InstantSource clock,
            RandomGenerator random) {
        this.workOff =
                new WorkOff<>(
                        DebtMeter.Kind.DELETION,
                        unitOfWork,
                        outbox,
                        (owed, budget) -> delivery(registrar.delete(owed, budget)),
                        events,
                        meter,
                        background,
                        ActingParty.local(Actor.service("deletions")),
                        timing,
                        clock,
                        random);
    }

    private static WorkOff.Delivery delivery(Deletion deletion) {
        return switch (deletion) {
            case Deletion.Deleted deleted -> new WorkOff.Delivery.Done();
            case Deletion.Refused refused ->
                    new WorkOff.Delivery.Refused(refused.problem(), refused.status());
            case Deletion.Unavailable unavailable ->
                    new WorkOff.Delivery.Unavailable(
                            unavailable.problem(), unavailable.status(), unavailable.retryAfter());
        };
    }

    /**
     * Begins to delete what is due and has room, and returns; what is under way makes room for more
     * for some seconds.
     */
    public void handle() {
        workOff.handle();
    }

    /** Tells the meter how much is owed. Meant to be called now and then. */
    public void measure() {
        workOff.measure();
    }
}
