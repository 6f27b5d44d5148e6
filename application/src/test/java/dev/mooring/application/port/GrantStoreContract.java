package dev.mooring.application.port;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.application.fixture.Clients;
import dev.mooring.application.fixture.Eventually;
import dev.mooring.application.fixture.Grants;
import dev.mooring.application.fixture.MutableClock;
import dev.mooring.application.fixture.Race;
import dev.mooring.application.port.GrantStore.Due;
import dev.mooring.application.port.GrantStore.Lease;
import dev.mooring.application.port.GrantStore.Storing;
import dev.mooring.domain.client.ClientId;
import dev.mooring.domain.lifecycle.Grant;
import dev.mooring.domain.lifecycle.GrantId;
import dev.mooring.domain.lifecycle.RegistrationId;
import dev.mooring.domain.lifecycle.RunId;
import dev.mooring.domain.oauth.DpopKey;
import dev.mooring.domain.oauth.RefreshToken;
import dev.mooring.domain.oauth.Scopes;
import dev.mooring.domain.oauth.TokenBinding;

import org.junit.jupiter.api.Test;

import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** What every {@link GrantStore} must keep. */
public abstract class GrantStoreContract extends StoreContract {
    private static final Instant REFRESHED = MutableClock.START.plusSeconds(7);

    @Test
    void whatWasAskedForIsKeptBesideWhatWasGranted() {
        Grant first = Grants.grant(insertClient("files"), keepRegistration());
        stores().grants().put(first);
        assertThat(first.asked()).isEqualTo(first.tokens().scopes());

        Grant intended = Grants.refreshing(first, "run_1");
        stores().grants().lease(first, intended, LONG);
        Grant wider =
                intended.renewed(Grants.tokens(2), Scopes.of("read", "admin"), Grants.EXPIRES);
        stores().grants().storeRefreshed(intended, wider);
        assertThat(stores().grants().ofClient(first.client())).contains(wider);

        stores().grants().put(wider);
        assertThat(stores().grants().ofClient(first.client())).contains(wider);
    }

    @Test
    void aGrantComesBackAsItWas() {
        Grant grant = putGrant();
        assertThat(grants().find(grant.id())).contains(grant);
        assertThat(grants().ofClient(grant.client())).contains(grant);
    }

    @Test
    void aGrantWithNothingOptionalComesBackAsItWas() {
        Grant bare = Grants.bareGrant(insertClient("files"), keepRegistration());
        put(bare);
        assertThat(grants().find(bare.id())).contains(bare);
    }

    @Test
    void aGrantThatIsBoundToAKeyComesBackAsItWas() {
        ClientId client = insertClient("files");
        Grant bound = Grants.boundGrant("grant_bound", client, 1, keepRegistration(), 1);
        put(bound);
        assertThat(grants().find(bound.id())).contains(bound);
        // A server that binds or does not may change its mind with a refresh.
        Grant offered =
                Grants.grant(
                        "grant_offered",
                        client,
                        2,
                        keepRegistration(),
                        new TokenBinding.Offered(new DpopKey("dpop-key-2")),
                        Grants.bound(Grants.tokens(2)));
        put(offered);
        assertThat(grants().find(offered.id())).contains(offered);
        Grant intended = lease(offered, "run_1", LONG);
        Grant refreshed = intended.refreshed(Grants.tokens(3), REFRESHED);
        assertThat(grants().storeRefreshed(intended, refreshed)).isEqualTo(new Storing.Stored());
        assertThat(grants().find(offered.id())).contains(refreshed);
        put(Grants.grant("grant_plain", client, 3, keepRegistration(), Grants.tokens(4)));
        assertThat(grants().ofClient(client).orElseThrow().binding())
                .isEqualTo(new TokenBinding.Unbound());
    }

    @Test
    void whatWasNeverGrantedIsNotFound() {
        putGrant();
        assertThat(grants().find(new GrantId("grant_nobody"))).isEmpty();
        assertThat(grants().ofClient(insertClient("other"))).isEmpty();
    }

    @Test
    void aRegistrationServedWhenTokensCameThroughIt() {
        Grant grant = putGrant();

        assertThat(grants().servedSince(grant.registration(), grant.issuedAt())).isTrue();
        assertThat(grants().servedSince(grant.registration(), grant.issuedAt().plusMillis(1)))
                .isFalse();
        assertThat(grants().servedSince(new RegistrationId("other"), grant.issuedAt())).isFalse();
    }

    @Test
    void aNewGrantTakesThePlaceOfTheFormerOne() {
        Grant former = putGrant();
        Grant next =
                Grants.grant(
                        "grant_next", former.client(), 2, keepRegistration(), Grants.bareTokens());
        lease(former, "run_1", LONG);
        put(next);

        assertThat(grants().find(former.id())).isEmpty();
        assertThat(grants().ofClient(former.client())).contains(next);
        assertThat(grants().delete(former.id())).isFalse();
    }

    @Test
    void aGrantIsDeletedOnce() {
        Grant grant = putGrant();
        assertThat(grants().delete(grant.id())).isTrue();
        assertThat(grants().ofClient(grant.client())).isEmpty();
        assertThat(grants().delete(grant.id())).isFalse();
    }

    @Test
    void theIntentIsRecordedWithTheLease() {
        Grant grant = putGrant();
        Grant intended = Grants.refreshing(grant, "run_1");
        assertThat(grants().lease(grant, intended, LONG)).isEqualTo(new Lease.Taken(false));
        assertThat(grants().find(intended.id())).contains(intended);
    }

    @Test
    void whileOneRunRefreshesNoOtherDoes() {
        Grant grant = putGrant();
        Grant intended = lease(grant, "run_1", LONG);
        assertThat(grants().lease(grant, Grants.refreshing(grant, "run_2"), LONG))
                .isEqualTo(new Lease.Busy());
        assertThat(grants().find(grant.id())).contains(intended);
    }

    @Test
    void ofManyWhoWantToRefreshOneDoes() {
        Grant grant = putGrant();
        List<Lease> leases =
                Race.of(
                        16,
                        runner ->
                                grants().lease(
                                                grant,
                                                Grants.refreshing(grant, "run_" + runner),
                                                LONG));
        assertThat(leases).filteredOn(Lease.Taken.class::isInstance).hasSize(1);
        assertThat(leases).filteredOn(Lease.Busy.class::isInstance).hasSize(15);
    }

    @Test
    void aLeaseEndsByItself() {
        Grant grant = putGrant();
        Grant dead = lease(grant, "run_dead", SHORT);
        Grant next = Grants.refreshing(grant, "run_next");
        Eventually.holds(
                "the lease of the dead run ended, which its successor is told",
                () -> grants().lease(dead, next, LONG).equals(new Lease.Taken(true)));
        assertThat(grants().find(grant.id())).contains(next);
    }

    @Test
    void whoSawAnEarlierGenerationMustReadAgain() {
        Grant grant = putGrant();
        store(lease(grant, "run_1", LONG));
        assertThat(grants().lease(grant, Grants.refreshing(grant, "run_2"), LONG))
                .isEqualTo(new Lease.Outdated());
    }

    @Test
    void whoSawAGrantThatIsGoneMustReadAgain() {
        Grant gone = putGrant();
        grants().delete(gone.id());
        assertThat(grants().lease(gone, Grants.refreshing(gone, "run_1"), LONG))
                .isEqualTo(new Lease.Outdated());

        put(Grants.grant("grant_next", gone.client(), 2, keepRegistration(), Grants.tokens(5)));
        assertThat(grants().lease(gone, Grants.refreshing(gone, "run_1"), LONG))
                .isEqualTo(new Lease.Outdated());
    }

    @Test
    void refreshedTokensAreStoredAndTheLeaseIsOver() {
        Grant refreshed = store(lease(putGrant(), "run_1", LONG));
        assertThat(grants().find(refreshed.id())).contains(refreshed);
        assertThat(refreshed.generation()).isEqualTo(2);
        assertThat(grants().lease(refreshed, Grants.refreshing(refreshed, "run_2"), LONG))
                .isEqualTo(new Lease.Taken(false));
    }

    @Test
    void aLateWinnerStoresThoughAnotherRunHasTheLease() {
        Grant grant = putGrant();
        Grant late = lease(grant, "run_late", SHORT);
        Grant next = Grants.refreshing(grant, "run_next");
        Eventually.holds(
                "the lease of the late run ended",
                () -> grants().lease(late, next, LONG) instanceof Lease.Taken);

        Grant stored = store(late);
        assertThat(grants().find(grant.id())).contains(stored);
        assertThat(grants().storeRefreshed(next, next.refreshed(Grants.tokens(9), REFRESHED)))
                .isEqualTo(new Storing.Superseded());
        assertThat(grants().find(grant.id())).contains(stored);
    }

    @Test
    void tokensOfAnotherRefreshTokenAreNotStored() {
        Grant grant = putGrant();
        lease(grant, "run_1", LONG);
        Grant intended =
                grant.refreshing(new RunId("run_1"), new RefreshToken("another"), REFRESHED);
        assertThat(
                        grants().storeRefreshed(
                                        intended, intended.refreshed(Grants.tokens(2), REFRESHED)))
                .isEqualTo(new Storing.Superseded());
        assertThat(grants().ofClient(grant.client()).orElseThrow().tokens())
                .isEqualTo(grant.tokens());
    }

    @Test
    void aNewConsentMakesRefreshedTokensSuperfluous() {
        Grant grant = putGrant();
        Grant intended = lease(grant, "run_1", LONG);
        Grant next =
                Grants.grant("grant_next", grant.client(), 2, keepRegistration(), Grants.tokens(5));
        put(next);
        assertThat(
                        grants().storeRefreshed(
                                        intended, intended.refreshed(Grants.tokens(2), REFRESHED)))
                .isEqualTo(new Storing.Superseded());
        assertThat(grants().ofClient(grant.client())).contains(next);
    }

    @Test
    void refreshedTokensOfADeletedGrantAreNotStored() {
        Grant intended = lease(putGrant(), "run_1", LONG);
        grants().delete(intended.id());
        assertThat(
                        grants().storeRefreshed(
                                        intended, intended.refreshed(Grants.tokens(2), REFRESHED)))
                .isEqualTo(new Storing.Gone());
        assertThat(grants().ofClient(intended.client())).isEmpty();
    }

    @Test
    void refreshedTokensOfARemovedClientAreNotStored() {
        Grant intended = lease(putGrant(), "run_1", LONG);
        stores().clients().delete(intended.client());
        assertThat(
                        grants().storeRefreshed(
                                        intended, intended.refreshed(Grants.tokens(2), REFRESHED)))
                .isEqualTo(new Storing.Gone());
    }

    @Test
    void aLeaseThatIsGivenBackLeavesNoIntent() {
        Grant grant = putGrant();
        grants().release(lease(grant, "run_1", LONG));
        assertThat(grants().find(grant.id())).contains(grant);
        lease(grant, "run_2", LONG);
    }

    @Test
    void anIntentMayOutliveItsLease() {
        Grant grant = putGrant();
        Grant intended = lease(grant, "run_1", LONG);
        grants().keepIntent(intended);
        assertThat(grants().find(grant.id())).contains(intended);
        assertThat(grants().lease(intended, Grants.refreshing(grant, "run_2"), LONG))
                .isEqualTo(new Lease.Taken(false));
    }

    @Test
    void whoDidNotSeeTheTraceOfALostAnswerMustReadAgain() {
        Grant grant = putGrant();
        Grant lost = lease(grant, "run_1", LONG);
        grants().keepIntent(lost);
        assertThat(grants().lease(grant, Grants.refreshing(grant, "run_2"), LONG))
                .isEqualTo(new Lease.Outdated());
        assertThat(grants().find(grant.id())).contains(lost);

        Grant again = lease(lost, "run_3", LONG);
        grants().keepIntent(again);
        assertThat(grants().lease(lost, Grants.refreshing(grant, "run_4"), LONG))
                .isEqualTo(new Lease.Outdated());
    }

    @Test
    void onlyTheRunThatHasTheLeaseEndsIt() {
        Grant grant = putGrant();
        Grant intended = lease(grant, "run_1", LONG);
        grants().release(Grants.refreshing(grant, "run_of_a_stranger"));
        grants().keepIntent(Grants.refreshing(grant, "run_of_a_stranger"));

        assertThat(grants().find(grant.id())).contains(intended);
        assertThat(grants().lease(grant, Grants.refreshing(grant, "run_2"), LONG))
                .isEqualTo(new Lease.Busy());
    }

    @Test
    void aLeaseIsNotGivenBackOnceTheTokensAreStored() {
        Grant intended = lease(putGrant(), "run_1", LONG);
        Grant stored = store(intended);
        grants().release(intended);
        grants().keepIntent(intended);
        assertThat(grants().find(stored.id())).contains(stored);
    }

    @Test
    void whoWaitsForARefreshIsToldOfNewTokens() {
        Grant grant = putGrant();
        Grant intended = lease(grant, "run_1", LONG);
        CompletableFuture<Optional<Grant>> waiting =
                Race.start(() -> grants().awaitRefresh(grant, LONG));
        Grant stored = store(intended);

        assertThat(Race.finish(waiting)).contains(stored);
        assertThat(grants().awaitRefresh(grant, LONG)).contains(stored);
    }

    @Test
    void whoWaitsForARefreshIsToldThatItCameToNothing() {
        Grant grant = putGrant();
        Grant intended = lease(grant, "run_1", LONG);
        CompletableFuture<Optional<Grant>> waiting =
                Race.start(() -> grants().awaitRefresh(grant, LONG));
        grants().release(intended);
        assertThat(Race.finish(waiting)).contains(grant);
    }

    @Test
    void whoWaitsForARefreshIsToldThatItsRunDied() {
        Grant grant = putGrant();
        Grant intended = lease(grant, "run_dead", SHORT);
        assertThat(grants().awaitRefresh(grant, LONG)).contains(intended);
        lease(intended, "run_next", LONG);
    }

    @Test
    void whoWaitsForARefreshIsToldThatTheGrantIsGone() {
        Grant grant = putGrant();
        lease(grant, "run_1", LONG);
        CompletableFuture<Optional<Grant>> waiting =
                Race.start(() -> grants().awaitRefresh(grant, LONG));
        grants().delete(grant.id());
        assertThat(Race.finish(waiting)).isEmpty();
    }

    @Test
    void whoLosesPatienceSeesTheGrantAsItIs() {
        Grant grant = putGrant();
        Grant intended = lease(grant, "run_1", LONG);
        assertThat(grants().awaitRefresh(grant, Duration.ofMillis(50))).contains(intended);
    }

    @Test
    void aGrantIsNotDueBeforeItsWindowOpens() {
        putGrant();
        assertThat(takeDue()).isEmpty();
    }

    @Test
    void whatIsDueIsTakenOnce() {
        Grant grant = putGrant();
        grants().renewLater(due(grant), Optional.of(Duration.ZERO));

        assertThat(takeDue()).containsExactly(due(grant));
        assertThat(takeDue()).isEmpty();
        assertThat(grants().find(grant.id())).contains(grant);
    }

    @Test
    void ofManyWhoTakeWhatIsDueEachGetsOthers() {
        List<Grant> all = IntStream.range(0, 24).mapToObj(n -> putDue("client_" + n)).toList();

        List<List<Due>> taken = Race.of(8, runner -> grants().takeDue(4, Set.of(), LONG));

        assertThat(taken.stream().flatMap(List::stream)).doesNotHaveDuplicates();
        assertThat(taken).allSatisfy(some -> assertThat(some).hasSizeLessThanOrEqualTo(4));
        // Those who were locked at that moment are for the next who asks.
        List<Due> rest = grants().takeDue(24, Set.of(), LONG);
        assertThat(Stream.concat(taken.stream().flatMap(List::stream), rest.stream()))
                .containsExactlyInAnyOrderElementsOf(
                        all.stream().map(GrantStoreContract::due).toList());
    }

    @Test
    void whatNobodyFinishedIsDueAgain() {
        Grant grant = putDue("files");
        assertThat(grants().takeDue(1, Set.of(), SHORT)).hasSize(1);

        Eventually.holds("the grant is due again", () -> takeDue().equals(List.of(due(grant))));
    }

    @Test
    void whatIsRenewedIsNotDueForLong() {
        Grant grant = putDue("files");
        store(lease(grant, "run_1", LONG));

        assertThat(takeDue()).isEmpty();
    }

    @Test
    void whatIsPutOffForGoodIsNeverDue() {
        Grant grant = putDue("files");
        grants().renewLater(due(grant), Optional.empty());

        assertThat(takeDue()).isEmpty();
    }

    @Test
    void whoSawOtherTokensPutsNothingOff() {
        Grant grant = putGrant();
        Grant newer = store(lease(grant, "run_1", LONG));
        grants().renewLater(due(grant), Optional.of(Duration.ZERO));
        assertThat(takeDue()).isEmpty();

        grants().renewLater(due(newer), Optional.of(Duration.ZERO));
        grants().renewLater(due(grant), Optional.empty());
        assertThat(takeDue()).containsExactly(due(newer));
    }

    @Test
    void grantsOfAHostThatIsLeftOutStayDue() {
        Grant grant = putDue("files");
        String other = "https://other.example";

        assertThat(grants().takeDue(8, Set.of(other, due(grant).origin()), LONG)).isEmpty();
        assertThat(grants().takeDue(8, Set.of(other), LONG)).containsExactly(due(grant));
    }

    @Test
    void aHostIsTheSameHoweverItsEndpointsAreWritten() {
        Grant grant = putDue("files", URI.create("HTTPS://AS.example:443?token"));
        assertThat(grants().takeDue(8, Set.of("https://as.example"), LONG)).isEmpty();

        Grant other = putDue("mail", URI.create("http://as.example:8080/token"));
        assertThat(grants().takeDue(8, Set.of("https://as.example"), LONG))
                .containsExactly(due(other));
        assertThat(takeDue()).containsExactly(due(grant));
    }

    @Test
    void grantsOfAPausedEndpointAreNotTakenAndHoldNobodyUp() {
        Grant paused = putDue("files");
        Grant other = putDue("mail", URI.create("https://other.example/token"));
        stores().pauses().begin(paused.tokenEndpoint(), Clients.UNREACHABLE, LONG);

        assertThat(grants().takeDue(1, Set.of(), LONG)).containsExactly(due(other));
        assertThat(takeDue()).isEmpty();
    }

    @Test
    void theGrantOfAPausedClientStaysDue() {
        Grant paused = putDue("files");
        Grant other = putDue("mail");
        stores().pauses().begin(paused.client(), 1, Clients.UNREACHABLE, LONG);
        assertThat(takeDue()).containsExactly(due(other));

        stores().pauses().forget(paused.client());
        assertThat(takeDue()).containsExactly(due(paused));
    }

    @Test
    void veryManyGrantsOfAPausedEndpointHoldNobodyUp() {
        IntStream.range(0, 300).forEach(n -> putDue("client_" + n));
        URI away = putDue("first").tokenEndpoint();
        Grant other = putDue("last", URI.create("https://other.example/token"));
        stores().pauses().begin(away, Clients.UNREACHABLE, LONG);

        assertThat(takeDue()).containsExactly(due(other));
        assertThat(takeDue()).isEmpty();
        assertThat(grants().takeDue(8, Set.of("https://other.example"), LONG)).isEmpty();
    }

    private List<Due> takeDue() {
        return grants().takeDue(8, Set.of(), LONG);
    }

    private Grant putDue(String name) {
        return putDue(name, URI.create("https://as.example/token"));
    }

    private Grant putDue(String name, URI tokenEndpoint) {
        ClientId client = insertClient(name);
        Grant grant = Grants.at(tokenEndpoint, Grants.grant(client, keepRegistration()));
        put(grant);
        grants().renewLater(due(grant), Optional.of(Duration.ZERO));
        return grant;
    }

    private static Due due(Grant grant) {
        return new Due(grant.id(), grant.generation(), grant.client(), grant.tokenEndpoint());
    }

    private GrantStore grants() {
        return stores().grants();
    }

    private Grant putGrant() {
        ClientId client = insertClient("files");
        Grant grant = Grants.grant(client, keepRegistration());
        put(grant);
        return grant;
    }

    private void put(Grant grant) {
        stores().unitOfWork()
                .run(() -> {
                    stores().clients().lock(grant.client());
                    grants().put(grant);
                });
    }

    private Grant lease(Grant grant, String run, Duration lease) {
        Grant intended = Grants.refreshing(grant, run);
        assertThat(grants().lease(grant, intended, lease)).isInstanceOf(Lease.Taken.class);
        return intended;
    }

    private Grant store(Grant intended) {
        Grant refreshed = intended.refreshed(Grants.tokens(2), REFRESHED);
        assertThat(grants().storeRefreshed(intended, refreshed)).isEqualTo(new Storing.Stored());
        return refreshed;
    }
}
