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
public final class DeleteRegistrations extends WorkOff<Deregistration> {
    private static final Logger LOGGER = System.getLogger(DeleteRegistrations.class.getName());

    public DeleteRegistrations(
            DeregistrationOutbox outbox,
            ClientRegistrar registrar,
            Timing timing,
            RandomGenerator random) {
        super(
                outbox,
                (deregistration, budget) -> delivery(registrar.delete(deregistration, budget)),
                timing,
                random);
    }

    private static Delivery delivery(Deletion deletion) {
        return switch (deletion) {
            case Deletion.Deleted deleted -> new Delivery.Done();
            case Deletion.Refused refused -> new Delivery.Refused(refused.problem());
            case Deletion.Unavailable unavailable ->
                    new Delivery.Unavailable(unavailable.problem());
        };
    }

    /** Not an alarm: what stays there is a name that nobody uses. */
    @Override
    void givenUp(Deregistration deregistration, Problem problem) {
        LOGGER.log(
                Level.INFO,
                "The registration {0} stays at its authorization server: {1}",
                deregistration.registration(),
                problem.message());
    }
}
