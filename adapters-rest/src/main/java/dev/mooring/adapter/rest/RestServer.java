package dev.mooring.adapter.rest;

import dev.mooring.adapter.rest.edge.EdgeFilter;
import dev.mooring.adapter.rest.edge.ErrorAnswers;
import dev.mooring.adapter.rest.edge.RequestMeters;
import dev.mooring.adapter.rest.edge.Routes;
import dev.mooring.adapter.rest.security.ApiKeys;
import dev.mooring.adapter.rest.security.OidcIssuer;
import dev.mooring.adapter.rest.security.SecurityGate;

import io.helidon.common.Weighted;
import io.helidon.common.concurrency.limits.FixedLimit;
import io.helidon.common.socket.SocketOptions;
import io.helidon.metrics.api.MeterRegistry;
import io.helidon.webserver.ConnectionConfig;
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
    private static final Duration READ_TIMEOUT = Duration.ofSeconds(15);
    private static final Duration IDLE_TIMEOUT = Duration.ofMinutes(2);

    private final WebServer server;
    private final HealthResource health;

    private RestServer(WebServer server, HealthResource health) {
        this.server = server;
        this.health = health;
    }

    /**
     * Starts listening.
     *
     * @throws IllegalStateException when a port is taken
     */
    static RestServer start(
            RestSettings settings,
            Optional<OidcIssuer> issuer,
            ApiKeys keys,
            List<Resource> resources,
            List<ReadinessCheck> checks,
            MeterRegistry meters,
            InstantSource clock,
            RandomGenerator random) {
        ErrorAnswers errors = new ErrorAnswers(random, thrown -> Optional.empty());
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

        EdgeFilter edge = new EdgeFilter(random, errors, new RequestMeters(meters));
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
        HttpRouting.Builder adminRouting = HttpRouting.builder().addFeature(new Edge(edge, errors));
        admin.register(adminRouting);

        WebServer server =
                WebServer.builder()
                        .featuresDiscoverServices(false)
                        .addFeature(ContextFeature.create())
                        // Whoever owns the process decides when it stops.
                        .shutdownHook(false)
                        .update(socket -> listen(socket, settings, errors))
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
                                        .update(socket -> listen(socket, settings, errors))
                                        .host(settings.adminHost())
                                        .port(settings.adminPort())
                                        .routing(adminRouting)
                                        .build())
                        .build();
        return new RestServer(server.start(), health);
    }

    private static void listen(
            ListenerConfig.BuilderBase<?, ?> socket, RestSettings settings, ErrorAnswers errors) {
        socket.protocolsDiscoverServices(false)
                .addProtocol(
                        Http1Config.builder()
                                .maxPrologueLength(MAX_REQUEST_LINE_BYTES)
                                .maxHeadersSize(MAX_HEADER_BYTES)
                                .validateResponseHeaders(true)
                                .build())
                .directHandlers(errors.directHandlers())
                .maxPayloadSize(HARD_BODY_LIMIT)
                .maxTcpConnections(settings.maxConnections())
                .shutdownGracePeriod(settings.shutdownGrace())
                .idleConnectionTimeout(IDLE_TIMEOUT)
                // Without it an answer of several small packets waits 40 ms for an acknowledgement.
                .connectionOptions(SocketOptions.builder().tcpNoDelay(true).build())
                .connectionConfig(ConnectionConfig.builder().readTimeout(READ_TIMEOUT).build());
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
        server.stop();
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
