package dev.mooring.application.port;

import dev.mooring.domain.lifecycle.Revocation;

/** Owed revocations in memory. */
public final class InMemoryRevocationOutbox extends InMemoryOutbox<Revocation>
        implements RevocationOutbox {
    public InMemoryRevocationOutbox(InMemoryDatabase database) {
        super(database, tables -> tables.revocations);
    }
}
