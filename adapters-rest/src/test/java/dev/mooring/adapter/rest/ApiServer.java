package dev.mooring.adapter.rest;

import dev.mooring.adapter.rest.edge.TrustedProxies;
import dev.mooring.adapter.rest.openapi.Exchange;
import dev.mooring.adapter.rest.openapi.OpenApiContract;
import dev.mooring.adapter.rest.security.OidcIssuer;
import dev.mooring.application.InMemoryMooring;
import dev.mooring.application.KeepApiKeys;
import dev.mooring.application.OAuthClientProfile;
import dev.mooring.application.RecordKeyUse;
import dev.mooring.application.UseCases;
import dev.mooring.application.fixture.SeededRandom;
import dev.mooring.application.port.Ports;
import dev.mooring.application.port.StoreUnavailableException;
import dev.mooring.domain.access.Caller;
import dev.mooring.domain.access.Permission;
import dev.mooring.domain.access.Role;

import io.helidon.metrics.api.MetricsFactory;

import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * The whole HTTP interface on real sockets, over use cases in memory whose store can go away. Every
 * exchange with it is held against the OpenAPI document.
 */
final class ApiServer implements AutoCloseable {
    /** What was seen of the document, by all tests together. */
    static final OpenApiContract CONTRACT = OpenApiContract.served();

    /** What was seen of Bifrost's document, whose one operation we have too. */
    static final OpenApiContract BIFROST = OpenApiContract.bifrost();

    private static final OpenApiContract BIFROST_ERRORS = OpenApiContract.bifrost();

    final InMemoryMooring mooring;
    final AtomicBoolean storeUp = new AtomicBoolean(true);
    private final Caller administrator = Caller.user("ada", "ada", Set.of(Role.ADMIN), false);
    private final KeepApiKeys keepApiKeys;
    private final Map<Role, String> keys = new HashMap<>();
    private final UseCases useCases;
    private final RestServer server;

    /** What writes down the uses of keys. */
    final RecordKeyUse recordKeyUse;

    private final HttpClient client = HttpClient.newHttpClient();

    ApiServer() {
        this(InMemoryMooring.PROFILE, Optional.empty());
    }

    ApiServer(OidcIssuer issuer) {
        this(InMemoryMooring.PROFILE, Optional.of(issuer));
    }

    ApiServer(OAuthClientProfile profile, Optional<OidcIssuer> issuer) {
        this(profile, issuer, URI.create("http://localhost"));
    }

    /** One that browsers find at a certain URL. */
    ApiServer(OidcIssuer issuer, URI publicUrl) {
        this(InMemoryMooring.PROFILE, Optional.of(issuer), publicUrl);
    }

    private ApiServer(OAuthClientProfile profile, Optional<OidcIssuer> issuer, URI publicUrl) {
        mooring = new InMemoryMooring(profile, InMemoryMooring.TIMING);
        useCases =
                UseCases.of(
                        breakable(mooring.ports()),
                        profile,
                        InMemoryMooring.TIMING,
                        mooring.clock(),
                        new SeededRandom(77),
                        Runnable::run);
        recordKeyUse = useCases.recordKeyUse();
        keepApiKeys = useCases.keepApiKeys();
        for (Role role : Role.values()) {
            keys.put(
                    role,
                    made(
                            keepApiKeys.create(
                                    new KeepApiKeys.Wanted(
                                            role.word(), role, Optional.empty(), Optional.empty()),
                                    administrator)));
        }
        server =
                RestServer.start(
                        new RestSettings(
                                "127.0.0.1",
                                0,
                                "127.0.0.1",
                                0,
                                publicUrl,
                                TrustedProxies.NONE,
                                RestLimits.DEFAULT),
                        issuer,
                        useCases,
                        List.of(new ReadinessCheck("database", storeUp::get)),
                        MetricsFactory.getInstance().globalRegistry(),
                        InstantSource.system(),
                        new SeededRandom(78));
    }

    private static String made(KeepApiKeys.Outcome outcome) {
        return ((KeepApiKeys.Outcome.Made) outcome).created().secret().value();
    }

    /** The same ports, of which the store's fail while the store is down. */
    private Ports breakable(Ports ports) {
        return new Ports(
                breakable(ports.unitOfWork()),
                breakable(ports.clients()),
                breakable(ports.attempts()),
                breakable(ports.grants()),
                breakable(ports.pauses()),
                breakable(ports.registrations()),
                breakable(ports.connectionRuns()),
                breakable(ports.revocations()),
                breakable(ports.deregistrations()),
                breakable(ports.idempotencyKeys()),
                breakable(ports.apiKeys()),
                breakable(ports.events()),
                ports.changes(),
                breakable(ports.history()),
                breakable(ports.webhooks()),
                ports.webhookReceiver(),
                ports.discovery(),
                ports.registrar(),
                ports.dpopKeys(),
                ports.tokenEndpoint(),
                ports.revocationEndpoint(),
                ports.assertionFiles(),
                ports.connector(),
                ports.renewalMeter(),
                ports.debtMeter());
    }

    @SuppressWarnings("unchecked")
    private <T> T breakable(T port) {
        return (T)
                Proxy.newProxyInstance(
                        port.getClass().getClassLoader(),
                        port.getClass().getInterfaces(),
                        (proxy, method, arguments) -> {
                            if (!storeUp.get()) {
                                throw new StoreUnavailableException("db.internal:5432 is away");
                            }
                            try {
                                return method.invoke(port, arguments);
                            } catch (InvocationTargetException e) {
                                throw e.getCause();
                            }
                        });
    }

    /** What a schedule does now and then. */
    void recordRefusals() {
        useCases.recordRefusals().handle();
    }

    /** The same. */
    void pollEvents() {
        useCases.followEvents().poll();
    }

    /** Returns when so many follow the events. */
    void awaitFollowers(int count) {
        Eventually.isTrue(() -> useCases.followEvents().followers() == count);
    }

    /** Stops serving, as a process does that is told to end. */
    void stop() {
        server.close();
    }

    /** What is served, each as {@code METHOD template}. */
    Set<String> routes() {
        return server.routes();
    }

    /** A key of an administrator with fewer permissions. */
    String adminKeyWith(Set<Permission> scopes) {
        return made(
                keepApiKeys.create(
                        new KeepApiKeys.Wanted(
                                "narrow", Role.ADMIN, Optional.of(scopes), Optional.empty()),
                        administrator));
    }

    String key(Role role) {
        return keys.get(role);
    }

    int port() {
        return server.port();
    }

    int adminPort() {
        return server.adminPort();
    }

    Call call(String method, String target) {
        return new Call(method, target);
    }

    Call get(String target) {
        return call("GET", target).as(Role.VIEWER);
    }

    Call post(String target) {
        return call("POST", target).as(Role.OPERATOR);
    }

    Call put(String target) {
        return call("PUT", target).as(Role.OPERATOR);
    }

    Call delete(String target) {
        return call("DELETE", target).as(Role.OPERATOR);
    }

    /** An error that Bifrost does not document here has the shape of those that it does. */
    private static void checkAgainstBifrost(Exchange exchange) {
        if (Set.of(200, 400, 404, 500).contains(exchange.status())) {
            BIFROST.check(exchange);
        } else {
            BIFROST_ERRORS.check(exchange.withStatus(500));
        }
    }

    /** One request in the making. */
    final class Call {
        private final String method;
        private final String target;
        private final Map<String, String> headers = new HashMap<>();
        private String body = "";
        private int port = server.port();

        private Call(String method, String target) {
            this.method = method;
            this.target = target;
        }

        Call onAdminSocket() {
            port = server.adminPort();
            return this;
        }

        Call as(Role role) {
            return header("x-api-key", keys.get(role));
        }

        Call header(String name, String value) {
            headers.put(name, value);
            return this;
        }

        Call json(String text) {
            body = text;
            return header("Content-Type", "application/json");
        }

        /** Sends it, and holds request and answer against the document. */
        ApiReply send() {
            HttpRequest.Builder request =
                    HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + target))
                            .method(
                                    method,
                                    body.isEmpty()
                                            ? BodyPublishers.noBody()
                                            : BodyPublishers.ofString(body));
            headers.forEach(request::header);
            HttpRequest built = request.build();
            try {
                HttpResponse<String> response = client.send(built, BodyHandlers.ofString());
                Exchange exchange = Exchange.of(built, body, response);
                CONTRACT.check(exchange);
                if (method.equals("POST") && target.endsWith("/complete-oauth")) {
                    checkAgainstBifrost(exchange);
                }
                return new ApiReply(response);
            } catch (IOException e) {
                throw new AssertionError(e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new AssertionError(e);
            }
        }
    }

    @Override
    public void close() {
        storeUp.set(true);
        client.close();
        server.close();
    }
}
