package dev.mooring.adapter.rest;

import dev.mooring.adapter.rest.edge.Answer;
import dev.mooring.adapter.rest.edge.Json;
import dev.mooring.adapter.rest.edge.Routes;
import dev.mooring.adapter.rest.edge.TrustedProxies;
import dev.mooring.adapter.rest.edge.TrustedProxies.ForwardingHeader;
import dev.mooring.adapter.rest.security.ApiKeys;
import dev.mooring.adapter.rest.security.OidcIssuer;
import dev.mooring.application.Acting;
import dev.mooring.application.AuthenticateApiKey;
import dev.mooring.domain.access.Caller;
import dev.mooring.domain.access.Permission;
import dev.mooring.domain.access.Role;
import dev.mooring.domain.audit.ActingParty;

import io.helidon.http.Method;
import io.helidon.http.Status;
import io.helidon.metrics.api.MetricsFactory;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/** A real server on loopback with a few routes made for looking at the edge. */
public final class TestServer implements AutoCloseable {
    public static final String VIEWER = "viewer-key";
    public static final String OPERATOR = "operator-key";
    public static final String ADMIN = "admin-key";

    /** How many requests a caller may send at once to a stingy server. */
    static final int BURST = 4;

    private static final RestLimits STINGY =
            new RestLimits(
                    100,
                    10,
                    10,
                    Duration.ofSeconds(1),
                    new RestLimits.Rate(2, BURST),
                    new RestLimits.Rate(2, BURST),
                    Duration.ofSeconds(20),
                    Duration.ofSeconds(20),
                    Duration.ofSeconds(5));

    /** More bytes than any buffer on the way takes. */
    static final int LARGE = 64 * 1024 * 1024;

    /** Whether the "database" is there. */
    public final AtomicBoolean databaseUp = new AtomicBoolean(true);

    /** Where it lets wait who asks. */
    volatile CountDownLatch databaseGate = new CountDownLatch(0);

    /** How often it was asked. */
    final AtomicInteger databaseAsked = new AtomicInteger();

    /** Where {@code GET /slow} waits. */
    public final CountDownLatch slow = new CountDownLatch(1);

    /** How often a key was looked up. */
    final AtomicInteger keysLookedUp = new AtomicInteger();

    /** How many requests wait there. */
    public final AtomicInteger waiting = new AtomicInteger();

    /** The port of the API, also when it is closed. */
    public final int apiPort;

    /** What the trail would tell of requests that came to nothing. */
    final List<ActingParty> refused = new CopyOnWriteArrayList<>();

    private final RestServer server;

    record Item(
            String name,
            Optional<Integer> size,
            Optional<Item> part,
            Optional<List<String>> tags) {}

    private record Seen(String name, String caller) {}

    /** As whom a handler acts. */
    private record ActingView(String kind, String id, String address, String requestId) {
        static Answer now() {
            ActingParty party = Acting.current();
            return Answer.json(
                    new ActingView(
                            party.actor().kind().word(),
                            party.actor().id(),
                            party.address().orElse("none"),
                            party.requestId().orElse("none")));
        }
    }

    public static TestServer start() {
        return start(RestLimits.DEFAULT);
    }

    public static TestServer start(OidcIssuer issuer) {
        return new TestServer(Optional.of(issuer), TestServer::settings, System::nanoTime);
    }

    /**
     * One request at a time, one waiting for its end, and two seconds to receive one or to send.
     */
    public static TestServer startNarrow() {
        return startNarrow(routes -> {});
    }

    /** The same with something more to it. */
    static TestServer startNarrow(Resource more) {
        RestLimits limits =
                new RestLimits(
                        100,
                        1,
                        1,
                        Duration.ofMillis(250),
                        RestLimits.Rate.UNLIMITED,
                        RestLimits.Rate.UNLIMITED,
                        Duration.ofSeconds(2),
                        Duration.ofSeconds(2),
                        Duration.ofSeconds(5));
        return new TestServer(
                Optional.empty(), port -> settings(port, limits), System::nanoTime, more);
    }

    /**
     * Two requests a second from one caller, four after a pause.
     *
     * @param nanoTime by this clock
     */
    public static TestServer startStingy(Optional<OidcIssuer> issuer, AtomicLong nanoTime) {
        return new TestServer(issuer, port -> settings(port, STINGY), nanoTime::get);
    }

    /** The same behind a proxy, which is at any address of the loopback interface. */
    static TestServer startBehindAProxy(ForwardingHeader header, AtomicLong nanoTime) {
        return new TestServer(
                Optional.empty(),
                port ->
                        settings(
                                port,
                                new TrustedProxies(InetAddress::isLoopbackAddress, header),
                                STINGY),
                nanoTime::get);
    }

    /** As many requests as come. */
    public static TestServer startWithoutLimit(AtomicLong nanoTime) {
        RestLimits standard = RestLimits.DEFAULT;
        RestLimits limits =
                new RestLimits(
                        standard.connections(),
                        standard.requests(),
                        standard.queued(),
                        standard.queueTimeout(),
                        RestLimits.Rate.UNLIMITED,
                        RestLimits.Rate.UNLIMITED,
                        standard.receiveTimeout(),
                        standard.sendTimeout(),
                        standard.shutdownGrace());
        return new TestServer(Optional.empty(), port -> settings(port, limits), nanoTime::get);
    }

    private static TestServer start(RestLimits limits) {
        return new TestServer(Optional.empty(), port -> settings(port, limits), System::nanoTime);
    }

    /** On a port that somebody else has. */
    public static TestServer startOn(int taken) {
        return new TestServer(Optional.empty(), port -> settings(taken), System::nanoTime);
    }

    interface SettingsOfPort {
        RestSettings of(int port);
    }

    private TestServer(
            Optional<OidcIssuer> issuer, SettingsOfPort settings, LongSupplier nanoTime) {
        this(issuer, settings, nanoTime, routes -> {});
    }

    private TestServer(
            Optional<OidcIssuer> issuer,
            SettingsOfPort settings,
            LongSupplier nanoTime,
            Resource more) {
        Map<String, Caller> keys = new HashMap<>();
        keys.put(VIEWER, holder("vera", Role.VIEWER));
        keys.put(OPERATOR, holder("otto", Role.OPERATOR));
        keys.put(ADMIN, holder("ada", Role.ADMIN));
        ApiKeys apiKeys =
                presented -> {
                    keysLookedUp.incrementAndGet();
                    Caller holder = keys.get(presented.value());
                    return holder == null
                            ? new AuthenticateApiKey.Outcome.Unknown()
                            : new AuthenticateApiKey.Outcome.Known(holder);
                };
        server =
                RestServer.start(
                        settings.of(freePort()),
                        issuer,
                        apiKeys,
                        (party, operation, code) -> refused.add(party),
                        roles -> {},
                        List.of(this::routes, more),
                        List.of(new ReadinessCheck("database", this::databaseAnswers)),
                        MetricsFactory.getInstance().globalRegistry(),
                        InstantSource.system(),
                        nanoTime,
                        new Random(7));
        apiPort = server.port();
    }

    private static Caller holder(String name, Role role) {
        return new Caller(
                Caller.Voucher.API_KEY, name, name, Set.of(role), role.permissions(), false);
    }

    private boolean databaseAnswers() {
        databaseAsked.incrementAndGet();
        await(databaseGate);
        return databaseUp.get();
    }

    /** The public URL must be known before the server listens. */
    private static int freePort() {
        try (ServerSocket probe = new ServerSocket(0)) {
            return probe.getLocalPort();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static RestSettings settings(int port) {
        return settings(port, RestLimits.DEFAULT);
    }

    private static RestSettings settings(int port, RestLimits limits) {
        return settings(port, TrustedProxies.NONE, limits);
    }

    private static RestSettings settings(int port, TrustedProxies proxies, RestLimits limits) {
        return new RestSettings(
                "127.0.0.1",
                port,
                "127.0.0.1",
                0,
                URI.create("http://127.0.0.1:" + port),
                proxies,
                limits);
    }

    private void routes(Routes routes) {
        routes.open(Method.GET, "/open", request -> Answer.json(Map.of("ok", true)))
                .open(Method.GET, "/acting", request -> ActingView.now())
                .guarded(
                        Method.GET,
                        "/api/acting",
                        Permission.READ_CLIENTS,
                        (request, caller) -> ActingView.now())
                .open(
                        Method.GET,
                        "/boom",
                        request -> {
                            throw new IllegalStateException("the secret is hunter2");
                        })
                .open(
                        Method.GET,
                        "/slow",
                        request -> {
                            waiting.incrementAndGet();
                            await(slow);
                            return Answer.json(Map.of("ok", true));
                        })
                .open(
                        Method.GET,
                        "/large",
                        request ->
                                Answer.of(
                                        Status.OK_200, "application/octet-stream", new byte[LARGE]))
                .guarded(
                        Method.GET,
                        "/api/boom",
                        Permission.READ_CLIENTS,
                        (request, caller) -> {
                            throw new IllegalStateException("the secret is hunter2");
                        })
                .guarded(
                        Method.GET,
                        "/api/item/{id}",
                        Permission.READ_CLIENTS,
                        (request, caller) ->
                                Answer.json(
                                        new Seen(
                                                request.path().pathParameters().get("id"),
                                                caller.name())))
                .guarded(
                        Method.POST,
                        "/api/item",
                        Permission.CHANGE_CLIENTS,
                        (request, caller) ->
                                Answer.json(
                                        new Seen(
                                                Json.read(request, Item.class).name(),
                                                caller.name())))
                .guarded(
                        Method.DELETE,
                        "/api/item/{id}",
                        Permission.CHANGE_KEYS,
                        (request, caller) -> Answer.json(new Seen("deleted", caller.name())));
    }

    private static void await(CountDownLatch gate) {
        try {
            gate.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    public int port() {
        return server.port();
    }

    public int adminPort() {
        return server.adminPort();
    }

    public String url(String path) {
        return "http://127.0.0.1:" + port() + path;
    }

    public void stop() {
        server.close();
    }

    @Override
    public void close() {
        slow.countDown();
        server.close();
    }
}
