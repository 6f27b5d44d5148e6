package dev.mooring.application.port;

import dev.mooring.application.fixture.Clients;
import dev.mooring.application.fixture.Grants;
import dev.mooring.application.fixture.Registrations;
import dev.mooring.domain.client.ClientId;
import dev.mooring.domain.lifecycle.Grant;
import dev.mooring.domain.lifecycle.Registration;
import dev.mooring.domain.lifecycle.Revocation;
import dev.mooring.domain.oauth.DpopKey;

import java.net.URI;
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
                bare.id(),
                URI.create("https://public.example/revoke?tenant=1"),
                Registrations.publicCredentials("public-client"),
                Grants.bound(bare.tokens()),
                Optional.of(new DpopKey("key-1")),
                Optional.of(Clients.TRUSTED_CA));
    }
}
