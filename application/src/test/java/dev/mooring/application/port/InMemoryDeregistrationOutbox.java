package dev.mooring.application.port;

import dev.mooring.domain.lifecycle.Deregistration;

/** Owed deletions of registrations in memory. */
public final class InMemoryDeregistrationOutbox extends InMemoryOutbox<Deregistration>
        implements DeregistrationOutbox {
    public InMemoryDeregistrationOutbox(InMemoryDatabase database) {
        super(database, tables -> tables.deregistrations);
    }
}
