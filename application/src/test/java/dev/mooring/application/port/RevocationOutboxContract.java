package dev.mooring.application.port;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.application.fixture.Clients;
import dev.mooring.application.fixture.Grants;
import dev.mooring.application.fixture.Registrations;
import dev.mooring.domain.client.ClientId;
import dev.mooring.domain.lifecycle.Debt;
import dev.mooring.domain.lifecycle.Deregistration;
import dev.mooring.domain.lifecycle.Grant;
import dev.mooring.domain.lifecycle.GrantId;
import dev.mooring.domain.lifecycle.Registration;
import dev.mooring.domain.lifecycle.Revocation;
import dev.mooring.domain.oauth.DpopKey;
import dev.mooring.domain.oauth.Origin;

import org.junit.jupiter.api.Test;

import java.net.URI;
import java.util.List;
import java.util.Optional;

/** What every {@link RevocationOutbox} must keep. */
public abstract class RevocationOutboxContract extends OutboxContract<Revocation> {
    private static final Registration REGISTRATION = Registrations.dynamic("reg_1");

    @Override
    RevocationOutbox outbox() {
        return stores().revocations();
    }

    @Override
    Revocation owed() {
        return Grants.revocation(
                Grants.grant("grant_1", new ClientId("nobody"), 1, REGISTRATION, Grants.tokens(1)),
                REGISTRATION);
    }

    @Override
    Revocation owedBesides() {
        Grant bare =
                Grants.grant(
                        "grant_2", new ClientId("nobody"), 1, REGISTRATION, Grants.bareTokens());
        return new Revocation(
                Optional.empty(),
                bare.id(),
                URI.create("HTTPS://Public.example:443/revoke?tenant=1"),
                Registrations.publicCredentials("public-client"),
                Grants.bound(bare.tokens()),
                Optional.of(new DpopKey("key-1")),
                Optional.of(Clients.TRUSTED_CA));
    }

    @Override
    Debt debt() {
        return new Debt.OfTokens(
                Optional.of(new ClientId("nobody")),
                new GrantId("grant_1"),
                new Origin("https://as.example"));
    }

    @Override
    Debt debtBesides() {
        return new Debt.OfTokens(
                Optional.empty(), new GrantId("grant_2"), new Origin("https://public.example"));
    }

    @Test
    void aPauseIsOfAllThatIsOwedThere() {
        stores().deregistrations()
                .add(
                        Deregistration.of(Registrations.managed("reg_1", Registrations.ISSUER))
                                .orElseThrow());
        outbox().pause(debt().creditor(), LONG);
        assertThat(stores().deregistrations().take(9, 9, List.of(), LONG)).isEmpty();
    }
}
