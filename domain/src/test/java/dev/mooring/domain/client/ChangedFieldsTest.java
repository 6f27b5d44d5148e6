package dev.mooring.domain.client;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.domain.Changed;
import dev.mooring.domain.mcp.ServerUri;
import dev.mooring.domain.mcp.ToolSelection;
import dev.mooring.domain.mcp.Transport;
import dev.mooring.domain.oauth.AcceptedQuirks;
import dev.mooring.domain.oauth.Assertion;
import dev.mooring.domain.oauth.ClientIdentifier;
import dev.mooring.domain.oauth.ClientSecret;
import dev.mooring.domain.oauth.DpopPolicy;
import dev.mooring.domain.oauth.Issuer;
import dev.mooring.domain.oauth.Scopes;
import dev.mooring.domain.oauth.SigningAlgorithm;
import dev.mooring.domain.oauth.SigningKey;
import dev.mooring.domain.oauth.SubjectToken;
import dev.mooring.domain.oauth.TokenEndpointAuthMethod;

import org.junit.jupiter.api.Test;

import java.security.GeneralSecurityException;
import java.security.KeyPairGenerator;
import java.time.Duration;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** An edit is told by the members of the contract that it changed, and by no other one. */
class ChangedFieldsTest {
    private static final Optional<SigningAlgorithm> ES256 = Optional.of(SigningAlgorithm.ES256);

    @Test
    void everyMemberOfASigningKeyIsAFieldOfItsOwn() throws Exception {
        String pem = pem();
        OAuthSettings before = signing(new SigningKey(pem, Optional.empty(), Optional.empty()));

        assertThat(changed(before, signing(new SigningKey(pem, ES256, Optional.empty()))))
                .containsExactly("oauth_config.signing_algorithm");
        assertThat(
                        changed(
                                before,
                                signing(new SigningKey(pem, Optional.empty(), Optional.of("k")))))
                .containsExactly("oauth_config.private_key_id");
        assertThat(
                        changed(
                                before,
                                signing(new SigningKey(pem(), Optional.empty(), Optional.empty()))))
                .containsExactly("oauth_config.private_key_pem");
    }

    @Test
    void whatAGrantComesFromIsAFieldOfItsOwn() {
        OAuthSettings entered = workload(entered("one"));
        OAuthSettings inFile =
                workload(new GrantFlow.AssertionSource.InFile(new AssertionFile("token")));

        assertThat(changed(entered, workload(entered("two"))))
                .containsExactly("oauth_config.assertion");
        assertThat(changed(entered, inFile))
                .containsExactly("oauth_config.assertion", "oauth_config.assertion_file");
        assertThat(changed(flowing(new GrantFlow.ClientCredentials()), inFile))
                .containsExactly("oauth_config.grant_type", "oauth_config.assertion_file");
    }

    @Test
    void everyMemberOfAnIdentityProviderIsAFieldOfItsOwn() {
        IdentityProvider before =
                new IdentityProvider(
                        new Issuer("https://idp.example"),
                        Optional.empty(),
                        new ClientIdentifier("us"),
                        Optional.of(new ClientSecret("secret")),
                        Optional.empty(),
                        new SubjectToken("token"),
                        IdentityProvider.ID_TOKEN);
        Map<String, Object> changes = new HashMap<>();
        changes.put("issuer", new Issuer("https://other.example"));
        changes.put("tokenUrl", Optional.of("https://idp.example/token"));
        changes.put("clientId", new ClientIdentifier("we"));
        changes.put("clientSecret", Optional.of(new ClientSecret("rotated")));
        changes.put("method", Optional.of(TokenEndpointAuthMethod.CLIENT_SECRET_POST));
        changes.put("subjectToken", new SubjectToken("fresh"));
        changes.put("subjectTokenType", "urn:ietf:params:oauth:token-type:saml2");
        Map<String, List<String>> told = new HashMap<>();
        changes.forEach((component, value) ->
                told.put(
                        component,
                        changed(managed(before), managed(Changed.in(before, component, value)))));

        String member = "oauth_config.identity_provider.";
        assertThat(told)
                .containsEntry("issuer", List.of(member + "issuer"))
                .containsEntry("tokenUrl", List.of(member + "token_url"))
                .containsEntry("clientId", List.of(member + "client_id"))
                .containsEntry("clientSecret", List.of(member + "client_secret"))
                .containsEntry("method", List.of(member + "token_endpoint_auth_method"))
                .containsEntry("subjectToken", List.of(member + "subject_token"))
                .containsEntry("subjectTokenType", List.of(member + "subject_token_type"))
                .hasSize(IdentityProvider.class.getRecordComponents().length);
    }

    private static List<String> changed(OAuthSettings before, OAuthSettings after) {
        return ChangedFields.between(client(before), client(after));
    }

    private static ClientSettings client(OAuthSettings oauth) {
        ClientName name = new ClientName("files");
        return new ClientSettings(
                name,
                name.slug(),
                new Connection(
                        new ServerUri("https://mcp.example"),
                        Transport.STREAMABLE_HTTP,
                        Optional.empty(),
                        Optional.empty(),
                        StaticHeaders.NONE),
                new ClientAuth.OAuth(new OAuthConfigId("oauth_1"), oauth),
                new ToolSelection.All(),
                Duration.ofSeconds(1),
                Optional.empty(),
                true);
    }

    private static OAuthSettings signing(SigningKey key) {
        return oauth(Optional.empty(), Optional.of(key), new GrantFlow.ClientCredentials());
    }

    private static OAuthSettings workload(GrantFlow.AssertionSource source) {
        return flowing(new GrantFlow.WorkloadIdentity(source));
    }

    private static GrantFlow.AssertionSource entered(String assertion) {
        return new GrantFlow.AssertionSource.Entered(new Assertion(assertion));
    }

    private static OAuthSettings managed(IdentityProvider provider) {
        return flowing(new GrantFlow.EnterpriseManaged(provider));
    }

    private static OAuthSettings flowing(GrantFlow flow) {
        return oauth(Optional.of(new ClientSecret("secret")), Optional.empty(), flow);
    }

    private static OAuthSettings oauth(
            Optional<ClientSecret> secret, Optional<SigningKey> key, GrantFlow flow) {
        return new OAuthSettings(
                Optional.of(new Issuer("https://as.example")),
                Optional.of(new ClientIdentifier("client")),
                secret,
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Scopes.NONE,
                Optional.empty(),
                Optional.empty(),
                Map.of(),
                DpopPolicy.WHERE_ASKED,
                AcceptedQuirks.NONE,
                key,
                flow);
    }

    private static String pem() throws GeneralSecurityException {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(256);
        byte[] encoded = generator.generateKeyPair().getPrivate().getEncoded();
        return "-----BEGIN PRIVATE KEY-----\n"
                + Base64.getMimeEncoder().encodeToString(encoded)
                + "\n-----END PRIVATE KEY-----\n";
    }
}
