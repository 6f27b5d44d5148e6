package dev.mooring.domain.lifecycle;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.domain.Secret;
import dev.mooring.domain.access.ApiKeySecret;
import dev.mooring.domain.client.StaticHeaders;
import dev.mooring.domain.oauth.AccessToken;
import dev.mooring.domain.oauth.AuthorizationCode;
import dev.mooring.domain.oauth.AuthorizationResponse;
import dev.mooring.domain.oauth.ClientCredentials;
import dev.mooring.domain.oauth.ClientIdentifier;
import dev.mooring.domain.oauth.ClientSecret;
import dev.mooring.domain.oauth.CodeVerifier;
import dev.mooring.domain.oauth.Credential;
import dev.mooring.domain.oauth.DpopKey;
import dev.mooring.domain.oauth.RedirectUri;
import dev.mooring.domain.oauth.RefreshToken;
import dev.mooring.domain.oauth.RegistrationAccessToken;
import dev.mooring.domain.oauth.State;
import dev.mooring.domain.oauth.TokenEndpointAuthMethod;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

class SecretsStaySilentTest {
    /** Long enough to be a verifier, and in every secret below. */
    private static final String HUSH = "hush-".repeat(10);

    private static final ClientCredentials CREDENTIALS =
            new ClientCredentials(
                    new ClientIdentifier("client"),
                    Optional.of(new ClientSecret(HUSH)),
                    TokenEndpointAuthMethod.CLIENT_SECRET_BASIC);

    static Stream<Secret> secrets() {
        return Stream.of(
                new AccessToken(HUSH),
                new RefreshToken(HUSH),
                new RegistrationAccessToken(HUSH),
                new ClientSecret(HUSH),
                new AuthorizationCode(HUSH),
                new CodeVerifier(HUSH),
                new DpopKey(HUSH),
                new State(HUSH),
                new ApiKeySecret(HUSH),
                new StaticHeaders.Value(HUSH),
                Lives.started().request().authorizeUrl());
    }

    @ParameterizedTest
    @MethodSource("secrets")
    void aSecretIsNeverPrinted(Secret secret) {
        assertThat(secret).hasToString(Secret.REDACTED);
        assertThat(List.of(Optional.of(secret)).toString()).doesNotContain(secret.value());
        assertThat(secret.sha256()).matches("[0-9a-f]{64}");
    }

    @Test
    void everythingThatHoldsASecretIsSilentToo() {
        AuthorizationAttempt.Started started = Lives.started();
        String verifier = started.request().verifier().value();
        String link = started.request().authorizeUrl().value();
        List<Object> holders =
                List.of(
                        started,
                        Lives.redeeming(),
                        Lives.grant(),
                        Lives.grant().credential(),
                        new Credential.Bearer(new AccessToken(HUSH)),
                        new StaticHeaders(Map.of("x-key", new StaticHeaders.Value(HUSH))),
                        new AuthorizationResponse.Granted(
                                new State(HUSH), new AuthorizationCode(HUSH), Optional.empty()),
                        new Registration.Dynamic(
                                new RegistrationId("reg_1"),
                                Lives.ISSUER,
                                new RedirectUri("https://mooring.example/cb"),
                                CREDENTIALS,
                                Optional.empty(),
                                Optional.of(
                                        new Registration.Management(
                                                URI.create("https://as.example/register/1"),
                                                new RegistrationAccessToken(HUSH),
                                                Optional.empty()))),
                        new Revocation(
                                Optional.empty(),
                                Lives.GRANT,
                                URI.create("https://as.example/revoke"),
                                CREDENTIALS,
                                Lives.tokens(HUSH),
                                Optional.of(new DpopKey(HUSH)),
                                Optional.empty()));
        for (Object holder : holders) {
            assertThat(holder.toString())
                    .doesNotContain(
                            HUSH,
                            verifier,
                            link,
                            "access-1",
                            "refresh-1",
                            "the-code",
                            "the-private-key");
        }
    }
}
