package dev.mooring.application;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.application.fixture.Clients;
import dev.mooring.application.fixture.Interruption;
import dev.mooring.application.fixture.OAuthSettingsBuilder;
import dev.mooring.application.fixture.Race;
import dev.mooring.application.fixture.SettingsBuilder;
import dev.mooring.application.port.AttemptStore;
import dev.mooring.application.port.ConnectionRuns;
import dev.mooring.application.port.GrantStore;
import dev.mooring.application.port.McpConnector.ConnectAnswer;
import dev.mooring.application.port.Script;
import dev.mooring.application.port.ScriptedTokenEndpoint;
import dev.mooring.application.port.StoresUnderTest;
import dev.mooring.domain.access.ApiKey;
import dev.mooring.domain.access.ApiKeyId;
import dev.mooring.domain.access.ApiKeySecret;
import dev.mooring.domain.access.Role;
import dev.mooring.domain.client.ClientId;
import dev.mooring.domain.client.ClientSettings;
import dev.mooring.domain.client.OAuthConfigId;
import dev.mooring.domain.lifecycle.AuthorizationAttempt;
import dev.mooring.domain.lifecycle.ConfigStatus;
import dev.mooring.domain.lifecycle.Grant;
import dev.mooring.domain.lifecycle.McpClient;
import dev.mooring.domain.lifecycle.Problem;
import dev.mooring.domain.lifecycle.ReauthorizationCause;
import dev.mooring.domain.lifecycle.Revocation;
import dev.mooring.domain.oauth.AccessToken;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * What happens when two things happen at once, each under its name. The parties are held in the
 * middle of a request until the other thing is done; the stores are those of whoever keeps this
 * contract.
 */
public abstract class InterleavingContract {
    /** Short enough for a test to see it end by the store's own clock. */
    private static final Duration SHORT_LEASE = Duration.ofMillis(250);

    private static final Duration HOUR = Duration.ofHours(1);

    private static final ClientId MACHINE = new ClientId("id_of_machine");

    private InMemoryMooring mooring = new InMemoryMooring();

    /** Stores with nothing in them, whose clock goes. */
    protected abstract StoresUnderTest emptyStores();

    @BeforeEach
    void begin() {
        mooring = InMemoryMooring.over(emptyStores());
    }

    // ---- while tokens are refreshed

    @Test
    void anEditWhileARefreshIsUnderWayCostsNothing() {
        ConsentLink link = connectedWithAnEndedToken();
        ExecuteTool.Outcome outcome = duringRefresh(() -> rename(link));

        assertThat(outcome).isInstanceOf(ExecuteTool.Outcome.Returned.class);
        assertThat(grant(link).generation()).isEqualTo(2);
        assertThat(slug(link)).isEqualTo("documents");
    }

    @Test
    void anEditOfTheServerWhileARefreshIsUnderWayGivesTheFreshTokensBack() {
        ConsentLink link = connectedWithAnEndedToken();
        ExecuteTool.Outcome outcome = duringRefresh(() -> move(link));

        assertThat(outcome).isInstanceOf(ExecuteTool.Outcome.Failed.class);
        assertNeedsConsentBecause(link, new ReauthorizationCause.SettingsChanged());
        assertThat(givenBack()).contains("access-1", "access-2");
    }

    @Test
    void aDeleteWhileARefreshIsUnderWayGivesTheFreshTokensBack() {
        ConsentLink link = connectedWithAnEndedToken();
        ExecuteTool.Outcome outcome = duringRefresh(() -> remove(link));

        assertThat(outcome).isEqualTo(new ExecuteTool.Outcome.ClientNotFound());
        assertThat(mooring.ports().clients().find(link.client())).isEmpty();
        assertThat(mooring.grant(link.client())).isEmpty();
        assertThat(givenBack()).contains("access-1", "access-2");
    }

    @Test
    void aRevocationWhileARefreshIsUnderWayGivesTheFreshTokensBack() {
        ConsentLink link = connectedWithAnEndedToken();
        ExecuteTool.Outcome outcome = duringRefresh(() -> revoke(link));

        assertThat(outcome).isInstanceOf(ExecuteTool.Outcome.ConsentNeeded.class);
        assertNeedsConsentBecause(link, new ReauthorizationCause.Revoked());
        assertThat(givenBack()).contains("access-1", "access-2");
    }

    @Test
    void aNewConsentWhileARefreshIsUnderWayWinsAndTheFreshTokensAreDropped() {
        ConsentLink link = connectedWithAnEndedToken();
        ExecuteTool.Outcome outcome = duringRefresh(() -> consentAgain(link));

        assertThat(outcome).isInstanceOf(ExecuteTool.Outcome.Failed.class);
        assertThat(grant(link).ordinal()).isEqualTo(2);
        assertThat(call()).isInstanceOf(ExecuteTool.Outcome.Returned.class);
        assertThat(givenBack()).isEmpty();
    }

    // ---- while a code is redeemed

    @Test
    void anEditWhileACodeIsRedeemedCostsNothing() {
        ConsentLink link = mooring.register("files");
        HandleAuthorizationResponse.Outcome outcome = duringRedemption(link, () -> rename(link));

        assertThat(outcome).isEqualTo(new HandleAuthorizationResponse.Outcome.Authorized());
        assertThat(mooring.client(link.client())).isInstanceOf(McpClient.Authorized.class);
        assertThat(slug(link)).isEqualTo("documents");
        assertThat(grant(link).generation()).isEqualTo(1);
    }

    @Test
    void anEditOfTheServerWhileACodeIsRedeemedGivesTheTokensBack() {
        ConsentLink link = mooring.register("files");
        HandleAuthorizationResponse.Outcome outcome = duringRedemption(link, () -> move(link));

        assertThat(outcome).isEqualTo(new HandleAuthorizationResponse.Outcome.Superseded());
        assertThat(mooring.client(link.client())).isInstanceOf(McpClient.Pending.class);
        assertThat(mooring.grant(link.client())).isEmpty();
        assertThat(givenBack()).containsExactly("access-1");
    }

    @Test
    void aDeleteWhileACodeIsRedeemedGivesTheTokensBack() {
        ConsentLink link = mooring.register("files");
        HandleAuthorizationResponse.Outcome outcome = duringRedemption(link, () -> remove(link));

        assertThat(outcome).isEqualTo(new HandleAuthorizationResponse.Outcome.UnknownState());
        assertThat(mooring.ports().clients().find(link.client())).isEmpty();
        assertThat(givenBack()).containsExactly("access-1");
    }

    @Test
    void aRevocationWhileACodeIsRedeemedGivesTheTokensBack() {
        ConsentLink link = mooring.register("files");
        HandleAuthorizationResponse.Outcome outcome = duringRedemption(link, () -> revoke(link));

        assertThat(outcome).isEqualTo(new HandleAuthorizationResponse.Outcome.Superseded());
        assertThat(mooring.grant(link.client())).isEmpty();
        assertThat(givenBack()).containsExactly("access-1");
    }

    @Test
    void aNewConsentWhileACodeIsRedeemedWinsAndTheFirstTokensAreDropped() {
        ConsentLink link = mooring.register("files");
        HandleAuthorizationResponse.Outcome outcome =
                duringRedemption(link, () -> consentAgain(link));

        assertThat(outcome).isEqualTo(new HandleAuthorizationResponse.Outcome.Superseded());
        assertThat(grant(link).ordinal()).isEqualTo(2);
        assertThat(givenBack()).isEmpty();
        assertThat(mooring.complete(link)).isEqualTo(new CompleteAuthorization.Outcome.Connected());
    }

    // ---- after a redemption was given up that yet brings tokens

    @Test
    void aRevocationAfterARedemptionWasGivenUpGivesTheTokensBack() {
        ConsentLink link = mooring.register("files");
        HandleAuthorizationResponse.Outcome outcome =
                duringRedemption(
                        link,
                        () -> {
                            giveUp(link);
                            revoke(link);
                        });

        assertThat(outcome).isEqualTo(new HandleAuthorizationResponse.Outcome.Superseded());
        assertThat(mooring.client(link.client())).isInstanceOf(McpClient.Pending.class);
        assertThat(mooring.grant(link.client())).isEmpty();
        assertThat(givenBack()).containsExactly("access-1");
    }

    @Test
    void anEditOfTheServerAfterARedemptionWasGivenUpGivesTheTokensBack() {
        ConsentLink link = mooring.register("files");
        HandleAuthorizationResponse.Outcome outcome =
                duringRedemption(
                        link,
                        () -> {
                            giveUp(link);
                            move(link);
                        });

        assertThat(outcome).isEqualTo(new HandleAuthorizationResponse.Outcome.Superseded());
        assertThat(mooring.grant(link.client())).isEmpty();
        assertThat(givenBack()).containsExactly("access-1");
    }

    @Test
    void aRedemptionThatIsGivenUpUnderARevocationGivesTheTokensBackToo() {
        ConsentLink link = mooring.register("files");
        HandleAuthorizationResponse.Outcome outcome =
                duringRedemption(
                        link,
                        () ->
                                assertThat(
                                                mooring.interrupted(
                                                                AttemptStore.class,
                                                                "end",
                                                                () -> giveUp(link))
                                                        .revokeGrant()
                                                        .handle(link.config()))
                                        .isTrue());

        assertThat(outcome).isEqualTo(new HandleAuthorizationResponse.Outcome.Superseded());
        assertThat(mooring.grant(link.client())).isEmpty();
        assertThat(givenBack()).containsExactly("access-1");
    }

    // ---- while a grant is obtained for which nobody has to consent

    @Test
    void aRevocationWhileAGrantIsObtainedAnewGivesTheTokensBack() {
        OAuthConfigId config = machine();
        duringObtaining(() -> assertThat(mooring.useCases().revokeGrant().handle(config)).isTrue());

        assertThat(mooring.client(MACHINE)).isInstanceOf(McpClient.NeedsReauthorization.class);
        assertThat(mooring.grant(MACHINE)).isEmpty();
        assertThat(givenBack()).containsExactlyInAnyOrder("access-1", "access-2");
    }

    @Test
    void aGrantThatIsObtainedLaterStaysWhenASlowerRunBringsOneToo() {
        machine();
        UseCases slow = mooring.nodeOver(Interruption.shorterLeases(mooring.ports(), SHORT_LEASE));
        Script.Hold held = mooring.tokenEndpoint().directRequests().holdNextAnswer();
        during(
                held,
                () -> slow.reauthorizeClient().handle(MACHINE),
                () -> {
                    // Whose run was waited for in vain is told so, and the next call goes on.
                    for (int call = 0; call < 2; call++) {
                        mooring.node(1).reauthorizeClient().handle(MACHINE);
                    }
                    assertThat(token()).isEqualTo("access-3");
                });

        assertThat(token()).isEqualTo("access-3");
        assertThat(mooring.client(MACHINE)).isInstanceOf(McpClient.Connected.class);
        assertThat(givenBack()).isEmpty();
    }

    // ---- while a client is completed

    @Test
    void anEditWhileAClientIsCompletedCostsNothing() {
        ConsentLink link = mooring.authorize("files");
        CompleteAuthorization.Outcome outcome = duringComplete(link, () -> rename(link));

        assertThat(outcome).isEqualTo(new CompleteAuthorization.Outcome.Connected());
        assertThat(mooring.client(link.client())).isInstanceOf(McpClient.Connected.class);
        assertThat(slug(link)).isEqualTo("documents");
    }

    @Test
    void anEditOfTheServerWhileAClientIsCompletedAsksForConsent() {
        ConsentLink link = mooring.authorize("files");
        CompleteAuthorization.Outcome outcome = duringComplete(link, () -> move(link));

        assertThat(outcome).isInstanceOf(CompleteAuthorization.Outcome.NotAuthorized.class);
        assertNeedsConsentBecause(link, new ReauthorizationCause.SettingsChanged());
    }

    @Test
    void aDeleteWhileAClientIsCompletedLeavesNothing() {
        ConsentLink link = mooring.authorize("files");
        CompleteAuthorization.Outcome outcome = duringComplete(link, () -> remove(link));

        assertThat(outcome).isEqualTo(new CompleteAuthorization.Outcome.NotFound());
        assertThat(mooring.ports().clients().find(link.client())).isEmpty();
        assertThat(givenBack()).containsExactly("access-1");
    }

    @Test
    void aRevocationWhileAClientIsCompletedIsSaid() {
        ConsentLink link = mooring.authorize("files");
        CompleteAuthorization.Outcome outcome = duringComplete(link, () -> revoke(link));

        assertThat(outcome)
                .isEqualTo(new CompleteAuthorization.Outcome.NotAuthorized(ConfigStatus.REVOKED));
        assertNeedsConsentBecause(link, new ReauthorizationCause.Revoked());
        assertThat(givenBack()).containsExactly("access-1");
    }

    @Test
    void aRevocationThatTheServerKnowsOfFirstIsSaidToo() {
        ConsentLink link = mooring.authorize("files");
        CompleteAuthorization.Outcome outcome = beforeComplete(link, () -> revoke(link));

        assertThat(outcome)
                .isEqualTo(new CompleteAuthorization.Outcome.NotAuthorized(ConfigStatus.REVOKED));
    }

    @Test
    void aDeleteThatTheServerKnowsOfFirstLeavesNothingEither() {
        ConsentLink link = mooring.authorize("files");
        CompleteAuthorization.Outcome outcome = beforeComplete(link, () -> remove(link));

        assertThat(outcome).isEqualTo(new CompleteAuthorization.Outcome.NotFound());
    }

    @Test
    void aNewConsentWhileAClientIsCompletedIsConnectedByTheNextCall() {
        ConsentLink link = mooring.authorize("files");
        CompleteAuthorization.Outcome outcome = duringComplete(link, () -> consentAgain(link));

        assertThat(outcome)
                .isInstanceOfSatisfying(
                        CompleteAuthorization.Outcome.Failed.class,
                        failed ->
                                assertThat(failed.problem().blame())
                                        .isEqualTo(Problem.Blame.NOBODY));
        assertThat(mooring.complete(link)).isEqualTo(new CompleteAuthorization.Outcome.Connected());
        assertThat(grant(link).ordinal()).isEqualTo(2);
    }

    // ---- leases, links, waiters

    @Test
    void aLeaseThatEndsUnderASlowRefreshAllowsOneMoreAndTheSlowOneTakesItsTokens() {
        ConsentLink link = connectedWithAnEndedToken();
        UseCases slow = mooring.nodeOver(Interruption.shorterLeases(mooring.ports(), SHORT_LEASE));
        try (Script.Hold hold = mooring.tokenEndpoint().refreshes().holdNext()) {
            CompletableFuture<ExecuteTool.Outcome> first = Race.start(() -> call(slow));
            hold.awaitAsked();
            assertThat(call(mooring.node(1))).isInstanceOf(ExecuteTool.Outcome.Returned.class);
            assertThat(grant(link).generation()).isEqualTo(2);
            hold.release();
            assertThat(Race.finish(first)).isInstanceOf(ExecuteTool.Outcome.Returned.class);
        }
        // Rule 5: that the first one may have used the refresh token up was recorded.
        assertThat(mooring.tokenEndpoint().refreshTokensSentAgain()).isEqualTo(1);
        assertThat(grant(link).generation()).isEqualTo(2);
        assertThat(mooring.client(link.client())).isInstanceOf(McpClient.Connected.class);
    }

    @Test
    void tokensThatComeAfterTheLeaseEndedAreWaitedForBeforeTheOldOneIsSentAgain() {
        ConsentLink link = connectedWithAnEndedToken();
        UseCases slow = mooring.nodeOver(Interruption.shorterLeases(mooring.ports(), SHORT_LEASE));
        try (Script.Hold hold = mooring.tokenEndpoint().refreshes().holdNextAnswer()) {
            CompletableFuture<ExecuteTool.Outcome> first = Race.start(() -> call(slow));
            hold.awaitAsked();
            mooring.ports().grants().awaitRefresh(grant(link), Duration.ofMinutes(1));
            UseCases other = mooring.interrupted(GrantStore.class, "awaitRefresh", hold::release);
            assertThat(call(other)).isInstanceOf(ExecuteTool.Outcome.Returned.class);
            assertThat(Race.finish(first)).isInstanceOf(ExecuteTool.Outcome.Returned.class);
        }
        assertThat(mooring.tokenEndpoint().refreshTokensSentAgain()).isZero();
        assertThat(grant(link).generation()).isEqualTo(2);
    }

    @Test
    void aRunWhoseNodeDiedIsReplacedByTheNextCall() {
        ConsentLink link = mooring.authorize("files");
        UseCases dying = mooring.nodeOver(Interruption.shorterLeases(mooring.ports(), SHORT_LEASE));
        try (Script.Hold hold = mooring.connector().connects().holdNext()) {
            CompletableFuture<CompleteAuthorization.Outcome> dead =
                    Race.start(() -> dying.completeAuthorization().handle(link.client()));
            hold.awaitAsked();
            // Who waited for an outcome that never comes was told so; who asks again connects.
            UseCases other = mooring.node(1);
            CompleteAuthorization.Outcome waited = complete(other, link);
            assertThat(List.of(waited, complete(other, link)))
                    .contains(new CompleteAuthorization.Outcome.Connected());
            mooring.connector().connects().next(new ConnectAnswer.Failed(Clients.UNREACHABLE));
            hold.release();
            assertThat(Race.finish(dead)).isInstanceOf(CompleteAuthorization.Outcome.Failed.class);
        }
        assertThat(mooring.client(link.client())).isInstanceOf(McpClient.Connected.class);
    }

    @Test
    void ofTwoLinksTheNewerOneWinsAndTheOlderOneSaysSo() {
        ConsentLink older = mooring.register("files");
        assertThat(mooring.reauthorize(older.client()).flow()).isEqualTo(older.flow());
        // An open link is handed out again only as long as a person has time to follow it.
        mooring.clock().advance(InMemoryMooring.TIMING.consent().multipliedBy(3).dividedBy(4));
        ConsentLink newer = mooring.reauthorize(older.client());
        assertThat(newer.flow()).isNotEqualTo(older.flow());

        assertThat(mooring.attempt(older)).isInstanceOf(AuthorizationAttempt.Superseded.class);
        assertThat(mooring.consent(older))
                .isEqualTo(new HandleAuthorizationResponse.Outcome.Superseded());
        assertThat(mooring.tokenEndpoint().redemptions().count()).isZero();
        assertThat(mooring.consent(newer))
                .isEqualTo(new HandleAuthorizationResponse.Outcome.Authorized());
        assertThat(mooring.consent(older))
                .isEqualTo(new HandleAuthorizationResponse.Outcome.Superseded());
        assertThat(grant(older).ordinal()).isEqualTo(2);
    }

    @Test
    void whoWaitsForARunThatFailsIsToldOfThatFailureAndTriesNothing() {
        ConsentLink link = mooring.authorize("files");
        int waiters = 4;
        CountDownLatch waiting = new CountDownLatch(waiters);
        mooring.connector().connects().next(new ConnectAnswer.Failed(Clients.UNREACHABLE));
        try (Script.Hold hold = mooring.connector().connects().holdNext()) {
            CompletableFuture<CompleteAuthorization.Outcome> runs =
                    Race.start(() -> mooring.complete(link));
            hold.awaitAsked();
            List<CompletableFuture<CompleteAuthorization.Outcome>> wait =
                    Stream.generate(() ->
                                    mooring.interrupted(
                                            ConnectionRuns.class, "await", waiting::countDown))
                            .limit(waiters)
                            .map(node -> Race.start(() -> complete(node, link)))
                            .toList();
            Race.awaitZero(waiting);
            hold.release();

            CompleteAuthorization.Outcome failed =
                    new CompleteAuthorization.Outcome.Failed(Clients.UNREACHABLE);
            assertThat(Race.finish(runs)).isEqualTo(failed);
            assertThat(wait.stream().map(Race::finish)).containsOnly(failed);
        }
        assertThat(mooring.connector().connects().count()).isEqualTo(1);
        assertThat(mooring.complete(link)).isEqualTo(new CompleteAuthorization.Outcome.Connected());
    }

    // ---- a node whose clock is an hour off

    @Test
    void aNodeWhoseClockIsAnHourAheadExpiresNoLink() {
        ConsentLink link = mooring.register("files");

        mooring.nodeAhead(HOUR).sweepAttempts().handle();

        assertThat(mooring.attempt(link)).isInstanceOf(AuthorizationAttempt.Started.class);
        assertThat(
                        mooring.nodeAhead(HOUR)
                                .handleAuthorizationResponse()
                                .handle(mooring.granted(link)))
                .isEqualTo(new HandleAuthorizationResponse.Outcome.Authorized());
    }

    @Test
    void aNodeWhoseClockIsAnHourBehindRedeemsNoExpiredLink() {
        ConsentLink link = mooring.register("files");
        mooring.clock().advance(InMemoryMooring.TIMING.consent());

        assertThat(
                        mooring.nodeAhead(HOUR.negated())
                                .handleAuthorizationResponse()
                                .handle(mooring.granted(link)))
                .isEqualTo(new HandleAuthorizationResponse.Outcome.Expired());
        assertThat(mooring.tokenEndpoint().redemptions().count()).isZero();
    }

    @Test
    void aNodeWhoseClockIsAnHourAheadGivesNoRedemptionUp() {
        ConsentLink link = mooring.register("files");
        HandleAuthorizationResponse.Outcome outcome =
                duringRedemption(
                        link,
                        () -> {
                            mooring.nodeAhead(HOUR).sweepAttempts().handle();
                            assertThat(mooring.attempt(link))
                                    .isInstanceOf(AuthorizationAttempt.Redeeming.class);
                        });

        assertThat(outcome).isEqualTo(new HandleAuthorizationResponse.Outcome.Authorized());
    }

    @Test
    void nodesWhoseClocksAreAnHourOffAgreeWhenAKeyExpires() {
        ApiKeySecret secret = new ApiKeySecret("expires-in-half-an-hour");
        Instant made = mooring.clock().instant();
        mooring.ports()
                .apiKeys()
                .insert(
                        ApiKey.made(
                                new ApiKeyId("key_1"),
                                "short",
                                Role.OPERATOR,
                                Optional.empty(),
                                secret.digest(),
                                made,
                                Optional.of(made.plus(HOUR.dividedBy(2)))));
        List<UseCases> nodes = List.of(mooring.nodeAhead(HOUR), mooring.nodeAhead(HOUR.negated()));

        assertThat(nodes)
                .extracting(node -> node.authenticateApiKey().handle(secret))
                .hasOnlyElementsOfType(AuthenticateApiKey.Outcome.Known.class);
        mooring.clock().advance(HOUR.dividedBy(2));
        assertThat(nodes)
                .extracting(node -> node.authenticateApiKey().handle(secret))
                .containsOnly(new AuthenticateApiKey.Outcome.Expired());
    }

    // ---- a node that is wrong about the time of day in spite of all

    @Test
    void aNodeThatIsAnHourAheadWaitsForTheRefreshOfAnother() {
        connectedWithAnEndedToken();
        UseCases ahead = mooring.mistakenNode(HOUR);
        CountDownLatch waiting = new CountDownLatch(1);
        try (Script.Hold hold = mooring.tokenEndpoint().refreshes().holdNext()) {
            CompletableFuture<ExecuteTool.Outcome> first = Race.start(this::call);
            hold.awaitAsked();
            CompletableFuture<ExecuteTool.Outcome> second =
                    Race.start(() -> {
                        waiting.countDown();
                        return call(ahead);
                    });
            Race.awaitZero(waiting);
            assertThat(mooring.tokenEndpoint().refreshes().count()).isEqualTo(1);
            hold.release();
            assertThat(Race.finish(first)).isInstanceOf(ExecuteTool.Outcome.Returned.class);
            assertThat(Race.finish(second)).isInstanceOf(ExecuteTool.Outcome.Returned.class);
        }
        assertThat(mooring.tokenEndpoint().refreshTokensSentAgain()).isZero();
    }

    @Test
    void aNodeThatIsAnHourBehindRefreshesWhatTheServerRefuses() {
        ConsentLink link = connectedWithAnEndedToken();
        UseCases behind = mooring.mistakenNode(HOUR.negated());

        assertThat(call(behind)).isInstanceOf(ExecuteTool.Outcome.Returned.class);
        assertThat(call()).isInstanceOf(ExecuteTool.Outcome.Returned.class);
        assertThat(grant(link).generation()).isEqualTo(2);
    }

    // ---- what the tests are made of

    private ConsentLink connectedWithAnEndedToken() {
        ConsentLink link = mooring.connect("files");
        mooring.clock().advance(ScriptedTokenEndpoint.TOKEN_LIFETIME);
        return link;
    }

    private ExecuteTool.Outcome duringRefresh(Runnable event) {
        return during(mooring.tokenEndpoint().refreshes(), this::call, event);
    }

    private HandleAuthorizationResponse.Outcome duringRedemption(ConsentLink link, Runnable event) {
        return during(mooring.tokenEndpoint().redemptions(), () -> mooring.consent(link), event);
    }

    /** A client for whose grant nobody has to consent, with one. */
    private OAuthConfigId machine() {
        ClientSettings settings =
                SettingsBuilder.oauth("machine")
                        .oauthSettings(OAuthSettingsBuilder.clientCredentials().build())
                        .build();
        assertThat(
                        mooring.useCases()
                                .registerClient()
                                .handle(
                                        new RegisterClient.Command(
                                                Optional.of(MACHINE),
                                                settings,
                                                false,
                                                Optional.empty())))
                .isInstanceOf(RegisterClient.Outcome.Registered.class);
        return settings.oauth().orElseThrow().id();
    }

    private String token() {
        return mooring.grant(MACHINE).orElseThrow().tokens().accessToken().value();
    }

    private void duringObtaining(Runnable event) {
        during(
                mooring.tokenEndpoint().directRequests(),
                () -> mooring.useCases().reauthorizeClient().handle(MACHINE),
                event);
    }

    private CompleteAuthorization.Outcome duringComplete(ConsentLink link, Runnable event) {
        return during(mooring.connector().connects(), () -> mooring.complete(link), event);
    }

    /** The event happens before the server looks at what it was asked. */
    private CompleteAuthorization.Outcome beforeComplete(ConsentLink link, Runnable event) {
        return during(
                mooring.connector().connects().holdNext(),
                () -> mooring.complete(link),
                () -> {
                    event.run();
                    assertThat(givenBack()).containsExactly("access-1");
                });
    }

    /** Lets the event happen while the answer of the party is on its way. */
    private static <T> T during(Script<?, ?> party, Supplier<T> call, Runnable event) {
        return during(party.holdNextAnswer(), call, event);
    }

    private static <T> T during(Script.Hold held, Supplier<T> call, Runnable event) {
        try (Script.Hold hold = held) {
            CompletableFuture<T> running = Race.start(call);
            hold.awaitAsked();
            event.run();
            hold.release();
            return Race.finish(running);
        }
    }

    private ExecuteTool.Outcome call() {
        return call(mooring.useCases());
    }

    private static ExecuteTool.Outcome call(UseCases node) {
        return node.executeTool().handle("files-echo", "{}");
    }

    private static CompleteAuthorization.Outcome complete(UseCases node, ConsentLink link) {
        return node.completeAuthorization().handle(link.client());
    }

    private void rename(ConsentLink link) {
        mooring.edit(link.client(), settings -> settings.slug("documents"));
    }

    private void move(ConsentLink link) {
        mooring.edit(link.client(), settings -> settings.server("https://mcp.example/elsewhere"));
    }

    /** Whoever redeems it has taken so long that it counts as dead. */
    private void giveUp(ConsentLink link) {
        mooring.clock().advance(InMemoryMooring.TIMING.lease().plusSeconds(1));
        mooring.useCases().sweepAttempts().handle();
        assertThat(mooring.attempt(link)).isInstanceOf(AuthorizationAttempt.Unknown.class);
    }

    private void remove(ConsentLink link) {
        assertThat(mooring.useCases().removeClient().handle(link.client())).isTrue();
    }

    private void revoke(ConsentLink link) {
        assertThat(mooring.useCases().revokeGrant().handle(link.config())).isTrue();
    }

    private void consentAgain(ConsentLink link) {
        assertThat(mooring.consent(mooring.reauthorize(link.client())))
                .isEqualTo(new HandleAuthorizationResponse.Outcome.Authorized());
    }

    private Grant grant(ConsentLink link) {
        return mooring.grant(link.client()).orElseThrow();
    }

    private String slug(ConsentLink link) {
        return mooring.client(link.client()).settings().slug().value();
    }

    private void assertNeedsConsentBecause(ConsentLink link, ReauthorizationCause cause) {
        ClientId client = link.client();
        assertThat(mooring.client(client))
                .isInstanceOfSatisfying(
                        McpClient.NeedsReauthorization.class,
                        needs -> assertThat(needs.cause()).isEqualTo(cause));
        assertThat(mooring.grant(client)).isEmpty();
    }

    /** The access tokens that were given back to the server by the time that all are. */
    private List<String> givenBack() {
        mooring.awaitBackground();
        mooring.deliverRevocations();
        return mooring.revocationEndpoint().revocations().questions().stream()
                .map(Revocation::tokens)
                .map(tokens -> tokens.accessToken())
                .map(AccessToken::value)
                .distinct()
                .toList();
    }
}
