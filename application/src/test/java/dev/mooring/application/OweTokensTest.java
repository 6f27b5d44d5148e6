package dev.mooring.application;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.application.fixture.Grants;
import dev.mooring.application.fixture.Registrations;
import dev.mooring.application.port.Ports;
import dev.mooring.domain.client.ClientId;
import dev.mooring.domain.lifecycle.Grant;
import dev.mooring.domain.lifecycle.Registration;
import dev.mooring.domain.lifecycle.RegistrationId;
import dev.mooring.domain.oauth.RedirectUri;

import org.junit.jupiter.api.Test;

import java.util.Optional;

/** Rule 6: what nobody wants is given back, but not besides a grant that serves. */
class OweTokensTest {
    private static final Registration.MetadataDocument DOCUMENT =
            Registrations.metadataDocument("reg_document");

    private final InMemoryMooring mooring = new InMemoryMooring();
    private final Ports ports = mooring.ports();
    private final OweTokens oweTokens =
            new OweTokens(ports.grants(), ports.registrations(), ports.revocations());
    private final ClientId files = mooring.register("files").client();
    private final Grant former = grant("former", DOCUMENT, 1);

    @Test
    void whatAClientWithoutAGrantHadIsOwed() {
        ports.registrations().keep(DOCUMENT);
        assertThat(oweTokens.of(former, Optional.empty())).isTrue();
        assertThat(mooring.database().owed()).containsExactly(Grants.revocation(former, DOCUMENT));
    }

    @Test
    void whatCameThroughTheRegistrationOfTheGrantIsDropped() {
        serves(DOCUMENT);
        assertThat(oweTokens.of(former, Optional.empty())).isFalse();
        assertThat(mooring.database().owed()).isEmpty();
    }

    /** The server knows our client by its id, wherever it sends the browser to. */
    @Test
    void whatCameThroughAnotherRegistrationOfTheSameClientIsDropped() {
        ports.registrations().keep(DOCUMENT);
        serves(
                new Registration.MetadataDocument(
                        new RegistrationId("reg_moved"),
                        DOCUMENT.issuer(),
                        new RedirectUri("https://moved.example/api/oauth/callback"),
                        DOCUMENT.credentials()));
        assertThat(oweTokens.of(former, Optional.empty())).isFalse();
        assertThat(mooring.database().owed()).isEmpty();
    }

    /** A grant goes on with what an operator entered since. */
    @Test
    void whatCameThroughTheRegistrationBeforeItWasEnteredAnewIsDropped() {
        Registration.Given given = Registrations.given("reg_given", files);
        serves(given.usedWith(Registrations.credentials("entered-anew", "secret")));
        assertThat(oweTokens.of(grant("former", given, 1), given, Optional.empty())).isFalse();
        assertThat(mooring.database().owed()).isEmpty();
    }

    @Test
    void whatCameThroughAnotherClientOfOursIsOwed() {
        ports.registrations().keep(DOCUMENT);
        serves(Registrations.given("reg_given", files));
        assertThat(oweTokens.of(former, Optional.empty())).isTrue();
        assertThat(mooring.database().owed()).containsExactly(Grants.revocation(former, DOCUMENT));
    }

    /** The person consented again before it was brought, or while nobody could bring it. */
    @Test
    void whatWasOwedIsNotBroughtOnceTheNextGrantServesThroughTheSameRegistration() {
        ports.registrations().keep(DOCUMENT);
        assertThat(oweTokens.of(former, Optional.empty())).isTrue();
        serves(DOCUMENT);
        mooring.deliverRevocations();
        assertThat(mooring.revocationEndpoint().revocations().count()).isZero();
        assertThat(mooring.database().owed()).isEmpty();
    }

    private void serves(Registration registration) {
        assertThat(ports.registrations().keep(registration)).isEqualTo(registration);
        ports.grants().put(grant("serving", registration, 2));
    }

    private Grant grant(String id, Registration registration, int n) {
        return Grants.grant(id, files, n, registration, Grants.tokens(n));
    }
}
