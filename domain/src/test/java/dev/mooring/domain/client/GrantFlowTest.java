package dev.mooring.domain.client;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.domain.Changed;
import dev.mooring.domain.Refused;
import dev.mooring.domain.client.GrantFlow.AssertionSource;
import dev.mooring.domain.oauth.Assertion;
import dev.mooring.domain.oauth.ClientIdentifier;
import dev.mooring.domain.oauth.ClientSecret;
import dev.mooring.domain.oauth.Issuer;
import dev.mooring.domain.oauth.SubjectToken;
import dev.mooring.domain.oauth.TokenEndpointAuthMethod;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.util.List;
import java.util.Map;
import java.util.Optional;

class GrantFlowTest {
    private static final GrantFlow CLIENT_CREDENTIALS = new GrantFlow.ClientCredentials();
    private static final OAuthSettings MACHINE =
            Changed.in(
                    Changed.in(
                            Changed.in(
                                    OAuthSettings.DISCOVERED,
                                    "clientId",
                                    Optional.of(new ClientIdentifier("machine"))),
                            "clientSecret",
                            Optional.of(new ClientSecret("secret"))),
                    "flow",
                    CLIENT_CREDENTIALS);
    private static final IdentityProvider PROVIDER =
            new IdentityProvider(
                    new Issuer("https://idp.example"),
                    Optional.empty(),
                    new ClientIdentifier("at-the-idp"),
                    Optional.of(new ClientSecret("idp-secret")),
                    Optional.empty(),
                    new SubjectToken("id-token"),
                    IdentityProvider.ID_TOKEN);

    @ParameterizedTest
    @CsvSource({
        "authorizeUrl,    oauth_config.authorize_url",
        "registrationUrl, oauth_config.registration_url"
    })
    void whereNoPersonIsNeededThereIsNoUseForABrowser(String component, String field) {
        Refused.naming(
                field,
                () -> Changed.in(MACHINE, component, Optional.of("https://as.example/endpoint")));
    }

    @Test
    void whereNoPersonIsNeededNothingIsSentAlongInALink() {
        Refused.naming(
                "oauth_config.authorize_params",
                () -> Changed.in(MACHINE, "authorizeParams", Map.of("prompt", "none")));
    }

    @Test
    void whereNoPersonIsNeededTheTokenEndpointIsAllThereIsToGive() {
        OAuthSettings given =
                Changed.in(MACHINE, "tokenUrl", Optional.of("https://as.example/token"));
        assertThat(given.namesEndpoints()).isTrue();
        Refused.naming(
                "oauth_config.authorize_url",
                () -> Changed.in(given, "flow", new GrantFlow.AuthorizationCode()));
    }

    @Test
    void whoeverNeedsNoPersonIsRegisteredBeforehand() {
        Refused.naming(
                "oauth_config.client_id",
                () -> Changed.in(OAuthSettings.DISCOVERED, "flow", CLIENT_CREDENTIALS));
    }

    @Test
    void whoActsForItselfMustProveItself() {
        Refused.naming(
                "oauth_config.client_secret",
                () -> Changed.in(MACHINE, "clientSecret", Optional.empty()));
        Refused.naming(
                "oauth_config.client_secret",
                () ->
                        Changed.in(
                                MACHINE,
                                "tokenEndpointAuthMethod",
                                Optional.of(TokenEndpointAuthMethod.NONE)));
    }

    @Test
    void whoIsVouchedForNeedNoSecret() {
        OAuthSettings workload = Changed.in(MACHINE, "flow", workload("token"));
        assertThat(Changed.in(workload, "clientSecret", Optional.empty()).clientSecret()).isEmpty();
    }

    @Test
    void aSignatureNeedsAKey() {
        Refused.naming(
                "oauth_config.private_key_pem",
                () ->
                        Changed.in(
                                MACHINE,
                                "tokenEndpointAuthMethod",
                                Optional.of(TokenEndpointAuthMethod.PRIVATE_KEY_JWT)));
    }

    @Test
    void anotherSubjectNeedsAnotherGrant() {
        List<GrantFlow> flows =
                List.of(
                        new GrantFlow.AuthorizationCode(),
                        CLIENT_CREDENTIALS,
                        workload("one"),
                        new GrantFlow.WorkloadIdentity(
                                new AssertionSource.InFile(new AssertionFile("token"))),
                        new GrantFlow.WorkloadIdentity(
                                new AssertionSource.InFile(new AssertionFile("other"))),
                        new GrantFlow.EnterpriseManaged(PROVIDER),
                        new GrantFlow.EnterpriseManaged(
                                Changed.in(PROVIDER, "subjectTokenType", "urn:example:other")));
        for (int i = 0; i < flows.size(); i++) {
            for (int j = 0; j < flows.size(); j++) {
                assertThat(flows.get(i).keepsGrantUnder(flows.get(j))).isEqualTo(i == j);
            }
        }
    }

    /** They are good for an hour at most, and the grant outlives them. */
    @Test
    void aFreshAssertionOrSubjectTokenKeepsTheGrant() {
        assertThat(workload("one").keepsGrantUnder(workload("two"))).isTrue();
        GrantFlow fresh =
                new GrantFlow.EnterpriseManaged(
                        Changed.in(PROVIDER, "subjectToken", new SubjectToken("fresh")));
        assertThat(new GrantFlow.EnterpriseManaged(PROVIDER).keepsGrantUnder(fresh)).isTrue();
    }

    @Test
    void anotherSecretAtTheIdentityProviderIsTheSameSubject() {
        GrantFlow rotated =
                new GrantFlow.EnterpriseManaged(
                        Changed.in(
                                PROVIDER,
                                "clientSecret",
                                Optional.of(new ClientSecret("rotated"))));
        assertThat(new GrantFlow.EnterpriseManaged(PROVIDER).keepsGrantUnder(rotated)).isTrue();
    }

    @Test
    void secretsAreBoundToWhomTheyAreShown() {
        OAuthSettings managed =
                Changed.in(MACHINE, "flow", new GrantFlow.EnterpriseManaged(PROVIDER));
        OAuthSettings moved =
                Changed.in(
                        managed,
                        "flow",
                        new GrantFlow.EnterpriseManaged(
                                Changed.in(
                                        PROVIDER,
                                        "tokenUrl",
                                        Optional.of("https://elsewhere.example/token"))));
        assertThat(managed.secrets())
                .containsExactly(
                        OAuthSecret.CLIENT_SECRET,
                        OAuthSecret.IDENTITY_PROVIDER_SECRET,
                        OAuthSecret.SUBJECT_TOKEN);
        assertThat(moved.sendsElsewhereThan(managed, OAuthSecret.SUBJECT_TOKEN)).isTrue();
        assertThat(moved.sendsElsewhereThan(managed, OAuthSecret.IDENTITY_PROVIDER_SECRET))
                .isTrue();
        assertThat(moved.sendsElsewhereThan(managed, OAuthSecret.CLIENT_SECRET)).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", ".", "..", "../token", "/etc/passwd", "a/b", "a\\b", "-x", "a b"})
    void anAssertionFileIsAPlainName(String name) {
        Refused.naming("oauth_config.assertion_file", () -> new AssertionFile(name));
    }

    private static GrantFlow workload(String assertion) {
        return new GrantFlow.WorkloadIdentity(
                new AssertionSource.Entered(new Assertion(assertion)));
    }
}
