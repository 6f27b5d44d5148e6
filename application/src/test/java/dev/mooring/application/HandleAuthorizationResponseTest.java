package dev.mooring.application;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.application.HandleAuthorizationResponse.Outcome;
import dev.mooring.application.fixture.Clients;
import dev.mooring.application.fixture.Interruption;
import dev.mooring.application.fixture.OAuthSettingsBuilder;
import dev.mooring.application.fixture.Race;
import dev.mooring.application.fixture.Registrations;
import dev.mooring.application.fixture.SettingsBuilder;
import dev.mooring.application.port.RegistrationStore;
import dev.mooring.application.port.Script;
import dev.mooring.application.port.StoreUnavailableException;
import dev.mooring.application.port.TokenEndpoint.Answer;
import dev.mooring.application.port.UnitOfWork;
import dev.mooring.domain.lifecycle.AttemptFailure;
import dev.mooring.domain.lifecycle.AuthorizationAttempt;
import dev.mooring.domain.lifecycle.AuthorizationAttempt.Redeeming;
import dev.mooring.domain.lifecycle.ClientEvent;
import dev.mooring.domain.lifecycle.McpClient;
import dev.mooring.domain.lifecycle.Problem;
import dev.mooring.domain.lifecycle.Revocation;
import dev.mooring.domain.oauth.AuthorizationCode;
import dev.mooring.domain.oauth.AuthorizationResponse;
import dev.mooring.domain.oauth.OAuthError;
import dev.mooring.domain.oauth.State;

import org.junit.jupiter.api.Test;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;

class HandleAuthorizationResponseTest {
    private static final Problem AWAY =
            new Problem(Problem.Code.AUTHORIZATION_SERVER_UNREACHABLE, "as.example is away");

    private static final Optional<Duration> AT_ONCE = Optional.of(Duration.ofMillis(1));

    private final InMemoryMooring mooring = new InMemoryMooring();
    private final UseCases useCases = mooring.useCases();

    @Test
    void aGoodResponseStoresTheGrant() {
        ConsentLink link = mooring.register("files");

        assertThat(mooring.consent(link)).isEqualTo(new Outcome.Authorized());

        assertThat(mooring.client(link.client())).isInstanceOf(McpClient.Authorized.class);
        assertThat(mooring.grant(link.client()).map(grant -> grant.tokens().accessToken().value()))
                .contains("access-1");
        assertThat(mooring.attempt(link)).isInstanceOf(AuthorizationAttempt.Succeeded.class);
    }

    @Test
    void aStateThatNobodyMadeIsUnknownAndTouchesNothing() {
        ConsentLink link = mooring.register("files");
        AuthorizationResponse forged =
                new AuthorizationResponse.Granted(
                        new State("forged"), new AuthorizationCode("code"), Optional.empty());

        assertThat(handle(forged)).isEqualTo(new Outcome.UnknownState());
        assertThat(mooring.attempt(link)).isInstanceOf(AuthorizationAttempt.Started.class);
        assertThat(mooring.tokenEndpoint().redemptions().count()).isZero();
    }

    @Test
    void theAttemptIsClaimedBeforeTheCodeIsSent() {
        ConsentLink link = mooring.register("files");
        mooring.tokenEndpoint()
                .redemptions()
                .next(redemption -> {
                    assertThat(mooring.attempt(link))
                            .isInstanceOf(AuthorizationAttempt.Redeeming.class);
                    return new Answer.Refused(OAuthError.INVALID_GRANT);
                });
        assertThat(mooring.consent(link)).isInstanceOf(Outcome.Failed.class);
    }

    @Test
    void aRepeatedResponseShowsTheSameAndRedeemsNothing() {
        ConsentLink link = mooring.register("files");
        AuthorizationResponse response = mooring.granted(link);
        assertThat(handle(response)).isEqualTo(handle(response));
        assertThat(mooring.tokenEndpoint().redemptions().count()).isEqualTo(1);
    }

    @Test
    void anotherCodeForAUsedStateIsRefused() {
        ConsentLink link = mooring.register("files");
        mooring.consent(link);
        assertThat(mooring.consent(link)).isEqualTo(new Outcome.AlreadyUsed());
        assertThat(handle(mooring.denied(link))).isEqualTo(new Outcome.AlreadyUsed());
        assertThat(mooring.tokenEndpoint().redemptions().count()).isEqualTo(1);
    }

    @Test
    void manyResponsesAtOnceRedeemOnceAndAreAllToldTheSame() {
        AuthorizationResponse response = mooring.granted(mooring.register("files"));
        List<Outcome> outcomes =
                Race.of(
                        16,
                        runner ->
                                mooring.node(runner)
                                        .handleAuthorizationResponse()
                                        .handle(response));
        assertThat(outcomes).containsOnly(new Outcome.Authorized());
        assertThat(mooring.tokenEndpoint().redemptions().count()).isEqualTo(1);
    }

    @Test
    void whoComesWhileTheCodeIsOnItsWayWaitsForItsOutcome() {
        ConsentLink link = mooring.register("files");
        AuthorizationResponse response = mooring.granted(link);
        try (Script.Hold hold = mooring.tokenEndpoint().redemptions().holdNext()) {
            CompletableFuture<Outcome> first = Race.start(() -> handle(response));
            hold.awaitAsked();
            CompletableFuture<Outcome> second = Race.start(() -> handle(response));
            assertThat(mooring.consent(link)).isEqualTo(new Outcome.AlreadyUsed());
            hold.release();
            assertThat(Race.finish(first)).isEqualTo(new Outcome.Authorized());
            assertThat(Race.finish(second)).isEqualTo(new Outcome.Authorized());
        }
        assertThat(mooring.tokenEndpoint().redemptions().count()).isEqualTo(1);
    }

    @Test
    void whoLosesPatienceIsToldToComeAgain() {
        InMemoryMooring impatient = InMemoryMooring.withPatience(Duration.ofMillis(50));
        AuthorizationResponse response = impatient.granted(impatient.register("files"));
        try (Script.Hold hold = impatient.tokenEndpoint().redemptions().holdNext()) {
            CompletableFuture<Outcome> first =
                    Race.start(() ->
                            impatient.useCases().handleAuthorizationResponse().handle(response));
            hold.awaitAsked();
            assertThat(impatient.useCases().handleAuthorizationResponse().handle(response))
                    .isEqualTo(new Outcome.StillRedeeming());
            hold.release();
            Race.finish(first);
        }
    }

    @Test
    void aRefusalOfThePersonEndsTheAttempt() {
        ConsentLink link = mooring.register("files");
        Outcome denied = new Outcome.Failed(new AttemptFailure.Denied(OAuthError.ACCESS_DENIED));

        assertThat(handle(mooring.denied(link))).isEqualTo(denied);
        assertThat(handle(mooring.denied(link))).isEqualTo(denied);
        assertThat(mooring.consent(link)).isEqualTo(new Outcome.AlreadyUsed());
        assertThat(mooring.client(link.client())).isInstanceOf(McpClient.Pending.class);
        assertThat(mooring.tokenEndpoint().redemptions().count()).isZero();
    }

    @Test
    void aResponseFromAnotherIssuerIsNotActedOnAndItsErrorNotShown() {
        ConsentLink link = mooring.register("files");
        Outcome mismatch = new Outcome.Failed(new AttemptFailure.IssuerMismatch());
        AuthorizationResponse evil = from(mooring.denied(link), "https://evil.example");

        assertThat(handle(evil)).isEqualTo(mismatch);
        assertThat(handle(evil)).isEqualTo(mismatch);
        assertThat(mooring.events())
                .last()
                .isEqualTo(
                        new ClientEvent.AuthorizationFailed(
                                link.client(),
                                link.flow(),
                                new AttemptFailure.IssuerMismatch(),
                                mooring.clock().instant()));
    }

    @Test
    void aCodeFromAnotherIssuerIsNotSentAnywhere() {
        ConsentLink link = mooring.register("files");
        AuthorizationResponse evil = from(mooring.granted(link), "https://evil.example");
        Outcome mismatch = new Outcome.Failed(new AttemptFailure.IssuerMismatch());

        assertThat(handle(evil)).isEqualTo(mismatch);
        assertThat(handle(evil)).isEqualTo(mismatch);
        assertThat(mooring.tokenEndpoint().redemptions().count()).isZero();
    }

    @Test
    void aPromisedIssuerMustBeThere() {
        ConsentLink link = mooring.register("files");
        AuthorizationResponse.Granted granted = mooring.granted(link);
        assertThat(
                        handle(
                                new AuthorizationResponse.Granted(
                                        granted.state(), granted.code(), Optional.empty())))
                .isEqualTo(new Outcome.Failed(new AttemptFailure.IssuerMismatch()));
    }

    @Test
    void aResponseAfterTheDeadlineIsTooLate() {
        ConsentLink link = mooring.register("files");
        AuthorizationResponse response = mooring.granted(link);
        mooring.clock().advance(InMemoryMooring.TIMING.consent());

        assertThat(handle(response)).isEqualTo(new Outcome.Expired());
        assertThat(handle(response)).isEqualTo(new Outcome.Expired());
        assertThat(mooring.attempt(link)).isInstanceOf(AuthorizationAttempt.Expired.class);
        assertThat(mooring.tokenEndpoint().redemptions().count()).isZero();
    }

    @Test
    void aLinkThatANewerOneReplacedIsSuperseded() {
        ConsentLink first = mooring.register("files");
        mooring.clock().advance(InMemoryMooring.TIMING.consent().minusMinutes(1));
        ConsentLink second = mooring.reauthorize(first.client());

        assertThat(mooring.consent(first)).isEqualTo(new Outcome.Superseded());
        assertThat(mooring.consent(second)).isEqualTo(new Outcome.Authorized());
    }

    @Test
    void aRefusedCodeEndsTheAttemptWithTheReason() {
        ConsentLink link = mooring.register("files");
        AuthorizationResponse response = mooring.granted(link);
        mooring.tokenEndpoint().redemptions().next(new Answer.Refused(OAuthError.INVALID_GRANT));
        Outcome refused =
                new Outcome.Failed(new AttemptFailure.RedemptionRefused(OAuthError.INVALID_GRANT));

        assertThat(handle(response)).isEqualTo(refused);
        assertThat(handle(response)).isEqualTo(refused);
        assertThat(mooring.tokenEndpoint().redemptions().count()).isEqualTo(1);
    }

    @Test
    void aServerThatCannotNowEndsTheAttemptAndTheCodeIsNotSentAgain() {
        ConsentLink link = mooring.register("files");
        AuthorizationResponse response = mooring.granted(link);
        Problem broken = new Problem(Problem.Code.AUTHORIZATION_SERVER_BROKEN, "answered 404");
        mooring.tokenEndpoint()
                .redemptions()
                .next(new Answer.Unavailable(broken, Optional.empty()));

        assertThat(handle(response))
                .isEqualTo(new Outcome.Failed(new AttemptFailure.RedemptionFailed(broken)));
        handle(response);
        assertThat(mooring.tokenEndpoint().codesSentAgain()).isZero();
    }

    @Test
    void aServerThatIsAwayForAMomentCostsNoConsent() {
        ConsentLink link = mooring.register("files");
        AuthorizationResponse response = mooring.granted(link);
        mooring.tokenEndpoint().redemptions().next(new Answer.Unavailable(AWAY, AT_ONCE));

        assertThat(handle(response)).isEqualTo(new Outcome.Authorized());
        assertThat(mooring.tokenEndpoint().redemptions().count()).isEqualTo(2);
    }

    @Test
    void aServerThatStaysAwayIsNotAskedForLong() {
        ConsentLink link = mooring.register("files");
        AuthorizationResponse response = mooring.granted(link);
        mooring.tokenEndpoint().redemptions().always(new Answer.Unavailable(AWAY, AT_ONCE));

        assertThat(handle(response))
                .isEqualTo(new Outcome.Failed(new AttemptFailure.RedemptionFailed(AWAY)));
        assertThat(mooring.tokenEndpoint().redemptions().count()).isEqualTo(5);
    }

    @Test
    void aClaimWhoseCommitWasNotHeardOfIsOurs() {
        ConsentLink link = mooring.register("files");
        UseCases node = losingTheAnswerOnce();

        assertThat(node.handleAuthorizationResponse().handle(mooring.granted(link)))
                .isEqualTo(new Outcome.Authorized());
        assertThat(mooring.tokenEndpoint().redemptions().count()).isEqualTo(1);
    }

    @Test
    void whatTheCodeIsSentWithIsReadBeforeTheResponseIsUsedUp() {
        ConsentLink link = mooring.register("files");
        AuthorizationResponse response = mooring.granted(link);
        UseCases node =
                mooring.interrupted(
                        RegistrationStore.class,
                        "find",
                        () -> {
                            throw new StoreUnavailableException("away for a moment");
                        });

        assertThat(node.handleAuthorizationResponse().handle(response))
                .isEqualTo(new Outcome.Authorized());
    }

    /** Whose first unit of work is done, and nobody hears of it. */
    private UseCases losingTheAnswerOnce() {
        UnitOfWork real = mooring.ports().unitOfWork();
        AtomicBoolean lost = new AtomicBoolean();
        UnitOfWork losing =
                new UnitOfWork() {
                    @Override
                    public <T> T execute(Supplier<T> work) {
                        T done = real.execute(work);
                        if (lost.compareAndSet(false, true)) {
                            throw new StoreUnavailableException("the answer was lost");
                        }
                        return done;
                    }
                };
        return mooring.nodeOver(
                Interruption.replacing(
                        mooring.ports(),
                        (type, port) -> type.equals(UnitOfWork.class) ? losing : port));
    }

    @Test
    void aLostAnswerIsUnknownAndTheCodeIsNotSentAgain() {
        ConsentLink link = mooring.register("files");
        AuthorizationResponse response = mooring.granted(link);
        mooring.tokenEndpoint().redemptions().next(new Answer.Lost(AWAY));

        assertThat(handle(response)).isEqualTo(new Outcome.AnswerLost());
        assertThat(handle(response)).isEqualTo(new Outcome.AnswerLost());
        assertThat(mooring.consent(link)).isEqualTo(new Outcome.AlreadyUsed());
        assertThat(mooring.attempt(link)).isInstanceOf(AuthorizationAttempt.Unknown.class);
        assertThat(mooring.tokenEndpoint().redemptions().count()).isEqualTo(1);
        assertThat(mooring.events())
                .contains(
                        new ClientEvent.AuthorizationUnknown(
                                link.client(), link.flow(), mooring.clock().instant()));
    }

    @Test
    void aRegistrationThatTheServerForgotIsNotUsedAgain() {
        ConsentLink link = mooring.register("files");
        mooring.tokenEndpoint().redemptions().next(new Answer.Refused(OAuthError.INVALID_CLIENT));
        assertThat(mooring.consent(link))
                .isEqualTo(
                        new Outcome.Failed(
                                new AttemptFailure.RedemptionRefused(OAuthError.INVALID_CLIENT)));

        ConsentLink again = mooring.reauthorize(link.client());
        assertThat(mooring.registrar().registrations().count()).isEqualTo(2);
        assertThat(mooring.consent(again)).isEqualTo(new Outcome.Authorized());
    }

    @Test
    void aRunThatWasGivenUpStillStoresWhatItBrings() {
        ConsentLink link = mooring.register("files");
        AuthorizationResponse response = mooring.granted(link);
        Outcome late =
                whileRedeeming(
                        response,
                        () -> {
                            mooring.clock().advance(Duration.ofMinutes(2));
                            useCases.sweepAttempts().handle();
                            assertThat(mooring.attempt(link))
                                    .isInstanceOf(AuthorizationAttempt.Unknown.class);
                        });
        assertThat(late).isEqualTo(new Outcome.Authorized());
        assertThat(mooring.attempt(link)).isInstanceOf(AuthorizationAttempt.Succeeded.class);
        assertThat(mooring.grant(link.client())).isPresent();
    }

    @Test
    void anEditWhileTheCodeIsOnItsWayCostsNothing() {
        ConsentLink link = mooring.register("files");
        Outcome outcome =
                whileRedeeming(
                        mooring.granted(link),
                        () ->
                                mooring.edit(
                                        link.client(),
                                        settings -> settings.name("documents").onlyTools("echo")));

        assertThat(outcome).isEqualTo(new Outcome.Authorized());
        McpClient client = mooring.client(link.client());
        assertThat(client).isInstanceOf(McpClient.Authorized.class);
        assertThat(client.settings().name()).hasToString("documents");
    }

    @Test
    void anEditThatNeedsAnotherGrantMakesTheTokensUnwanted() {
        ConsentLink link = mooring.register("files");
        Outcome outcome =
                whileRedeeming(
                        mooring.granted(link),
                        () ->
                                mooring.edit(
                                        link.client(),
                                        settings -> settings.server("https://other.example/mcp")));

        assertThat(outcome).isEqualTo(new Outcome.Superseded());
        assertThat(mooring.client(link.client())).isInstanceOf(McpClient.Pending.class);
        assertThat(revoked()).containsExactly("access-1");
    }

    /** Some servers would end the grant that serves with them (rule 6). */
    @Test
    void unwantedTokensAreDroppedWhileAGrantThroughTheSameRegistrationServes() {
        ConsentLink link = mooring.reauthorize(mooring.connect("files").client());
        Outcome outcome =
                whileRedeeming(
                        mooring.granted(link),
                        () -> {
                            Redeeming claimed = (Redeeming) mooring.attempt(link);
                            mooring.ports()
                                    .attempts()
                                    .end(claimed, claimed.supersede(mooring.clock().instant()));
                        });

        assertThat(outcome).isEqualTo(new Outcome.Superseded());
        assertThat(mooring.grant(link.client()).map(grant -> grant.tokens().accessToken().value()))
                .contains("access-1");
        assertThat(revoked()).isEmpty();
    }

    @Test
    void aRemovalWhileTheCodeIsOnItsWayMakesTheTokensUnwanted() {
        ConsentLink link = mooring.register("files");
        Outcome outcome =
                whileRedeeming(
                        mooring.granted(link), () -> useCases.removeClient().handle(link.client()));

        assertThat(outcome).isEqualTo(new Outcome.UnknownState());
        assertThat(revoked()).containsExactly("access-1");
    }

    @Test
    void aRemovalJustBeforeTheCodeIsSentSendsNothing() {
        ConsentLink link =
                mooring.register(
                        SettingsBuilder.oauth("files")
                                .oauthSettings(
                                        OAuthSettingsBuilder.discovered().client("given").build())
                                .build());
        UseCases node =
                mooring.interrupted(
                        RegistrationStore.class,
                        "find",
                        () -> useCases.removeClient().handle(link.client()));

        assertThat(node.handleAuthorizationResponse().handle(mooring.granted(link)))
                .isEqualTo(new Outcome.UnknownState());
        assertThat(mooring.tokenEndpoint().redemptions().count()).isZero();
    }

    @Test
    void aClientMadeAnewUnderTheSameIdDoesNotInheritTheTokens() {
        ConsentLink link = mooring.register("files");
        Outcome outcome =
                whileRedeeming(
                        mooring.granted(link),
                        () -> {
                            useCases.removeClient().handle(link.client());
                            mooring.register("files");
                        });
        assertThat(outcome).isEqualTo(new Outcome.UnknownState());
        assertThat(mooring.grant(link.client())).isEmpty();
        assertThat(revoked()).containsExactly("access-1");
    }

    @Test
    void aRevocationWhileTheCodeIsOnItsWayMakesTheTokensUnwanted() {
        ConsentLink link = mooring.register("files");
        Outcome outcome =
                whileRedeeming(
                        mooring.granted(link), () -> useCases.revokeGrant().handle(link.config()));

        assertThat(outcome).isEqualTo(new Outcome.Superseded());
        assertThat(mooring.grant(link.client())).isEmpty();
        assertThat(revoked()).containsExactly("access-1");
    }

    @Test
    void aRevocationReachesARedemptionBehindANewerLinkToo() {
        ConsentLink first = mooring.register("files");
        Outcome outcome =
                whileRedeeming(
                        mooring.granted(first),
                        () -> {
                            mooring.reauthorize(first.client());
                            useCases.revokeGrant().handle(first.config());
                        });
        assertThat(outcome).isEqualTo(new Outcome.Superseded());
        assertThat(mooring.grant(first.client())).isEmpty();
        assertThat(revoked()).containsExactly("access-1");
    }

    @Test
    void theNewerConsentWinsInWhateverOrderTheTokensCome() {
        ConsentLink older = mooring.register("files");
        Outcome outcome =
                whileRedeeming(
                        mooring.granted(older),
                        () -> {
                            ConsentLink newer = mooring.reauthorize(older.client());
                            assertThat(mooring.consent(newer)).isEqualTo(new Outcome.Authorized());
                        });
        assertThat(outcome).isEqualTo(new Outcome.Superseded());
        assertThat(mooring.grant(older.client()).map(grant -> grant.ordinal())).contains(2);
        // The same registration brought both: some servers would end the newer one too.
        assertThat(revoked()).isEmpty();
    }

    @Test
    void aLinkThatIsOpenDuringARedemptionStaysGood() {
        ConsentLink older = mooring.register("files");
        ConsentLink[] newer = new ConsentLink[1];
        whileRedeeming(
                mooring.granted(older), () -> newer[0] = mooring.reauthorize(older.client()));
        assertThat(mooring.grant(older.client()).map(grant -> grant.ordinal())).contains(1);
        assertThat(mooring.consent(newer[0])).isEqualTo(new Outcome.Authorized());
        assertThat(mooring.grant(older.client()).map(grant -> grant.ordinal())).contains(2);
    }

    @Test
    void aNewGrantThroughAnotherRegistrationGivesTheOldOneBack() {
        ConsentLink link = mooring.connect("files");
        mooring.ports()
                .registrations()
                .retire(mooring.grant(link.client()).orElseThrow().registration());
        mooring.consent(mooring.reauthorize(link.client()));
        assertThat(revoked()).containsExactly("access-1");
        assertThat(mooring.client(link.client())).isInstanceOf(McpClient.Connected.class);
    }

    @Test
    void theCodeIsSentAsTheClientThatTheLinkNamed() {
        ConsentLink link = mooring.register("files");
        mooring.consent(link);
        var sent = mooring.tokenEndpoint().redemptions().last();
        assertThat(sent.credentials())
                .isEqualTo(Registrations.credentials("client-1", "client-secret-1"));
        assertThat(sent.redirectUri()).isEqualTo(Registrations.REDIRECT_URI);
        assertThat(sent.tokenEndpoint()).hasToString("https://as.example/token");
        assertThat(sent.resource().orElseThrow()).hasToString("https://mcp.example/files");
    }

    @Test
    void theClientsOwnCaCountsAtTheTokenEndpoint() {
        ConsentLink link =
                mooring.register(
                        SettingsBuilder.oauth("files").trustedCa(Clients.TRUSTED_CA).build());
        mooring.consent(link);
        assertThat(mooring.tokenEndpoint().redemptions().last().trustedCa())
                .contains(Clients.TRUSTED_CA);
    }

    private Outcome handle(AuthorizationResponse response) {
        return useCases.handleAuthorizationResponse().handle(response);
    }

    /** What came of a response when {@code meanwhile} happened with its code on the way. */
    private Outcome whileRedeeming(AuthorizationResponse response, Runnable meanwhile) {
        try (Script.Hold hold = mooring.tokenEndpoint().redemptions().holdNext()) {
            CompletableFuture<Outcome> redeeming = Race.start(() -> handle(response));
            hold.awaitAsked();
            meanwhile.run();
            hold.release();
            return Race.finish(redeeming);
        }
    }

    private List<String> revoked() {
        mooring.awaitBackground();
        mooring.deliverRevocations();
        return mooring.revocationEndpoint().revocations().questions().stream()
                .map(Revocation::tokens)
                .map(tokens -> tokens.accessToken().value())
                .toList();
    }

    private static AuthorizationResponse from(AuthorizationResponse response, String iss) {
        return switch (response) {
            case AuthorizationResponse.Granted granted ->
                    new AuthorizationResponse.Granted(
                            granted.state(), granted.code(), Optional.of(iss));
            case AuthorizationResponse.Denied denied ->
                    new AuthorizationResponse.Denied(
                            denied.state(), denied.error(), Optional.of(iss));
        };
    }
}
