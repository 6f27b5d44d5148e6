package dev.mooring.application;

import dev.mooring.application.port.RegistrationStore;
import dev.mooring.domain.lifecycle.RegistrationId;

import java.time.Duration;
import java.util.List;

/**
 * Forgets registrations of our own that a server forgot, or whose secret ended, once nothing came
 * through them any more. May run on every node at once.
 */
public final class ForgetRegistrations {
    private static final int BATCH = 100;

    /** Longer than anybody may take from choosing a registration to storing what refers to it. */
    private static final Duration RETIRED_FOR = Duration.ofHours(1);

    private final RegistrationStore registrations;

    public ForgetRegistrations(RegistrationStore registrations) {
        this.registrations = registrations;
    }

    /** One sweep, in batches, until nothing is left to forget. */
    public void handle() {
        List<RegistrationId> found;
        long forgotten;
        do {
            found = registrations.forgettable(RETIRED_FOR, BATCH);
            forgotten = found.stream().filter(registrations::deleteUnreferenced).count();
        } while (found.size() == BATCH && forgotten > 0);
    }
}
