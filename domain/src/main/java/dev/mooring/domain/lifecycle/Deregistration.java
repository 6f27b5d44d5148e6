package dev.mooring.domain.lifecycle;

import dev.mooring.domain.lifecycle.Registration.Management;

import java.util.Optional;

/**
 * A registration of our own to be deleted at its authorization server (RFC 7592 section 2.3), with
 * all that it takes, because here it is forgotten already.
 */
public record Deregistration(RegistrationId registration, Management management) {

    /** Nothing to do where we did not register ourselves, or the server lets nobody delete. */
    public static Optional<Deregistration> of(Registration registration) {
        return switch (registration) {
            case Registration.Given given -> Optional.empty();
            case Registration.MetadataDocument document -> Optional.empty();
            case Registration.Dynamic dynamic ->
                    dynamic.management()
                            .map(management -> new Deregistration(dynamic.id(), management));
        };
    }
}
