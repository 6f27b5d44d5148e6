package dev.mooring.application;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.application.fixture.Grants;
import dev.mooring.application.fixture.OAuthSettingsBuilder;
import dev.mooring.application.fixture.SettingsBuilder;
import dev.mooring.application.port.GrantStore.Lease;
import dev.mooring.application.port.ScriptedDiscovery;
import dev.mooring.application.port.ScriptedTokenEndpoint;
import dev.mooring.application.port.TokenEndpoint.Answer;
import dev.mooring.application.port.UnitOfWork;
import dev.mooring.domain.client.ClientId;
import dev.mooring.domain.client.OAuthSecret;
import dev.mooring.domain.lifecycle.Grant;
import dev.mooring.domain.lifecycle.McpClient;
import dev.mooring.domain.lifecycle.Problem;
import dev.mooring.domain.lifecycle.Registration;
import dev.mooring.domain.oauth.ClientCredentials;
import dev.mooring.domain.oauth.ClientSecret;
import dev.mooring.domain.oauth.Issuer;
import dev.mooring.domain.oauth.OAuthError;
import dev.mooring.domain.oauth.TokenEndpointAuthMethod;

import org.junit.jupiter.api.Test;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.UnaryOperator;

/** What an operator entered: whom it is shown to, and what becomes of it when it is changed. */
class EnteredCredentialsTest {
    private static final Issuer OTHER = new Issuer("https://other.example");

    private final InMemoryMooring mooring = new InMemoryMooring();

    @Test
    void theyStayWithTheIssuerWhereTheyWereUsedFirst() {
        ConsentLink link = connect();
        mooring.discovery().namesIssuers(OTHER);

        assertThat(problemOfReauthorizing(link.client()).code())
                .isEqualTo(Problem.Code.CREDENTIALS_OF_OTHER_ISSUER);
        assertThat(problemOfReauthorizing(link.client()).message())
                .contains("as.example", "client_secret", "oauth_config.issuer");
        assertThat(mooring.discovery().servers().questions()).doesNotContain(OTHER);
        assertThat(mooring.client(link.client())).isInstanceOf(McpClient.Connected.class);
    }

    @Test
    void ofSeveralIssuersTheirsIsChosen() {
        ConsentLink link = connect();
        mooring.discovery().namesIssuers(OTHER, ScriptedDiscovery.ISSUER);

        assertThat(mooring.reauthorize(link.client()).authorizeUrl().value())
                .startsWith("https://as.example/");
        assertThat(mooring.discovery().servers().questions()).doesNotContain(OTHER);
    }

    @Test
    void enteredAnewTheyMayBeForTheOtherIssuer() {
        ConsentLink link = connect();
        mooring.discovery().namesIssuers(OTHER);
        enter(link.client(), settings -> settings.secret("first-secret"));

        assertThat(mooring.reauthorize(link.client()).authorizeUrl().value())
                .startsWith("https://other.example/");
        mooring.discovery().namesIssuers(ScriptedDiscovery.ISSUER);
        // The open link is for the other issuer; when it is gone, so is the way back.
        mooring.clock().advance(Timing.DEFAULT.consent());
        assertThat(problemOfReauthorizing(link.client()).code())
                .isEqualTo(Problem.Code.CREDENTIALS_OF_OTHER_ISSUER);
    }

    @Test
    void anotherClientIdMayBeForTheOtherIssuer() {
        ConsentLink link = connect();
        mooring.discovery().namesIssuers(OTHER);
        enter(link.client(), settings -> settings.client("another").secret("first-secret"));

        assertThat(mooring.reauthorize(link.client()).authorizeUrl().value())
                .startsWith("https://other.example/");
    }

    @Test
    void anotherClientIdAtTheSameIssuerIsInTheLinkAndInItsRedemption() {
        ConsentLink link = connect();
        enter(link.client(), settings -> settings.client("another").secret("another-secret"));

        ConsentLink again = mooring.reauthorize(link.client());
        assertThat(InMemoryMooring.parameters(again.authorizeUrl().value()))
                .containsEntry("client_id", "another");
        mooring.consent(again);
        ClientCredentials redeemedAs = mooring.tokenEndpoint().redemptions().last().credentials();
        assertThat(redeemedAs.clientId().value()).isEqualTo("another");
        assertThat(redeemedAs.secret()).contains(new ClientSecret("another-secret"));
    }

    @Test
    void aNamedIssuerIsTheRightOneWhateverIsFound() {
        ConsentLink link = connect();
        mooring.discovery().namesIssuers(OTHER);
        mooring.edit(link.client(), settings -> settings);
        enter(
                link.client(),
                settings -> settings.issuer("https://third.example").secret("first-secret"));

        assertThat(mooring.reauthorize(link.client()).authorizeUrl().value())
                .startsWith("https://third.example/");
    }

    @Test
    void aRotatedSecretServesTheLivingGrantAtOnce() {
        ConsentLink link = connect();
        enter(link.client(), settings -> settings.secret("second-secret"));

        mooring.clock().advance(ScriptedTokenEndpoint.TOKEN_LIFETIME);
        assertThat(callEcho()).isInstanceOf(ExecuteTool.Outcome.Returned.class);
        assertThat(lastRefresh().secret()).contains(new ClientSecret("second-secret"));
        assertThat(mooring.client(link.client())).isInstanceOf(McpClient.Connected.class);

        // Once more: nobody has made a link with the second one.
        enter(link.client(), settings -> settings.secret("third-secret"));
        mooring.clock().advance(ScriptedTokenEndpoint.TOKEN_LIFETIME);
        assertThat(callEcho()).isInstanceOf(ExecuteTool.Outcome.Returned.class);
        assertThat(lastRefresh().secret()).contains(new ClientSecret("third-secret"));
    }

    @Test
    void aRotatedSecretServesTheOpenLink() {
        ConsentLink link = mooring.register(settings().build());
        enter(link.client(), settings -> settings.secret("second-secret"));

        mooring.consent(link);
        assertThat(mooring.tokenEndpoint().redemptions().last().credentials().secret())
                .contains(new ClientSecret("second-secret"));
    }

    @Test
    void anotherMethodServesTheLivingGrantAtOnceAndBindsAsBefore() {
        ConsentLink link = connect();
        mooring.edit(
                link.client(),
                settings ->
                        withOAuth(
                                settings,
                                oauth -> oauth.method(TokenEndpointAuthMethod.CLIENT_SECRET_POST)));

        mooring.clock().advance(ScriptedTokenEndpoint.TOKEN_LIFETIME);
        assertThat(callEcho()).isInstanceOf(ExecuteTool.Outcome.Returned.class);
        assertThat(lastRefresh().method()).isEqualTo(TokenEndpointAuthMethod.CLIENT_SECRET_POST);
        mooring.discovery().namesIssuers(OTHER);
        assertThat(problemOfReauthorizing(link.client()).code())
                .isEqualTo(Problem.Code.CREDENTIALS_OF_OTHER_ISSUER);
    }

    @Test
    void aSecretForAnotherIssuerIsNotShownToTheOldOne() {
        ConsentLink link = connect();
        enter(
                link.client(),
                settings -> settings.issuer(OTHER.value()).secret("secret-of-the-other"));
        mooring.awaitBackground();

        assertThat(mooring.revocationEndpoint().revocations().last().credentials().secret())
                .contains(new ClientSecret("first-secret"));
        assertThat(entered(link.client()))
                .extracting(given -> given.credentials().secret())
                .containsExactly(Optional.of(new ClientSecret("first-secret")));
    }

    @Test
    void credentialsThatAreRefusedParkTheGrantForTheOperator() {
        ConsentLink link = connect();
        mooring.tokenEndpoint()
                .refreshes()
                .next(new Answer.Refused(OAuthError.INVALID_CLIENT))
                .next(new Answer.Refused(OAuthError.INVALID_CLIENT));
        mooring.clock().advance(ScriptedTokenEndpoint.TOKEN_LIFETIME);

        for (int call = 0; call < 3; call++) {
            assertThat(callEcho())
                    .isInstanceOfSatisfying(
                            ExecuteTool.Outcome.Failed.class,
                            failed ->
                                    assertThat(failed.problem().code())
                                            .isEqualTo(Problem.Code.CLIENT_CREDENTIALS_REFUSED));
        }
        assertThat(mooring.tokenEndpoint().refreshes().count()).isEqualTo(1);
        assertThat(mooring.grant(link.client())).isPresent();

        // The provider may have mended it: from time to time it is asked again.
        mooring.clock().advance(Registration.Given.PAUSE_AFTER_REFUSAL);
        assertThat(callEcho()).isInstanceOf(ExecuteTool.Outcome.Failed.class);
        assertThat(mooring.tokenEndpoint().refreshes().count()).isEqualTo(2);
    }

    @Test
    void nobodySendsThemAgainBetweenTheirRefusalAndTheParking() {
        ConsentLink link = connect();
        mooring.tokenEndpoint().refreshes().next(new Answer.Refused(OAuthError.INVALID_CLIENT));
        mooring.clock().advance(ScriptedTokenEndpoint.TOKEN_LIFETIME);
        AtomicReference<Optional<Lease>> lease = new AtomicReference<>(Optional.empty());
        UseCases node =
                mooring.interrupted(
                        UnitOfWork.class,
                        "run",
                        () -> lease.set(Optional.of(leaseByAnother(link.client()))));

        assertThat(node.executeTool().handle("files-echo", "{}"))
                .isInstanceOf(ExecuteTool.Outcome.Failed.class);

        assertThat(lease.get()).contains(new Lease.Busy());
    }

    private Lease leaseByAnother(ClientId client) {
        Grant seen = mooring.grant(client).orElseThrow();
        return mooring.ports()
                .grants()
                .lease(seen, Grants.refreshing(seen, "run_other"), Duration.ofMinutes(1));
    }

    @Test
    void aNewSecretHealsWhatTheOldOneBroke() {
        ConsentLink link = connect();
        mooring.tokenEndpoint().refreshes().next(new Answer.Refused(OAuthError.INVALID_CLIENT));
        mooring.clock().advance(ScriptedTokenEndpoint.TOKEN_LIFETIME);
        mooring.useCases().reconnectClient().handle(link.client());
        assertThat(mooring.client(link.client()).lastFailure().orElseThrow().problem().code())
                .isEqualTo(Problem.Code.CLIENT_CREDENTIALS_REFUSED);

        assertThat(enter(link.client(), settings -> settings.secret("second-secret")))
                .isInstanceOf(EditClient.Outcome.Edited.class);
        assertThat(mooring.client(link.client())).isInstanceOf(McpClient.Connected.class);
        assertThat(callEcho()).isInstanceOf(ExecuteTool.Outcome.Returned.class);
    }

    @Test
    void aRefusalOfTheOldSecretDoesNotParkTheNewOne() {
        ConsentLink link = connect();
        mooring.clock().advance(ScriptedTokenEndpoint.TOKEN_LIFETIME);
        mooring.tokenEndpoint()
                .refreshes()
                .next(refresh -> {
                    enter(link.client(), settings -> settings.secret("second-secret"));
                    return new Answer.Refused(OAuthError.INVALID_CLIENT);
                });

        assertThat(callEcho()).isInstanceOf(ExecuteTool.Outcome.Failed.class);
        assertThat(callEcho()).isInstanceOf(ExecuteTool.Outcome.Returned.class);
        assertThat(lastRefresh().secret()).contains(new ClientSecret("second-secret"));
    }

    private static SettingsBuilder settings() {
        return withOAuth(
                SettingsBuilder.oauth("files"),
                oauth -> oauth.client("entered-client").secret("first-secret"));
    }

    private static SettingsBuilder withOAuth(
            SettingsBuilder settings, UnaryOperator<OAuthSettingsBuilder> change) {
        return settings.oauthSettings(
                change.apply(
                                OAuthSettingsBuilder.from(
                                        settings.build().oauth().orElseThrow().settings()))
                        .build());
    }

    private ConsentLink connect() {
        ConsentLink link = mooring.register(settings().build());
        mooring.consent(link);
        assertThat(mooring.complete(link)).isEqualTo(new CompleteAuthorization.Outcome.Connected());
        return link;
    }

    private EditClient.Outcome enter(ClientId client, UnaryOperator<OAuthSettingsBuilder> change) {
        return mooring.useCases()
                .editClient()
                .handle(
                        new EditClient.Command(
                                client,
                                settings ->
                                        withOAuth(SettingsBuilder.from(settings), change).build(),
                                Optional.empty(),
                                Set.of(OAuthSecret.CLIENT_SECRET),
                                false,
                                OptionalLong.empty()));
    }

    private Problem problemOfReauthorizing(ClientId client) {
        return ((ReauthorizeClient.Outcome.Failed)
                        mooring.useCases().reauthorizeClient().handle(client))
                .problem();
    }

    private ExecuteTool.Outcome callEcho() {
        return mooring.useCases().executeTool().handle("files-echo", "{}");
    }

    private ClientCredentials lastRefresh() {
        return mooring.tokenEndpoint().refreshes().last().credentials();
    }

    private List<Registration.Given> entered(ClientId client) {
        return mooring.ports().registrations().givenFor(client);
    }
}
