package dev.mooring.application;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.application.fixture.Eventually;
import dev.mooring.application.fixture.Grants;
import dev.mooring.application.fixture.Interruption;
import dev.mooring.application.fixture.Race;
import dev.mooring.application.port.GrantStore;
import dev.mooring.application.port.RenewalMeter.Result;
import dev.mooring.application.port.Script;
import dev.mooring.application.port.ScriptedTokenEndpoint;
import dev.mooring.application.port.StoreUnavailableException;
import dev.mooring.application.port.TokenEndpoint;
import dev.mooring.application.port.TokenEndpoint.Answer;
import dev.mooring.application.port.TokenEndpoint.TokenRefresh;
import dev.mooring.application.port.UnitOfWork;
import dev.mooring.domain.client.ClientId;
import dev.mooring.domain.lifecycle.ClientEvent;
import dev.mooring.domain.lifecycle.Grant;
import dev.mooring.domain.lifecycle.McpClient;
import dev.mooring.domain.lifecycle.Problem;
import dev.mooring.domain.lifecycle.ReauthorizationCause;
import dev.mooring.domain.oauth.OAuthError;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import java.util.stream.IntStream;

/** Grants are renewed ahead of need, once, and with patience where that fails. */
class RenewGrantsTest {
    private static final Duration LIFE = ScriptedTokenEndpoint.TOKEN_LIFETIME;

    /** Long enough for the window of every token, short enough for it to serve. */
    private static final Duration UNTIL_DUE = Duration.ofMinutes(50);

    private static final Problem AWAY =
            new Problem(Problem.Code.AUTHORIZATION_SERVER_UNREACHABLE, "as.example is away");

    private final InMemoryMooring mooring = new InMemoryMooring();

    @Test
    void aGrantIsRenewedBeforeItsTokenEnds() {
        ClientId client = mooring.connect("files").client();
        renew();
        assertThat(refreshes().count()).isZero();

        mooring.clock().advance(UNTIL_DUE);
        renew();

        assertThat(refreshes().count()).isEqualTo(1);
        assertThat(grant(client).generation()).isEqualTo(2);
        mooring.clock().advance(LIFE.minus(UNTIL_DUE));
        assertThat(callEcho("files")).isInstanceOf(ExecuteTool.Outcome.Returned.class);
        assertThat(refreshes().count()).isEqualTo(1);
        assertThat(counts()).containsExactly(Map.entry(Result.RENEWED, 1));
    }

    @Test
    void aGrantIsRenewedAgainAndAgain() {
        ClientId client = mooring.connect("files").client();
        for (int round = 0; round < 5; round++) {
            mooring.clock().advance(UNTIL_DUE);
            renew();
            renew();
        }
        assertThat(grant(client).generation()).isEqualTo(6);
        assertThat(mooring.tokenEndpoint().refreshTokensSentAgain()).isZero();
    }

    @Test
    void manyThatAreDueAreRenewedOnceEachByAllNodes() {
        for (int n = 0; n < 40; n++) {
            mooring.connect("client_" + n);
        }
        mooring.clock().advance(UNTIL_DUE);

        List<UseCases> nodes = List.of(mooring.useCases(), mooring.node(1), mooring.node(2));
        Race.of(
                3,
                runner -> {
                    nodes.get(runner).renewGrants().handle();
                    return true;
                });
        mooring.awaitBackground();

        assertThat(refreshes().count()).isEqualTo(40);
        assertThat(mooring.tokenEndpoint().refreshTokensSentAgain()).isZero();
        assertThat(counts()).containsExactly(Map.entry(Result.RENEWED, 40));
    }

    @Test
    void aSlowHostGetsNoMoreThanItsPlacesAndTheOthersAreServed() {
        int slow = RenewGrants.AT_ONE_ORIGIN + 5;
        for (int n = 0; n < slow; n++) {
            mooring.connect("client_" + n);
        }
        ClientId other = mooring.connect("other").client();
        moveToAnotherHost(grant(other));
        mooring.ports().grants().renewLater(due(grant(other)), Optional.empty());
        mooring.clock().advance(UNTIL_DUE);
        List<Script.Hold> holds =
                IntStream.range(0, RenewGrants.AT_ONE_ORIGIN)
                        .mapToObj(n -> refreshes().holdNext())
                        .toList();
        try {
            mooring.useCases().renewGrants().handle();
            holds.forEach(Script.Hold::awaitAsked);
            assertThat(refreshes().count()).isEqualTo(RenewGrants.AT_ONE_ORIGIN);

            makeDue(grant(other));
            mooring.useCases().renewGrants().handle();
            Eventually.holds("the other is renewed", () -> grant(other).generation() == 2);
            assertThat(refreshes().count()).isEqualTo(RenewGrants.AT_ONE_ORIGIN + 1);
        } finally {
            holds.forEach(Script.Hold::release);
        }
        mooring.awaitBackground();
        renew();
        assertThat(refreshes().count()).isEqualTo(slow + 1);
    }

    /** As a provider has a token endpoint for each of its tenants. */
    @Test
    void manyEndpointsOfASlowHostShareItsPlaces() {
        int slow = RenewGrants.AT_ONE_ORIGIN + 5;
        for (int n = 0; n < slow; n++) {
            ClientId client = mooring.connect("client_" + n).client();
            moveTo(grant(client), "https://tenants.example/%d/token".formatted(n));
        }
        ClientId other = mooring.connect("other").client();
        mooring.clock().advance(UNTIL_DUE);
        mooring.ports().grants().renewLater(due(grant(other)), Optional.empty());
        List<Script.Hold> holds =
                IntStream.range(0, RenewGrants.AT_ONE_ORIGIN)
                        .mapToObj(n -> refreshes().holdNext())
                        .toList();
        try {
            mooring.useCases().renewGrants().handle();
            holds.forEach(Script.Hold::awaitAsked);
            assertThat(refreshes().count()).isEqualTo(RenewGrants.AT_ONE_ORIGIN);

            makeDue(grant(other));
            mooring.useCases().renewGrants().handle();
            Eventually.holds("the other is renewed", () -> grant(other).generation() == 2);
            assertThat(refreshes().count()).isEqualTo(RenewGrants.AT_ONE_ORIGIN + 1);
        } finally {
            holds.forEach(Script.Hold::release);
        }
        mooring.awaitBackground();
        renew();
        assertThat(refreshes().count()).isEqualTo(slow + 1);
    }

    private void makeDue(Grant grant) {
        mooring.ports().grants().renewLater(due(grant), Optional.of(Duration.ZERO));
    }

    private static GrantStore.Due due(Grant grant) {
        return new GrantStore.Due(
                grant.id(), grant.generation(), grant.client(), grant.tokenEndpoint());
    }

    private void moveToAnotherHost(Grant grant) {
        moveTo(grant, "https://other.example/token");
    }

    private void moveTo(Grant grant, String tokenEndpoint) {
        Grant moved = Grants.at(URI.create(tokenEndpoint), grant);
        mooring.database().run(() -> mooring.ports().grants().put(moved));
    }

    @Test
    void aFailureCostsNothingWhileTheTokenServesAndIsTriedAgain() {
        ClientId client = mooring.connect("files").client();
        refreshes().next(new Answer.Unavailable(AWAY, Optional.empty()));
        mooring.clock().advance(UNTIL_DUE);
        renew();

        assertThat(callEcho("files")).isInstanceOf(ExecuteTool.Outcome.Returned.class);
        renew();
        assertThat(refreshes().count()).isEqualTo(1);
        assertThat(counts()).containsExactly(Map.entry(Result.FAILED, 1));

        mooring.clock().advance(Duration.ofMinutes(2));
        renew();
        assertThat(grant(client).generation()).isEqualTo(2);
    }

    @Test
    void whatABrokenServerMayHaveRedeemedIsNotSentAgainWhileTheTokenServes() {
        ClientId client = mooring.connect("files").client();
        refreshes().next(new Answer.Doubtful(AWAY, Optional.empty()));
        mooring.clock().advance(UNTIL_DUE);
        renew();
        mooring.clock().advance(Duration.ofMinutes(8));
        renew();
        assertThat(callEcho("files")).isInstanceOf(ExecuteTool.Outcome.Returned.class);
        assertThat(refreshes().count()).isEqualTo(1);

        // It may be broken for long, and that ends no grant.
        refreshes().next(new Answer.Doubtful(AWAY, Optional.empty()));
        mooring.clock().advance(Duration.ofMinutes(3));
        assertThat(callEcho("files")).isEqualTo(new ExecuteTool.Outcome.Failed(AWAY));
        assertThat(callEcho("files")).isEqualTo(new ExecuteTool.Outcome.Failed(AWAY));
        assertThat(refreshes().count()).as("nobody asks during the pause").isEqualTo(2);
        mooring.clock().advance(Duration.ofHours(2));
        assertThat(callEcho("files")).isInstanceOf(ExecuteTool.Outcome.Returned.class);
        assertThat(grant(client).generation()).isEqualTo(2);
    }

    static List<Answer> failures() {
        return List.of(
                new Answer.Unavailable(AWAY, Optional.empty()),
                new Answer.Doubtful(AWAY, Optional.empty()),
                new Answer.Lost(AWAY));
    }

    @ParameterizedTest
    @MethodSource("failures")
    void theFailureOfAGrantThatWasReplacedIsNoneOfItsSuccessors(Answer failure) {
        ClientId client = mooring.connect("files").client();
        mooring.clock().advance(LIFE);
        refreshes().next(failure);
        UseCases interrupted =
                mooring.interrupted(
                        TokenEndpoint.class,
                        "refresh",
                        () -> mooring.consent(mooring.reauthorize(client)));

        callEcho(interrupted, "files");

        assertThat(mooring.ports().pauses().failures(client)).isZero();
    }

    @Test
    void whoWasHeldUpSinceItTookTheLeaseSendsNothing() {
        Duration slack = Duration.ofSeconds(2);
        Timing real = Timing.DEFAULT;
        InMemoryMooring hurried =
                new InMemoryMooring(
                        InMemoryMooring.PROFILE,
                        new Timing(
                                real.consent(),
                                real.discovery(),
                                real.run().minus(slack),
                                slack,
                                real.lease(),
                                real.patience(),
                                real.expiryMargin()));
        ClientId client = hurried.connect("files").client();
        hurried.clock().advance(LIFE);
        UseCases heldUp =
                hurried.interrupted(
                        GrantStore.class,
                        "lease",
                        () -> LockSupport.parkNanos(slack.plusMillis(50).toNanos()));

        assertThat(callEcho(heldUp, "files")).isInstanceOf(ExecuteTool.Outcome.Failed.class);
        assertThat(hurried.tokenEndpoint().refreshes().count()).isZero();

        assertThat(callEcho(hurried.useCases(), "files"))
                .isInstanceOf(ExecuteTool.Outcome.Returned.class);
        assertThat(hurried.grant(client).orElseThrow().generation()).isEqualTo(2);
    }

    @Test
    void whatTheEndpointAsksForHoldsForAllItsGrantsOnAllNodes() {
        ClientId first = mooring.connect("files").client();
        ClientId second = mooring.connect("mail").client();
        mooring.clock().advance(LIFE);
        refreshes().next(new Answer.Unavailable(AWAY, Optional.of(Duration.ofMinutes(7))));

        assertThat(callEcho("files")).isEqualTo(new ExecuteTool.Outcome.Failed(AWAY));
        assertThat(callEcho("files")).isEqualTo(new ExecuteTool.Outcome.Failed(AWAY));
        assertThat(callEcho(mooring.node(1), "mail"))
                .isEqualTo(new ExecuteTool.Outcome.Failed(AWAY));
        mooring.clock().advance(Duration.ofMinutes(6));
        renew();
        assertThat(callEcho("mail")).isEqualTo(new ExecuteTool.Outcome.Failed(AWAY));
        assertThat(refreshes().count()).isEqualTo(1);

        mooring.clock().advance(Duration.ofMinutes(1));
        assertThat(callEcho("mail")).isInstanceOf(ExecuteTool.Outcome.Returned.class);
        assertThat(callEcho("files")).isInstanceOf(ExecuteTool.Outcome.Returned.class);
        assertThat(grant(first).generation()).isEqualTo(2);
        assertThat(grant(second).generation()).isEqualTo(2);
    }

    @Test
    void anEndpointCannotAskForMoreThanAnHour() {
        mooring.connect("files");
        mooring.clock().advance(LIFE);
        refreshes().next(new Answer.Unavailable(AWAY, Optional.of(Duration.ofDays(3650))));
        assertThat(callEcho("files")).isEqualTo(new ExecuteTool.Outcome.Failed(AWAY));

        mooring.clock().advance(ObtainAccessToken.LONGEST_RETRY_AFTER);

        assertThat(callEcho("files")).isInstanceOf(ExecuteTool.Outcome.Returned.class);
    }

    @Test
    void pausesGrowFromFailureToFailureUpToAnHour() {
        ClientId client = mooring.connect("files").client();
        mooring.clock().advance(LIFE);
        refreshes().always(new Answer.Unavailable(AWAY, Optional.empty()));

        Duration last = Duration.ZERO;
        for (int failures = 1; failures <= 12; failures++) {
            assertThat(callEcho("files")).isEqualTo(new ExecuteTool.Outcome.Failed(AWAY));
            assertThat(refreshes().count()).isEqualTo(failures);
            assertThat(mooring.ports().pauses().failures(client)).isEqualTo(failures);
            last = mooring.ports().pauses().running(client).orElseThrow().left();
            assertThat(last).isLessThanOrEqualTo(Duration.ofHours(1));
            mooring.clock().advance(last);
        }
        assertThat(last).isGreaterThanOrEqualTo(Duration.ofMinutes(30));
    }

    @Test
    void aPersonWhoReconnectsEndsThePause() {
        ClientId client = mooring.connect("files").client();
        mooring.clock().advance(LIFE);
        refreshes().next(new Answer.Unavailable(AWAY, Optional.empty()));
        assertThat(callEcho("files")).isEqualTo(new ExecuteTool.Outcome.Failed(AWAY));

        assertThat(mooring.useCases().reconnectClient().handle(client))
                .isInstanceOf(ReconnectClient.Outcome.Connected.class);
        assertThat(mooring.ports().pauses().failures(client)).isZero();
    }

    @Test
    void aPersonWhoActsOnOneClientDoesNotEndWhatTheEndpointAskedOfAll() {
        ClientId client = mooring.connect("files").client();
        mooring.connect("mail");
        mooring.clock().advance(LIFE);
        refreshes().next(new Answer.Unavailable(AWAY, Optional.of(Duration.ofMinutes(30))));
        assertThat(callEcho("files")).isEqualTo(new ExecuteTool.Outcome.Failed(AWAY));

        mooring.useCases().reauthorizeClient().handle(client);
        assertThat(mooring.useCases().reconnectClient().handle(client))
                .isEqualTo(new ReconnectClient.Outcome.Failed(AWAY));
        assertThat(callEcho("mail")).isEqualTo(new ExecuteTool.Outcome.Failed(AWAY));
        assertThat(refreshes().count()).isEqualTo(1);
    }

    @Test
    void aPersonWhoEditsEndsThePause() {
        ClientId client = mooring.connect("files").client();
        mooring.clock().advance(LIFE);
        refreshes().next(new Answer.Unavailable(AWAY, Optional.empty()));
        assertThat(callEcho("files")).isEqualTo(new ExecuteTool.Outcome.Failed(AWAY));

        mooring.edit(client, settings -> settings.name("renamed"));

        assertThat(callEcho("renamed")).isInstanceOf(ExecuteTool.Outcome.Returned.class);
    }

    @Test
    void afterALostAnswerTheTokenServesToItsEndAndThenComesOneLastAttempt() {
        ClientId client = mooring.connect("files").client();
        refreshes().next(new Answer.Lost(AWAY));
        mooring.clock().advance(UNTIL_DUE);
        renew();
        for (int minute = 0; minute < 9; minute++) {
            mooring.clock().advance(Duration.ofMinutes(1));
            renew();
            assertThat(callEcho("files")).isInstanceOf(ExecuteTool.Outcome.Returned.class);
        }
        assertThat(refreshes().count()).isEqualTo(1);

        mooring.clock().advance(Duration.ofMinutes(2));
        renew();

        assertThat(refreshes().count()).isEqualTo(2);
        assertThat(grant(client).generation()).isEqualTo(2);
        assertThat(counts())
                .containsOnly(Map.entry(Result.AMBIGUOUS, 1), Map.entry(Result.RENEWED, 1));
    }

    @Test
    void aRefreshInWhoseMiddleANodeDiedIsCountedAsAmbiguousByWhoGoesOn() {
        ClientId client = mooring.connect("files").client();
        mooring.clock().advance(LIFE);
        dieInTheMiddle(grant(client));

        assertThat(callEcho("files")).isInstanceOf(ExecuteTool.Outcome.Returned.class);
        assertThat(counts())
                .containsOnly(Map.entry(Result.AMBIGUOUS, 1), Map.entry(Result.RENEWED, 1));
    }

    @Test
    void aGrantThatEndsByTheDeathOfANodeSaysSo() {
        ClientId client = mooring.connect("files").client();
        mooring.clock().advance(LIFE);
        dieInTheMiddle(grant(client));
        refreshes().next(new Answer.Refused(OAuthError.INVALID_GRANT));

        assertThat(callEcho("files")).isInstanceOf(ExecuteTool.Outcome.ConsentNeeded.class);
        assertThat(counts())
                .containsOnly(Map.entry(Result.AMBIGUOUS, 1), Map.entry(Result.ENDED, 1));
        assertThat(mooring.events())
                .filteredOn(ClientEvent.ReauthorizationNeeded.class::isInstance)
                .map(ClientEvent.ReauthorizationNeeded.class::cast)
                .map(ClientEvent.ReauthorizationNeeded::cause)
                .containsExactly(new ReauthorizationCause.AnswerLost());
    }

    /** With the lease, when nobody can tell whether the refresh token was sent. */
    private void dieInTheMiddle(Grant grant) {
        Duration lease = Duration.ofSeconds(60);
        mooring.ports().grants().lease(grant, Grants.refreshing(grant, "run_dead"), lease);
        mooring.clock().advance(lease);
    }

    @Test
    void tokensWhoseCommitIsRepeatedAreNotSuperfluous() {
        ClientId client = mooring.connect("files").client();
        mooring.clock().advance(LIFE);
        AtomicBoolean lost = new AtomicBoolean();
        UseCases node =
                mooring.nodeOver(
                        Interruption.replacing(
                                mooring.ports(),
                                (type, port) ->
                                        type.equals(UnitOfWork.class)
                                                ? losingTheAnswerOnce(client, lost)
                                                : port));

        assertThat(callEcho(node, "files")).isInstanceOf(ExecuteTool.Outcome.Returned.class);
        assertThat(lost).isTrue();
        assertThat(counts()).containsExactly(Map.entry(Result.RENEWED, 1));
        assertThat(mooring.events())
                .filteredOn(ClientEvent.GrantRefreshed.class::isInstance)
                .hasSize(1);
        assertThat(mooring.database().owed()).isEmpty();
    }

    /** The commit of the fresh tokens is done, and its answer gets lost. */
    private UnitOfWork losingTheAnswerOnce(ClientId client, AtomicBoolean lost) {
        return new UnitOfWork() {
            @Override
            public <T> T execute(Supplier<T> work) {
                T result = mooring.database().execute(work);
                if (grant(client).generation() == 2 && lost.compareAndSet(false, true)) {
                    throw new StoreUnavailableException("The answer to the commit is lost");
                }
                return result;
            }
        };
    }

    @Test
    void duringAPauseOfItsEndpointNothingIsTakenAndAfterItNotAllAtOnce() {
        for (int n = 0; n < 29; n++) {
            mooring.connect("client_" + n);
        }
        URI endpoint = grant(mooring.connect("files").client()).tokenEndpoint();
        mooring.clock().advance(UNTIL_DUE);
        mooring.ports().pauses().begin(endpoint, AWAY, Duration.ofMinutes(2));
        renew();
        mooring.clock().advance(Duration.ofMinutes(2).minusMillis(1));
        renew();
        assertThat(refreshes().count()).isZero();

        mooring.clock().advance(Duration.ofSeconds(30));
        renew();
        assertThat(refreshes().count()).isBetween(1, 29);

        mooring.clock().advance(Duration.ofSeconds(31));
        renew();
        assertThat(refreshes().count()).isEqualTo(30);
    }

    @Test
    void aGrantThatIsRefusedForGoodEndsInTheBackgroundToo() {
        ClientId client = mooring.connect("files").client();
        refreshes().next(new Answer.Refused(OAuthError.INVALID_GRANT));
        mooring.clock().advance(UNTIL_DUE);
        renew();

        assertThat(mooring.client(client))
                .isInstanceOfSatisfying(
                        McpClient.NeedsReauthorization.class,
                        needs ->
                                assertThat(needs.cause())
                                        .isEqualTo(
                                                new ReauthorizationCause.RefreshRefused(
                                                        OAuthError.INVALID_GRANT)));
        assertThat(counts()).containsExactly(Map.entry(Result.ENDED, 1));
    }

    @Test
    void aRefusalEndsNothingWhereNewerTokensWereStoredMeanwhile() {
        ClientId client = mooring.connect("files").client();
        mooring.clock().advance(LIFE);
        refreshes()
                .next(request -> {
                    // The lease ran out under a slow answer, and another node was faster.
                    mooring.clock().advance(InMemoryMooring.TIMING.lease());
                    assertThat(callEcho(mooring.node(1), "files"))
                            .isInstanceOf(ExecuteTool.Outcome.Returned.class);
                    return new Answer.Refused(OAuthError.INVALID_GRANT);
                });

        assertThat(callEcho("files")).isInstanceOf(ExecuteTool.Outcome.Returned.class);
        assertThat(grant(client).generation()).isEqualTo(2);
    }

    @Test
    void ofManyCallersOfANodeOneAsksTheDatabase() {
        ClientId client = mooring.connect("files").client();
        mooring.clock().advance(LIFE);

        List<ExecuteTool.Outcome> outcomes = Race.of(32, runner -> callEcho("files"));

        assertThat(outcomes)
                .allSatisfy(outcome ->
                        assertThat(outcome).isInstanceOf(ExecuteTool.Outcome.Returned.class));
        assertThat(refreshes().count()).isEqualTo(1);
        assertThat(grant(client).generation()).isEqualTo(2);
    }

    private void renew() {
        mooring.useCases().renewGrants().handle();
        mooring.awaitBackground();
    }

    private Grant grant(ClientId client) {
        return mooring.grant(client).orElseThrow();
    }

    private Script<TokenRefresh, Answer> refreshes() {
        return mooring.tokenEndpoint().refreshes();
    }

    private Map<Result, Integer> counts() {
        return mooring.database().renewalMeter().counts();
    }

    private ExecuteTool.Outcome callEcho(String name) {
        return callEcho(mooring.useCases(), name);
    }

    private static ExecuteTool.Outcome callEcho(UseCases node, String name) {
        return node.executeTool().handle(name + "-echo", "{}");
    }
}
