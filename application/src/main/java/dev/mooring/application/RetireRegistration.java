package dev.mooring.application;

import dev.mooring.application.port.EventLog;
import dev.mooring.application.port.RegistrationStore;
import dev.mooring.application.port.UnitOfWork;
import dev.mooring.domain.lifecycle.Registration;
import dev.mooring.domain.lifecycle.RetirementCause;
import dev.mooring.domain.lifecycle.UpstreamEvent;
import dev.mooring.domain.oauth.OAuthError;

import java.time.InstantSource;

/** Stops offering a registration that we made ourselves to new links, and records why. */
record RetireRegistration(
        UnitOfWork unitOfWork,
        RegistrationStore registrations,
        EventLog events,
        InstantSource clock) {

    void handle(Registration registration, RetirementCause cause) {
        unitOfWork.run(() -> {
            if (registrations.retire(registration.id())) {
                events.append(
                        new UpstreamEvent.RegistrationRetired(
                                registration.id(), registration.issuer(), cause, clock.instant()));
            }
        });
    }

    /** The server refused our client again. What it does not know need not be deleted there. */
    void refused(Registration registration) {
        unitOfWork.run(() -> {
            if (registration instanceof Registration.Dynamic dynamic) {
                registrations.replace(dynamic.forgotten());
            }
            handle(registration, new RetirementCause.Refused(OAuthError.INVALID_CLIENT));
        });
    }
}
