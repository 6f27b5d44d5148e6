package dev.mooring.application;

import dev.mooring.application.port.ClientRegistrar;
import dev.mooring.application.port.ClientRegistrar.Deletion;
import dev.mooring.application.port.DeregistrationOutbox;
import dev.mooring.domain.lifecycle.Deregistration;
import dev.mooring.domain.lifecycle.Problem;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.random.RandomGenerator;

/**
 * Deletes registrations that we made ourselves, and that nobody needs any more, at their
 * authorization servers (RFC 7592), by schedule.
 */
public final class DeleteRegistrations {
    private static final Logger LOGGER = System.getLogger(DeleteRegistrations.class.getName());

    private final WorkOff<Deregistration> workOff;

    public DeleteRegistrations(
            DeregistrationOutbox outbox,
            ClientRegistrar registrar,
            Timing timing,
            RandomGenerator random) {
        this.workOff =
                new WorkOff<>(
                        outbox,
                        (owed, budget) -> delivery(registrar.delete(owed, budget)),
                        DeleteRegistrations::givenUp,
                        timing,
                        random);
    }

    /** Deletes what is due now; returns when nothing more is. */
    public void handle() {
        workOff.handle();
    }

    private static WorkOff.Delivery delivery(Deletion deletion) {
        return switch (deletion) {
            case Deletion.Deleted deleted -> new WorkOff.Delivery.Done();
            case Deletion.Refused refused -> new WorkOff.Delivery.Refused(refused.problem());
            case Deletion.Unavailable unavailable ->
                    new WorkOff.Delivery.Unavailable(unavailable.problem());
        };
    }

    /** Not an alarm: what stays there is a name that nobody uses. */
    private static void givenUp(Deregistration deregistration, Problem problem) {
        LOGGER.log(
                Level.INFO,
                "The registration {0} stays at its authorization server: {1}",
                deregistration.registration(),
                problem.message());
    }
}
