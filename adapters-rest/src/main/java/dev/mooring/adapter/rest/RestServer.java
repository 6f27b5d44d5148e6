package dev.mooring.adapter.rest;

import dev.mooring.adapter.rest.edge.Connections;
import dev.mooring.adapter.rest.edge.EdgeFilter;
import dev.mooring.adapter.rest.edge.ErrorAnswers;
import dev.mooring.adapter.rest.edge.ReceiveDeadline;
import dev.mooring.adapter.rest.edge.RequestMeters;
import dev.mooring.adapter.rest.edge.RequestRate;
import dev.mooring.adapter.rest.edge.Routes;
import dev.mooring.adapter.rest.security.ApiKeys;
import dev.mooring.adapter.rest.security.OidcIssuer;
import dev.mooring.adapter.rest.security.SecurityGate;
import dev.mooring.application.UseCases;

import io.helidon.common.Weighted;
import io.helidon.common.concurrency.limits.FixedLimit;
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

    private static final Duration LOOK_FOR_IDLE = Duration.ofMillis(20);

    private final WebServer server;
    private final HealthResource health;
    private final Connections connections;
    private final ReceiveDeadline deadline;

    private RestServer(
            WebServer server,
            HealthResource health,
            Connections connections,
            ReceiveDeadline deadline) {
        this.server = server;
        this.health = health;
        this.connections = connections;
        this.deadline = deadline;
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
        return start(
                settings,
                issuer,
                useCases.authenticateApiKey()::handle,
                List.of(
                        new ClientsResource(
                                useCases.registerClient(),
                                useCases.findClients(),
                                useCases.editClient(),
                                useCases.removeClient(),
                                random),
                        new ConnectionsResource(
                                useCases.completeAuthorization(),
                                useCases.reauthorizeClient(),
                                useCases.reconnectClient()),
                        new CallbackResource(useCases.handleAuthorizationResponse(), random),
                        new OAuthConfigResource(useCases.findClients(), useCases.revokeGrant()),
                        new KeysResource(useCases.keepApiKeys()),
                        new ToolsResource(useCases.executeTool()),
                        new OAuthClientResource(useCases.describeOAuthClient())),
                checks,
                meters,
                clock,
                random);
    }

    static RestServer start(
            RestSettings settings,
            Optional<OidcIssuer> issuer,
            ApiKeys keys,
            List<Resource> resources,
            List<ReadinessCheck> checks,
            MeterRegistry meters,
            InstantSource clock,
            RandomGenerator random) {
        ErrorAnswers errors = new ErrorAnswers(random, Errors::behind);
        SecurityGate gate = new SecurityGate(keys, issuer, settings.publicUrl(), clock, errors);
        HealthResource health = new HealthResource(checks);

        Routes api = new Routes(gate, errors);
        health.addTo(api);
        new OpenApiResource().addTo(api);
        new LandingPage(gate, random).addTo(api);
        resources.forEach(resource -> resource.addTo(api));

        Routes admin = new Routes(gate, errors);
        health.addTo(admin);
        new MetricsResource(meters).addTo(admin);

        ReceiveDeadline deadline = new ReceiveDeadline(settings.receiveTimeout());
        RequestMeters requestMeters = new RequestMeters(meters);
        RequestRate rate = new RequestRate(settings.requestsPerSecond(), System::nanoTime);
        EdgeFilter edge = new EdgeFilter(random, errors, requestMeters, deadline, rate);
        EdgeFilter adminEdge =
                new EdgeFilter(random, errors, requestMeters, deadline, RequestRate.UNLIMITED);
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
                                .validateResponseHeaders(true)
                                .addReceiveListener(deadline)
                                .build());
        HttpRouting.Builder apiRouting =
                HttpRouting.builder()
                        .addFeature(new Edge(edge, errors))
                        .addFeature(gate.contextFeature());
        gate.browserSignIn()
                .ifPresent(signIn ->
                        apiRouting
                                .addFilter(signIn::guardRedirect)
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
                        .concurrencyLimit(
                                FixedLimit.builder()
                                        .permits(settings.maxRequests())
                                        .queueLength(settings.maxQueued())
                                        .queueTimeout(settings.queueTimeout())
                                        .build())
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
            deadline.close();
            throw new IllegalStateException(
                    "Cannot listen on %s:%d and %s:%d; a port may be taken"
                            .formatted(
                                    settings.host(),
                                    settings.port(),
                                    settings.adminHost(),
                                    settings.adminPort()));
        }
        return new RestServer(server, health, connections, deadline);
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
                .maxTcpConnections(settings.maxConnections())
                .shutdownGracePeriod(settings.shutdownGrace())
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

    /** Says "not ready", finishes the requests that are being worked on, and stops listening. */
    @Override
    public void close() {
        health.drain();
        Thread stopping = Thread.ofVirtual().name("rest-stop").start(server::stop);
        try {
            // A connection may come in, or fall idle, after any single look.
            do {
                connections.endWhenIdle();
            } while (!stopping.join(LOOK_FOR_IDLE));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        deadline.close();
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
