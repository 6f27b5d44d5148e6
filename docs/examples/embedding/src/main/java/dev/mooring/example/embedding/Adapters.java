package dev.mooring.example.embedding;

import dev.mooring.adapter.dpop.DpopProofs;
import dev.mooring.adapter.dpop.EcDpopKeys;
import dev.mooring.adapter.http.GuardedHttp;
import dev.mooring.adapter.http.OutboundAllow;
import dev.mooring.adapter.http.OutboundSettings;
import dev.mooring.adapter.mcp.ClientInfo;
import dev.mooring.adapter.mcp.McpHttpConnector;
import dev.mooring.adapter.oauth.ClientAssertions;
import dev.mooring.adapter.oauth.DirectoryAssertionFiles;
import dev.mooring.adapter.oauth.DynamicClientRegistration;
import dev.mooring.adapter.oauth.HttpAuthorizationServerDiscovery;
import dev.mooring.adapter.oauth.HttpRevocationEndpoint;
import dev.mooring.adapter.oauth.HttpTokenEndpoint;
import dev.mooring.adapter.persistence.DatabaseAccess;
import dev.mooring.adapter.persistence.KeyRing;
import dev.mooring.adapter.persistence.KeySource;
import dev.mooring.adapter.persistence.Persistence;
import dev.mooring.adapter.webhook.HttpWebhookReceiver;
import dev.mooring.application.Acting;
import dev.mooring.application.Job;
import dev.mooring.application.port.Ports;

import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;

/** Mooring's own adapters for every port. Any of them may be replaced by one of yours. */
record Adapters(Persistence persistence, GuardedHttp http, McpHttpConnector connector, Ports ports)
        implements AutoCloseable {
    private static final Duration METADATA_FRESHNESS = Duration.ofMinutes(5);
    private static final int CONNECTIONS = 10;

    static Adapters open(
            DatabaseAccess database, KeySource keys, OutboundAllow allow, SecureRandom random) {
        Persistence persistence =
                Persistence.open(database, CONNECTIONS, KeyRing.read(keys), random);
        InstantSource clock = persistence.clock();
        GuardedHttp http = new GuardedHttp(OutboundSettings.of(allow, "AgentHost/1"));
        DpopProofs proofs = new DpopProofs(clock, random);
        ClientAssertions assertions = new ClientAssertions(Optional.empty(), clock, random);
        McpHttpConnector connector =
                new McpHttpConnector(http, proofs, new ClientInfo("Agent host", "1"), clock);
        Ports ports =
                new Ports(
                        persistence.unitOfWork(),
                        persistence.clients(),
                        persistence.attempts(),
                        persistence.grants(),
                        persistence.pauses(),
                        persistence.registrations(),
                        persistence.connectionRuns(),
                        persistence.revocations(),
                        persistence.deregistrations(),
                        persistence.idempotencyKeys(),
                        persistence.apiKeys(),
                        persistence.events(Acting::current),
                        persistence.changes(),
                        persistence.history(),
                        persistence.webhooks(),
                        new HttpWebhookReceiver(http, clock),
                        new HttpAuthorizationServerDiscovery(http, METADATA_FRESHNESS),
                        new DynamicClientRegistration(http, clock),
                        new EcDpopKeys(),
                        new HttpTokenEndpoint(http, proofs, assertions, clock),
                        new HttpRevocationEndpoint(http, proofs, assertions, clock),
                        new DirectoryAssertionFiles(Optional.empty()),
                        connector,
                        result -> {},
                        new NoMeters());
        return new Adapters(persistence, http, connector, ports);
    }

    /** What a node has to do for its store, beside the jobs of the use cases. */
    List<Job> jobs() {
        return List.of(
                new Job("keys", Duration.ofSeconds(5), persistence::keepKeysInStep),
                new Job("clock", Duration.ofSeconds(5), persistence::setClock),
                new Job("resealing", Duration.ofMinutes(10), persistence::reseal));
    }

    @Override
    public void close() {
        connector.close();
        http.close();
        persistence.close();
    }
}
