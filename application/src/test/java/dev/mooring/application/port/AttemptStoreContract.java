package dev.mooring.application.port;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mooring.application.fixture.Attempts;
import dev.mooring.application.fixture.MutableClock;
import dev.mooring.application.fixture.Race;
import dev.mooring.application.fixture.SeededRandom;
import dev.mooring.domain.client.ClientId;
import dev.mooring.domain.lifecycle.AttemptFailure;
import dev.mooring.domain.lifecycle.AuthorizationAttempt;
import dev.mooring.domain.lifecycle.AuthorizationAttempt.Ended;
import dev.mooring.domain.lifecycle.AuthorizationAttempt.Redeeming;
import dev.mooring.domain.lifecycle.AuthorizationAttempt.Started;
import dev.mooring.domain.lifecycle.AuthorizationAttempt.Unknown;
import dev.mooring.domain.lifecycle.BrowserSecret;
import dev.mooring.domain.lifecycle.FlowId;
import dev.mooring.domain.lifecycle.GrantId;
import dev.mooring.domain.lifecycle.LinkFor;
import dev.mooring.domain.lifecycle.Registration;
import dev.mooring.domain.oauth.AuthorizationCode;
import dev.mooring.domain.oauth.DpopKey;
import dev.mooring.domain.oauth.OAuthError;
import dev.mooring.domain.oauth.Scopes;
import dev.mooring.domain.oauth.State;
import dev.mooring.domain.oauth.TokenBinding;

import org.junit.jupiter.api.Test;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/** What every {@link AttemptStore} must keep. */
public abstract class AttemptStoreContract extends StoreContract {
    private static final GrantId GRANT = new GrantId("grant_1");

    @Test
    void anAttemptInAnyStateComesBackAsItWas() {
        ClientId client = insertClient("files");
        Started first = insertAttempt(client, 1);
        assertThat(attempts().find(first.flowId())).contains(first);
        assertThat(attempts().find(first.details().state())).contains(first);

        Redeeming claimed = claim(first);
        assertThat(attempts().find(first.flowId())).contains(claimed);
        assertThat(attempts().find(first.details().state())).contains(claimed);

        int ordinal = 2;
        for (int way = 0; way < Attempts.everyEndOf(claimed).size(); way++, ordinal++) {
            Redeeming redeeming = claim(insertAttempt(client, ordinal));
            Ended ended = Attempts.everyEndOf(redeeming).get(way);
            assertThat(attempts().end(redeeming, ended)).isTrue();
            assertThat(attempts().find(redeeming.flowId())).contains(ended);
            assertThat(attempts().find(redeeming.details().state())).contains(ended);
        }
        for (int way = 0; way < Attempts.everyEndOf(first).size(); way++, ordinal++) {
            Started started = insertAttempt(client, ordinal);
            Ended ended = Attempts.everyEndOf(started).get(way);
            assertThat(attempts().end(started, ended)).isTrue();
            assertThat(attempts().find(started.flowId())).contains(ended);
        }
    }

    @Test
    void anAttemptAtAPlainServerComesBackAsItWas() {
        ClientId client = insertClient("files");
        Registration registration = keepRegistration();
        Started started =
                Attempts.started(
                        client, 1, registration, Attempts.plainServer(registration.issuer()));
        attempts().insert(started);
        assertThat(attempts().find(started.flowId())).contains(started);
    }

    @Test
    void anAttemptKeepsTheKeyOfItsTokensUntilItEnds() {
        ClientId client = insertClient("files");
        DpopKey key = new DpopKey("dpop-key-1");
        for (TokenBinding binding :
                List.of(new TokenBinding.Offered(key), new TokenBinding.Required(key))) {
            int ordinal = attempts().newest(client).map(a -> a.details().ordinal()).orElse(0) + 1;
            Started started = Attempts.started(client, ordinal, keepRegistration(), binding);
            attempts().insert(started);
            assertThat(attempts().find(started.flowId())).contains(started);
            Redeeming claimed = claim(started);
            assertThat(attempts().find(started.flowId())).contains(claimed);
            Ended ended = Attempts.everyEndOf(claimed).getFirst();
            assertThat(attempts().end(claimed, ended)).isTrue();
            assertThat(attempts().find(started.flowId())).contains(ended);
        }
    }

    @Test
    void whatWasNeverBegunIsNotFound() {
        insertAttempt();
        assertThat(attempts().find(new FlowId("flow_nobody"))).isEmpty();
        assertThat(attempts().find(new State("nobody").digest())).isEmpty();
        assertThat(attempts().newest(new ClientId("nobody"))).isEmpty();
    }

    @Test
    void theNewestAttemptIsTheOneOfTheHighestOrdinal() {
        ClientId client = insertClient("files");
        insertAttempt(client, 9);
        Started newest = insertAttempt(client, 10);
        insertAttempt(client, 2);
        insertAttempt(insertClient("other"), 11);
        assertThat(attempts().newest(client)).contains(newest);
    }

    @Test
    void theNewestThatAskedForAScopeIsFound() {
        ClientId client = insertClient("files");
        insertAttempt(client, 1);
        Started newest = insertAttempt(client, 2);
        insertAttempt(insertClient("other"), 3);
        String scope = newest.details().scopes().tokens().iterator().next();

        assertThat(attempts().newestAskingFor(client, scope)).contains(newest);
        assertThat(attempts().newestAskingFor(client, scope.substring(1))).isEmpty();
        assertThat(attempts().newestAskingFor(client, "_" + scope.substring(1))).isEmpty();
    }

    @Test
    void theLastConsentIsFoundBehindLaterLinks() {
        ClientId client = insertClient("files");
        assertThat(attempts().consented(client)).isEmpty();
        for (int ordinal : new int[] {1, 3, 2}) {
            Redeeming claimed = claim(insertAttempt(client, ordinal));
            attempts().end(claimed, claimed.succeed(new GrantId("g" + ordinal), Attempts.ENDED));
        }
        insertAttempt(client, 4);

        assertThat(attempts().consented(client).orElseThrow().grant()).isEqualTo(new GrantId("g3"));
        assertThat(attempts().consented(new ClientId("nobody"))).isEmpty();
    }

    @Test
    void openAreTheAttemptsThatMayStillBringAGrant() {
        ClientId client = insertClient("files");
        Started link = insertAttempt(client, 9);
        Redeeming redeeming = claim(insertAttempt(client, 2));
        Redeeming ended = claim(insertAttempt(client, 3));
        attempts().end(ended, ended.loseAnswer(Attempts.ENDED));
        insertAttempt(insertClient("other"), 1);

        assertThat(attempts().open(client)).containsExactly(redeeming, link);
        assertThat(attempts().open(new ClientId("nobody"))).isEmpty();
    }

    @Test
    void aRunThatWasGivenUpCanBeKeptFromSucceeding() {
        Started started = insertAttempt();
        Redeeming redeeming = claim(started);
        Unknown unknown = redeeming.loseAnswer(Attempts.ENDED);
        AuthorizationAttempt.Superseded superseded = unknown.supersede(Attempts.ENDED);
        assertThat(attempts().givenUp(started.client())).isEmpty();
        assertThat(attempts().end(unknown, superseded)).isFalse();
        attempts().end(redeeming, unknown);
        assertThat(attempts().givenUp(started.client())).containsExactly(unknown);
        assertThat(attempts().givenUp(new ClientId("nobody"))).isEmpty();

        assertThat(attempts().end(unknown, superseded)).isTrue();
        assertThat(attempts().givenUp(started.client())).isEmpty();
        assertThat(attempts().end(redeeming, redeeming.succeed(GRANT, Attempts.ENDED))).isFalse();
        assertThat(attempts().find(started.flowId())).contains(superseded);
    }

    @Test
    void stepUpsAreCountedByOperationWhenAPersonConsented() {
        Started plain = insertAttempt();
        ClientId client = plain.client();
        Registration registration =
                stores().registrations().find(plain.request().registration()).orElseThrow();
        for (int ordinal = 2; ordinal <= 5; ordinal++) {
            Started link = Attempts.started(client, ordinal, registration);
            Started stepUp =
                    new Started(
                            link.details().steppingUpFor(ordinal == 5 ? "other" : "echo"),
                            link.request());
            attempts().insert(stepUp);
            assertThat(attempts().find(stepUp.flowId())).contains(stepUp);
            if (ordinal != 4) {
                Redeeming claimed = claim(stepUp);
                attempts()
                        .end(claimed, claimed.succeed(new GrantId("g" + ordinal), Attempts.ENDED));
            }
        }

        assertThat(attempts().stepUps(client, "echo", MutableClock.START)).isEqualTo(2);
        assertThat(attempts().stepUps(client, "other", MutableClock.START)).isEqualTo(1);
        assertThat(attempts().stepUps(client, "echo", MutableClock.START.plusSeconds(1))).isZero();
        assertThat(attempts().stepUps(new ClientId("nobody"), "echo", MutableClock.START)).isZero();
    }

    @Test
    void ofManyWhoClaimAnAttemptOneWins() {
        Started started = insertAttempt();
        List<Boolean> won =
                Race.of(16, runner -> attempts().claim(Attempts.claimed(started, "run_" + runner)));

        assertThat(won).containsOnlyOnce(true);
        assertThat(attempts().find(started.flowId()))
                .contains(Attempts.claimed(started, "run_" + won.indexOf(true)));
    }

    @Test
    void anAttemptThatEndedCannotBeClaimed() {
        Started started = insertAttempt();
        Ended expired = started.expire(Attempts.ENDED);
        attempts().end(started, expired);

        assertThat(attempts().claim(Attempts.claimed(started))).isFalse();
        assertThat(attempts().find(started.flowId())).contains(expired);
    }

    @Test
    void aClaimedAttemptCannotEndAsIfItWereNot() {
        Started started = insertAttempt();
        Redeeming claimed = claim(started);

        assertThat(attempts().end(started, started.expire(Attempts.ENDED))).isFalse();
        assertThat(attempts().find(started.flowId())).contains(claimed);
    }

    @Test
    void onlyTheRunThatClaimedAnAttemptEndsIt() {
        Started started = insertAttempt();
        Redeeming claimed = claim(started);
        Redeeming strangers = Attempts.claimed(started, "run_of_a_stranger");

        assertThat(attempts().end(strangers, strangers.succeed(GRANT, Attempts.ENDED))).isFalse();
        assertThat(attempts().find(started.flowId())).contains(claimed);
    }

    @Test
    void anEndIsFinal() {
        ClientId client = insertClient("files");
        int ordinal = 1;
        for (int way = 0; way < 5; way++, ordinal++) {
            Started started = insertAttempt(client, ordinal);
            Redeeming redeeming = claim(started);
            Ended end = Attempts.everyEndOf(redeeming).get(way);
            attempts().end(redeeming, end);
            for (Ended other : Attempts.everyEndOf(redeeming)) {
                boolean lateWinner =
                        end instanceof Unknown && other instanceof AuthorizationAttempt.Succeeded;
                if (!lateWinner) {
                    assertThat(attempts().end(redeeming, other)).isFalse();
                }
            }
            assertThat(attempts().end(started, started.supersede(Attempts.ENDED))).isFalse();
            assertThat(attempts().find(started.flowId())).contains(end);
        }
    }

    @Test
    void aRunThatWasGivenUpMayYetSucceed() {
        Started started = insertAttempt();
        Redeeming redeeming = claim(started);
        attempts().end(redeeming, redeeming.loseAnswer(Attempts.ENDED));

        Ended late = redeeming.succeed(GRANT, Attempts.ENDED);
        assertThat(attempts().end(redeeming, late)).isTrue();
        assertThat(attempts().find(started.flowId())).contains(late);
    }

    @Test
    void onlyTheCodeThatWasSentSucceedsLate() {
        Started started = insertAttempt();
        Redeeming redeeming = claim(started);
        Ended unknown = redeeming.loseAnswer(Attempts.ENDED);
        attempts().end(redeeming, unknown);

        Redeeming withAnotherCode =
                started.claim(redeeming.run(), new AuthorizationCode("another"), Attempts.CLAIMED);
        Ended succeeded = withAnotherCode.succeed(GRANT, Attempts.ENDED);
        assertThat(attempts().end(withAnotherCode, succeeded)).isFalse();
        assertThat(attempts().find(started.flowId())).contains(unknown);
    }

    @Test
    void whoWaitsForTheEndIsToldOfIt() {
        Started started = insertAttempt();
        Redeeming redeeming = claim(started);
        CompletableFuture<Optional<AuthorizationAttempt>> waiting =
                Race.start(() -> attempts().awaitEnd(started.flowId(), LONG));

        Ended ended =
                redeeming.fail(new AttemptFailure.Denied(OAuthError.ACCESS_DENIED), Attempts.ENDED);
        attempts().end(redeeming, ended);

        assertThat(Race.finish(waiting)).contains(ended);
        assertThat(attempts().awaitEnd(started.flowId(), LONG)).contains(ended);
    }

    @Test
    void whoWaitsForTheEndOfAnAttemptThatIsRemovedIsToldThatItIsGone() {
        Started started = insertAttempt();
        CompletableFuture<Optional<AuthorizationAttempt>> waiting =
                Race.start(() -> attempts().awaitEnd(started.flowId(), LONG));
        stores().clients().delete(started.client());
        assertThat(Race.finish(waiting)).isEmpty();
    }

    @Test
    void whoLosesPatienceSeesTheAttemptAsItIs() {
        Redeeming redeeming = claim(insertAttempt());
        assertThat(attempts().awaitEnd(redeeming.flowId(), Duration.ofMillis(50)))
                .contains(redeeming);
    }

    @Test
    void overdueAreTheLinksPastTheirDeadlineTheOldestFirst() {
        ClientId client = insertClient("files");
        Started later = insertAttempt(client, 1);
        Started earlier = insertAttempt(client, 2, Attempts.LIFETIME.minusMinutes(5));
        claim(insertAttempt(client, 3));
        Started ended = insertAttempt(client, 4);
        attempts().end(ended, ended.expire(Attempts.ENDED));
        Instant deadline = later.details().deadline();

        assertThat(attempts().overdue(deadline.plusSeconds(1), 10)).containsExactly(earlier, later);
        assertThat(attempts().overdue(deadline.plusSeconds(1), 1)).containsExactly(earlier);
        assertThat(attempts().overdue(deadline.minusSeconds(1), 10)).containsExactly(earlier);
        assertThat(attempts().overdue(earlier.details().deadline().minusSeconds(1), 10)).isEmpty();
    }

    @Test
    void abandonedAreTheRedemptionsThatBeganTooLongAgo() {
        ClientId client = insertClient("files");
        Redeeming redeeming = claim(insertAttempt(client, 1));
        Redeeming another = claim(insertAttempt(client, 2));
        insertAttempt(client, 3);
        Redeeming ended = claim(insertAttempt(client, 4));
        attempts().end(ended, ended.loseAnswer(Attempts.ENDED));

        assertThat(attempts().abandoned(Attempts.CLAIMED.plusSeconds(1), 10))
                .containsExactlyInAnyOrder(redeeming, another);
        assertThat(attempts().abandoned(Attempts.CLAIMED.plusSeconds(1), 1)).hasSize(1);
        assertThat(attempts().abandoned(Attempts.CLAIMED.minusSeconds(1), 10)).isEmpty();
    }

    @Test
    void whatEndedLongAgoIsForgottenButNotThatByWhichAClientGoesOn() {
        ClientId client = insertClient("files");
        Ended consented = consented(insertAttempt(client, 2));
        Ended asking = expired(asking(client, 3, "offline_access"));
        Ended newest = expired(insertAttempt(client, 5));
        Ended formerConsent = consented(insertAttempt(client, 1));
        Ended formerLink = expired(insertAttempt(client, 4));
        Started ofAnother = insertAttempt(insertClient("other"), 1);
        Instant later = Attempts.ENDED.plusSeconds(1);

        assertThat(attempts().forget(Attempts.ENDED, "offline_access", 10)).isZero();
        assertThat(attempts().forget(later, "offline_access", 1)).isEqualTo(1);
        assertThat(attempts().forget(later, "offline_access", 10)).isEqualTo(1);

        assertThat(List.of(formerConsent, formerLink))
                .allSatisfy(old -> assertThat(attempts().find(old.flowId())).isEmpty());
        assertThat(List.of(consented, asking, newest, ofAnother))
                .allSatisfy(kept -> assertThat(attempts().find(kept.flowId())).contains(kept));
        assertThat(attempts().forget(later, "write", 10)).isEqualTo(1);
        assertThat(attempts().find(asking.flowId())).isEmpty();
    }

    @Test
    void aClaimInAUnitThatFailsIsNoClaim() {
        Started started = insertAttempt();
        assertThatThrownBy(() ->
                        stores().unitOfWork()
                                .run(() -> {
                                    claim(started);
                                    throw new UnsupportedOperationException("after the claim");
                                }))
                .hasMessage("after the claim");
        assertThat(attempts().find(started.flowId())).contains(started);
        assertThat(attempts().claim(Attempts.claimed(started))).isTrue();
    }

    @Test
    void anAttemptOfOneBrowserComesBackAsThat() {
        Started any =
                Attempts.started(insertClient("files"), 1, keepRegistration(), Duration.ofHours(1));
        LinkFor browser =
                new LinkFor.OneBrowser(BrowserSecret.random(new SeededRandom(9)).digest());
        Started started = new Started(any.details(), any.request().madeFor(browser));
        attempts().insert(started);

        assertThat(attempts().find(started.flowId())).contains(started);
        Redeeming claimed = claim(started);
        assertThat(attempts().find(started.details().state())).contains(claimed);
    }

    private AttemptStore attempts() {
        return stores().attempts();
    }

    private Ended consented(Started started) {
        Redeeming claimed = claim(started);
        Ended ended = claimed.succeed(GRANT, Attempts.ENDED);
        attempts().end(claimed, ended);
        return ended;
    }

    private Ended expired(Started started) {
        Ended ended = started.expire(Attempts.ENDED);
        attempts().end(started, ended);
        return ended;
    }

    private Started asking(ClientId client, int ordinal, String scope) {
        Started started = Attempts.asking(client, ordinal, keepRegistration(), Scopes.of(scope));
        attempts().insert(started);
        return started;
    }

    private Started insertAttempt(ClientId client, int ordinal, Duration lifetime) {
        Started started = Attempts.started(client, ordinal, keepRegistration(), lifetime);
        attempts().insert(started);
        return started;
    }
}
