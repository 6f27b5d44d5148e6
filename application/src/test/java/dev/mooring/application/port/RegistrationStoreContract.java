package dev.mooring.application.port;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.application.fixture.Attempts;
import dev.mooring.application.fixture.Grants;
import dev.mooring.application.fixture.MutableClock;
import dev.mooring.application.fixture.Race;
import dev.mooring.application.fixture.Registrations;
import dev.mooring.domain.client.ClientId;
import dev.mooring.domain.lifecycle.AuthorizationAttempt.Redeeming;
import dev.mooring.domain.lifecycle.AuthorizationAttempt.Started;
import dev.mooring.domain.lifecycle.Grant;
import dev.mooring.domain.lifecycle.Registration;
import dev.mooring.domain.lifecycle.RegistrationId;
import dev.mooring.domain.oauth.Issuer;
import dev.mooring.domain.oauth.RedirectUri;

import org.junit.jupiter.api.Test;

import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** What every {@link RegistrationStore} must keep. */
public abstract class RegistrationStoreContract extends StoreContract {
    private static final RedirectUri REDIRECT_URI = Registrations.REDIRECT_URI;
    private static final RedirectUri ELSEWHERE = new RedirectUri("https://elsewhere.example/cb");

    @Test
    void aRegistrationOfAnyKindComesBackAsItWas() {
        for (Registration registration : Registrations.everyKind(insertClient("files"))) {
            assertThat(registrations().keep(registration)).isEqualTo(registration);
            assertThat(registrations().find(registration.id())).contains(registration);
        }
        assertThat(registrations().find(new RegistrationId("reg_nobody"))).isEmpty();
    }

    @Test
    void whatAnOperatorEnteredIsForOneClientAtOneIssuer() {
        ClientId client = insertClient("files");
        Registration.Given given = Registrations.given("reg_given", client);
        registrations().keep(given);

        assertThat(registrations().given(client, given.issuer(), REDIRECT_URI)).contains(given);
        assertThat(registrations().given(insertClient("other"), given.issuer(), REDIRECT_URI))
                .isEmpty();
        assertThat(registrations().given(client, new Issuer("https://as.example/"), REDIRECT_URI))
                .isEmpty();
        assertThat(registrations().given(client, given.issuer(), ELSEWHERE)).isEmpty();
        assertThat(registrations().dynamic(given.issuer(), REDIRECT_URI)).isEmpty();
        assertThat(registrations().metadataDocument(given.issuer(), REDIRECT_URI)).isEmpty();
    }

    @Test
    void allThatWasEnteredForAClientIsFoundAtWhateverIssuer() {
        ClientId client = insertClient("files");
        Registration.Given here = Registrations.given("reg_here", client);
        Registration.Given there =
                Registration.Given.of(
                        new RegistrationId("reg_there"),
                        new Issuer("https://there.example"),
                        ELSEWHERE,
                        here.credentials(),
                        client);
        registrations().keep(there);
        registrations().keep(here);
        registrations().keep(Registrations.given("reg_3", insertClient("other")));
        keepRegistration();

        assertThat(registrations().givenFor(client)).containsExactlyInAnyOrder(here, there);
        assertThat(registrations().givenFor(new ClientId("nobody"))).isEmpty();
    }

    @Test
    void ourOwnRegistrationsAreForOneIssuerAndRedirectUri() {
        Registration.Dynamic dynamic = Registrations.dynamic("reg_dynamic");
        Registration.MetadataDocument document = Registrations.metadataDocument("reg_document");
        registrations().keep(dynamic);
        registrations().keep(document);

        Issuer issuer = Registrations.ISSUER;
        assertThat(registrations().dynamic(issuer, REDIRECT_URI)).contains(dynamic);
        assertThat(registrations().metadataDocument(issuer, REDIRECT_URI)).contains(document);
        assertThat(registrations().dynamic(issuer, ELSEWHERE)).isEmpty();
        assertThat(registrations().metadataDocument(issuer, ELSEWHERE)).isEmpty();
        assertThat(registrations().dynamic(new Issuer("https://as.example/"), REDIRECT_URI))
                .isEmpty();
    }

    @Test
    void ofTwoRegistrationsUnderOneKeyTheFirstIsKept() {
        ClientId client = insertClient("files");
        for (Registration first : Registrations.everyKind(client)) {
            registrations().keep(first);
            assertThat(registrations().keep(Registrations.sameKey(first, "reg_second")))
                    .isEqualTo(first);
        }
        assertThat(registrations().find(new RegistrationId("reg_second"))).isEmpty();
    }

    @Test
    void ofManyWhoRegisterAtOnceAllGoOnWithTheSame() {
        List<Registration> kept =
                Race.of(16, runner -> registrations().keep(Registrations.dynamic("reg_" + runner)));
        assertThat(new HashSet<>(kept)).hasSize(1);
        assertThat(registrations().find(kept.getFirst().id())).contains(kept.getFirst());
    }

    @Test
    void otherCredentialsTakeThePlaceOfTheFormerOnes() {
        ClientId client = insertClient("files");
        for (Registration first : Registrations.everyKind(client)) {
            registrations().keep(first);
            Registration other = Registrations.sameKey(first, first.id().value());
            registrations().replace(other);
            assertThat(registrations().find(first.id())).contains(other);
        }
    }

    @Test
    void whatBecameOfEnteredCredentialsIsKept() {
        Registration.Given given = Registrations.given("reg_given", insertClient("files"));
        registrations().keep(given);
        for (Registration.Given after :
                List.of(
                        given.released(),
                        given.refused(MutableClock.START),
                        given.renewed(Registrations.credentials("given-client", "new"), true),
                        given.usedWith(Registrations.credentials("given-client", "new")))) {
            registrations().replace(after);
            assertThat(registrations().find(given.id())).contains(after);
            assertThat(registrations().givenFor(given.enteredFor())).containsExactly(after);
        }
    }

    @Test
    void aRetiredRegistrationStaysSoWhenItsCredentialsAreReplaced() {
        Registration.Dynamic dynamic = Registrations.dynamic("reg_1");
        registrations().keep(dynamic);
        registrations().retire(dynamic.id());
        registrations().replace(Registrations.sameKey(dynamic, "reg_1"));
        assertThat(registrations().dynamic(dynamic.issuer(), REDIRECT_URI)).isEmpty();
    }

    @Test
    void aRetiredRegistrationIsNotOfferedAndStillKnown() {
        Registration.Dynamic first = Registrations.dynamic("reg_1");
        registrations().keep(first);
        registrations().retire(first.id());

        assertThat(registrations().dynamic(first.issuer(), REDIRECT_URI)).isEmpty();
        assertThat(registrations().find(first.id())).contains(first);

        Registration.Dynamic second = Registrations.dynamic("reg_2");
        assertThat(registrations().keep(second)).isEqualTo(second);
        assertThat(registrations().dynamic(first.issuer(), REDIRECT_URI)).contains(second);
        registrations().retire(first.id());
        assertThat(registrations().dynamic(first.issuer(), REDIRECT_URI)).contains(second);
    }

    @Test
    void severalMayBeRetiredUnderOneKey() {
        for (String id : List.of("reg_1", "reg_2", "reg_3")) {
            registrations().keep(Registrations.dynamic(id));
            registrations().retire(new RegistrationId(id));
            assertThat(registrations().find(new RegistrationId(id))).isPresent();
        }
    }

    @Test
    void aRegistrationThatNobodyRefersToCanBeForgotten() {
        Registration registration = keepRegistration();
        assertThat(registrations().deleteUnreferenced(registration.id())).isTrue();
        assertThat(registrations().find(registration.id())).isEmpty();
        assertThat(registrations().deleteUnreferenced(registration.id())).isFalse();
    }

    @Test
    void aRegistrationThatAnOpenAttemptNeedsIsKept() {
        Started started = insertAttempt();
        RegistrationId id = started.request().registration();
        assertThat(registrations().deleteUnreferenced(id)).isFalse();

        Redeeming redeeming = claim(started);
        assertThat(registrations().deleteUnreferenced(id)).isFalse();
        assertThat(registrations().find(id)).isPresent();

        stores().attempts().end(redeeming, redeeming.loseAnswer(Attempts.ENDED));
        assertThat(registrations().deleteUnreferenced(id)).isTrue();
    }

    @Test
    void aRegistrationThatAGrantCameThroughIsKept() {
        Registration registration = keepRegistration();
        Grant grant = Grants.grant(insertClient("files"), registration);
        stores().grants().put(grant);
        assertThat(registrations().deleteUnreferenced(registration.id())).isFalse();
        assertThat(registrations().find(registration.id())).contains(registration);

        stores().grants().delete(grant.id());
        assertThat(registrations().deleteUnreferenced(registration.id())).isTrue();
    }

    @Test
    void whatIsRetiredLongEnoughAndNobodyRefersToIsForgettable() {
        Started started = insertAttempt();
        RegistrationId used = started.request().registration();
        registrations().retire(used);
        Registration.Dynamic unused = Registrations.dynamic("reg_unused");
        registrations().keep(unused);
        assertThat(registrations().forgettable(Duration.ZERO, 10)).isEmpty();

        registrations().retire(unused.id());
        assertThat(registrations().forgettable(Duration.ZERO, 10)).containsExactly(unused.id());
        assertThat(registrations().forgettable(Duration.ofHours(1), 10)).isEmpty();

        stores().attempts().end(started, started.expire(Attempts.ENDED));
        assertThat(registrations().forgettable(Duration.ZERO, 10))
                .containsExactly(used, unused.id());
        assertThat(registrations().forgettable(Duration.ZERO, 1)).containsExactly(used);
        registrations().deleteUnreferenced(used);
        assertThat(registrations().forgettable(Duration.ZERO, 10)).containsExactly(unused.id());
    }

    @Test
    void whatNothingRefersToIsRetiredAfterAWhile() {
        Started started = insertAttempt();
        RegistrationId used = started.request().registration();
        Registration.Dynamic unused =
                Registrations.dynamic("reg_unused", new Issuer("https://other.example"));
        Registration.MetadataDocument document = Registrations.metadataDocument("reg_document");
        registrations().keep(unused);
        registrations().keep(document);

        registrations().retireIdle(LONG);
        assertThat(registrations().dynamic(unused.issuer(), REDIRECT_URI)).contains(unused);
        registrations().retireIdle(Duration.ZERO);
        assertThat(registrations().dynamic(unused.issuer(), REDIRECT_URI)).isEmpty();
        assertThat(registrations().dynamic(Registrations.ISSUER, REDIRECT_URI))
                .map(Registration::id)
                .contains(used);
        assertThat(registrations().metadataDocument(document.issuer(), REDIRECT_URI))
                .contains(document);
    }

    @Test
    void whatIsUsedAgainIsIdleNoMore() {
        Registration registration = keepRegistration();
        registrations().retireIdle(LONG);
        Grant grant = Grants.grant(insertClient("files"), registration);
        stores().grants().put(grant);
        registrations().retireIdle(Duration.ZERO);
        assertThat(registrations().dynamic(registration.issuer(), REDIRECT_URI)).isPresent();

        stores().grants().delete(grant.id());
        // Noticed as idle just now, however long it was so before it was used.
        registrations().retireIdle(LONG);
        assertThat(registrations().dynamic(registration.issuer(), REDIRECT_URI)).isPresent();
    }

    @Test
    void whatIsHeldIsNotForgottenUntilItIsReferredTo() {
        Registration registration = keepRegistration();
        assertThat(registrations().hold(new RegistrationId("reg_nobody"))).isEmpty();
        ClientId client = insertClient("files");
        CompletableFuture<Boolean> forgetting =
                stores().unitOfWork()
                        .execute(() -> {
                            stores().clients().lock(client);
                            assertThat(registrations().hold(registration.id()))
                                    .contains(registration);
                            CompletableFuture<Boolean> started =
                                    Race.start(() ->
                                            registrations().deleteUnreferenced(registration.id()));
                            stores().attempts().insert(Attempts.started(client, 1, registration));
                            return started;
                        });
        assertThat(Race.finish(forgetting)).isFalse();
        assertThat(registrations().find(registration.id())).contains(registration);
    }

    @Test
    void enteredCredentialsThatBindNoMoreAreNotForgotten() {
        Registration.Given given = Registrations.given("reg_given", insertClient("files"));
        registrations().keep(given);
        registrations().replace(given.released());
        assertThat(registrations().forgettable(Duration.ZERO, 10)).isEmpty();
    }

    private RegistrationStore registrations() {
        return stores().registrations();
    }
}
