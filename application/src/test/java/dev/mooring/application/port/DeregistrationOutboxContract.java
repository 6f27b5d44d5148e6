package dev.mooring.application.port;

import dev.mooring.application.fixture.Clients;
import dev.mooring.application.fixture.Registrations;
import dev.mooring.domain.lifecycle.Debt;
import dev.mooring.domain.lifecycle.Deregistration;
import dev.mooring.domain.lifecycle.Registration.Management;
import dev.mooring.domain.lifecycle.RegistrationId;
import dev.mooring.domain.oauth.Origin;
import dev.mooring.domain.oauth.RegistrationAccessToken;

import java.net.URI;
import java.util.Optional;

/** What every {@link DeregistrationOutbox} must keep. */
public abstract class DeregistrationOutboxContract extends OutboxContract<Deregistration> {
    @Override
    DeregistrationOutbox outbox() {
        return stores().deregistrations();
    }

    @Override
    Deregistration owed() {
        return Deregistration.of(Registrations.managed("reg_1", Registrations.ISSUER))
                .orElseThrow();
    }

    @Override
    Deregistration owedBesides() {
        return new Deregistration(
                new RegistrationId("reg_2"),
                new Management(
                        URI.create("http://Other.example:8080/register?client=2"),
                        new RegistrationAccessToken("token-2"),
                        Optional.of(Clients.TRUSTED_CA)));
    }

    @Override
    Debt debt() {
        return new Debt.OfRegistration(
                new RegistrationId("reg_1"), new Origin("https://as.example"));
    }

    @Override
    Debt debtBesides() {
        return new Debt.OfRegistration(
                new RegistrationId("reg_2"), new Origin("http://other.example:8080"));
    }
}
