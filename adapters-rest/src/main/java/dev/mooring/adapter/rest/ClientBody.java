package dev.mooring.adapter.rest;

import static dev.mooring.domain.InvalidValueException.require;

import dev.mooring.adapter.rest.edge.RefusedException;
import dev.mooring.domain.InvalidValueException;
import dev.mooring.domain.Secret;
import dev.mooring.domain.client.ClientAuth;
import dev.mooring.domain.client.ClientId;
import dev.mooring.domain.client.ClientName;
import dev.mooring.domain.client.ClientSettings;
import dev.mooring.domain.client.Connection;
import dev.mooring.domain.client.EndpointSlug;
import dev.mooring.domain.client.OAuthConfigId;
import dev.mooring.domain.client.OAuthSettings;
import dev.mooring.domain.client.StaticHeaders;
import dev.mooring.domain.client.TrustedCa;
import dev.mooring.domain.mcp.ProtocolVersion;
import dev.mooring.domain.mcp.ServerUri;
import dev.mooring.domain.mcp.ToolSelection;
import dev.mooring.domain.mcp.Transport;
import dev.mooring.domain.oauth.AcceptedQuirks;
import dev.mooring.domain.oauth.ClientIdentifier;
import dev.mooring.domain.oauth.ClientSecret;
import dev.mooring.domain.oauth.DpopPolicy;
import dev.mooring.domain.oauth.Issuer;
import dev.mooring.domain.oauth.ResourceIdentifier;
import dev.mooring.domain.oauth.Scopes;
import dev.mooring.domain.oauth.TokenEndpointAuthMethod;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * What a request says about a client. All is optional here, so that a part of it can be checked by
 * itself; what is missing is found when the settings are made.
 *
 * @param clientId our id, chosen by the caller; OAuth's is in {@code oauthConfig}
 * @param toolExecutionTimeout in seconds; 0 is the default
 * @param toolSyncInterval in minutes; without a positive one tools are listed only when asked
 */
record ClientBody(
        Optional<String> clientId,
        Optional<String> name,
        Optional<String> endpointSlug,
        Optional<String> connectionType,
        Optional<String> connectionString,
        Optional<String> authType,
        Optional<OAuthConfigBody> oauthConfig,
        Optional<Map<String, String>> headers,
        Optional<List<String>> toolsToExecute,
        Optional<Integer> toolExecutionTimeout,
        Optional<Integer> toolSyncInterval,
        Optional<Boolean> isPingAvailable,
        Optional<Boolean> disabled,
        Optional<String> protocolVersion,
        Optional<TlsConfigBody> tlsConfig) {

    record TlsConfigBody(Optional<String> caCertPem) {}

    record OAuthConfigBody(
            Optional<String> issuer,
            Optional<String> clientId,
            Optional<String> clientSecret,
            Optional<String> authorizeUrl,
            Optional<String> tokenUrl,
            Optional<String> registrationUrl,
            Optional<String> revocationUrl,
            Optional<List<String>> scopes,
            Optional<String> resource,
            Optional<String> tokenEndpointAuthMethod,
            Optional<Map<String, String>> authorizeParams,
            Optional<Boolean> dpopBoundAccessTokens,
            Optional<List<String>> exceptions) {

        /** Whether a secret is given that is not just the sign that there is one. */
        boolean givesSecret() {
            return given(clientSecret).filter(text -> !text.equals(Secret.REDACTED)).isPresent();
        }

        OAuthSettings settings(Optional<ClientSecret> stored) {
            return new OAuthSettings(
                    given(issuer).map(Issuer::new),
                    given(clientId).map(ClientIdentifier::new),
                    secret(stored),
                    given(authorizeUrl),
                    given(tokenUrl),
                    given(registrationUrl),
                    given(revocationUrl),
                    new Scopes(scopes.orElse(List.of())),
                    given(resource).map(ResourceIdentifier::new),
                    given(tokenEndpointAuthMethod)
                            .map(word ->
                                    TokenEndpointAuthMethod.parse(
                                            "oauth_config.token_endpoint_auth_method", word)),
                    authorizeParams.orElse(Map.of()),
                    dpopBoundAccessTokens.map(DpopPolicy::of).orElse(DpopPolicy.WHERE_ASKED),
                    AcceptedQuirks.parse(exceptions.orElse(List.of())));
        }

        private Optional<ClientSecret> secret(Optional<ClientSecret> stored) {
            Optional<String> text = given(clientSecret);
            if (text.isEmpty() || givesSecret()) {
                return text.map(ClientSecret::new);
            }
            require(stored.isPresent(), "oauth_config.client_secret", NOTHING_STORED);
            return stored;
        }

        /** Bifrost's dashboards send an empty text for what a person left empty. */
        private static Optional<String> given(Optional<String> text) {
            return text.filter(value -> !value.isEmpty());
        }
    }

    private static final String NOTHING_STORED =
            Secret.REDACTED + " stands for a stored secret, and there is none";

    Optional<ClientId> id() {
        return clientId.map(ClientId::new);
    }

    boolean isDisabled() {
        return disabled.orElse(false);
    }

    /**
     * All of it, as settings of a client.
     *
     * @param stored whose secrets {@value Secret#REDACTED} stands for
     * @param configId names the OAuth side, if the client gets one
     * @throws InvalidValueException naming the field that is wrong or missing
     */
    ClientSettings settings(Optional<ClientSettings> stored, Supplier<OAuthConfigId> configId) {
        ClientName clientName = new ClientName(needed("name", name));
        Connection connection =
                new Connection(
                        new ServerUri(needed("connection_string", connectionString)),
                        Transport.parse(needed("connection_type", connectionType)),
                        protocolVersion.map(ProtocolVersion::new),
                        tlsConfig.flatMap(TlsConfigBody::caCertPem).map(TrustedCa::new),
                        staticHeaders(stored));
        return new ClientSettings(
                clientName,
                endpointSlug.map(EndpointSlug::new).orElseGet(clientName::slug),
                connection,
                auth(connection, stored, configId),
                ToolSelection.of(toolsToExecute.orElse(List.of("*"))),
                toolExecutionTimeout
                        .filter(seconds -> seconds != 0)
                        .map(Duration::ofSeconds)
                        .orElse(ClientSettings.DEFAULT_TOOL_EXECUTION_TIMEOUT),
                toolSyncInterval.filter(minutes -> minutes > 0).map(Duration::ofMinutes),
                isPingAvailable.orElse(true));
    }

    private ClientAuth auth(
            Connection connection,
            Optional<ClientSettings> stored,
            Supplier<OAuthConfigId> configId) {
        String implied = connection.headers().isEmpty() ? "none" : "headers";
        String word = authType.orElse(oauthConfig.isPresent() ? "oauth" : implied);
        require(
                oauthConfig.isEmpty() || word.equals("oauth"),
                "oauth_config",
                "goes with auth_type oauth alone");
        return switch (word) {
            case "none" -> new ClientAuth.None();
            case "headers" -> new ClientAuth.Headers();
            case "oauth" -> {
                Optional<ClientAuth.OAuth> was = stored.flatMap(ClientSettings::oauth);
                yield new ClientAuth.OAuth(
                        was.map(ClientAuth.OAuth::id).orElseGet(configId),
                        oauthConfig
                                .map(body ->
                                        body.settings(
                                                was.flatMap(
                                                        oauth -> oauth.settings().clientSecret())))
                                .orElse(OAuthSettings.DISCOVERED));
            }
            default ->
                    throw new InvalidValueException("auth_type", "must be none, headers or oauth");
        };
    }

    /** Whether every header value is named anew, so that nothing that is stored is kept. */
    boolean givesHeaders() {
        return headers.filter(values -> !values.containsValue(Secret.REDACTED)).isPresent();
    }

    private StaticHeaders staticHeaders(Optional<ClientSettings> stored) {
        Map<String, StaticHeaders.Value> known =
                stored.map(settings -> settings.connection().headers().byName()).orElse(Map.of());
        Map<String, StaticHeaders.Value> values = new LinkedHashMap<>();
        headers.orElse(Map.of())
                .forEach((name, text) -> {
                    Optional<StaticHeaders.Value> kept =
                            Optional.of(text)
                                    .filter(Secret.REDACTED::equals)
                                    .map(redacted -> known.get(name.toLowerCase(Locale.ROOT)));
                    if (kept.isEmpty() && text.equals(Secret.REDACTED)) {
                        throw stored.isPresent()
                                ? new RefusedException(
                                        Errors.settingsConflict("headers", NOTHING_STORED))
                                : new InvalidValueException("headers", NOTHING_STORED);
                    }
                    values.put(name, kept.orElseGet(() -> new StaticHeaders.Value(text)));
                });
        return new StaticHeaders(values);
    }

    private static String needed(String field, Optional<String> value) {
        return value.orElseThrow(() -> new RefusedException(Errors.missingField(field)));
    }
}
