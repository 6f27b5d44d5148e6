package dev.mooring.domain.lifecycle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mooring.domain.Changed;
import dev.mooring.domain.oauth.AccessToken;
import dev.mooring.domain.oauth.ClientCredentials;
import dev.mooring.domain.oauth.ClientIdentifier;
import dev.mooring.domain.oauth.Credential;
import dev.mooring.domain.oauth.RedirectUri;
import dev.mooring.domain.oauth.Scopes;
import dev.mooring.domain.oauth.TokenBinding;
import dev.mooring.domain.oauth.TokenEndpointAuthMethod;
import dev.mooring.domain.oauth.TokenSet;
import dev.mooring.domain.oauth.TokenType;

import org.junit.jupiter.api.Test;

import java.time.Duration;
import java.util.Optional;

class GrantTest {
    private static final Grant GRANT = Lives.grant();

    @Test
    void aGrantIsBoundToWhatItsAttemptAskedFor() {
        AuthorizationRequest request = Lives.redeeming().request();
        assertThat(GRANT.client()).isEqualTo(Lives.redeeming().client());
        assertThat(GRANT.ordinal()).isEqualTo(3);
        assertThat(GRANT.generation()).isEqualTo(1);
        assertThat(GRANT.issuer()).isEqualTo(request.issuer());
        assertThat(GRANT.resource()).isEqualTo(request.resource());
        assertThat(GRANT.registration()).isEqualTo(request.registration());
        assertThat(GRANT.tokenEndpoint()).isEqualTo(request.tokenEndpoint());
        assertThat(GRANT.revocationEndpoint()).isEqualTo(request.revocationEndpoint());
        assertThat(GRANT.refresh()).isEmpty();
    }

    @Test
    void aBoundTokenIsSentWithItsKeyAndABearerTokenAlone() {
        assertThat(GRANT.credential())
                .isEqualTo(new Credential.DpopBound(GRANT.tokens().accessToken(), Lives.DPOP_KEY));
        TokenSet bearer = Changed.in(GRANT.tokens(), "type", TokenType.BEARER);
        assertThat(Changed.in(GRANT, "tokens", bearer).credential())
                .isEqualTo(new Credential.Bearer(bearer.accessToken()));
    }

    @Test
    void aGrantNeverHoldsATokenThatItsBindingDoesNotTake() {
        TokenBinding required = new TokenBinding.Required(Lives.DPOP_KEY);
        TokenSet bearer = Changed.in(GRANT.tokens(), "type", TokenType.BEARER);
        Grant bound = Changed.in(GRANT, "binding", required);
        assertThatThrownBy(() -> Changed.in(bound, "tokens", bearer))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> Changed.in(GRANT, "binding", new TokenBinding.Unbound()))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void theKeyGoesFromTheAttemptToTheGrantAndWithItsRevocation() {
        assertThat(GRANT.binding()).isEqualTo(Lives.redeeming().request().binding());
        Grant next = refreshing().refreshed(Lives.tokens("2"), Lives.LATER);
        assertThat(next.binding()).isEqualTo(GRANT.binding());
    }

    @Test
    void aRefreshBringsTheNextGenerationAndEndsTheIntent() {
        Grant next = refreshing().refreshed(Lives.tokens("2"), Lives.LATER);
        assertThat(next.generation()).isEqualTo(2);
        assertThat(next.tokens()).isEqualTo(Lives.tokens("2"));
        assertThat(next.refresh()).isEmpty();
        assertThat(next.issuedAt()).isEqualTo(Lives.LATER);
        assertThat(next.id()).isEqualTo(GRANT.id());
        assertThat(next.ordinal()).isEqualTo(GRANT.ordinal());
        assertThat(next.resource()).isEqualTo(GRANT.resource());
    }

    @Test
    void aRefreshThatBringsNoRefreshTokenKeepsTheOldOne() {
        TokenSet silent =
                new TokenSet(
                        new AccessToken("new"),
                        TokenType.DPOP,
                        Optional.empty(),
                        Optional.empty(),
                        Scopes.NONE);
        assertThat(refreshing().refreshed(silent, Lives.LATER).tokens().refreshToken())
                .isEqualTo(GRANT.tokens().refreshToken());
    }

    @Test
    void anIntentSaysWhichRefreshTokenIsSentAndChangesNothingElse() {
        Grant.RefreshIntent intent = refreshing().refresh().orElseThrow();
        assertThat(intent.run()).isEqualTo(Lives.RUN);
        assertThat(intent.refreshTokenDigest())
                .isEqualTo(GRANT.tokens().refreshToken().orElseThrow().sha256());
        assertThat(refreshing().tokens()).isEqualTo(GRANT.tokens());
        assertThat(refreshing().generation()).isEqualTo(GRANT.generation());
        assertThat(refreshing().notRefreshing()).isEqualTo(GRANT);
    }

    @Test
    void aTokenIsFreshUntilTheMarginBeforeItsEnd() {
        Duration margin = Duration.ofSeconds(30);
        assertThat(GRANT.isFresh(margin, Lives.NOW.plusSeconds(3569))).isTrue();
        assertThat(GRANT.isFresh(margin, Lives.NOW.plusSeconds(3570))).isFalse();
        assertThat(GRANT.isFresh(Duration.ZERO, Lives.NOW.plusSeconds(3599))).isTrue();
    }

    @Test
    void whatIsOwedBackIsAllThatTheServerNeedsToTakeIt() {
        Registration registration = registration();
        Revocation revocation = Revocation.of(GRANT, registration, Optional.empty()).orElseThrow();
        assertThat(revocation.tokens()).isEqualTo(GRANT.tokens());
        assertThat(revocation.credentials()).isEqualTo(registration.credentials());
        assertThat(revocation.revocationEndpoint()).hasToString("https://as.example/revoke");
        assertThat(revocation.grant()).isEqualTo(GRANT.id());
    }

    @Test
    void nothingIsOwedToAServerThatTakesNothingBack() {
        Grant kept = Changed.in(GRANT, "revocationEndpoint", Optional.empty());
        assertThat(Revocation.of(kept, registration(), Optional.empty())).isEmpty();
    }

    @Test
    void onlyADynamicRegistrationWearsOut() {
        assertThat(registration().isUsable(Lives.NOW)).isTrue();
        Registration.Dynamic dynamic =
                new Registration.Dynamic(
                        registration().id(),
                        Lives.ISSUER,
                        registration().redirectUri(),
                        registration().credentials(),
                        Optional.of(Lives.LATER),
                        Optional.empty());
        assertThat(dynamic.isUsable(Lives.LATER.minusMillis(1))).isTrue();
        assertThat(dynamic.isUsable(Lives.LATER)).isFalse();
    }

    private static Grant refreshing() {
        return GRANT.refreshing(Lives.RUN, GRANT.tokens().refreshToken().orElseThrow(), Lives.NOW);
    }

    private static Registration registration() {
        return new Registration.MetadataDocument(
                new RegistrationId("reg_1"),
                Lives.ISSUER,
                new RedirectUri("https://mooring.example/cb"),
                new ClientCredentials(
                        new ClientIdentifier("https://mooring.example/client"),
                        Optional.empty(),
                        TokenEndpointAuthMethod.NONE));
    }
}
