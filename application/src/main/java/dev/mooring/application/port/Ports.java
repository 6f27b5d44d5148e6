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
        IdempotencyKeys idempotencyKeys,
        ApiKeyStore apiKeys,
        EventLog events,
        EventHistory history,
        AuthorizationServerDiscovery discovery,
        ClientRegistrar registrar,
        DpopKeys dpopKeys,
        TokenEndpoint tokenEndpoint,
        RevocationEndpoint revocationEndpoint,
        AssertionFiles assertionFiles,
        McpConnector connector,
        RenewalMeter renewalMeter) {}
