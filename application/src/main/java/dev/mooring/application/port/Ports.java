package dev.mooring.application.port;

/** All that the use cases need from the outside, in one value. */
public record Ports(
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
        ChangeFeed changes,
        EventHistory history,
        WebhookStore webhooks,
        WebhookReceiver webhookReceiver,
        AuthorizationServerDiscovery discovery,
        ClientRegistrar registrar,
        DpopKeys dpopKeys,
        TokenEndpoint tokenEndpoint,
        RevocationEndpoint revocationEndpoint,
        AssertionFiles assertionFiles,
        McpConnector connector,
        RenewalMeter renewalMeter,
        DebtMeter debtMeter) {}
