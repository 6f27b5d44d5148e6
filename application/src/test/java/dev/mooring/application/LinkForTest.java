package dev.mooring.application;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.application.HandleAuthorizationResponse.Outcome;
import dev.mooring.application.fixture.Clients;
import dev.mooring.application.fixture.SeededRandom;
import dev.mooring.application.fixture.SettingsBuilder;
import dev.mooring.domain.client.ClientId;
import dev.mooring.domain.client.ClientSettings;
import dev.mooring.domain.lifecycle.AuthorizationAttempt;
import dev.mooring.domain.lifecycle.BrowserSecret;
import dev.mooring.domain.lifecycle.ClientEvent;
import dev.mooring.domain.lifecycle.LinkFor;
import dev.mooring.domain.oauth.AuthorizationResponse;

import org.junit.jupiter.api.Test;

import java.util.List;
import java.util.Optional;

/** Links that one browser asked for, and links to be handed to somebody. */
class LinkForTest {
    private static final BrowserSecret MINE = BrowserSecret.random(new SeededRandom(1));
    private static final BrowserSecret OTHER = BrowserSecret.random(new SeededRandom(2));

    private static final Optional<RegisterClient.Idempotency> ONCE =
            Optional.of(new RegisterClient.Idempotency("key", "digest"));

    private final InMemoryMooring mooring = new InMemoryMooring();
    private final UseCases useCases = mooring.useCases();

    @Test
    void anotherBrowserIsRefusedAndTheRightOneFinishes() {
        ConsentLink link = register("files", only(MINE));
        AuthorizationResponse response = mooring.granted(link);

        assertThat(handle(response)).isEqualTo(new Outcome.WrongBrowser());
        assertThat(handle(response, OTHER)).isEqualTo(new Outcome.WrongBrowser());
        assertThat(handle(mooring.denied(link), OTHER)).isEqualTo(new Outcome.WrongBrowser());

        assertThat(mooring.events())
                .filteredOn(ClientEvent.AuthorizationElsewhere.class::isInstance)
                .as("once, however often it came")
                .singleElement()
                .isEqualTo(
                        new ClientEvent.AuthorizationElsewhere(
                                link.client(), link.flow(), mooring.clock().instant()));
        assertThat(mooring.attempt(link)).isInstanceOf(AuthorizationAttempt.Started.class);
        assertThat(mooring.tokenEndpoint().redemptions().count()).isZero();
        assertThat(handle(response, MINE)).isEqualTo(new Outcome.Authorized());
        assertThat(handle(response, MINE)).isEqualTo(new Outcome.Authorized());
    }

    @Test
    void oneBrowserMayHaveSeveralLinksOpen() {
        ConsentLink files = register("files", only(MINE));
        ConsentLink search = register("search", only(MINE));

        assertThat(handle(mooring.granted(search), MINE)).isEqualTo(new Outcome.Authorized());
        assertThat(handle(mooring.granted(files), MINE)).isEqualTo(new Outcome.Authorized());
    }

    @Test
    void theSameBrowserGetsItsOpenLinkAgainAndAnotherOneItsOwn() {
        ConsentLink first = register("files", only(MINE));

        assertThat(reauthorize(first.client(), only(MINE)).flow()).isEqualTo(first.flow());
        ConsentLink handedOut = reauthorize(first.client(), new LinkFor.Anyone());
        assertThat(handedOut.flow()).isNotEqualTo(first.flow());
        assertThat(handedOut.linkFor()).isEqualTo(new LinkFor.Anyone());
        assertThat(mooring.attempt(first)).isInstanceOf(AuthorizationAttempt.Superseded.class);

        ConsentLink second = reauthorize(first.client(), only(OTHER));
        assertThat(handle(mooring.granted(handedOut))).isEqualTo(new Outcome.Superseded());
        assertThat(handle(mooring.granted(second), OTHER)).isEqualTo(new Outcome.Authorized());
    }

    @Test
    void linksForOneAndAnotherAreThroughOneRegistration() {
        ConsentLink link = register("files", new LinkFor.Anyone());
        for (LinkFor whom : List.of(only(MINE), new LinkFor.Anyone(), only(OTHER), only(MINE))) {
            assertThat(reauthorize(link.client(), whom).linkFor()).isEqualTo(whom);
        }
        assertThat(mooring.registrar().registrations().count()).isEqualTo(1);
    }

    @Test
    void whoRepeatsARegistrationGetsALinkThatItCanFinish() {
        ConsentLink lost = register("files", only(MINE), ONCE);
        assertThat(register("files", only(MINE), ONCE).flow()).isEqualTo(lost.flow());

        ConsentLink again = register("files", only(OTHER), ONCE);
        assertThat(again.client()).isEqualTo(lost.client());
        assertThat(handle(mooring.granted(again), OTHER)).isEqualTo(new Outcome.Authorized());
    }

    /** Who is at the consent page must not lose the link to a program that runs meanwhile. */
    @Test
    void aToolCallTakesNoLinkFromABrowser() {
        ConsentLink link = register("files", only(MINE));

        assertThat(useCases.executeTool().handle("files-read", "{}"))
                .isInstanceOfSatisfying(
                        ExecuteTool.Outcome.ConsentNeeded.class,
                        needed -> assertThat(needed.link().flow()).isEqualTo(link.flow()));
        assertThat(handle(mooring.granted(link), MINE)).isEqualTo(new Outcome.Authorized());
    }

    private Outcome handle(AuthorizationResponse response, BrowserSecret... held) {
        return useCases.handleAuthorizationResponse().handle(response, List.of(held));
    }

    private ConsentLink register(String name, LinkFor linkFor) {
        return register(name, linkFor, Optional.empty());
    }

    private ConsentLink register(
            String name, LinkFor linkFor, Optional<RegisterClient.Idempotency> idempotency) {
        ClientSettings settings = SettingsBuilder.oauth(name).build();
        RegisterClient.Outcome outcome =
                useCases.registerClient()
                        .handle(
                                new RegisterClient.Command(
                                        Optional.of(Clients.details(settings).id()),
                                        settings,
                                        false,
                                        idempotency,
                                        linkFor));
        return ((RegisterClient.Outcome.ConsentNeeded) outcome).link();
    }

    private ConsentLink reauthorize(ClientId client, LinkFor linkFor) {
        ReauthorizeClient.Outcome outcome = useCases.reauthorizeClient().handle(client, linkFor);
        return ((ReauthorizeClient.Outcome.ConsentNeeded) outcome).link();
    }

    private static LinkFor only(BrowserSecret secret) {
        return new LinkFor.OneBrowser(secret.digest());
    }
}
