package dev.mooring.adapter.rest;

import static dev.mooring.domain.InvalidValueException.require;

import dev.mooring.adapter.rest.edge.RefusedException;
import dev.mooring.domain.InvalidValueException;
import dev.mooring.domain.Secret;
import dev.mooring.domain.client.AssertionFile;
import dev.mooring.domain.client.ClientAuth;
import dev.mooring.domain.client.ClientAuth.Kind;
import dev.mooring.domain.client.ClientId;
import dev.mooring.domain.client.ClientName;
import dev.mooring.domain.client.ClientSettings;
import dev.mooring.domain.client.Connection;
import dev.mooring.domain.client.EndpointSlug;
import dev.mooring.domain.client.GrantFlow;
import dev.mooring.domain.client.GrantFlow.AssertionSource;
import dev.mooring.domain.client.IdentityProvider;
import dev.mooring.domain.client.OAuthConfigId;
import dev.mooring.domain.client.OAuthSecret;
import dev.mooring.domain.client.OAuthSettings;
import dev.mooring.domain.client.StaticHeaders;
import dev.mooring.domain.client.TrustedCa;
import dev.mooring.domain.mcp.ProtocolVersion;
import dev.mooring.domain.mcp.ServerUri;
import dev.mooring.domain.mcp.ToolSelection;
import dev.mooring.domain.mcp.Transport;
import dev.mooring.domain.oauth.AcceptedQuirks;
import dev.mooring.domain.oauth.Assertion;
import dev.mooring.domain.oauth.ClientIdentifier;
import dev.mooring.domain.oauth.ClientSecret;
import dev.mooring.domain.oauth.DpopPolicy;
import dev.mooring.domain.oauth.Issuer;
import dev.mooring.domain.oauth.ResourceIdentifier;
import dev.mooring.domain.oauth.Scopes;
import dev.mooring.domain.oauth.SigningAlgorithm;
import dev.mooring.domain.oauth.SigningKey;
import dev.mooring.domain.oauth.SubjectToken;
import dev.mooring.domain.oauth.TokenEndpointAuthMethod;

import java.time.Duration;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;

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
            Optional<List<String>> exceptions,
            Optional<String> privateKeyPem,
            Optional<String> signingAlgorithm,
            Optional<String> privateKeyId,
            Optional<String> grantType,
            Optional<String> assertion,
            Optional<String> assertionFile,
            Optional<IdentityProviderBody> identityProvider) {

        /** The secrets that are given and not just said to be there. */
        Set<OAuthSecret> secretsGiven() {
            Set<OAuthSecret> secrets = EnumSet.noneOf(OAuthSecret.class);
            for (OAuthSecret secret : OAuthSecret.values()) {
                text(secret)
                        .filter(text -> !text.equals(Secret.REDACTED))
                        .ifPresent(text -> secrets.add(secret));
            }
            return secrets;
        }

        private Optional<String> text(OAuthSecret secret) {
            return given(
                    switch (secret) {
                        case CLIENT_SECRET -> clientSecret;
                        case PRIVATE_KEY -> privateKeyPem;
                        case ASSERTION -> assertion;
                        case ASSERTION_FILE -> assertionFile;
                        case IDENTITY_PROVIDER_SECRET ->
                                identityProvider.flatMap(IdentityProviderBody::clientSecret);
                        case SUBJECT_TOKEN ->
                                identityProvider.flatMap(IdentityProviderBody::subjectToken);
                    });
        }

        OAuthSettings settings(Optional<OAuthSettings> stored) {
            return new OAuthSettings(
                    given(issuer).map(Issuer::new),
                    given(clientId).map(ClientIdentifier::new),
                    secret(
                            OAuthSecret.CLIENT_SECRET,
                            ClientSecret::new,
                            stored.flatMap(OAuthSettings::clientSecret)),
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
                    AcceptedQuirks.parse(exceptions.orElse(List.of())),
                    signingKey(stored),
                    flow(stored));
        }

        private Optional<SigningKey> signingKey(Optional<OAuthSettings> stored) {
            Optional<SigningAlgorithm> algorithm =
                    given(signingAlgorithm)
                            .map(word ->
                                    SigningAlgorithm.parse("oauth_config.signing_algorithm", word));
            Optional<String> keyId = given(privateKeyId);
            Optional<SigningKey> key =
                    secret(
                                    OAuthSecret.PRIVATE_KEY,
                                    pem -> new SigningKey(pem, algorithm, keyId),
                                    stored.flatMap(OAuthSettings::signingKey))
                            .map(found -> new SigningKey(found.value(), algorithm, keyId));
            require(
                    key.isPresent() || algorithm.isEmpty(),
                    "oauth_config.signing_algorithm",
                    "goes with private_key_pem alone");
            require(
                    key.isPresent() || keyId.isEmpty(),
                    "oauth_config.private_key_id",
                    "goes with private_key_pem alone");
            return key;
        }

        private GrantFlow flow(Optional<OAuthSettings> stored) {
            String word = given(grantType).orElse(GrantFlow.AUTHORIZATION_CODE);
            boolean bearer = word.equals(GrantFlow.JWT_BEARER);
            String alone = "goes with the grant type " + GrantFlow.JWT_BEARER + " alone";
            require(bearer || given(assertion).isEmpty(), "oauth_config.assertion", alone);
            require(bearer || given(assertionFile).isEmpty(), "oauth_config.assertion_file", alone);
            require(bearer || identityProvider.isEmpty(), "oauth_config.identity_provider", alone);
            return switch (word) {
                case GrantFlow.AUTHORIZATION_CODE -> new GrantFlow.AuthorizationCode();
                case GrantFlow.CLIENT_CREDENTIALS -> new GrantFlow.ClientCredentials();
                case GrantFlow.JWT_BEARER -> bearer(stored.map(OAuthSettings::flow));
                default ->
                        throw new InvalidValueException(
                                "oauth_config.grant_type",
                                "must be authorization_code, client_credentials or "
                                        + GrantFlow.JWT_BEARER);
            };
        }

        private GrantFlow bearer(Optional<GrantFlow> stored) {
            Optional<Assertion> entered =
                    secret(
                            OAuthSecret.ASSERTION,
                            Assertion::new,
                            stored.flatMap(OAuthConfigBody::assertionOf));
            Optional<AssertionFile> file = given(assertionFile).map(AssertionFile::new);
            List<GrantFlow> flows =
                    Stream.of(
                                    entered.map(AssertionSource.Entered::new)
                                            .<GrantFlow>map(GrantFlow.WorkloadIdentity::new),
                                    file.map(AssertionSource.InFile::new)
                                            .<GrantFlow>map(GrantFlow.WorkloadIdentity::new),
                                    identityProvider.<GrantFlow>map(provider ->
                                            new GrantFlow.EnterpriseManaged(
                                                    provider.provider(
                                                            stored.flatMap(
                                                                    OAuthConfigBody::providerOf)))))
                            .flatMap(Optional::stream)
                            .toList();
            require(
                    flows.size() == 1,
                    "oauth_config.assertion",
                    "give one of assertion, assertion_file and identity_provider");
            return flows.getFirst();
        }

        private static Optional<Assertion> assertionOf(GrantFlow flow) {
            return flow instanceof GrantFlow.WorkloadIdentity workload
                            && workload.source() instanceof AssertionSource.Entered entered
                    ? Optional.of(entered.assertion())
                    : Optional.empty();
        }

        private static Optional<IdentityProvider> providerOf(GrantFlow flow) {
            return flow instanceof GrantFlow.EnterpriseManaged managed
                    ? Optional.of(managed.provider())
                    : Optional.empty();
        }

        private <T> Optional<T> secret(
                OAuthSecret which, Function<String, T> reader, Optional<T> stored) {
            return ClientBody.secret(text(which), which, reader, stored);
        }
    }

    record IdentityProviderBody(
            Optional<String> issuer,
            Optional<String> tokenUrl,
            Optional<String> clientId,
            Optional<String> clientSecret,
            Optional<String> tokenEndpointAuthMethod,
            Optional<String> subjectToken,
            Optional<String> subjectTokenType) {
        private static final String FIELD = "oauth_config.identity_provider.";

        IdentityProvider provider(Optional<IdentityProvider> stored) {
            return new IdentityProvider(
                    named("issuer", issuer, Issuer::new),
                    given(tokenUrl),
                    named("client_id", clientId, ClientIdentifier::new),
                    secret(
                            given(clientSecret),
                            OAuthSecret.IDENTITY_PROVIDER_SECRET,
                            ClientSecret::new,
                            stored.flatMap(IdentityProvider::clientSecret)),
                    given(tokenEndpointAuthMethod)
                            .map(word ->
                                    TokenEndpointAuthMethod.parse(
                                            FIELD + "token_endpoint_auth_method", word)),
                    secret(
                                    given(subjectToken),
                                    OAuthSecret.SUBJECT_TOKEN,
                                    SubjectToken::new,
                                    stored.map(IdentityProvider::subjectToken))
                            .orElseThrow(() -> missing("subject_token")),
                    given(subjectTokenType).orElse(IdentityProvider.ID_TOKEN));
        }

        /** A value whose own type would blame the field of the same name one level up. */
        private static <T> T named(
                String field, Optional<String> text, Function<String, T> reader) {
            String value = given(text).orElseThrow(() -> missing(field));
            try {
                return reader.apply(value);
            } catch (InvalidValueException e) {
                throw new InvalidValueException(FIELD + field, String.valueOf(e.getMessage()));
            }
        }

        private static RefusedException missing(String field) {
            return new RefusedException(Errors.missingField(FIELD + field));
        }
    }

    private static <T> Optional<T> secret(
            Optional<String> text,
            OAuthSecret which,
            Function<String, T> reader,
            Optional<T> stored) {
        if (!text.equals(Optional.of(Secret.REDACTED))) {
            return text.map(reader);
        }
        require(stored.isPresent(), which.field(), NOTHING_STORED);
        return stored;
    }

    /** Bifrost's dashboards send an empty text for what a person left empty. */
    private static Optional<String> given(Optional<String> text) {
        return text.filter(value -> !value.isEmpty());
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
        Kind implied = connection.headers().isEmpty() ? Kind.NONE : Kind.HEADERS;
        Kind kind =
                authType.map(Kind::parse).orElse(oauthConfig.isPresent() ? Kind.OAUTH : implied);
        require(
                oauthConfig.isEmpty() || kind == Kind.OAUTH,
                "oauth_config",
                "goes with auth_type oauth alone");
        return switch (kind) {
            case NONE -> new ClientAuth.None();
            case HEADERS -> new ClientAuth.Headers();
            case OAUTH -> {
                Optional<ClientAuth.OAuth> was = stored.flatMap(ClientSettings::oauth);
                yield new ClientAuth.OAuth(
                        was.map(ClientAuth.OAuth::id).orElseGet(configId),
                        oauthConfig
                                .map(body -> body.settings(was.map(ClientAuth.OAuth::settings)))
                                .orElse(OAuthSettings.DISCOVERED));
            }
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
