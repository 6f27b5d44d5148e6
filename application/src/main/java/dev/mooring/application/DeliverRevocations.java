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
public final class DeliverRevocations extends WorkOff<Revocation> {
    private static final Logger LOGGER = System.getLogger(DeliverRevocations.class.getName());

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
        super(
                outbox,
                (revocation, budget) -> delivery(endpoint.revoke(revocation, budget)),
                timing,
                random);
        this.background = background;
    }

    private static Delivery delivery(RevocationEndpoint.Answer answer) {
        return switch (answer) {
            case RevocationEndpoint.Answer.Revoked revoked -> new Delivery.Done();
            case RevocationEndpoint.Answer.Refused refused ->
                    new Delivery.Refused(refused.problem());
            case RevocationEndpoint.Answer.Unavailable unavailable ->
                    new Delivery.Unavailable(unavailable.problem());
        };
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

    @Override
    void givenUp(Revocation revocation, Problem problem) {
        LOGGER.log(
                Level.WARNING,
                "The tokens of {0} could not be revoked: {1}",
                revocation.grant(),
                problem.message());
    }
}
