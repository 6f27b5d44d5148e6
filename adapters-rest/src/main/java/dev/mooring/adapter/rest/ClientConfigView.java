package dev.mooring.adapter.rest;

import dev.mooring.domain.Secret;
import dev.mooring.domain.client.ClientAuth;
import dev.mooring.domain.client.ClientSettings;
import dev.mooring.domain.client.GrantFlow;
import dev.mooring.domain.client.GrantFlow.AssertionSource;
import dev.mooring.domain.client.IdentityProvider;
import dev.mooring.domain.client.OAuthSettings;
import dev.mooring.domain.client.StaticHeaders;
import dev.mooring.domain.lifecycle.McpClient;
import dev.mooring.domain.mcp.ProtocolVersion;
import dev.mooring.domain.mcp.ToolSelection;
import dev.mooring.domain.oauth.SigningAlgorithm;
import dev.mooring.domain.oauth.SigningKey;
import dev.mooring.domain.oauth.TokenEndpointAuthMethod;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What an operator decided about a client, as {@link ClientBody} would read it back; but a secret
 * reads as {@value Secret#REDACTED}.
 */
record ClientConfigView(
        String clientId,
        String name,
        String endpointSlug,
        String connectionType,
        String connectionString,
        String authType,
        Optional<String> oauthConfigId,
        Optional<OAuthConfigView> oauthConfig,
        Map<String, String> headers,
        List<String> toolsToExecute,
        long toolExecutionTimeout,
        Optional<Long> toolSyncInterval,
        boolean isPingAvailable,
        boolean disabled,
        Optional<String> protocolVersion,
        Optional<TlsConfigView> tlsConfig) {

    record TlsConfigView(String caCertPem) {}

    record OAuthConfigView(
            Optional<String> issuer,
            Optional<String> clientId,
            Optional<String> clientSecret,
            Optional<String> authorizeUrl,
            Optional<String> tokenUrl,
            Optional<String> registrationUrl,
            Optional<String> revocationUrl,
            List<String> scopes,
            Optional<String> resource,
            Optional<String> tokenEndpointAuthMethod,
            Map<String, String> authorizeParams,
            Optional<Boolean> dpopBoundAccessTokens,
            List<String> exceptions,
            Optional<String> privateKeyPem,
            Optional<String> signingAlgorithm,
            Optional<String> privateKeyId,
            String grantType,
            Optional<String> assertion,
            Optional<String> assertionFile,
            Optional<IdentityProviderView> identityProvider) {
        static OAuthConfigView of(OAuthSettings settings) {
            return new OAuthConfigView(
                    settings.issuer().map(issuer -> issuer.value()),
                    settings.clientId().map(id -> id.value()),
                    settings.clientSecret().map(secret -> Secret.REDACTED),
                    settings.authorizeUrl(),
                    settings.tokenUrl(),
                    settings.registrationUrl(),
                    settings.revocationUrl(),
                    settings.scopes().tokens(),
                    settings.resource().map(resource -> resource.value()),
                    settings.tokenEndpointAuthMethod().map(TokenEndpointAuthMethod::word),
                    new TreeMap<>(settings.authorizeParams()),
                    settings.dpop().bound(),
                    settings.exceptions().words(),
                    settings.signingKey().map(key -> Secret.REDACTED),
                    settings.signingKey().flatMap(SigningKey::chosen).map(SigningAlgorithm::word),
                    settings.signingKey().flatMap(SigningKey::keyId),
                    settings.flow().grantType(),
                    source(settings.flow())
                            .filter(AssertionSource.Entered.class::isInstance)
                            .map(entered -> Secret.REDACTED),
                    source(settings.flow())
                            .filter(AssertionSource.InFile.class::isInstance)
                            .map(AssertionSource.InFile.class::cast)
                            .map(inFile -> inFile.file().name()),
                    IdentityProviderView.of(settings.flow()));
        }

        private static Optional<AssertionSource> source(GrantFlow flow) {
            return flow instanceof GrantFlow.WorkloadIdentity workload
                    ? Optional.of(workload.source())
                    : Optional.empty();
        }
    }

    record IdentityProviderView(
            String issuer,
            Optional<String> tokenUrl,
            String clientId,
            Optional<String> clientSecret,
            Optional<String> tokenEndpointAuthMethod,
            String subjectToken,
            String subjectTokenType) {
        static Optional<IdentityProviderView> of(GrantFlow flow) {
            return flow instanceof GrantFlow.EnterpriseManaged managed
                    ? Optional.of(of(managed.provider()))
                    : Optional.empty();
        }

        private static IdentityProviderView of(IdentityProvider provider) {
            return new IdentityProviderView(
                    provider.issuer().value(),
                    provider.tokenUrl(),
                    provider.clientId().value(),
                    provider.clientSecret().map(secret -> Secret.REDACTED),
                    provider.method().map(TokenEndpointAuthMethod::word),
                    Secret.REDACTED,
                    provider.subjectTokenType());
        }
    }

    static ClientConfigView of(McpClient client) {
        return of(client.id().value(), client.settings(), client instanceof McpClient.Disabled);
    }

    static ClientConfigView of(String clientId, ClientSettings settings, boolean disabled) {
        Optional<ClientAuth.OAuth> oauth = settings.oauth();
        return new ClientConfigView(
                clientId,
                settings.name().value(),
                settings.slug().value(),
                settings.connection().transport().word(),
                settings.connection().server().value(),
                settings.auth().kind().word(),
                oauth.map(auth -> auth.id().value()),
                oauth.map(auth -> OAuthConfigView.of(auth.settings())),
                redacted(settings.connection().headers()),
                switch (settings.tools()) {
                    case ToolSelection.All all -> List.of("*");
                    case ToolSelection.Only only -> only.names();
                },
                settings.toolExecutionTimeout().toSeconds(),
                settings.toolSyncInterval().map(Duration::toMinutes),
                settings.pingAvailable(),
                disabled,
                settings.connection().protocolVersion().map(ProtocolVersion::value),
                settings.connection().trustedCa().map(ca -> new TlsConfigView(ca.pem())));
    }

    private static Map<String, String> redacted(StaticHeaders headers) {
        Map<String, String> view = new TreeMap<>();
        headers.names().forEach(name -> view.put(name, Secret.REDACTED));
        return view;
    }
}
