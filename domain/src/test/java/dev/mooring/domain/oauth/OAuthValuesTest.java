package dev.mooring.domain.oauth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mooring.domain.Refused;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;

class OAuthValuesTest {
    private static final Instant NOW = Instant.parse("2026-11-01T12:00:00Z");

    @Test
    void theChallengeIsThatOfRfc7636AppendixB() {
        assertThat(new CodeVerifier("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk").challenge())
                .isEqualTo("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    }

    @Test
    void verifiersAndStatesAreLongPlainAndNeverTheSame() {
        Random random = new Random(1);
        Set<String> seen = new HashSet<>();
        for (int i = 0; i < 1000; i++) {
            String verifier = CodeVerifier.random(random).value();
            String state = State.random(random).value();
            assertThat(verifier).matches("[A-Za-z0-9_-]{43}");
            assertThat(state).matches("[A-Za-z0-9_-]{43}");
            assertThat(seen.add(verifier) && seen.add(state)).isTrue();
        }
    }

    @Test
    void aStateIsKnownByItsDigest() {
        assertThat(new State("abc").digest())
                .isEqualTo(
                        new StateDigest(
                                "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
    }

    @Test
    void aStateThatIsTooLongIsRefused() {
        Refused.naming("state", () -> new State("x".repeat(513)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "<b>", "a b", "é", "a\n", "error\"", "with,comma", "with/slash"})
    void whatIsNoErrorCodeIsReplaced(String code) {
        assertThat(new OAuthError(code)).isEqualTo(OAuthError.UNSPECIFIED);
    }

    @Test
    void anErrorCodeOfTheServersOwnIsKeptIfItIsShort() {
        assertThat(new OAuthError("urn.vendor-Error_1").code()).isEqualTo("urn.vendor-Error_1");
        assertThat(new OAuthError("x".repeat(64)).code()).hasSize(64);
        assertThat(new OAuthError("x".repeat(65))).isEqualTo(OAuthError.UNSPECIFIED);
    }

    @Test
    void aTokenExpiresWhenItsTimeOrTheMarginIsOver() {
        TokenSet tokens = tokens(Optional.of(NOW), Optional.empty());
        assertThat(tokens.expiresWithin(Duration.ZERO, NOW.minusMillis(1))).isFalse();
        assertThat(tokens.expiresWithin(Duration.ZERO, NOW)).isTrue();
        assertThat(tokens.expiresWithin(Duration.ofSeconds(30), NOW.minusSeconds(31))).isFalse();
        assertThat(tokens.expiresWithin(Duration.ofSeconds(30), NOW.minusSeconds(30))).isTrue();
        assertThat(
                        tokens(Optional.empty(), Optional.empty())
                                .expiresWithin(Duration.ofDays(9999), NOW))
                .isFalse();
    }

    @Test
    void anAnswerWithoutARefreshTokenKeepsTheOldOne() {
        TokenSet earlier = tokens(Optional.of(NOW), Optional.of("old"));
        TokenSet rotated = tokens(Optional.empty(), Optional.of("new"));
        TokenSet silent = tokens(Optional.empty(), Optional.empty());
        assertThat(rotated.keepingRefreshTokenOf(earlier)).isEqualTo(rotated);
        assertThat(silent.keepingRefreshTokenOf(earlier))
                .isEqualTo(tokens(Optional.empty(), Optional.of("old")));
        assertThat(silent.keepingRefreshTokenOf(silent)).isEqualTo(silent);
    }

    @ParameterizedTest
    @CsvSource({
        "http://localhost:8080/cb, native",
        "http://LOCALHOST/cb, native",
        "http://127.0.0.1:1/cb, native",
        "http://[::1]:1/cb, native",
        "https://mooring.example/cb, web",
        "https://localhost.example/cb, web",
        "http://127.0.0.2/cb, web"
    })
    void theApplicationTypeFollowsTheCallback(String redirectUri, String applicationType) {
        ClientMetadata metadata =
                ClientMetadata.authorizationCode(
                        "Mooring", new RedirectUri(redirectUri), TokenEndpointAuthMethod.NONE);
        assertThat(metadata.applicationType()).isEqualTo(applicationType);
        assertThat(metadata.grantTypes()).containsExactly("authorization_code", "refresh_token");
        assertThat(metadata.redirectUris()).containsExactly(new RedirectUri(redirectUri));
    }

    @Test
    void aMethodWithASecretNeedsOne() {
        Refused.naming(
                "oauth_config.client_secret",
                () ->
                        new ClientCredentials(
                                new ClientIdentifier("c"),
                                Optional.empty(),
                                TokenEndpointAuthMethod.CLIENT_SECRET_POST));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "é", "a\u0000", "a\n"})
    void aClientIdentifierIsPrintable(String text) {
        Refused.naming("oauth_config.client_id", () -> new ClientIdentifier(text));
    }

    @Test
    void aClientIdentifierFitsIntoALink() {
        assertThat(new ClientIdentifier("x".repeat(4096)).value()).hasSize(4096);
        Refused.naming("oauth_config.client_id", () -> new ClientIdentifier("x".repeat(4097)));
    }

    @Test
    void methodsAreKnownByTheirRegisteredNames() {
        for (TokenEndpointAuthMethod method : TokenEndpointAuthMethod.values()) {
            assertThat(TokenEndpointAuthMethod.parse("field", method.word())).isEqualTo(method);
        }
        assertThat(TokenEndpointAuthMethod.find("tls_client_auth")).isEmpty();
        Refused.naming("the_field", () -> TokenEndpointAuthMethod.parse("the_field", "NONE"));
    }

    @Test
    void aProtectedResourceNamesItsIssuers() {
        assertThatThrownBy(() ->
                        new ProtectedResource(
                                new ResourceIdentifier("https://mcp.example"),
                                List.of(),
                                Scopes.NONE,
                                DpopDemand.NONE))
                .isInstanceOf(IllegalArgumentException.class);
    }

    private static TokenSet tokens(Optional<Instant> end, Optional<String> refresh) {
        return new TokenSet(
                new AccessToken("a"),
                TokenType.BEARER,
                refresh.map(RefreshToken::new),
                end,
                Scopes.of("read"));
    }
}
