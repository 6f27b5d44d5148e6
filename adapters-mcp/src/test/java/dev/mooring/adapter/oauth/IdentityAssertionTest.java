package dev.mooring.adapter.oauth;

import static dev.mooring.adapter.oauth.OAuthFixtures.PROOFS;
import static dev.mooring.adapter.oauth.OAuthFixtures.budget;
import static dev.mooring.adapter.oauth.OAuthFixtures.confidentialClient;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.adapter.http.GuardedHttp;
import dev.mooring.application.fixture.SigningKeys;
import dev.mooring.application.port.TokenEndpoint;
import dev.mooring.application.port.TokenEndpoint.DirectRequest;
import dev.mooring.application.port.TokenEndpoint.ExchangeAnswer;
import dev.mooring.application.port.TokenEndpoint.TokenExchange;
import dev.mooring.domain.oauth.Assertion;
import dev.mooring.domain.oauth.AssertionKey;
import dev.mooring.domain.oauth.ClientCredentials;
import dev.mooring.domain.oauth.ClientIdentifier;
import dev.mooring.domain.oauth.Issuer;
import dev.mooring.domain.oauth.OAuthError;
import dev.mooring.domain.oauth.ResourceIdentifier;
import dev.mooring.domain.oauth.Scopes;
import dev.mooring.domain.oauth.SubjectToken;
import dev.mooring.domain.oauth.TokenEndpointAuthMethod;
import dev.mooring.party.AuthorizationServerParty;
import dev.mooring.party.AuthorizationServerParty.Endpoint;
import dev.mooring.party.IssuedToken;
import dev.mooring.party.Mischief;
import dev.mooring.party.Received;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.net.URI;
import java.security.KeyPair;
import java.time.InstantSource;
import java.util.Optional;

/** An identity provider says for whom we act, and an authorization server believes it. */
@Timeout(60)
class IdentityAssertionTest {
    private static final String EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange";
    private static final String JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer";
    private static final String ID_TOKEN = "urn:ietf:params:oauth:token-type:id_token";
    private static final String CLIENT = "agent";
    private static final ResourceIdentifier RESOURCE =
            new ResourceIdentifier("https://mcp.example/mcp");

    private final AuthorizationServerParty provider =
            AuthorizationServerParty.settings().grantingWithoutAPerson().start();
    private final AuthorizationServerParty server =
            AuthorizationServerParty.settings().grantingWithoutAPerson().start();
    private final GuardedHttp http = OAuthFixtures.loopbackHttp();
    private final TokenEndpoint endpoint =
            new HttpTokenEndpoint(http, PROOFS, OAuthFixtures.keyless(), InstantSource.system());

    @BeforeEach
    void trust() {
        KeyPair key = SigningKeys.pair("EC", 256);
        provider.preregisterMachine(CLIENT, "at-the-idp", "client_secret_basic", EXCHANGE);
        provider.vouchFor("the-id-token", "a-person", key.getPrivate());
        server.preregisterMachine(CLIENT, "at-the-server", "client_secret_post", JWT_BEARER);
        server.trust(provider.issuer(), "ES256", key.getPublic());
    }

    @AfterEach
    void stop() {
        http.close();
        provider.close();
        server.close();
    }

    @Test
    void whatTheProviderSaysIsTakenForAGrant() {
        Assertion assertion = exchanged(exchange("the-id-token", basic()));

        TokenEndpoint.Answer answer = ask(assertion);

        assertThat(answer)
                .isInstanceOfSatisfying(
                        TokenEndpoint.Answer.Issued.class,
                        issued ->
                                assertThat(server.lookUp(issued.tokens().accessToken().value()))
                                        .map(IssuedToken::resource)
                                        .contains(RESOURCE.value()));
        assertThat(provider.refusals()).isEmpty();
        assertThat(server.refusals()).isEmpty();
    }

    @Test
    void theWordIsAskedForAsTheProtocolSays() {
        exchange("the-id-token", basic());

        Received request = provider.received(Endpoint.TOKEN).getFirst();
        assertThat(request.form().text("grant_type")).isEqualTo(EXCHANGE);
        assertThat(request.form().text("subject_token_type")).isEqualTo(ID_TOKEN);
        assertThat(request.form().text("audience")).isEqualTo(server.issuer());
        assertThat(request.form().text("resource")).isEqualTo(RESOURCE.value());
        assertThat(request.form().text("scope")).isEqualTo("mcp:tools");
    }

    @Test
    void aClientMayProveItselfToTheProviderByASignature() {
        KeyPair pair = SigningKeys.pair("EC", 256);
        provider.preregisterSigning(CLIENT, "ES256", pair.getPublic(), EXCHANGE);
        ClientCredentials signing =
                ClientCredentials.signing(
                        new ClientIdentifier(CLIENT),
                        new AssertionKey(
                                new Issuer(provider.issuer()), Optional.of(SigningKeys.of(pair))));

        exchanged(exchange("the-id-token", signing));

        assertThat(provider.refusals()).isEmpty();
    }

    @Test
    void anAssertionIsNotGoodTwice() {
        Assertion assertion = exchanged(exchange("the-id-token", basic()));
        ask(assertion);

        assertThat(ask(assertion))
                .isEqualTo(new TokenEndpoint.Answer.Refused(new OAuthError("invalid_grant")));
    }

    @Test
    void whomTheProviderDoesNotKnowItRefuses() {
        assertThat(exchange("an-older-token", basic()))
                .isEqualTo(new ExchangeAnswer.Refused(new OAuthError("invalid_grant")));
        assertThat(
                        exchange(
                                "the-id-token",
                                confidentialClient(
                                        CLIENT,
                                        "wrong",
                                        TokenEndpointAuthMethod.CLIENT_SECRET_BASIC)))
                .isEqualTo(new ExchangeAnswer.Refused(OAuthError.INVALID_CLIENT));
    }

    /** Another kind of token might be good elsewhere, so it goes nowhere. */
    @ParameterizedTest
    @CsvSource({
        "issued_token_type, urn:ietf:params:oauth:token-type:access_token",
        "access_token, 'no token'"
    })
    void whatIsNoAssertionIsNotTakenForOne(String member, String value) {
        provider.misbehave(Endpoint.TOKEN, Mischief.saying(member, value));

        assertThat(exchange("the-id-token", basic())).isInstanceOf(ExchangeAnswer.Failed.class);
    }

    @Test
    void anAnswerThatIsLostIsAskedForAgain() {
        provider.misbehaveOnce(Endpoint.TOKEN, Mischief.losingTheAnswer());

        assertThat(exchange("the-id-token", basic())).isInstanceOf(ExchangeAnswer.Failed.class);
        exchanged(exchange("the-id-token", basic()));
    }

    private ExchangeAnswer exchange(String subjectToken, ClientCredentials credentials) {
        return endpoint.exchange(
                new TokenExchange(
                        URI.create(provider.address(Endpoint.TOKEN)),
                        credentials,
                        new SubjectToken(subjectToken),
                        ID_TOKEN,
                        new Issuer(server.issuer()),
                        RESOURCE,
                        Scopes.parse("mcp:tools"),
                        Optional.empty()),
                budget());
    }

    private TokenEndpoint.Answer ask(Assertion assertion) {
        return endpoint.ask(
                new DirectRequest(
                        URI.create(server.address(Endpoint.TOKEN)),
                        confidentialClient(
                                CLIENT,
                                "at-the-server",
                                TokenEndpointAuthMethod.CLIENT_SECRET_POST),
                        Optional.of(assertion),
                        Optional.of(RESOURCE),
                        Scopes.parse("mcp:tools"),
                        Optional.empty(),
                        Optional.empty()),
                budget());
    }

    private static ClientCredentials basic() {
        return confidentialClient(
                CLIENT, "at-the-idp", TokenEndpointAuthMethod.CLIENT_SECRET_BASIC);
    }

    private static Assertion exchanged(ExchangeAnswer answer) {
        assertThat(answer).isInstanceOf(ExchangeAnswer.Exchanged.class);
        return ((ExchangeAnswer.Exchanged) answer).assertion();
    }
}
