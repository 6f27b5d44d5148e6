package dev.mooring.application;

import dev.mooring.application.port.RevocationEndpoint;
import dev.mooring.application.port.RevocationOutbox;
import dev.mooring.application.port.StoreUnavailableException;
import dev.mooring.domain.lifecycle.Problem;
import dev.mooring.domain.lifecycle.Revocation;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.concurrent.Executor;
import java.util.random.RandomGenerator;

/**
 * Gives owed tokens back to their authorization servers (RFC 7009): at once when something was just
 * ended, and later by schedule.
 */
public final class DeliverRevocations {
    private static final Logger LOGGER = System.getLogger(DeliverRevocations.class.getName());

    private final WorkOff<Revocation> workOff;
    private final Executor background;

    /**
     * @param background runs {@link #soon()}; must not run it on the caller's thread
     */
    public DeliverRevocations(
            RevocationOutbox outbox,
            RevocationEndpoint endpoint,
            Executor background,
            Timing timing,
            RandomGenerator random) {
        this.workOff =
                new WorkOff<>(
                        outbox,
                        (revocation, budget) -> delivery(endpoint.revoke(revocation, budget)),
                        DeliverRevocations::givenUp,
                        timing,
                        random);
        this.background = background;
    }

    private static WorkOff.Delivery delivery(RevocationEndpoint.Answer answer) {
        return switch (answer) {
            case RevocationEndpoint.Answer.Revoked revoked -> new WorkOff.Delivery.Done();
            case RevocationEndpoint.Answer.Refused refused ->
                    new WorkOff.Delivery.Refused(refused.problem());
            case RevocationEndpoint.Answer.Unavailable unavailable ->
                    new WorkOff.Delivery.Unavailable(unavailable.problem());
        };
    }

    /** Delivers what is due now; returns when nothing more is. */
    public void handle() {
        workOff.handle();
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

    private static void givenUp(Revocation revocation, Problem problem) {
        LOGGER.log(
                Level.WARNING,
                "The tokens of {0} could not be revoked: {1}",
                revocation.grant(),
                problem.message());
    }
}
