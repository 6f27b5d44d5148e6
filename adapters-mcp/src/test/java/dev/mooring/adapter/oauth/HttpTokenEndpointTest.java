package dev.mooring.adapter.oauth;

import static dev.mooring.adapter.oauth.OAuthFixtures.CALLBACK;
import static dev.mooring.adapter.oauth.OAuthFixtures.PROOFS;
import static dev.mooring.adapter.oauth.OAuthFixtures.budget;
import static dev.mooring.adapter.oauth.OAuthFixtures.confidentialClient;
import static dev.mooring.adapter.oauth.OAuthFixtures.publicClient;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.adapter.http.GuardedHttp;
import dev.mooring.application.port.Budget;
import dev.mooring.application.port.TokenEndpoint;
import dev.mooring.application.port.TokenEndpoint.CodeRedemption;
import dev.mooring.application.port.TokenEndpoint.TokenRefresh;
import dev.mooring.domain.lifecycle.Problem;
import dev.mooring.domain.lifecycle.Problem.Code;
import dev.mooring.domain.oauth.AccessToken;
import dev.mooring.domain.oauth.AuthorizationCode;
import dev.mooring.domain.oauth.ClientCredentials;
import dev.mooring.domain.oauth.CodeVerifier;
import dev.mooring.domain.oauth.OAuthError;
import dev.mooring.domain.oauth.RefreshToken;
import dev.mooring.domain.oauth.ResourceIdentifier;
import dev.mooring.domain.oauth.Scopes;
import dev.mooring.domain.oauth.TokenEndpointAuthMethod;
import dev.mooring.domain.oauth.TokenSet;
import dev.mooring.domain.oauth.TokenType;
import dev.mooring.party.Answer;
import dev.mooring.party.Answer.Delivery;
import dev.mooring.party.LoopbackServer;
import dev.mooring.party.Received;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Base64;
import java.util.Optional;
import java.util.random.RandomGenerator;

@Timeout(60)
class HttpTokenEndpointTest {
    private static final Instant NOW = Instant.parse("2026-11-23T10:00:00Z");
    private static final Scopes ASKED = Scopes.of("mcp:tools", "offline_access");
    private static final ResourceIdentifier RESOURCE =
            new ResourceIdentifier("https://MCP.example:443");
    private static final CodeVerifier VERIFIER =
            CodeVerifier.random(RandomGenerator.of("L64X128MixRandom"));

    private volatile Answer next = json(200, "{}");
    private final LoopbackServer server = LoopbackServer.start(request -> next);
    private final GuardedHttp http = OAuthFixtures.loopbackHttp();
    private final HttpTokenEndpoint endpoint =
            new HttpTokenEndpoint(http, PROOFS, OAuthFixtures.keyless(), InstantSource.fixed(NOW));

    @AfterEach
    void closeAll() {
        http.close();
        server.close();
    }

    @Test
    void aPublicClientRedeemsWithItsIdInTheForm() {
        redeem(publicClient("https://mooring.example/client"));

        Received request = server.received().getFirst();
        assertThat(request.method()).isEqualTo("POST");
        assertThat(request.hasMediaType("application/x-www-form-urlencoded")).isTrue();
        assertThat(request.header("Accept")).contains("application/json");
        assertThat(request.header("Authorization")).isEmpty();
        assertThat(request.header("Connection")).contains("close");
        assertThat(request.form().repeated()).isEmpty();
        assertThat(request.form().values().keySet())
                .containsExactlyInAnyOrder(
                        "grant_type",
                        "code",
                        "redirect_uri",
                        "client_id",
                        "code_verifier",
                        "resource");
        assertThat(request.form().text("grant_type")).isEqualTo("authorization_code");
        assertThat(request.form().text("code")).isEqualTo("c&o=d e");
        assertThat(request.form().text("redirect_uri")).isEqualTo(CALLBACK.value());
        assertThat(request.form().text("client_id")).isEqualTo("https://mooring.example/client");
        assertThat(request.form().text("code_verifier")).isEqualTo(VERIFIER.value());
        assertThat(request.form().text("resource")).as("byte for byte").isEqualTo(RESOURCE.value());
    }

    @Test
    void basicAuthenticationEncodesIdAndSecretAsTheRfcDemands() {
        redeem(confidentialClient("id:1", "s%c ret", TokenEndpointAuthMethod.CLIENT_SECRET_BASIC));

        Received request = server.received().getFirst();
        assertThat(request.header("Authorization"))
                .contains(
                        "Basic "
                                + Base64.getEncoder()
                                        .encodeToString(
                                                "id%3A1:s%25c+ret"
                                                        .getBytes(StandardCharsets.UTF_8)));
        assertThat(request.form().values()).doesNotContainKeys("client_secret", "client_id");
    }

    @Test
    void aSecretMayGoInTheForm() {
        refresh(confidentialClient("id", "s%c ret", TokenEndpointAuthMethod.CLIENT_SECRET_POST));

        Received request = server.received().getFirst();
        assertThat(request.header("Authorization")).isEmpty();
        assertThat(request.form().values().keySet())
                .containsExactlyInAnyOrder(
                        "grant_type", "refresh_token", "client_id", "client_secret", "resource");
        assertThat(request.form().text("grant_type")).isEqualTo("refresh_token");
        assertThat(request.form().text("refresh_token")).isEqualTo("r");
        assertThat(request.form().text("client_secret")).isEqualTo("s%c ret");
    }

    @Test
    void aPublicClientNamesItselfWhenItRefreshes() {
        refresh(publicClient("id"));

        assertThat(server.received().getFirst().form().text("client_id")).isEqualTo("id");
    }

    @Test
    void theEndpointsOwnQueryIsKept() {
        next = json(200, "{}");
        endpoint.refresh(
                new TokenRefresh(
                        URI.create(server.origin() + "/token?p=sign%20in"),
                        publicClient("id"),
                        new RefreshToken("r"),
                        Optional.of(RESOURCE),
                        ASKED,
                        Optional.empty(),
                        Optional.empty()),
                budget());

        assertThat(server.received().getFirst().uri()).hasToString("/token?p=sign%20in");
    }

    @Test
    void tokensAreReadWithLifeAndScopes() {
        next =
                json(
                        200,
                        """
                        {"access_token":"a","token_type":"Bearer","expires_in":3600,"refresh_token":"r2","scope":"b c"}
                        """);

        assertThat(issued(redeem()))
                .isEqualTo(
                        new TokenSet(
                                new AccessToken("a"),
                                TokenType.BEARER,
                                Optional.of(new RefreshToken("r2")),
                                Optional.of(NOW.plusSeconds(3600)),
                                Scopes.of("b", "c")));
    }

    @Test
    void whatIsNotSaidIsAsAskedAndForAsLongAsItIsAccepted() {
        next = json(200, "{\"access_token\":\"a\",\"token_type\":\"Bearer\"}");

        TokenSet tokens = issued(refresh(publicClient("id")));

        assertThat(tokens.scopes()).isEqualTo(ASKED);
        assertThat(tokens.expiresAt()).isEmpty();
        assertThat(tokens.refreshToken()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"access_token\":\"a\",\"token_type\":\"bearer\"}",
                "{\"access_token\":\"a\",\"token_type\":\"BEARER\"}",
                "{\"access_token\":\"a\"}",
                "{\"access_token\":\"a\",\"token_type\":null,\"refresh_token\":null,\"scope\":null,\"expires_in\":null}",
                "{\"access_token\":\"a\",\"refresh_token\":\"\",\"scope\":\"\",\"id_token\":{}}",
                "{\"ok\":true,\"access_token\":\"a\",\"error\":\"\"}",
                "access_token=a&token_type=bearer&scope=",
                "\uFEFF{\"access_token\":\"a\"}"
            })
    void bearerTokensAreTakenInManyCostumes(String body) {
        for (String type :
                new String[] {"application/json", "text/plain; charset=utf-8", "text/html"}) {
            next = Answer.text(200, type, body);

            TokenSet tokens = issued(redeem());

            assertThat(tokens.accessToken().value()).isEqualTo("a");
            assertThat(tokens.refreshToken()).isEmpty();
            assertThat(tokens.scopes()).isEqualTo(ASKED);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "3600, 3600",
        "'\"3600\"', 3600",
        "'\" 60 \"', 60",
        "59.9, 59",
        "0, -1",
        "-5, -1",
        "'\"soon\"', -1",
        "'[]', -1",
        "99999999999999999999, 315360000",
        "9223372036854775807, 315360000"
    })
    void theLifeOfATokenIsReadLenientlyAndBounded(String said, long seconds) {
        next = json(200, "{\"access_token\":\"a\",\"expires_in\":" + said + "}");

        assertThat(issued(redeem()).expiresAt())
                .isEqualTo(seconds < 0 ? Optional.empty() : Optional.of(NOW.plusSeconds(seconds)));
    }

    @Test
    void scopesMayComeAsAList() {
        next = json(200, "{\"access_token\":\"a\",\"scope\":[\"x\",\"y\",3]}");

        assertThat(issued(redeem()).scopes()).isEqualTo(Scopes.of("x", "y"));
    }

    @ParameterizedTest
    @CsvSource({
        "400, invalid_grant, invalid_grant",
        "401, invalid_client, invalid_client",
        "403, access_denied, access_denied",
        "200, invalid_grant, invalid_grant",
        "200, bad_refresh_token, invalid_grant",
        "200, bad_verification_code, invalid_grant",
        "200, incorrect_client_credentials, invalid_client",
        "500, invalid_grant, invalid_grant",
        "503, invalid_client, invalid_client",
        "400, '<script>alert(1)</script>', unspecified_error"
    })
    void aRefusalIsARefusalWhateverItsStatus(int status, String error, String code) {
        next = json(status, "{\"error\":\"" + error + "\",\"error_description\":\"leaked\"}");

        assertThat(redeem()).isEqualTo(new TokenEndpoint.Answer.Refused(new OAuthError(code)));
    }

    @Test
    void aRefusalMayComeAsAForm() {
        next =
                Answer.text(
                        400,
                        "application/x-www-form-urlencoded",
                        "error=invalid_grant&error_description=x");

        assertThat(redeem()).isEqualTo(new TokenEndpoint.Answer.Refused(OAuthError.INVALID_GRANT));
    }

    @ParameterizedTest
    @ValueSource(ints = {500, 502, 520, 524})
    void aServerThatBrokeMayHaveRedeemed(int status) {
        next = json(status, "oops");

        assertThat(redeem())
                .isInstanceOfSatisfying(
                        TokenEndpoint.Answer.Doubtful.class,
                        doubtful ->
                                assertThat(doubtful.problem().message())
                                        .contains("" + status)
                                        .doesNotContain("oops"));
    }

    @ParameterizedTest
    @CsvSource({
        "503, ''",
        "429, ''",
        "408, ''",
        "404, ''",
        "405, ''",
        "302, ''",
        "400, ''",
        "503, temporarily_unavailable",
        "400, temporarily_unavailable",
        "400, slow_down",
        "500, server_error",
        "429, rate_limited"
    })
    void aServerThatCannotNowHasRedeemedNothing(int status, String error) {
        next = json(status, error.isEmpty() ? "oops" : "{\"error\":\"" + error + "\"}");

        assertThat(redeem())
                .isInstanceOfSatisfying(
                        TokenEndpoint.Answer.Unavailable.class,
                        unavailable -> {
                            assertThat(unavailable.problem().code())
                                    .isEqualTo(Code.AUTHORIZATION_SERVER_BROKEN);
                            assertThat(unavailable.problem().message())
                                    .contains("" + status)
                                    .doesNotContain("oops");
                            assertThat(unavailable.retryAfter()).isEmpty();
                        });
    }

    @ParameterizedTest
    @CsvSource({
        "120, 120",
        "'Mon, 23 Nov 2026 10:05:00 GMT', 300",
        "0, 0",
        "999999999, 86400",
        "-5, -1",
        "soon, -1",
        "'Mon, 23 Nov 2020 10:05:00 GMT', -1",
        "99999999999999999999, -1"
    })
    void theServersWishToBeLeftAloneIsPassedOn(String said, long seconds) {
        next = json(503, "").with("Retry-After", said);

        assertThat(((TokenEndpoint.Answer.Unavailable) redeem()).retryAfter())
                .isEqualTo(
                        seconds < 0 ? Optional.empty() : Optional.of(Duration.ofSeconds(seconds)));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "{}",
                "[]",
                "<html/>",
                "{\"token_type\":\"Bearer\"}",
                "{\"access_token\":7}",
                "{\"access_token\":\"a b\"}",
                "{\"access_token\":\"a\\r\\nX: y\"}",
                "{\"access_token\":\"ü\"}",
                "{\"access_token\":\"a\",\"token_type\":\"DPoP\"}",
                "{\"access_token\":\"a\",\"token_type\":\"mac\"}",
                "{\"access_token\":"
            })
    void aSuccessWithoutATokenWeCanUseIsALostAnswer(String body) {
        next = json(200, body);

        assertThat(redeem())
                .isInstanceOfSatisfying(
                        TokenEndpoint.Answer.Lost.class,
                        lost ->
                                assertThat(lost.problem().code())
                                        .isEqualTo(Code.AUTHORIZATION_SERVER_BROKEN));
    }

    @Test
    void atokenTooLongForAnyHeaderIsALostAnswer() {
        next = json(200, "{\"access_token\":\"" + "a".repeat(20_000) + "\"}");

        assertThat(redeem()).isInstanceOf(TokenEndpoint.Answer.Lost.class);
    }

    @Test
    void whatHappensBehindAGatewayThatGaveUpNobodyKnows() {
        next = json(504, "");

        assertThat(redeem()).isInstanceOf(TokenEndpoint.Answer.Lost.class);
    }

    @Test
    void anAnswerThatBreaksOffIsLostAndNeverAskedForAgain() {
        next = json(200, "{\"access_token\":\"a\"}").delivered(new Delivery.CutOff(5));
        assertThat(lost(redeem()).code()).isEqualTo(Code.AUTHORIZATION_SERVER_BROKEN);

        next = json(200, "").delivered(new Delivery.Dropped());
        assertThat(lost(redeem()).code()).isEqualTo(Code.AUTHORIZATION_SERVER_BROKEN);

        assertThat(server.received()).hasSize(2);
    }

    @Test
    void anAnswerThatComesTooLateIsLost() {
        next =
                json(200, "{\"access_token\":\"a\"}")
                        .delivered(new Delivery.Trickled(Duration.ofMillis(100)));

        TokenEndpoint.Answer answer =
                endpoint.redeem(redemption(publicClient("id")), Budget.of(Duration.ofMillis(500)));

        assertThat(lost(answer).code()).isEqualTo(Code.AUTHORIZATION_SERVER_TOO_SLOW);
    }

    @Test
    void whatNeverLeftIsNotLost() {
        server.close();
        assertThat(unavailable(redeem())).isEqualTo(Code.AUTHORIZATION_SERVER_UNREACHABLE);

        TokenEndpoint.Answer refused =
                endpoint.refresh(
                        new TokenRefresh(
                                URI.create("https://10.0.0.1/token"),
                                publicClient("id"),
                                new RefreshToken("r"),
                                Optional.of(RESOURCE),
                                ASKED,
                                Optional.empty(),
                                Optional.empty()),
                        budget());
        assertThat(unavailable(refused)).isEqualTo(Code.ADDRESS_NOT_ALLOWED);

        TokenEndpoint.Answer late =
                endpoint.redeem(redemption(publicClient("id")), Budget.of(Duration.ZERO));
        assertThat(unavailable(late)).isEqualTo(Code.AUTHORIZATION_SERVER_TOO_SLOW);
    }

    @Test
    void problemsRepeatNothingOfTheRequestOrTheAnswer() {
        next = json(200, "{\"leaked\":1}");
        assertThat(lost(redeem()).message()).doesNotContain("leaked", "c&o=d", VERIFIER.value());
    }

    private TokenEndpoint.Answer redeem() {
        return redeem(publicClient("id"));
    }

    @Test
    void theResourceIsLeftOutWhereThatIsAskedFor() {
        CodeRedemption usual = redemption(publicClient("https://mooring.example/client"));
        endpoint.redeem(
                new CodeRedemption(
                        usual.tokenEndpoint(),
                        usual.credentials(),
                        usual.code(),
                        usual.verifier(),
                        usual.redirectUri(),
                        Optional.empty(),
                        usual.scopes(),
                        usual.dpopKey(),
                        usual.trustedCa()),
                budget());

        assertThat(server.received().getFirst().form().values()).doesNotContainKey("resource");
    }

    private TokenEndpoint.Answer redeem(ClientCredentials credentials) {
        return endpoint.redeem(redemption(credentials), budget());
    }

    private CodeRedemption redemption(ClientCredentials credentials) {
        return new CodeRedemption(
                URI.create(server.origin() + "/token"),
                credentials,
                new AuthorizationCode("c&o=d e"),
                VERIFIER,
                CALLBACK,
                Optional.of(RESOURCE),
                ASKED,
                Optional.empty(),
                Optional.empty());
    }

    private TokenEndpoint.Answer refresh(ClientCredentials credentials) {
        return endpoint.refresh(
                new TokenRefresh(
                        URI.create(server.origin() + "/token"),
                        credentials,
                        new RefreshToken("r"),
                        Optional.of(RESOURCE),
                        ASKED,
                        Optional.empty(),
                        Optional.empty()),
                budget());
    }

    private static Answer json(int status, String body) {
        return Answer.text(status, "application/json", body);
    }

    private static TokenSet issued(TokenEndpoint.Answer answer) {
        assertThat(answer).isInstanceOf(TokenEndpoint.Answer.Issued.class);
        return ((TokenEndpoint.Answer.Issued) answer).tokens();
    }

    private static Problem lost(TokenEndpoint.Answer answer) {
        assertThat(answer).isInstanceOf(TokenEndpoint.Answer.Lost.class);
        return ((TokenEndpoint.Answer.Lost) answer).problem();
    }

    private static Code unavailable(TokenEndpoint.Answer answer) {
        assertThat(answer).isInstanceOf(TokenEndpoint.Answer.Unavailable.class);
        return ((TokenEndpoint.Answer.Unavailable) answer).problem().code();
    }
}
