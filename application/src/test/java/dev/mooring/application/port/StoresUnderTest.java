package dev.mooring.application.port;

import java.util.function.IntSupplier;

/**
 * All the stores of one database, for the contracts that every implementation must keep.
 *
 * @param eventCount how many events the log holds, counted past the port, which only takes them
 */
public record StoresUnderTest(
        UnitOfWork unitOfWork,
        ClientStore clients,
        AttemptStore attempts,
        GrantStore grants,
        Pauses pauses,
        RegistrationStore registrations,
        ConnectionRuns connectionRuns,
        RevocationOutbox revocations,
        IdempotencyKeys idempotencyKeys,
        ApiKeyStore apiKeys,
        EventLog events,
        IntSupplier eventCount) {

    int recordedEvents() {
        return eventCount.getAsInt();
    }
}
