package dev.mooring.application.port;

import dev.mooring.domain.lifecycle.Deregistration;

/** Deletions of registrations that are still owed; they outlive the registration. */
public interface DeregistrationOutbox extends Outbox<Deregistration> {}
