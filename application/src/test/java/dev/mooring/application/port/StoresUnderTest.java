package dev.mooring.application.port;

/** All the stores of one database, for the contracts that every implementation must keep. */
public record StoresUnderTest(
        UnitOfWork unitOfWork,
        ClientStore clients,
        AttemptStore attempts,
        GrantStore grants,
        Pauses pauses,
        RegistrationStore registrations,
        ConnectionRuns connectionRuns,
        RevocationOutbox revocations,
        DeregistrationOutbox deregistrations,
        IdempotencyKeys idempotencyKeys,
        ApiKeyStore apiKeys,
        EventLog events,
        EventHistory history,
        WebhookStore webhooks) {}
