package dev.mooring.application;

import dev.mooring.application.fixture.Clients;
import dev.mooring.application.fixture.Interruption;
import dev.mooring.application.fixture.MutableClock;
import dev.mooring.application.fixture.Race;
import dev.mooring.application.fixture.Registrations;
import dev.mooring.application.fixture.SeededRandom;
import dev.mooring.application.fixture.SettingsBuilder;
import dev.mooring.application.port.InMemoryDatabase;
import dev.mooring.application.port.Ports;
import dev.mooring.application.port.ScriptedAssertionFiles;
import dev.mooring.application.port.ScriptedConnector;
import dev.mooring.application.port.ScriptedDiscovery;
import dev.mooring.application.port.ScriptedRegistrar;
import dev.mooring.application.port.ScriptedRevocationEndpoint;
import dev.mooring.application.port.ScriptedTokenEndpoint;
import dev.mooring.application.port.StoresUnderTest;
import dev.mooring.domain.client.ClientId;
import dev.mooring.domain.client.ClientSettings;
import dev.mooring.domain.lifecycle.AuthorizationAttempt;
import dev.mooring.domain.lifecycle.ClientEvent;
import dev.mooring.domain.lifecycle.Grant;
import dev.mooring.domain.lifecycle.McpClient;
import dev.mooring.domain.oauth.AuthorizationResponse;
import dev.mooring.domain.oauth.OAuthError;
import dev.mooring.domain.oauth.State;

import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;

/**
 * A whole Mooring in memory, with scripted parties on the wire side: out of the box a whole flow
 * succeeds, and every step can be made to go wrong. The clock stands still until it is moved.
 */
public final class InMemoryMooring {
    /** Patience is short, so that a test of it is; nothing else here waits for the wall clock. */
    public static final Timing TIMING = patient(Duration.ofSeconds(5));

    public static final OAuthClientProfile PROFILE =
            new OAuthClientProfile("Mooring", Registrations.REDIRECT_URI, Optional.empty());

    private final MutableClock clock;
    private final InMemoryDatabase database;
    private final ScriptedDiscovery discovery = new ScriptedDiscovery();
    private final ScriptedRegistrar registrar = new ScriptedRegistrar();
    private final ScriptedTokenEndpoint tokenEndpoint;
    private final ScriptedRevocationEndpoint revocationEndpoint;
    private final ScriptedAssertionFiles assertionFiles = new ScriptedAssertionFiles();
    private final ScriptedConnector connector;
    private final Queue<CompletableFuture<Boolean>> background = new ConcurrentLinkedQueue<>();
    private final OAuthClientProfile profile;
    private final Timing timing;
    private final Optional<StoresUnderTest> otherStores;
    private final UseCases useCases;

    public InMemoryMooring() {
        this(PROFILE, TIMING);
    }

    public InMemoryMooring(OAuthClientProfile profile, Timing timing) {
        this(profile, timing, Optional.empty());
    }

    private InMemoryMooring(
            OAuthClientProfile profile, Timing timing, Optional<StoresUnderTest> otherStores) {
        this.profile = profile;
        this.timing = timing;
        this.otherStores = otherStores;
        this.clock =
                otherStores
                        .map(stores -> new MutableClock(stores.clocks().of(Duration.ZERO)))
                        .orElseGet(MutableClock::new);
        this.database = new InMemoryDatabase(clock);
        this.tokenEndpoint = new ScriptedTokenEndpoint(clock);
        this.revocationEndpoint = new ScriptedRevocationEndpoint(tokenEndpoint);
        this.connector = new ScriptedConnector(tokenEndpoint, clock);
        this.useCases = node(0);
    }

    /**
     * One over other stores than those in memory, whose {@link #events()} are not known here, and
     * whose clock goes. Its callers are patient, as a database may be slow.
     */
    public static InMemoryMooring over(StoresUnderTest stores) {
        return new InMemoryMooring(PROFILE, patient(Duration.ofMinutes(1)), Optional.of(stores));
    }

    /** One whose callers wait no longer than this for the runs of others. */
    public static InMemoryMooring withPatience(Duration patience) {
        return new InMemoryMooring(PROFILE, patient(patience));
    }

    private static Timing patient(Duration patience) {
        return new Timing(
                Timing.DEFAULT.consent(),
                Timing.DEFAULT.discovery(),
                Timing.DEFAULT.tokenCall(),
                Timing.DEFAULT.connecting(),
                Timing.DEFAULT.lease(),
                patience,
                Timing.DEFAULT.expiryMargin());
    }

    /** The use cases of one node. */
    public UseCases useCases() {
        return useCases;
    }

    /**
     * The use cases of another node over the same stores.
     *
     * @param number tells the nodes apart; the first one is 0
     */
    public UseCases node(int number) {
        return node(ports(), number);
    }

    /** The use cases of another node with live connections of its own. */
    public UseCases node(int number, ScriptedConnector ofItsOwn) {
        return node(
                database.ports(
                        discovery,
                        registrar,
                        tokenEndpoint,
                        revocationEndpoint,
                        assertionFiles,
                        ofItsOwn),
                number);
    }

    /**
     * The use cases of a node on which something else happens just before it calls this method of
     * this port for the first time.
     */
    public <P> UseCases interrupted(Class<P> port, String method, Runnable event) {
        return node(Interruption.before(ports(), port, method, event), 99);
    }

    /** The use cases of another node, with threads of its own. */
    public UseCases node(int number, Executor background) {
        return UseCases.of(
                ports(), profile, timing, clock, new SeededRandom(1000 + number), background);
    }

    /** The use cases of a node that sees its ports in another way than the others. */
    public UseCases nodeOver(Ports ports) {
        return node(ports, 98);
    }

    /** The use cases of a node that is wrong about the time of day by so much, in spite of all. */
    public UseCases mistakenNode(Duration ahead) {
        return node(ports(), 97, () -> clock.instant().plus(ahead));
    }

    /** The use cases of a node whose machine's clock is wrong by so much. */
    public UseCases nodeAhead(Duration ahead) {
        return node(
                ports(),
                96,
                otherStores
                        .map(stores -> clock.movedWithThis(stores.clocks().of(ahead)))
                        .orElse(clock));
    }

    private UseCases node(Ports ports, int number) {
        return node(ports, number, clock);
    }

    private UseCases node(Ports ports, int number, InstantSource its) {
        return UseCases.of(
                ports, profile, timing, its, new SeededRandom(1000 + number), this::inBackground);
    }

    public Ports ports() {
        Ports ports =
                database.ports(
                        discovery,
                        registrar,
                        tokenEndpoint,
                        revocationEndpoint,
                        assertionFiles,
                        connector);
        return otherStores.map(stores -> stores.behind(ports)).orElse(ports);
    }

    public MutableClock clock() {
        return clock;
    }

    public InMemoryDatabase database() {
        return database;
    }

    public ScriptedDiscovery discovery() {
        return discovery;
    }

    public ScriptedRegistrar registrar() {
        return registrar;
    }

    public ScriptedTokenEndpoint tokenEndpoint() {
        return tokenEndpoint;
    }

    public ScriptedRevocationEndpoint revocationEndpoint() {
        return revocationEndpoint;
    }

    public ScriptedAssertionFiles assertionFiles() {
        return assertionFiles;
    }

    public ScriptedConnector connector() {
        return connector;
    }

    /** Everything that happened, in order. */
    public List<ClientEvent> events() {
        return database.events();
    }

    /** Waits for what was left for the background, and for what that leaves. */
    public void awaitBackground() {
        for (CompletableFuture<Boolean> task = background.poll();
                task != null;
                task = background.poll()) {
            Race.finish(task);
        }
    }

    /** Has what is owed delivered, and waits for that. */
    public void deliverRevocations() {
        useCases.deliverRevocations().handle();
        awaitBackground();
    }

    /** The same for deletions of registrations. */
    public void deleteRegistrations() {
        useCases.deleteRegistrations().handle();
        awaitBackground();
    }

    private void inBackground(Runnable task) {
        background.add(
                Race.start(() -> {
                    task.run();
                    return true;
                }));
    }

    /** Registers a client behind OAuth and returns the link to consent. */
    public ConsentLink register(String name) {
        return register(SettingsBuilder.oauth(name).build());
    }

    public ConsentLink register(ClientSettings settings) {
        return switch (useCases.registerClient()
                .handle(
                        new RegisterClient.Command(
                                Optional.of(Clients.details(settings).id()),
                                settings,
                                false,
                                Optional.empty()))) {
            case RegisterClient.Outcome.ConsentNeeded needed -> needed.link();
            case RegisterClient.Outcome other ->
                    throw new AssertionError("Consent should be needed, but: " + other);
        };
    }

    /** Asks for consent again. */
    public ConsentLink reauthorize(ClientId client) {
        return switch (useCases.reauthorizeClient().handle(client)) {
            case ReauthorizeClient.Outcome.ConsentNeeded needed -> needed.link();
            case ReauthorizeClient.Outcome other ->
                    throw new AssertionError("Consent should be needed, but: " + other);
        };
    }

    /** Changes settings as an operator does who names no secret and no revision. */
    public EditClient.Outcome edit(ClientId client, UnaryOperator<SettingsBuilder> change) {
        return useCases.editClient()
                .handle(
                        new EditClient.Command(
                                client,
                                settings -> change.apply(SettingsBuilder.from(settings)).build(),
                                Optional.empty(),
                                Set.of(),
                                false,
                                OptionalLong.empty()));
    }

    /** Switches a client off or on. */
    public EditClient.Outcome disable(ClientId client, boolean off) {
        return useCases.editClient()
                .handle(
                        new EditClient.Command(
                                client,
                                UnaryOperator.identity(),
                                Optional.of(off),
                                Set.of(),
                                false,
                                OptionalLong.empty()));
    }

    /** What the browser brings back when the person consents. */
    public AuthorizationResponse.Granted granted(ConsentLink link) {
        return granted(link.authorizeUrl().value());
    }

    public AuthorizationResponse.Granted granted(String authorizeUrl) {
        Map<String, String> parameters = parameters(authorizeUrl);
        return new AuthorizationResponse.Granted(
                new State(parameters.get("state")),
                tokenEndpoint.issueCode(parameters),
                Optional.of(ScriptedDiscovery.ISSUER.value()));
    }

    /** What the browser brings back when the person refuses. */
    public AuthorizationResponse.Denied denied(ConsentLink link) {
        return new AuthorizationResponse.Denied(
                new State(parameters(link.authorizeUrl().value()).get("state")),
                OAuthError.ACCESS_DENIED,
                Optional.of(ScriptedDiscovery.ISSUER.value()));
    }

    /** Lets the person consent, and handles the response. */
    public HandleAuthorizationResponse.Outcome consent(ConsentLink link) {
        return useCases.handleAuthorizationResponse().handle(granted(link));
    }

    /** Registers and consents: a client that only has to be completed. */
    public ConsentLink authorize(String name) {
        ConsentLink link = register(name);
        expect(new HandleAuthorizationResponse.Outcome.Authorized(), consent(link));
        return link;
    }

    public CompleteAuthorization.Outcome complete(ConsentLink link) {
        return useCases.completeAuthorization().handle(link.client());
    }

    /** Registers, consents and completes: a connected client. */
    public ConsentLink connect(String name) {
        ConsentLink link = authorize(name);
        expect(new CompleteAuthorization.Outcome.Connected(), complete(link));
        return link;
    }

    /** The client as it is now. */
    public McpClient client(ClientId id) {
        return ports().clients().find(id).orElseThrow().value();
    }

    /** The grant of a client as it is now. */
    public Optional<Grant> grant(ClientId id) {
        return ports().grants().ofClient(id);
    }

    /** The attempt that a link began, as it is now. */
    public AuthorizationAttempt attempt(ConsentLink link) {
        return ports().attempts().find(link.flow()).orElseThrow();
    }

    private static void expect(Object expected, Object outcome) {
        if (!outcome.equals(expected)) {
            throw new AssertionError("The usual flow should succeed, but: " + outcome);
        }
    }

    /** The decoded query parameters of a URL. */
    public static Map<String, String> parameters(String url) {
        return Arrays.stream(URI.create(url).getRawQuery().split("&"))
                .map(pair -> pair.split("=", 2))
                .collect(Collectors.toMap(pair -> decode(pair[0]), pair -> decode(pair[1])));
    }

    private static String decode(String text) {
        return URLDecoder.decode(text, StandardCharsets.UTF_8);
    }
}
