package dev.mooring.adapter.oauth;

import static dev.mooring.adapter.oauth.OAuthFixtures.PROOFS;
import static dev.mooring.adapter.oauth.OAuthFixtures.budget;
import static dev.mooring.adapter.oauth.OAuthFixtures.confidentialClient;
import static dev.mooring.adapter.oauth.OAuthFixtures.publicClient;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.adapter.http.GuardedHttp;
import dev.mooring.application.port.RevocationEndpoint;
import dev.mooring.domain.lifecycle.GrantId;
import dev.mooring.domain.lifecycle.Revocation;
import dev.mooring.domain.oauth.AccessToken;
import dev.mooring.domain.oauth.ClientCredentials;
import dev.mooring.domain.oauth.RefreshToken;
import dev.mooring.domain.oauth.Scopes;
import dev.mooring.domain.oauth.TokenEndpointAuthMethod;
import dev.mooring.domain.oauth.TokenSet;
import dev.mooring.domain.oauth.TokenType;
import dev.mooring.party.Answer;
import dev.mooring.party.LoopbackServer;
import dev.mooring.party.Received;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.net.URI;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;

@Timeout(60)
class HttpRevocationEndpointTest {
    private final Map<String, Answer> answers = new ConcurrentHashMap<>();
    private volatile Function<Received, Optional<Answer>> faults = request -> Optional.empty();
    private final LoopbackServer server =
            LoopbackServer.start(request ->
                    faults.apply(request)
                            .orElseGet(() ->
                                    answers.getOrDefault(
                                            request.form().text("token"), Answer.empty(200))));
    private final GuardedHttp http = OAuthFixtures.loopbackHttp();
    private final HttpRevocationEndpoint endpoint =
            new HttpRevocationEndpoint(
                    http, PROOFS, OAuthFixtures.keyless(), InstantSource.system());

    @AfterEach
    void closeAll() {
        http.close();
        server.close();
    }

    @Test
    void theRefreshTokenIsRevokedFirstAndThenTheAccessToken() {
        assertThat(revoke(publicClient("id"), Optional.of("refresh")))
                .isEqualTo(new RevocationEndpoint.Answer.Revoked());

        assertThat(server.received())
                .extracting(request -> request.form().text("token"))
                .containsExactly("refresh", "access");
        assertThat(server.received())
                .extracting(request -> request.form().text("token_type_hint"))
                .containsExactly("refresh_token", "access_token");
        assertThat(server.received())
                .extracting(request -> request.form().text("client_id"))
                .containsOnly("id");
    }

    @Test
    void aLoneAccessTokenIsRevokedByItself() {
        assertThat(revoke(publicClient("id"), Optional.empty()))
                .isEqualTo(new RevocationEndpoint.Answer.Revoked());
        assertThat(tokens()).containsExactly("access");
    }

    @Test
    void theClientProvesItselfAsAtTheTokenEndpoint() {
        revoke(
                confidentialClient("id", "secret", TokenEndpointAuthMethod.CLIENT_SECRET_BASIC),
                Optional.of("refresh"));
        revoke(
                confidentialClient("id", "secret", TokenEndpointAuthMethod.CLIENT_SECRET_POST),
                Optional.empty());

        Received basic = server.received().getFirst();
        Received post = server.received().getLast();
        assertThat(basic.header("Authorization")).contains("Basic aWQ6c2VjcmV0");
        assertThat(basic.form().values()).doesNotContainKey("client_id");
        assertThat(post.header("Authorization")).isEmpty();
        assertThat(post.form().text("client_secret")).isEqualTo("secret");
    }

    @ParameterizedTest
    @ValueSource(strings = {"invalid_token", "invalid_grant"})
    void aTokenThatIsNotGoodAnyMoreIsRevoked(String error) {
        answers.put("refresh", error(400, error));
        answers.put("access", error(400, error));

        assertThat(revoke()).isEqualTo(new RevocationEndpoint.Answer.Revoked());
    }

    /** RFC 7009 section 2.1 says to ignore it; some do not. */
    @ParameterizedTest
    @ValueSource(strings = {"unsupported_token_type", "invalid_request", ""})
    void aServerThatDoesNotTakeTheHintIsAskedWithoutIt(String error) {
        faults =
                request ->
                        Optional.of(error(400, error))
                                .filter(answer ->
                                        request.form().first("token_type_hint").isPresent());

        assertThat(revoke()).isEqualTo(new RevocationEndpoint.Answer.Revoked());
        assertThat(tokens()).containsExactly("refresh", "refresh", "access");
    }

    @ParameterizedTest
    @CsvSource({"CLIENT_SECRET_BASIC, 401", "CLIENT_SECRET_POST, 401", "CLIENT_SECRET_POST, 400"})
    void aServerThatTakesTheSecretInTheOtherPlaceGetsItThere(
            TokenEndpointAuthMethod method, int status) {
        boolean inHeader = method == TokenEndpointAuthMethod.CLIENT_SECRET_BASIC;
        faults =
                request ->
                        Optional.of(error(status, "invalid_client"))
                                .filter(answer ->
                                        request.header("Authorization").isPresent() == inHeader);

        assertThat(revoke(confidentialClient("id", "secret", method), Optional.of("refresh")))
                .isEqualTo(new RevocationEndpoint.Answer.Revoked());
        assertThat(tokens()).containsExactly("refresh", "refresh", "access");
    }

    @Test
    void aServerThatWantsBothOtherwiseGetsBoth() {
        faults =
                request ->
                        request.header("Authorization").isPresent()
                                ? Optional.of(error(401, "invalid_client"))
                                : Optional.of(error(400, "invalid_request"))
                                        .filter(answer ->
                                                request.form()
                                                        .first("token_type_hint")
                                                        .isPresent());

        assertThat(
                        revoke(
                                confidentialClient(
                                        "id",
                                        "secret",
                                        TokenEndpointAuthMethod.CLIENT_SECRET_BASIC),
                                Optional.empty()))
                .isEqualTo(new RevocationEndpoint.Answer.Revoked());
        assertThat(tokens()).hasSize(3);
    }

    @Test
    void aSecretThatIsRefusedInEitherPlaceIsShownTwiceForATokenAndNoMore() {
        faults = request -> Optional.of(error(401, "invalid_client"));

        assertThat(
                        revoke(
                                confidentialClient(
                                        "id",
                                        "secret",
                                        TokenEndpointAuthMethod.CLIENT_SECRET_BASIC),
                                Optional.empty()))
                .isInstanceOf(RevocationEndpoint.Answer.Refused.class);
        assertThat(tokens()).hasSize(2);
    }

    @Test
    void aServerThatRevokesNoAccessTokensHasRevokedWhatCounts() {
        answers.put("access", error(400, "unsupported_token_type"));

        assertThat(revoke()).isEqualTo(new RevocationEndpoint.Answer.Revoked());
    }

    @Test
    void aServerThatRevokesNoRefreshTokensIsAskedForTheAccessToken() {
        answers.put("refresh", error(400, "unsupported_token_type"));
        assertThat(revoke()).isEqualTo(new RevocationEndpoint.Answer.Revoked());

        answers.put("access", error(400, "unsupported_token_type"));
        assertThat(revoke()).isInstanceOf(RevocationEndpoint.Answer.Refused.class);
    }

    @ParameterizedTest
    @CsvSource({
        "401, invalid_client",
        "400, unauthorized_client",
        "403, ''",
        "404, ''",
        "405, ''",
        "302, ''",
        "200, access_denied"
    })
    void aRefusalIsVainToRepeat(int status, String error) {
        answers.put("refresh", error(status, error));
        answers.put("access", error(status, error));

        assertThat(revoke())
                .isInstanceOfSatisfying(
                        RevocationEndpoint.Answer.Refused.class,
                        refused ->
                                assertThat(refused.problem().message())
                                        .contains("" + status)
                                        .contains(error));
    }

    @ParameterizedTest
    @ValueSource(ints = {408, 429, 500, 502, 503, 504})
    void anOutageIsToBeTriedAgain(int status) {
        answers.put("refresh", error(status, ""));
        assertThat(revoke()).isInstanceOf(RevocationEndpoint.Answer.Unavailable.class);
        assertThat(tokens()).as("no use to go on").containsExactly("refresh");

        answers.remove("refresh");
        answers.put("access", error(status, ""));
        assertThat(revoke()).isInstanceOf(RevocationEndpoint.Answer.Unavailable.class);
    }

    @ParameterizedTest
    @CsvSource({"429, 30", "503, 120"})
    void howLongTheServerAsksToBeLeftAloneIsTold(int status, int seconds) {
        answers.put("refresh", Answer.empty(status).with("Retry-After", "" + seconds));
        assertThat(revoke())
                .isInstanceOfSatisfying(
                        RevocationEndpoint.Answer.Unavailable.class,
                        asked -> {
                            assertThat(asked.retryAfter()).contains(Duration.ofSeconds(seconds));
                            assertThat(asked.status()).hasValue(status);
                        });
    }

    @Test
    void aServerThatIsAwayIsToBeTriedAgainAndAForbiddenAddressIsNot() {
        server.close();
        assertThat(revoke()).isInstanceOf(RevocationEndpoint.Answer.Unavailable.class);

        assertThat(
                        endpoint.revoke(
                                revocation(
                                        "https://10.0.0.1/revoke",
                                        publicClient("id"),
                                        Optional.empty()),
                                budget()))
                .isInstanceOf(RevocationEndpoint.Answer.Refused.class);
    }

    private List<String> tokens() {
        return server.received().stream().map(request -> request.form().text("token")).toList();
    }

    private RevocationEndpoint.Answer revoke() {
        return revoke(publicClient("id"), Optional.of("refresh"));
    }

    private RevocationEndpoint.Answer revoke(
            ClientCredentials credentials, Optional<String> refreshToken) {
        return endpoint.revoke(
                revocation(server.origin() + "/revoke", credentials, refreshToken), budget());
    }

    private static Revocation revocation(
            String url, ClientCredentials credentials, Optional<String> refreshToken) {
        return new Revocation(
                Optional.empty(),
                new GrantId("grant_1"),
                URI.create(url),
                credentials,
                new TokenSet(
                        new AccessToken("access"),
                        TokenType.BEARER,
                        refreshToken.map(RefreshToken::new),
                        Optional.empty(),
                        Scopes.NONE),
                Optional.empty(),
                Optional.empty());
    }

    private static Answer error(int status, String error) {
        return error.isEmpty()
                ? Answer.empty(status)
                : Answer.text(status, "application/json", "{\"error\":\"" + error + "\"}");
    }
}
