package dev.mooring.bootstrap;

import dev.mooring.adapter.dpop.DpopProofs;
import dev.mooring.adapter.dpop.EcDpopKeys;
import dev.mooring.adapter.http.GuardedHttp;
import dev.mooring.adapter.http.OutboundSettings;
import dev.mooring.adapter.mcp.ClientInfo;
import dev.mooring.adapter.mcp.McpHttpConnector;
import dev.mooring.adapter.oauth.ClientAssertions;
import dev.mooring.adapter.oauth.ClientKeyPair;
import dev.mooring.adapter.oauth.DirectoryAssertionFiles;
import dev.mooring.adapter.oauth.DynamicClientRegistration;
import dev.mooring.adapter.oauth.HttpAuthorizationServerDiscovery;
import dev.mooring.adapter.oauth.HttpRevocationEndpoint;
import dev.mooring.adapter.oauth.HttpTokenEndpoint;
import dev.mooring.adapter.persistence.DatabaseAccess;
import dev.mooring.adapter.persistence.KeyFile;
import dev.mooring.adapter.persistence.KeyRing;
import dev.mooring.adapter.persistence.Persistence;
import dev.mooring.adapter.persistence.embedded.EmbeddedPostgres;
import dev.mooring.adapter.rest.ReadinessCheck;
import dev.mooring.adapter.rest.RestLimits;
import dev.mooring.adapter.rest.RestServer;
import dev.mooring.adapter.rest.RestSettings;
import dev.mooring.adapter.rest.edge.TrustedProxies;
import dev.mooring.adapter.rest.security.OidcIssuer;
import dev.mooring.adapter.rest.security.RoleNames;
import dev.mooring.adapter.webhook.HttpWebhookReceiver;
import dev.mooring.application.Acting;
import dev.mooring.application.Job;
import dev.mooring.application.KeepApiKeys;
import dev.mooring.application.OAuthClientProfile;
import dev.mooring.application.Timing;
import dev.mooring.application.UseCases;
import dev.mooring.application.port.Ports;
import dev.mooring.domain.audit.ActingParty;
import dev.mooring.domain.audit.Actor;
import dev.mooring.domain.oauth.RedirectUri;

import io.helidon.metrics.api.Metrics;

import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Stream;

/**
 * The composition root: everything is made here, by hand, in the order in which it needs each
 * other, and closed in the opposite order.
 */
final class Application implements AutoCloseable {
    /** How long the metadata of an issuer is taken for true without asking again. */
    private static final Duration METADATA_FRESHNESS = Duration.ofMinutes(5);

    private static final SecureRandom RANDOM = new SecureRandom();

    private final Opened opened;
    private final RestServer server;
    private final Optional<KeepApiKeys.Created> firstKey;

    private Application(Opened opened, RestServer server, Optional<KeepApiKeys.Created> firstKey) {
        this.opened = opened;
        this.server = server;
        this.firstKey = firstKey;
    }

    /**
     * Starts everything and returns when requests are served.
     *
     * @throws RuntimeException whose message tells the operator what is wrong; what was started by
     *     then is stopped
     */
    static Application start(Configuration configuration, String version) {
        Opened opened = new Opened();
        try {
            return start(configuration, version, opened);
        } catch (RuntimeException | Error e) {
            opened.close();
            throw e;
        }
    }

    private static Application start(Configuration configuration, String version, Opened opened) {
        Optional<KeyRing> givenKeys = configuration.encryptionKeys().map(KeyRing::read);
        DatabaseAccess access = databaseAccess(configuration, opened);
        // Made only now: the embedded database's lock keeps two first starts apart.
        KeyRing keys = givenKeys.orElseGet(() -> ownKeys(configuration.ownKeyFile()));
        Persistence persistence =
                opened.add(
                        Persistence.open(
                                access, configuration.databaseConnections(), keys, RANDOM));
        InstantSource clock = persistence.clock();
        GuardedHttp http = opened.add(new GuardedHttp(outbound(configuration, version)));
        McpHttpConnector connector =
                opened.add(
                        new McpHttpConnector(
                                http,
                                new DpopProofs(clock, RANDOM),
                                new ClientInfo(configuration.clientName(), version),
                                clock));
        ExecutorService background =
                Executors.newThreadPerTaskExecutor(Thread.ofVirtual().factory());
        UseCases useCases =
                UseCases.of(
                        ports(configuration, persistence, http, connector),
                        profile(configuration),
                        Timing.DEFAULT,
                        clock,
                        RANDOM,
                        Acting.inherited(background));
        // When the last request was served, and what may hold tokens has ended.
        opened.add((AutoCloseable) () -> Schedules.runOnce(useCases.lastJobs()));
        opened.addThreads(background);
        RestServer server = opened.add(listen(configuration, persistence, useCases));
        useCases.followChanges().begin();
        opened.add(Schedules.start(jobs(configuration, persistence, useCases), RANDOM));
        // Last, when nothing can fail any more: the key is shown once and never again.
        Optional<KeepApiKeys.Created> firstKey =
                Acting.as(
                        ActingParty.local(Actor.service("first start")),
                        () -> useCases.keepApiKeys().createFirst(configuration.adminKey()));
        return new Application(opened, server, firstKey);
    }

    private static List<Job> jobs(
            Configuration configuration, Persistence persistence, UseCases useCases) {
        Stream<Job> ofTheStore =
                Stream.of(
                        new Job("keys", Duration.ofSeconds(5), persistence::keepKeysInStep),
                        new Job("clock", Duration.ofSeconds(5), persistence::setClock),
                        new Job("resealing", Duration.ofMinutes(10), persistence::reseal));
        return Stream.concat(useCases.jobs(configuration.auditRetention()).stream(), ofTheStore)
                .toList();
    }

    private static KeyRing ownKeys(KeyFile file) {
        file.createIfMissing(RANDOM);
        return KeyRing.read(file);
    }

    private static DatabaseAccess databaseAccess(Configuration configuration, Opened opened) {
        return configuration
                .database()
                .map(Configuration.ExternalDatabase::access)
                .orElseGet(() ->
                        opened.add(
                                        EmbeddedPostgres.start(
                                                configuration.databaseDirectory(), RANDOM))
                                .access());
    }

    private static OutboundSettings outbound(Configuration configuration, String version) {
        OutboundSettings standard =
                OutboundSettings.of(configuration.outboundAllow(), "Mooring/" + version);
        return new OutboundSettings(
                standard.allow(),
                configuration.outboundProxy(),
                configuration.outboundCa(),
                standard.userAgent(),
                standard.calls(),
                standard.streams());
    }

    private static Ports ports(
            Configuration configuration,
            Persistence persistence,
            GuardedHttp http,
            McpHttpConnector connector) {
        InstantSource clock = persistence.clock();
        DpopProofs proofs = new DpopProofs(clock, RANDOM);
        ClientAssertions assertions =
                new ClientAssertions(
                        configuration.clientKey().map(ClientKeyPair::signing), clock, RANDOM);
        return new Ports(
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
                new DirectoryAssertionFiles(configuration.assertionDirectory()),
                connector,
                new RenewalCounters(Metrics.globalRegistry()),
                new DebtMeters(Metrics.globalRegistry()));
    }

    private static OAuthClientProfile profile(Configuration configuration) {
        return new OAuthClientProfile(
                configuration.clientName(),
                new RedirectUri(configuration.publicUrl() + "/api/oauth/callback"),
                configuration.clientMetadataUrl(),
                configuration.clientKey().map(ClientKeyPair::verification));
    }

    private static RestServer listen(
            Configuration configuration, Persistence persistence, UseCases useCases) {
        try {
            return RestServer.start(
                    restSettings(configuration),
                    oidcIssuer(configuration, persistence),
                    useCases,
                    List.of(
                            new ReadinessCheck("database", persistence::answers),
                            new ReadinessCheck("database disk", persistence::hasRoom),
                            new ReadinessCheck("encryption key", persistence::hasCurrentKey)),
                    Metrics.globalRegistry(),
                    persistence.clock(),
                    RANDOM);
        } catch (IllegalStateException e) {
            throw new ConfigurationException(
                    "%s, %s: %s"
                            .formatted(
                                    Setting.PORT.variable(),
                                    Setting.ADMIN_PORT.variable(),
                                    e.getMessage()),
                    e);
        }
    }

    private static RestSettings restSettings(Configuration configuration) {
        return new RestSettings(
                configuration.host(),
                configuration.port(),
                configuration.adminHost(),
                configuration.adminPort(),
                configuration.publicUrl(),
                new TrustedProxies(
                        configuration.proxies()::trusts, configuration.proxies().header()),
                limits(configuration.load()));
    }

    private static RestLimits limits(Configuration.Load load) {
        return new RestLimits(
                load.connections(),
                load.concurrentRequests(),
                load.queuedRequests(),
                RestLimits.DEFAULT.queueTimeout(),
                new RestLimits.Rate(load.rateLimit(), load.rateBurst()),
                new RestLimits.Rate(load.addressRateLimit(), 5 * load.addressRateLimit()),
                RestLimits.DEFAULT.receiveTimeout(),
                RestLimits.DEFAULT.sendTimeout(),
                RestLimits.DEFAULT.shutdownGrace());
    }

    private static Optional<OidcIssuer> oidcIssuer(
            Configuration configuration, Persistence persistence) {
        return configuration
                .oidc()
                .map(oidc ->
                        new OidcIssuer(
                                oidc.issuer(),
                                oidc.audience(),
                                oidc.browser().map(browser -> browserSignIn(browser, persistence)),
                                RoleNames.DEFAULT,
                                OidcIssuer.DEFAULT_REFRESH_INTERVAL));
    }

    private static OidcIssuer.Browser browserSignIn(
            Configuration.Oidc.Browser browser, Persistence persistence) {
        return new OidcIssuer.Browser(
                browser.clientId(),
                new OidcIssuer.ClientSecret(browser.clientSecret()),
                new OidcIssuer.CookiePassword(persistence.sharedSecret("oidc cookies")));
    }

    /** The admin key, if this start made the first one. */
    Optional<KeepApiKeys.Created> firstKey() {
        return firstKey;
    }

    int port() {
        return server.port();
    }

    int adminPort() {
        return server.adminPort();
    }

    /** Finishes what is being worked on, then stops everything. */
    @Override
    public void close() {
        opened.close();
    }
}
