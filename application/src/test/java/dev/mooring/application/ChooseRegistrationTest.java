package dev.mooring.application;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.application.fixture.Attempts;
import dev.mooring.application.fixture.OAuthSettingsBuilder;
import dev.mooring.application.fixture.Registrations;
import dev.mooring.application.fixture.SettingsBuilder;
import dev.mooring.application.fixture.SigningKeys;
import dev.mooring.application.port.AuthorizationServerDiscovery.ServerAnswer;
import dev.mooring.application.port.InMemoryDatabase;
import dev.mooring.application.port.InMemoryRegistrationStore;
import dev.mooring.application.port.RegistrationStore;
import dev.mooring.application.port.ScriptedDiscovery;
import dev.mooring.application.port.ScriptedTokenEndpoint;
import dev.mooring.application.port.TokenEndpoint.CodeRedemption;
import dev.mooring.domain.client.ClientId;
import dev.mooring.domain.client.ClientSettings;
import dev.mooring.domain.client.OAuthSecret;
import dev.mooring.domain.lifecycle.McpClient;
import dev.mooring.domain.lifecycle.Problem;
import dev.mooring.domain.lifecycle.Registration;
import dev.mooring.domain.oauth.AssertionKey;
import dev.mooring.domain.oauth.AuthorizationServer;
import dev.mooring.domain.oauth.AuthorizationServer.PkceSupport;
import dev.mooring.domain.oauth.ClientCredentials;
import dev.mooring.domain.oauth.ClientIdentifier;
import dev.mooring.domain.oauth.ClientMetadata;
import dev.mooring.domain.oauth.Issuer;
import dev.mooring.domain.oauth.RedirectUri;
import dev.mooring.domain.oauth.Scopes;
import dev.mooring.domain.oauth.SigningAlgorithm;
import dev.mooring.domain.oauth.SigningKey;
import dev.mooring.domain.oauth.TokenEndpointAuthMethod;
import dev.mooring.domain.oauth.VerificationKey;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.UnaryOperator;

/** As which client we speak to an authorization server, in the order of MCP. */
class ChooseRegistrationTest {
    private static final ClientId SIGNING = new ClientId("id_of_signing");
    private static final String RSA = SigningKeys.pem(SigningKeys.pair("RSA", 2048));
    private static final String OTHER_RSA = SigningKeys.pem(SigningKeys.pair("RSA", 2048));
    private static final String DOCUMENT = "https://mooring.example/.well-known/oauth-client";
    private static final RedirectUri REMOTE =
            new RedirectUri("https://mooring.example/api/oauth/callback");

    private InMemoryMooring mooring =
            new InMemoryMooring(
                    new OAuthClientProfile(
                            "Mooring", Registrations.REDIRECT_URI, Optional.of(DOCUMENT)),
                    InMemoryMooring.TIMING);

    @Test
    void whatAnOperatorEnteredComesFirst() {
        documents(true);

        assertThat(link("files", entered -> entered.client("mine").secret("s3cret")))
                .containsEntry("client_id", "mine");
        assertThat(mooring.registrar().registrations().count()).isZero();
    }

    @Test
    void ourMetadataDocumentComesSecondWhereTheServerTakesIt() {
        documents(true);

        assertThat(link("files")).containsEntry("client_id", DOCUMENT);
        assertThat(mooring.registrar().registrations().count()).isZero();
    }

    @Test
    void weRegisterWhereTheServerTakesNoDocument() {
        documents(false);

        assertThat(link("files")).containsEntry("client_id", "client-1");
    }

    @Test
    void aDocumentWithAKeyIsOurClientWhereSignaturesAreTaken() {
        mooring = withKey();
        listing("private_key_jwt");

        ConsentLink link = mooring.connect("files");

        assertThat(mooring.tokenEndpoint().redemptions().last().credentials())
                .isEqualTo(
                        ClientCredentials.signing(
                                new ClientIdentifier(DOCUMENT),
                                new AssertionKey(ScriptedDiscovery.ISSUER, Optional.empty())));
        assertThat(mooring.client(link.client())).isInstanceOf(McpClient.Connected.class);
    }

    @Test
    void aDocumentWithAKeyIsPassedOverWhereSignaturesAreNotTaken() {
        mooring = withKey();
        listing("client_secret_basic", "none");

        assertThat(link("files")).containsEntry("client_id", "client-1");
    }

    @Test
    void whoTakesTheDocumentButNotItsMethodIsNamedWhereNothingElseIsLeft() {
        mooring = withKey();
        mooring.discovery()
                .servers()
                .always(issuer ->
                        new ServerAnswer.Found(
                                listing(Attempts.plainServer(issuer), "client_secret_basic")));

        Problem problem = failed();

        assertThat(problem.code()).isEqualTo(Problem.Code.REGISTRATION_UNSUPPORTED);
        assertThat(problem.message()).contains("private_key_jwt", "oauth_config.client_id");
    }

    /** The document that a server reads again says what counts, not what once was stored. */
    @Test
    void aKeyThatIsConfiguredLaterProvesTheGrantsOfBefore() {
        Registration.MetadataDocument before = Registrations.metadataDocument("reg_document");
        InMemoryRegistrationStore stored =
                new InMemoryRegistrationStore(new InMemoryDatabase(InstantSource.system()));
        stored.keep(before);

        RegistrationStore now = new DocumentedRegistrations(stored, profileWithKey());

        assertThat(now.find(before.id()).orElseThrow().credentials().method())
                .isEqualTo(TokenEndpointAuthMethod.PRIVATE_KEY_JWT);
        assertThat(now.keep(before).credentials().method())
                .isEqualTo(TokenEndpointAuthMethod.PRIVATE_KEY_JWT);
        assertThat(
                        now.metadataDocument(before.issuer(), before.redirectUri())
                                .orElseThrow()
                                .credentials()
                                .key())
                .contains(new AssertionKey(before.issuer(), Optional.empty()));
    }

    @Test
    void withoutADocumentOfOursWeRegister() {
        mooring = new InMemoryMooring();
        documents(true);

        assertThat(link("files")).containsEntry("client_id", "client-1");
    }

    @Test
    void whoTakesNothingNeedsAnOperatorAndSaysWhatToEnter() {
        mooring.discovery()
                .servers()
                .always(issuer -> new ServerAnswer.Found(Attempts.plainServer(issuer)));

        Problem problem = failed();

        assertThat(problem.code()).isEqualTo(Problem.Code.REGISTRATION_UNSUPPORTED);
        assertThat(problem.message())
                .contains(Registrations.REDIRECT_URI.value(), "oauth_config.client_id");
    }

    /** MCP asks for all of it: refresh tokens, and what kind of application we are. */
    @Test
    void weSayThatWeRefreshAndWhereOurCallbackIs() {
        documents(false);
        link("files");
        ClientMetadata onThisMachine = mooring.registrar().registrations().last().metadata();

        mooring =
                new InMemoryMooring(
                        new OAuthClientProfile("Mooring", REMOTE, Optional.empty()),
                        InMemoryMooring.TIMING);
        link("files");
        ClientMetadata remote = mooring.registrar().registrations().last().metadata();

        assertThat(onThisMachine.grantTypes()).contains("refresh_token");
        assertThat(onThisMachine.applicationType()).isEqualTo("native");
        assertThat(remote.applicationType()).isEqualTo("web");
        assertThat(remote.redirectUris()).containsExactly(REMOTE);
    }

    @Test
    void clientsOfOneIssuerShareOneRegistration() {
        link("files");

        assertThat(link("mails")).containsEntry("client_id", "client-1");
        assertThat(mooring.registrar().registrations().count()).isEqualTo(1);
    }

    /** Credentials are keyed by issuer, and never shown to another. */
    @Test
    void anotherIssuerIsAnotherRegistrationAndSeesNothingOfTheFirst() {
        ConsentLink first = mooring.connect("files");
        CodeRedemption before = mooring.tokenEndpoint().redemptions().last();
        mooring.discovery().namesIssuers(new Issuer("https://other.example"));

        ConsentLink second = mooring.reauthorize(first.client());

        assertThat(second.authorizeUrl().value()).startsWith("https://other.example/");
        assertThat(InMemoryMooring.parameters(second.authorizeUrl().value()))
                .containsEntry("client_id", "client-2");
        assertThat(mooring.registrar().registrations().last().endpoint())
                .hasToString("https://other.example/register");
        assertThat(before.tokenEndpoint()).hasToString("https://as.example/token");
    }

    @Test
    void aSecretIsShownAsTheServerListsFirstOfWhatWeSpeak() {
        assertThat(methodOf(entered -> entered.client("mine").secret("s3cret")))
                .isEqualTo(TokenEndpointAuthMethod.CLIENT_SECRET_BASIC);
    }

    @ParameterizedTest
    @EnumSource(names = {"CLIENT_SECRET_POST", "CLIENT_SECRET_BASIC"})
    void aSecretIsShownAsTheOperatorSays(TokenEndpointAuthMethod method) {
        assertThat(methodOf(entered -> entered.client("mine").secret("s3cret").method(method)))
                .isEqualTo(method);
    }

    private TokenEndpointAuthMethod methodOf(UnaryOperator<OAuthSettingsBuilder> entered) {
        mooring.consent(mooring.register(settings("files", entered)));
        return mooring.tokenEndpoint().redemptions().last().credentials().method();
    }

    private static OAuthClientProfile profileWithKey() {
        return new OAuthClientProfile(
                "Mooring",
                Registrations.REDIRECT_URI,
                Optional.of(DOCUMENT),
                Optional.of(new VerificationKey.Curve("x", "y")));
    }

    private static InMemoryMooring withKey() {
        return new InMemoryMooring(profileWithKey(), InMemoryMooring.TIMING);
    }

    private void listing(String... methods) {
        mooring.discovery()
                .servers()
                .always(issuer ->
                        new ServerAnswer.Found(listing(Attempts.server(issuer), methods)));
    }

    /** RFC 8414 section 2, token_endpoint_auth_signing_alg_values_supported. */
    @ParameterizedTest
    @CsvSource({
        // what the server takes, what was asked for, what is signed by
        "'',            '',    RS256",
        "'RS256 PS256', '',    RS256",
        "'ES256 PS384', '',    PS384",
        "'ES256 PS384', PS384, PS384",
        "'ES256 PS384', PS256, -",
        "'ES256 EdDSA', '',    -"
    })
    void aSignatureIsOneThatTheServerTakes(String taken, String asked, String signed) {
        signatures(taken.isEmpty() ? List.of() : List.of(taken.split(" ")));
        RegisterClient.Outcome outcome = registerSigning(asked);
        if (signed.equals("-")) {
            assertThat(outcome)
                    .isInstanceOfSatisfying(
                            RegisterClient.Outcome.Failed.class,
                            failed -> {
                                assertThat(failed.problem().code())
                                        .isEqualTo(Problem.Code.SIGNATURE_UNSUPPORTED);
                                assertThat(failed.problem().message()).contains("ES256");
                            });
            assertThat(mooring.tokenEndpoint().directRequests().count()).isZero();
        } else {
            assertThat(outcome).isInstanceOf(RegisterClient.Outcome.Registered.class);
            assertThat(signedBy()).isEqualTo(signed);
        }
    }

    @Test
    void anotherKeySignsAsTheServerTakesIt() {
        signatures(List.of("PS256"));
        assertThat(registerSigning("")).isInstanceOf(RegisterClient.Outcome.Registered.class);
        mooring.useCases()
                .editClient()
                .handle(
                        new EditClient.Command(
                                SIGNING,
                                settings ->
                                        SettingsBuilder.from(settings)
                                                .oauthSettings(signing(OTHER_RSA, "").build())
                                                .build(),
                                Optional.empty(),
                                Set.of(OAuthSecret.PRIVATE_KEY),
                                false,
                                OptionalLong.empty()));
        mooring.clock().advance(ScriptedTokenEndpoint.TOKEN_LIFETIME);
        mooring.useCases().executeTool().handle("signing-echo", "{}");
        assertThat(mooring.tokenEndpoint().directRequests().count()).isEqualTo(2);
        assertThat(signedBy()).isEqualTo("PS256");
    }

    private RegisterClient.Outcome registerSigning(String algorithm) {
        return mooring.useCases()
                .registerClient()
                .handle(
                        new RegisterClient.Command(
                                Optional.of(SIGNING),
                                SettingsBuilder.oauth("signing")
                                        .oauthSettings(signing(RSA, algorithm).build())
                                        .build(),
                                false,
                                Optional.empty()));
    }

    private static OAuthSettingsBuilder signing(String pem, String algorithm) {
        return OAuthSettingsBuilder.clientCredentials()
                .noSecret()
                .signingKey(
                        new SigningKey(
                                pem,
                                Optional.of(algorithm)
                                        .filter(word -> !word.isEmpty())
                                        .map(word -> SigningAlgorithm.parse("field", word)),
                                Optional.empty()));
    }

    private String signedBy() {
        return mooring.tokenEndpoint()
                .directRequests()
                .last()
                .credentials()
                .key()
                .flatMap(AssertionKey::key)
                .orElseThrow()
                .algorithm()
                .word();
    }

    private void signatures(List<String> taken) {
        mooring.discovery()
                .servers()
                .always(issuer -> new ServerAnswer.Found(taking(Attempts.server(issuer), taken)));
    }

    private static AuthorizationServer taking(AuthorizationServer server, List<String> algorithms) {
        return new AuthorizationServer(
                server.issuer(),
                server.authorizationEndpoint(),
                server.tokenEndpoint(),
                server.registrationEndpoint(),
                server.revocationEndpoint(),
                server.scopesSupported(),
                List.of("private_key_jwt"),
                algorithms,
                server.grantTypesSupported(),
                server.s256(),
                server.issuerInResponse(),
                server.metadataDocuments(),
                server.dpopAlgorithms());
    }

    /** The same server, which takes documents and these methods. */
    private static AuthorizationServer listing(AuthorizationServer server, String... methods) {
        return new AuthorizationServer(
                server.issuer(),
                server.authorizationEndpoint(),
                server.tokenEndpoint(),
                server.registrationEndpoint(),
                server.revocationEndpoint(),
                server.scopesSupported(),
                List.of(methods),
                List.of(),
                server.grantTypesSupported(),
                server.s256(),
                server.issuerInResponse(),
                true,
                server.dpopAlgorithms());
    }

    private void documents(boolean taken) {
        mooring.discovery()
                .servers()
                .always(issuer ->
                        new ServerAnswer.Found(
                                Attempts.server(
                                        issuer, Scopes.NONE, PkceSupport.ANNOUNCED, taken)));
    }

    private Map<String, String> link(String name) {
        return link(name, discovered -> discovered);
    }

    private Map<String, String> link(String name, UnaryOperator<OAuthSettingsBuilder> entered) {
        return InMemoryMooring.parameters(
                mooring.register(settings(name, entered)).authorizeUrl().value());
    }

    private Problem failed() {
        RegisterClient.Outcome outcome =
                mooring.useCases()
                        .registerClient()
                        .handle(
                                new RegisterClient.Command(
                                        Optional.empty(),
                                        settings("files", discovered -> discovered),
                                        false,
                                        Optional.empty()));
        assertThat(outcome).isInstanceOf(RegisterClient.Outcome.Failed.class);
        return ((RegisterClient.Outcome.Failed) outcome).problem();
    }

    private static ClientSettings settings(
            String name, UnaryOperator<OAuthSettingsBuilder> entered) {
        return SettingsBuilder.oauth(name)
                .oauthSettings(entered.apply(OAuthSettingsBuilder.discovered()).build())
                .build();
    }
}
