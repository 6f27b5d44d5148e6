package dev.mooring.adapter.rest;

import dev.mooring.adapter.rest.edge.CallerRates;
import dev.mooring.adapter.rest.edge.Connections;
import dev.mooring.adapter.rest.edge.EdgeFilter;
import dev.mooring.adapter.rest.edge.ErrorAnswers;
import dev.mooring.adapter.rest.edge.RequestMeters;
import dev.mooring.adapter.rest.edge.RequestRate;
import dev.mooring.adapter.rest.edge.Routes;
import dev.mooring.adapter.rest.edge.TransferDeadline;
import dev.mooring.adapter.rest.security.ApiKeys;
import dev.mooring.adapter.rest.security.OidcIssuer;
import dev.mooring.adapter.rest.security.SecurityGate;
import dev.mooring.application.UseCases;
import dev.mooring.domain.access.Role;

import io.helidon.common.Weighted;
import io.helidon.common.concurrency.limits.FixedLimit;
import io.helidon.common.concurrency.limits.Limit;
import io.helidon.common.socket.SocketOptions;
import io.helidon.metrics.api.MeterRegistry;
import io.helidon.webserver.ListenerConfig;
import io.helidon.webserver.WebServer;
import io.helidon.webserver.context.ContextFeature;
import io.helidon.webserver.http.Filter;
import io.helidon.webserver.http.HttpFeature;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http1.Http1Config;

import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;

/**
 * The running HTTP interface: the API on one socket, health and metrics on another, so that an
 * overloaded API still answers whoever asks how it is.
 */
public final class RestServer implements AutoCloseable {
    private static final String ADMIN = "admin";

    /** Far above what {@link dev.mooring.adapter.rest.edge.Json} reads, which refuses politely. */
    private static final long HARD_BODY_LIMIT = 8L * 1024 * 1024;

    private static final int MAX_REQUEST_LINE_BYTES = 8 * 1024;
    private static final int MAX_HEADER_BYTES = 32 * 1024;
    private static final Duration IDLE_TIMEOUT = Duration.ofMinutes(2);
    private static final Duration IDLE_CHECK = Duration.ofSeconds(10);

    /** How often one address may guess where nobody said how often strangers may come. */
    private static final RestLimits.Rate GUESSES = RestLimits.DEFAULT.strangers();

    private static final Duration LOOK_FOR_IDLE = Duration.ofMillis(20);

    private final WebServer server;
    private final Set<String> routes;
    private final HealthResource health;
    private final List<Resource> resources;
    private final Connections connections;
    private final List<TransferDeadline> deadlines;

    private RestServer(
            WebServer server,
            Set<String> routes,
            HealthResource health,
            List<Resource> resources,
            Connections connections,
            List<TransferDeadline> deadlines) {
        this.server = server;
        this.routes = routes;
        this.health = health;
        this.resources = resources;
        this.connections = connections;
        this.deadlines = deadlines;
    }

    /**
     * Starts listening.
     *
     * @param issuer whose users may call us beside the holders of our keys
     * @param checks without which we are not ready
     * @param random makes identifiers and nonces, so it must be cryptographically strong
     * @throws IllegalStateException when a port is taken
     */
    public static RestServer start(
            RestSettings settings,
            Optional<OidcIssuer> issuer,
            UseCases useCases,
            List<ReadinessCheck> checks,
            MeterRegistry meters,
            InstantSource clock,
            RandomGenerator random) {
        FlowCookie flowCookie = new FlowCookie(settings.publicUrl(), random);
        return start(
                settings,
                issuer,
                useCases.authenticateApiKey()::handle,
                useCases.recordRefusals()::refused,
                useCases.recordSignIn()::handle,
                List.of(
                        new ClientsResource(
                                useCases.registerClient(),
                                useCases.findClients(),
                                useCases.editClient(),
                                useCases.removeClient(),
                                flowCookie,
                                random),
                        new ConnectionsResource(
                                useCases.completeAuthorization(),
                                useCases.reauthorizeClient(),
                                useCases.reconnectClient(),
                                flowCookie),
                        new CallbackResource(
                                useCases.handleAuthorizationResponse(), flowCookie, random),
                        new OAuthConfigResource(useCases.findClients(), useCases.revokeGrant()),
                        new KeysResource(useCases.keepApiKeys()),
                        new AuditResource(useCases.keepHistory(), System::nanoTime),
                        new EventsResource(useCases.followEvents()),
                        new WebhooksResource(useCases.keepWebhooks()),
                        new ToolsResource(useCases.executeTool()),
                        new OAuthClientResource(useCases.describeOAuthClient())),
                checks,
                meters,
                clock,
                System::nanoTime,
                random);
    }

    static RestServer start(
            RestSettings settings,
            Optional<OidcIssuer> issuer,
            ApiKeys keys,
            Routes.Refusals refusals,
            Consumer<Set<Role>> signedIn,
            List<Resource> resources,
            List<ReadinessCheck> checks,
            MeterRegistry meters,
            InstantSource clock,
            LongSupplier nanoTime,
            RandomGenerator random) {
        ErrorAnswers errors = new ErrorAnswers(random, Errors::behind);
        SecurityGate gate = new SecurityGate(keys, issuer, settings.publicUrl(), clock, errors);
        HealthResource health = new HealthResource(checks, nanoTime);

        RestLimits limits = settings.limits();
        Routes api = new Routes(gate, rates(limits, nanoTime), refusals, errors);
        health.addTo(api);
        new OpenApiResource().addTo(api);
        new LandingPage(gate, random).addTo(api);
        resources.forEach(resource -> resource.addTo(api));

        Routes admin = new Routes(gate, CallerRates.UNLIMITED, refusals, errors);
        health.addTo(admin);
        new MetricsResource(meters).addTo(admin);

        TransferDeadline receiving =
                new TransferDeadline("receive-deadline", limits.receiveTimeout());
        TransferDeadline sending = new TransferDeadline("send-deadline", limits.sendTimeout());
        List<TransferDeadline> deadlines = List.of(receiving, sending);
        RequestMeters requestMeters = new RequestMeters(meters);
        Limit atOnce =
                FixedLimit.builder()
                        .permits(limits.requests())
                        .queueLength(limits.queued())
                        .queueTimeout(limits.queueTimeout())
                        .build();
        EdgeFilter edge =
                new EdgeFilter(
                        random,
                        errors,
                        requestMeters,
                        receiving,
                        settings.proxies(),
                        api::isInRate,
                        atOnce);
        EdgeFilter adminEdge =
                new EdgeFilter(
                        random,
                        errors,
                        requestMeters,
                        receiving,
                        settings.proxies(),
                        admin::isInRate,
                        FixedLimit.create());
        Connections connections =
                new Connections(
                        Http1Config.builder()
                                .maxPrologueLength(MAX_REQUEST_LINE_BYTES)
                                .maxHeadersSize(MAX_HEADER_BYTES)
                                // It takes the colon for illegal in a query (RFC 3986 section 3.4
                                // does
                                // not), and an issuer's URL in the callback has one. The edge
                                // checks.
                                .validatePrologue(false)
                                .validateResponseHeaders(true),
                        receiving,
                        sending);
        HttpRouting.Builder apiRouting =
                HttpRouting.builder()
                        .addFeature(new Edge(edge, errors))
                        .addFeature(gate.contextFeature());
        gate.browserSignIn()
                .ifPresent(signIn ->
                        apiRouting
                                .addFilter((chain, request, response) ->
                                        signIn.guardRedirect(
                                                chain, request, response, refusals, signedIn))
                                .addFeature(signIn.redirectFeature()));
        api.register(apiRouting);
        HttpRouting.Builder adminRouting =
                HttpRouting.builder().addFeature(new Edge(adminEdge, errors));
        admin.register(adminRouting);

        WebServer server =
                WebServer.builder()
                        .featuresDiscoverServices(false)
                        .addFeature(ContextFeature.create())
                        // Whoever owns the process decides when it stops.
                        .shutdownHook(false)
                        .update(socket -> listen(socket, settings, connections, errors))
                        .host(settings.host())
                        .port(settings.port())
                        .routing(apiRouting)
                        .putSocket(
                                ADMIN,
                                ListenerConfig.builder()
                                        .name(ADMIN)
                                        .update(socket ->
                                                listen(socket, settings, connections, errors))
                                        .host(settings.adminHost())
                                        .port(settings.adminPort())
                                        .routing(adminRouting)
                                        .build())
                        .build();
        server.start();
        if (!server.isRunning()) {
            // Helidon logs why, and returns as if nothing had happened.
            deadlines.forEach(TransferDeadline::close);
            throw new IllegalStateException(
                    "Cannot listen on %s:%d and %s:%d; a port may be taken"
                            .formatted(
                                    settings.host(),
                                    settings.port(),
                                    settings.adminHost(),
                                    settings.adminPort()));
        }
        Set<String> routes = new TreeSet<>(api.list());
        routes.addAll(admin.list());
        return new RestServer(server, routes, health, resources, connections, deadlines);
    }

    private static CallerRates rates(RestLimits limits, LongSupplier nanoTime) {
        RestLimits.Rate guesses =
                limits.strangers().equals(RestLimits.Rate.UNLIMITED) ? GUESSES : limits.strangers();
        return new CallerRates(
                rate(limits.known(), nanoTime),
                rate(limits.strangers(), nanoTime),
                rate(guesses, nanoTime));
    }

    private static RequestRate rate(RestLimits.Rate rate, LongSupplier nanoTime) {
        return new RequestRate(rate.perSecond(), rate.burst(), nanoTime);
    }

    private static void listen(
            ListenerConfig.BuilderBase<?, ?> socket,
            RestSettings settings,
            Connections connections,
            ErrorAnswers errors) {
        socket.protocolsDiscoverServices(false)
                .addConnectionSelector(connections)
                .directHandlers(errors.directHandlers())
                .maxPayloadSize(HARD_BODY_LIMIT)
                .maxTcpConnections(settings.limits().connections())
                .shutdownGracePeriod(settings.limits().shutdownGrace())
                .idleConnectionTimeout(IDLE_TIMEOUT)
                .idleConnectionPeriod(IDLE_CHECK)
                // Without it an answer of several small packets waits 40 ms for an acknowledgement.
                .connectionOptions(SocketOptions.builder().tcpNoDelay(true).build());
    }

    /** The port of the API. */
    public int port() {
        return server.port();
    }

    /** The port of health and metrics. */
    public int adminPort() {
        return server.port(ADMIN);
    }

    /** What is served on the two sockets, each as {@code METHOD template}. */
    Set<String> routes() {
        return routes;
    }

    /** Says "not ready", finishes the requests that are being worked on, and stops listening. */
    @Override
    public void close() {
        health.drain();
        resources.forEach(Resource::drain);
        Thread stopping = Thread.ofVirtual().name("rest-stop").start(server::stop);
        try {
            // A connection may come in, or fall idle, after any single look.
            do {
                connections.endWhenIdle();
            } while (!stopping.join(LOOK_FOR_IDLE));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        deadlines.forEach(TransferDeadline::close);
    }

    /** Puts the edge around everything else, whatever weight that has. */
    private record Edge(Filter filter, ErrorAnswers errors) implements HttpFeature, Weighted {
        @Override
        public void setup(HttpRouting.Builder routing) {
            routing.addFilter(filter).error(Throwable.class, errors);
        }

        @Override
        public double weight() {
            return 2000;
        }
    }
}
