package dev.mooring.application;

import dev.mooring.application.port.DeregistrationOutbox;
import dev.mooring.application.port.EventLog;
import dev.mooring.application.port.RegistrationStore;
import dev.mooring.application.port.UnitOfWork;
import dev.mooring.domain.lifecycle.Deregistration;
import dev.mooring.domain.lifecycle.Registration;
import dev.mooring.domain.lifecycle.RegistrationId;
import dev.mooring.domain.lifecycle.RetirementCause;
import dev.mooring.domain.lifecycle.UpstreamEvent;

import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;

/**
 * Forgets registrations of our own that a server forgot, whose secret ended, or that nobody has
 * needed for a day, once nothing came through them any more. Their deletion is owed to the server
 * from then on. May run on every node at once.
 */
public final class ForgetRegistrations {
    private static final int BATCH = 100;

    /** Whose link has ended may ask for another one tomorrow. */
    private static final Duration IDLE_FOR = Duration.ofDays(1);

    /** Longer than anybody may take from choosing a registration to storing what refers to it. */
    private static final Duration RETIRED_FOR = Duration.ofHours(1);

    private final UnitOfWork unitOfWork;
    private final RegistrationStore registrations;
    private final DeregistrationOutbox deregistrations;
    private final EventLog events;
    private final InstantSource clock;

    public ForgetRegistrations(
            UnitOfWork unitOfWork,
            RegistrationStore registrations,
            DeregistrationOutbox deregistrations,
            EventLog events,
            InstantSource clock) {
        this.unitOfWork = unitOfWork;
        this.registrations = registrations;
        this.deregistrations = deregistrations;
        this.events = events;
        this.clock = clock;
    }

    /** One sweep, in batches, until nothing is left to forget. */
    public void handle() {
        unitOfWork.run(this::retireIdle);
        List<RegistrationId> found;
        long forgotten;
        do {
            found = registrations.forgettable(RETIRED_FOR, BATCH);
            forgotten = found.stream().filter(this::forget).count();
        } while (found.size() == BATCH && forgotten > 0);
    }

    private void retireIdle() {
        registrations
                .retireIdle(IDLE_FOR)
                .forEach(retired ->
                        events.append(
                                new UpstreamEvent.RegistrationRetired(
                                        retired.id(),
                                        retired.issuer(),
                                        new RetirementCause.Idle(),
                                        clock.instant())));
    }

    private boolean forget(RegistrationId id) {
        return unitOfWork.execute(() -> {
            Optional<Registration> registration = registrations.find(id);
            boolean forgotten = registrations.deleteUnreferenced(id);
            if (forgotten) {
                registration.flatMap(Deregistration::of).ifPresent(deregistrations::add);
            }
            return forgotten;
        });
    }
}
