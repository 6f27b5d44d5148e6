package dev.mooring.application.port;

import dev.mooring.domain.lifecycle.Revocation;

/** Revocations that are still owed; they outlive the client and its grant. */
public interface RevocationOutbox extends Outbox<Revocation> {}
