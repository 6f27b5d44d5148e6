package dev.mooring.application.port;

import dev.mooring.domain.lifecycle.Debt;
import dev.mooring.domain.lifecycle.Revocation;
import dev.mooring.domain.oauth.Origin;

/** Owed revocations in memory. */
public final class InMemoryRevocationOutbox extends InMemoryOutbox<Revocation>
        implements RevocationOutbox {
    public InMemoryRevocationOutbox(InMemoryDatabase database) {
        super(
                database,
                tables -> tables.revocations,
                owed ->
                        new Debt.OfTokens(
                                owed.client(), owed.grant(), Origin.of(owed.revocationEndpoint())));
    }
}
