package dev.mooring.application.modelcheck;

import dev.mooring.application.CompleteAuthorization;
import dev.mooring.application.ConsentLink;
import dev.mooring.application.EditClient;
import dev.mooring.application.HandleAuthorizationResponse;
import dev.mooring.application.InMemoryMooring;
import dev.mooring.application.ReauthorizeClient;
import dev.mooring.application.ReconnectClient;
import dev.mooring.application.RegisterClient;
import dev.mooring.application.Timing;
import dev.mooring.application.UseCases;
import dev.mooring.application.fixture.Clients;
import dev.mooring.application.fixture.MutableClock;
import dev.mooring.application.fixture.SeededRandom;
import dev.mooring.application.fixture.SettingsBuilder;
import dev.mooring.application.port.ConnectionRuns;
import dev.mooring.application.port.GrantStore;
import dev.mooring.application.port.InMemoryDatabase;
import dev.mooring.application.port.McpConnector;
import dev.mooring.application.port.Ports;
import dev.mooring.application.port.ScriptedAssertionFiles;
import dev.mooring.application.port.ScriptedDiscovery;
import dev.mooring.application.port.ScriptedRegistrar;
import dev.mooring.application.port.Stored;
import dev.mooring.application.port.TokenEndpoint;
import dev.mooring.domain.client.ClientId;
import dev.mooring.domain.client.ClientSettings;
import dev.mooring.domain.lifecycle.AuthorizationAttempt;
import dev.mooring.domain.lifecycle.ClientEvent;
import dev.mooring.domain.lifecycle.Grant;
import dev.mooring.domain.lifecycle.GrantId;
import dev.mooring.domain.lifecycle.McpClient;
import dev.mooring.domain.lifecycle.Problem;
import dev.mooring.domain.lifecycle.ReauthorizationCause;
import dev.mooring.domain.lifecycle.Registration;
import dev.mooring.domain.lifecycle.Revocation;
import dev.mooring.domain.oauth.AuthorizationCode;
import dev.mooring.domain.oauth.AuthorizationResponse;
import dev.mooring.domain.oauth.OAuthError;
import dev.mooring.domain.oauth.RefreshToken;
import dev.mooring.domain.oauth.State;

import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/**
 * One database, one server and one client, with everything that the rules want to know of them.
 * Every run has a world of its own.
 */
final class World {
    static final Timing TIMING = Timing.DEFAULT;

    private static final Problem LOST =
            new Problem(Problem.Code.AUTHORIZATION_SERVER_UNREACHABLE, "The answer was lost");

    /** Whose outcome the actor waited for. */
    private record Awaited(ConnectionRuns.Outcome outcome) {}

    private enum Note {
        CONNECTED,
        WAITED_IN_VAIN
    }

    /** Something is on its way, by the right of a lease. */
    private record Underway(Object what, Instant leaseUntil) {}

    private final Scenario scenario;
    private final MutableClock clock = new MutableClock();
    private final InMemoryDatabase database = new InMemoryDatabase(clock, this::await);
    private final ModelServer server;
    private final Ports real;
    private final Ports used;
    private final ClientSettings settings = SettingsBuilder.oauth("files").build();
    private final ClientId client = Clients.details(settings).id();
    private final UseCases healthy;
    private final List<ConsentLink> links = new ArrayList<>();

    private final Map<AuthorizationCode, Integer> sentCodes = new HashMap<>();
    private final Map<Integer, Underway> underway = new HashMap<>();
    private final Map<Integer, String> holding = new HashMap<>();
    private final Map<Integer, Instant> runLeases = new HashMap<>();
    private final Map<Integer, Instant> refreshLeases = new HashMap<>();
    private final Map<String, Integer> lastAttempts = new HashMap<>();
    private final Set<String> uncertain = new HashSet<>();
    private final Map<GrantId, Long> generations = new HashMap<>();
    private final Set<String> consentsStored = new HashSet<>();
    private int owedBefore;
    private boolean mayBeLost;
    private boolean outlasted;
    private Optional<Actor> current = Optional.empty();

    World(Scenario scenario, UnaryOperator<Ports> breakage) {
        this.scenario = scenario;
        this.server = new ModelServer(clock, scenario.has(Scenario.Trait.FORGIVING_SERVER));
        this.real =
                database.ports(
                        new ScriptedDiscovery(),
                        new ScriptedRegistrar(),
                        server,
                        server,
                        new ScriptedAssertionFiles(),
                        server);
        this.used = breakage.apply(real);
        this.healthy = useCases(Stops.at(used, this::makeAlone), clock, 1);
        scenario.setting().accept(this);
    }

    private static UseCases useCases(Ports ports, InstantSource clock, int seed) {
        return useCases(ports, clock, seed, task -> {});
    }

    private static UseCases useCases(
            Ports ports, InstantSource clock, int seed, Executor background) {
        return UseCases.of(
                ports, InMemoryMooring.PROFILE, TIMING, clock, new SeededRandom(seed), background);
    }

    // ---- what a scenario is made of

    ClientId client() {
        return client;
    }

    /** The client is registered and there is a link. */
    void register() {
        switch (healthy.registerClient()
                .handle(
                        new RegisterClient.Command(
                                Optional.of(client), settings, false, Optional.empty()))) {
            case RegisterClient.Outcome.ConsentNeeded needed -> links.add(needed.link());
            case RegisterClient.Outcome other -> throw new AssertionError(other.toString());
        }
    }

    void authorize() {
        register();
        HandleAuthorizationResponse.Outcome outcome =
                healthy.handleAuthorizationResponse().handle(granted());
        require(outcome instanceof HandleAuthorizationResponse.Outcome.Authorized, outcome);
    }

    void connect() {
        authorize();
        CompleteAuthorization.Outcome outcome = healthy.completeAuthorization().handle(client);
        require(outcome instanceof CompleteAuthorization.Outcome.Connected, outcome);
    }

    /** Connected an hour ago: the access token has just ended. */
    void expire() {
        connect();
        clock.advance(ModelServer.LIFETIME);
    }

    private static void require(boolean holds, Object otherwise) {
        if (!holds) {
            throw new AssertionError("The usual way should succeed, but: " + otherwise);
        }
    }

    /** What the browser brings back when somebody consents at the link of the setting. */
    AuthorizationResponse.Granted granted() {
        return granted(links.getFirst());
    }

    AuthorizationResponse.Granted granted(ConsentLink link) {
        String state =
                InMemoryMooring.parameters(link.authorizeUrl().value()).getOrDefault("state", "");
        return new AuthorizationResponse.Granted(
                new State(state),
                server.consent(state),
                Optional.of(ScriptedDiscovery.ISSUER.value()));
    }

    ConsentLink link() {
        return links.getFirst();
    }

    /** Changes settings as an operator does who names no secret and no revision. */
    Object edit(Node node, UnaryOperator<SettingsBuilder> change) {
        return node.useCases()
                .editClient()
                .handle(
                        new EditClient.Command(
                                client,
                                before -> change.apply(SettingsBuilder.from(before)).build(),
                                Optional.empty(),
                                Set.of(),
                                false,
                                OptionalLong.empty()));
    }

    /** Asks for consent, gets it, and brings the response back. */
    Object consentAgain(Node node) {
        return switch (node.useCases().reauthorizeClient().handle(client)) {
            case ReauthorizeClient.Outcome.ConsentNeeded needed ->
                    node.useCases().handleAuthorizationResponse().handle(granted(needed.link()));
            case ReauthorizeClient.Outcome other -> other;
        };
    }

    // ---- how the actors act

    Supplier<Object> task(Actor actor, Scenario.Part part) {
        Ports ports = Stops.at(used, call -> make(actor, call));
        InstantSource its = () -> clock.instant().plus(part.ahead());
        Node node = new Node(useCases(ports, its, 100 + actor.number()), ports);
        return () -> part.call().apply(this, node);
    }

    /** Nobody else is there. */
    private Object makeAlone(Stops.Call call) {
        Object result = call.make();
        if (call.isUnit()) {
            grant().ifPresent(this::checkStored);
        }
        return result;
    }

    private Object make(Actor actor, Stops.Call call) {
        actor.requireAlive();
        Object result =
                switch (call.port().getSimpleName()) {
                    case "UnitOfWork" -> unit(actor, call);
                    case "TokenEndpoint" -> askForTokens(actor, call);
                    case "McpConnector" ->
                            call.is(McpConnector.class, "connect")
                                            || call.is(McpConnector.class, "call")
                                    ? askServer(actor, call)
                                    : call.make();
                    // Nothing that several nodes share.
                    case "AuthorizationServerDiscovery",
                            "ClientRegistrar",
                            "RevocationEndpoint",
                            "DpopKeys",
                            "RenewalMeter",
                            "AssertionFiles" ->
                            call.make();
                    default -> askStore(actor, call);
                };
        actor.learn(call.toString(), Optional.ofNullable(result));
        return result;
    }

    private Object unit(Actor actor, Stops.Call call) {
        if (actor.isInUnit()) {
            return call.make();
        }
        actor.pause("a unit of work", false);
        return actor.inUnit(call::make);
    }

    private Object askStore(Actor actor, Stops.Call call) {
        boolean waits = call.method().getName().startsWith("await");
        if (actor.isInUnit()) {
            actor.tell(call.toString());
        } else if (!waits) {
            actor.pause(call.toString(), false);
        }
        if (call.is(GrantStore.class, "lease")) {
            return lease(actor, call);
        }
        current = waits ? Optional.of(actor) : Optional.empty();
        Object result = call.make();
        if (result instanceof ConnectionRuns.Start.Started) {
            runLeases.put(actor.number(), clock.instant().plus(TIMING.lease()));
        }
        if (call.is(ConnectionRuns.class, "await")) {
            ((Optional<?>) result)
                    .ifPresentOrElse(
                            outcome -> actor.note(new Awaited((ConnectionRuns.Outcome) outcome)),
                            () -> actor.note(Note.WAITED_IN_VAIN));
        }
        return result;
    }

    private Object lease(Actor actor, Stops.Call call) {
        boolean after = grant().flatMap(Grant::refresh).isPresent();
        Object result = call.make();
        if (result instanceof GrantStore.Lease.Taken) {
            refreshLeases.put(actor.number(), clock.instant().plus(TIMING.lease()));
            Grant intended = call.argument(1, Grant.class);
            if (after) {
                lastAttempts.merge(
                        intended.refresh().orElseThrow().refreshTokenDigest(), 1, Integer::sum);
            }
        }
        return result;
    }

    private void await(Duration patience, BooleanSupplier condition) {
        Optional<Actor> waiting = current;
        current = Optional.empty();
        if (waiting.isPresent()) {
            waiting.get().await("waits for another run", condition);
        } else if (!condition.getAsBoolean()) {
            clock.advance(patience);
        }
    }

    private Object askForTokens(Actor actor, Stops.Call call) {
        requireOutsideOfUnits(actor, call);
        boolean arrives = actor.pause("sends " + call, true) != Move.Kind.LOSE;
        String consent =
                switch (call.arguments().getFirst()) {
                    case TokenEndpoint.CodeRedemption redemption -> codeIsSent(redemption.code());
                    case TokenEndpoint.TokenRefresh refresh ->
                            refreshTokenIsSent(actor, refresh.refreshToken(), arrives);
                    case Object other -> throw new AssertionError(other.toString());
                };
        if (!arrives) {
            mayBeLost = true;
            return new TokenEndpoint.Answer.Lost(LOST);
        }
        if (call.arguments().getFirst() instanceof TokenEndpoint.TokenRefresh refresh) {
            Instant leaseUntil = leaseOf(actor, refreshLeases);
            underway.put(actor.number(), new Underway(refresh.refreshToken(), leaseUntil));
        }
        holding.put(actor.number(), consent);
        Object answer = call.make();
        boolean comes = actor.pause("hears of " + call, true) != Move.Kind.LOSE;
        underway.remove(actor.number());
        if (!comes) {
            mayBeLost = true;
            uncertain.add(consent);
            return new TokenEndpoint.Answer.Lost(LOST);
        }
        return answer;
    }

    private String codeIsSent(AuthorizationCode code) {
        if (sentCodes.merge(code, 1, Integer::sum) > 1) {
            throw Rule.R1_A_CODE_IS_CLAIMED_BEFORE_IT_IS_SENT_AND_SENT_ONCE.broken(
                    "a code is sent again");
        }
        String state = code.value().substring("code-for-".length());
        boolean claimed =
                real.attempts()
                        .find(new State(state).digest())
                        .filter(AuthorizationAttempt.Started.class::isInstance)
                        .isEmpty();
        if (!claimed) {
            throw Rule.R1_A_CODE_IS_CLAIMED_BEFORE_IT_IS_SENT_AND_SENT_ONCE.broken(
                    "a code is sent that nobody claimed");
        }
        return code.value();
    }

    private String refreshTokenIsSent(Actor actor, RefreshToken token, boolean arrives) {
        // Rule 5: one that may have been sent before is sent once more, and that is recorded.
        int recorded = lastAttempts.getOrDefault(token.sha256(), 0);
        if (arrives && server.arrivals(token) > Math.min(1, recorded)) {
            throw Rule.R4_A_REFRESH_TOKEN_IS_REDEEMED_ONCE_AND_TOKENS_ARE_STORED_BEFORE_USE.broken(
                    "a refresh token is redeemed again");
        }
        if (scenario.has(Scenario.Trait.ONLY_SLOW) && server.arrivals(token) > 0) {
            throw Rule.R4_A_REFRESH_TOKEN_IS_REDEEMED_ONCE_AND_TOKENS_ARE_STORED_BEFORE_USE.broken(
                    "a refresh token is sent again whose sender was only slow");
        }
        requireAlone(
                actor,
                refreshLeases,
                token,
                Rule.R4_A_REFRESH_TOKEN_IS_REDEEMED_ONCE_AND_TOKENS_ARE_STORED_BEFORE_USE);
        return ModelServer.familyOf(token.value());
    }

    private Object askServer(Actor actor, Stops.Call call) {
        requireOutsideOfUnits(actor, call);
        boolean connects = call.is(McpConnector.class, "connect");
        Object lost =
                connects
                        ? new McpConnector.ConnectAnswer.Failed(Clients.UNREACHABLE)
                        : new McpConnector.CallAnswer.Failed(Clients.UNREACHABLE);
        if (actor.pause("sends " + call, true) == Move.Kind.LOSE) {
            return lost;
        }
        if (connects) {
            requireAlone(
                    actor,
                    runLeases,
                    client,
                    Rule.R3_ONE_RUN_CONNECTS_AND_THE_OTHERS_LEARN_ITS_OUTCOME);
            underway.put(actor.number(), new Underway(client, leaseOf(actor, runLeases)));
            actor.note(Note.CONNECTED);
        }
        Object answer = call.make();
        boolean comes = actor.pause("hears of " + call, true) != Move.Kind.LOSE;
        underway.remove(actor.number());
        return comes ? answer : lost;
    }

    private static Instant leaseOf(Actor actor, Map<Integer, Instant> leases) {
        return leases.getOrDefault(actor.number(), Instant.MAX);
    }

    /** Whose lease has ended does wrong unknowingly; of two whose leases last, one should wait. */
    private void requireAlone(Actor actor, Map<Integer, Instant> leases, Object what, Rule rule) {
        boolean another =
                underway.values().stream()
                        .filter(other -> other.what().equals(what))
                        .anyMatch(other -> other.leaseUntil().isAfter(clock.instant()));
        if (another && leaseOf(actor, leases).isAfter(clock.instant())) {
            throw rule.broken("two do the same at a time: " + what);
        }
    }

    private static void requireOutsideOfUnits(Actor actor, Stops.Call call) {
        if (actor.isInUnit()) {
            throw Rule.R7_WHAT_BELONGS_TOGETHER_CHANGES_TOGETHER.broken(
                    call + " is asked inside a unit of work");
        }
    }

    // ---- what goes wrong

    void died(Actor actor) {
        mayBeLost |= refreshLeases.containsKey(actor.number());
        underway.remove(actor.number());
        Optional.ofNullable(holding.get(actor.number())).ifPresent(uncertain::add);
    }

    /** Whether a lease may end while somebody waits for an answer. */
    boolean isSlow() {
        return underway.values().stream()
                .map(Underway::leaseUntil)
                .anyMatch(until -> until.isAfter(clock.instant()));
    }

    void leasesEnd() {
        outlasted = true;
        clock.advance(TIMING.lease().plusSeconds(1));
    }

    void patienceEnds() {
        clock.advance(TIMING.patience());
    }

    // ---- what must hold

    /** All that decides how things go on, and what the rules have seen so far. */
    Object key() {
        return List.of(
                database.rows(),
                server.key(),
                clock.instant(),
                Map.copyOf(sentCodes),
                Map.copyOf(underway),
                Map.copyOf(holding),
                Map.copyOf(runLeases),
                Map.copyOf(refreshLeases),
                Set.copyOf(uncertain),
                Map.copyOf(generations),
                Set.copyOf(consentsStored),
                owedBefore,
                Map.copyOf(lastAttempts),
                mayBeLost,
                outlasted);
    }

    private Optional<Grant> grant() {
        return real.grants().ofClient(client);
    }

    private Optional<McpClient> stored() {
        return real.clients().find(client).map(Stored::value);
    }

    /** Holds one state against the rules. */
    void check() {
        Optional<Grant> grant = grant();
        Optional<McpClient> found = stored();
        Optional<GrantId> expected = found.flatMap(McpClient::grant);
        if (!expected.equals(grant.map(Grant::id))) {
            boolean late =
                    generations.keySet().stream()
                            .anyMatch(id -> grant.map(Grant::id).equals(Optional.of(id)));
            Rule rule =
                    late
                            ? Rule.R2_NEW_TOKENS_ARE_NOT_LOST_AND_WHO_COMES_TOO_LATE_STORES_NOTHING
                            : Rule.R7_WHAT_BELONGS_TOGETHER_CHANGES_TOGETHER;
            throw rule.broken(
                    "the client is "
                            + found.map(known -> known.getClass().getSimpleName()).orElse("gone")
                            + ", and its grant is "
                            + grant.map(Grant::id));
        }
        grant.ifPresent(this::checkStored);
        grant.ifPresent(serving -> checkResource(serving, found.orElseThrow()));
        List<Revocation> owed = database.owed();
        for (Revocation revocation : owed.subList(owedBefore, owed.size())) {
            boolean besides =
                    grant.flatMap(serving -> real.registrations().find(serving.registration()))
                            .map(Registration::credentials)
                            .filter(revocation.credentials()::equals)
                            .isPresent();
            if (besides) {
                throw Rule.R6_WHAT_NOBODY_WANTS_IS_GIVEN_BACK_BUT_NOT_BESIDES_A_GRANT_THAT_SERVES
                        .broken("tokens are given back while a grant of the same client serves");
            }
        }
        owedBefore = owed.size();
    }

    private static void checkResource(Grant grant, McpClient client) {
        URI server = client.settings().connection().server().uri();
        if (!grant.resource().covers(server)) {
            throw Rule.R8_A_TOKEN_IS_KEPT_ONLY_FOR_THE_RESOURCE_IT_WAS_ISSUED_FOR.broken(
                    "a grant for " + grant.resource() + " is kept for " + server);
        }
    }

    private void checkStored(Grant grant) {
        server.stored(grant.tokens());
        consentsStored.add(ModelServer.consentOf(grant.tokens()));
        long newest = generations.merge(grant.id(), grant.generation(), Math::max);
        if (grant.generation() < newest) {
            throw Rule.R2_NEW_TOKENS_ARE_NOT_LOST_AND_WHO_COMES_TOO_LATE_STORES_NOTHING.broken(
                    "older tokens took the place of newer ones");
        }
    }

    /** All calls are over or dead, and what was left to time happens now. */
    void checkEnd(List<Actor> actors, boolean faultless) {
        actors.forEach(actor -> checkWaiter(actor, faultless));
        actors.forEach(this::checkTakenAway);
        grant().ifPresent(this::checkServes);
        checkCause();
        clock.advance(TIMING.lease().plusSeconds(1));
        healthy.sweepAttempts().handle();
        checkAttempts();
        useCases(Stops.at(used, this::makeAlone), clock, 1, Runnable::run)
                .deliverRevocations()
                .handle();
        checkTokens();
        checkGoesOn();
    }

    private void checkWaiter(Actor actor, boolean faultless) {
        if (faultless && actor.notes().contains(Note.WAITED_IN_VAIN)) {
            throw Rule.R3_ONE_RUN_CONNECTS_AND_THE_OTHERS_LEARN_ITS_OUTCOME.broken(
                    "nobody told " + actor + " how the run went");
        }
        if (scenario.has(Scenario.Trait.CHANGES)) {
            return;
        }
        for (Object note : actor.notes()) {
            if (note instanceof Awaited awaited
                    && actor.result().orElse("") instanceof CompleteAuthorization.Outcome told) {
                CompleteAuthorization.Outcome right =
                        switch (awaited.outcome()) {
                            case ConnectionRuns.Outcome.Connected connected ->
                                    new CompleteAuthorization.Outcome.Connected();
                            case ConnectionRuns.Outcome.Failed failed ->
                                    new CompleteAuthorization.Outcome.Failed(failed.problem());
                        };
                boolean asked = told instanceof CompleteAuthorization.Outcome.NotAuthorized;
                boolean otherwise = !told.equals(right) && !asked;
                if (otherwise || actor.notes().contains(Note.CONNECTED)) {
                    throw Rule.R3_ONE_RUN_CONNECTS_AND_THE_OTHERS_LEARN_ITS_OUTCOME.broken(
                            "who waited for " + awaited + " was told " + told);
                }
            }
        }
    }

    /** Nobody consents a second time where something is taken away. */
    private void checkTakenAway(Actor actor) {
        boolean took = actor.result().filter(Scenarios.TAKEN_AWAY::equals).isPresent();
        if (took && grant().isPresent()) {
            throw Rule.WHAT_WAS_TAKEN_AWAY_STAYS_AWAY.broken(
                    "a grant came after " + actor + " was over");
        }
    }

    private void checkServes(Grant grant) {
        boolean known = uncertain.contains(ModelServer.consentOf(grant.tokens()));
        if (!known && !server.takes(grant.tokens())) {
            throw Rule.R2_NEW_TOKENS_ARE_NOT_LOST_AND_WHO_COMES_TOO_LATE_STORES_NOTHING.broken(
                    "the grant that is kept is not the one that is good");
        }
    }

    private void checkCause() {
        boolean good = server.alive().stream().anyMatch(server::isStored);
        if (good
                && !scenario.has(Scenario.Trait.TAKES_AWAY)
                && stored().orElse(null) instanceof McpClient.NeedsReauthorization needs) {
            throw Rule.R4_A_REFRESH_TOKEN_IS_REDEEMED_ONCE_AND_TOKENS_ARE_STORED_BEFORE_USE.broken(
                    "a grant was ended whose tokens are good: " + needs.cause());
        }
        // Who pauses for longer than the lease lasts may come with what another has sent since.
        if (!outlasted && stored().orElse(null) instanceof McpClient.NeedsReauthorization needs) {
            ReauthorizationCause refused =
                    new ReauthorizationCause.RefreshRefused(OAuthError.INVALID_GRANT);
            boolean lost = needs.cause() instanceof ReauthorizationCause.AnswerLost;
            if (needs.cause().equals(refused) && (mayBeLost || server.issuedInVain())) {
                throw Rule.R5_A_LOST_ANSWER_IS_RECOGNISED_AND_NOTHING_ELSE_LOSES_A_GRANT.broken(
                        "a lost answer is taken for a refusal");
            }
            if (!server.issuedInVain() && (lost || needs.cause().equals(refused))) {
                throw Rule.R5_A_LOST_ANSWER_IS_RECOGNISED_AND_NOTHING_ELSE_LOSES_A_GRANT.broken(
                        "a grant ended whose every token was stored");
            }
        }
    }

    private void checkAttempts() {
        boolean unknown = false;
        for (ConsentLink link : links) {
            Optional<AuthorizationAttempt> attempt = real.attempts().find(link.flow());
            boolean hangs =
                    attempt.filter(AuthorizationAttempt.Redeeming.class::isInstance).isPresent();
            boolean wrong =
                    uncertain.contains(granted(link).code().value())
                            && attempt.filter(AuthorizationAttempt.Failed.class::isInstance)
                                    .isPresent();
            unknown |= attempt.filter(AuthorizationAttempt.Unknown.class::isInstance).isPresent();
            if (hangs || wrong) {
                throw Rule.R5_A_LOST_ANSWER_IS_RECOGNISED_AND_NOTHING_ELSE_LOSES_A_GRANT.broken(
                        "a code whose answer was lost is " + attempt);
            }
        }
        if (unknown
                && database.events().stream()
                        .noneMatch(ClientEvent.AuthorizationUnknown.class::isInstance)) {
            throw Rule.R5_A_LOST_ANSWER_IS_RECOGNISED_AND_NOTHING_ELSE_LOSES_A_GRANT.broken(
                    "a lost answer is not recorded");
        }
    }

    private void checkTokens() {
        Optional<String> serving = grant().map(Grant::tokens).map(ModelServer::consentOf);
        for (String consent : server.alive()) {
            boolean serves = serving.filter(consent::equals).isPresent();
            boolean dropped = consentsStored.stream().anyMatch(other -> !other.equals(consent));
            if (!serves && !dropped && !uncertain.contains(consent)) {
                Rule rule =
                        server.isStored(consent)
                                ? Rule
                                        .R6_WHAT_NOBODY_WANTS_IS_GIVEN_BACK_BUT_NOT_BESIDES_A_GRANT_THAT_SERVES
                                : Rule
                                        .R2_NEW_TOKENS_ARE_NOT_LOST_AND_WHO_COMES_TOO_LATE_STORES_NOTHING;
                throw rule.broken("there are good tokens that nobody has");
            }
        }
    }

    /** Rule 3: after whatever happened the same call goes on, or says what a person has to do. */
    private void checkGoesOn() {
        boolean safe =
                scenario.has(Scenario.Trait.HAS_GRANT)
                        && !scenario.has(Scenario.Trait.TAKES_AWAY)
                        && !outlasted
                        && !server.issuedInVain();
        CompleteAuthorization.Outcome outcome = healthy.completeAuthorization().handle(client);
        if (stored().isEmpty()) {
            requireMended(outcome instanceof CompleteAuthorization.Outcome.NotFound, outcome);
            return;
        }
        mend(outcome instanceof CompleteAuthorization.Outcome.Connected, outcome, safe);
        clock.advance(ModelServer.LIFETIME.multipliedBy(2));
        ReconnectClient.Outcome again = healthy.reconnectClient().handle(client);
        mend(again instanceof ReconnectClient.Outcome.Connected, again, safe);
    }

    private void mend(boolean connected, Object outcome, boolean safe) {
        if (connected) {
            return;
        }
        requireMended(
                outcome instanceof CompleteAuthorization.Outcome.NotAuthorized
                        || outcome instanceof ReconnectClient.Outcome.NotConnectable,
                outcome);
        if (safe) {
            throw Rule.R5_A_LOST_ANSWER_IS_RECOGNISED_AND_NOTHING_ELSE_LOSES_A_GRANT.broken(
                    "a grant was lost though every token was stored: " + outcome);
        }
        Object consented = consentAgain(new Node(healthy, used));
        requireMended(
                consented instanceof HandleAuthorizationResponse.Outcome.Authorized, consented);
        CompleteAuthorization.Outcome completed = healthy.completeAuthorization().handle(client);
        requireMended(completed instanceof CompleteAuthorization.Outcome.Connected, completed);
    }

    private static void requireMended(boolean holds, Object otherwise) {
        if (!holds) {
            throw Rule.NOTHING_HANGS_THAT_THE_SAME_CALL_DOES_NOT_MEND.broken(
                    "in the end: " + otherwise);
        }
    }
}
