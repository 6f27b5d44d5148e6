package dev.mooring.application.port;

import dev.mooring.domain.lifecycle.Debt;
import dev.mooring.domain.lifecycle.Deregistration;
import dev.mooring.domain.oauth.Origin;

/** Owed deletions of registrations in memory. */
public final class InMemoryDeregistrationOutbox extends InMemoryOutbox<Deregistration>
        implements DeregistrationOutbox {
    public InMemoryDeregistrationOutbox(InMemoryDatabase database) {
        super(
                database,
                tables -> tables.deregistrations,
                owed ->
                        new Debt.OfRegistration(
                                owed.registration(),
                                Origin.of(owed.management().configurationEndpoint())));
    }
}
