package dev.mooring.adapter.oauth;

import com.nimbusds.oauth2.sdk.AuthorizationCode;
import com.nimbusds.oauth2.sdk.AuthorizationCodeGrant;
import com.nimbusds.oauth2.sdk.AuthorizationGrant;
import com.nimbusds.oauth2.sdk.ClientCredentialsGrant;
import com.nimbusds.oauth2.sdk.GrantType;
import com.nimbusds.oauth2.sdk.RefreshTokenGrant;
import com.nimbusds.oauth2.sdk.Request;
import com.nimbusds.oauth2.sdk.ResponseType;
import com.nimbusds.oauth2.sdk.Scope;
import com.nimbusds.oauth2.sdk.TokenRequest;
import com.nimbusds.oauth2.sdk.TokenRevocationRequest;
import com.nimbusds.oauth2.sdk.auth.ClientAuthentication;
import com.nimbusds.oauth2.sdk.auth.ClientAuthenticationMethod;
import com.nimbusds.oauth2.sdk.auth.ClientSecretBasic;
import com.nimbusds.oauth2.sdk.auth.ClientSecretPost;
import com.nimbusds.oauth2.sdk.auth.Secret;
import com.nimbusds.oauth2.sdk.client.ClientRegistrationRequest;
import com.nimbusds.oauth2.sdk.http.HTTPRequest;
import com.nimbusds.oauth2.sdk.id.ClientID;
import com.nimbusds.oauth2.sdk.pkce.CodeVerifier;
import com.nimbusds.oauth2.sdk.token.RefreshToken;
import com.nimbusds.oauth2.sdk.token.Token;
import com.nimbusds.openid.connect.sdk.rp.ApplicationType;
import com.nimbusds.openid.connect.sdk.rp.OIDCClientMetadata;

import dev.mooring.adapter.http.Body;
import dev.mooring.adapter.http.CallLimits;
import dev.mooring.adapter.http.OutboundRequest;
import dev.mooring.application.port.TokenEndpoint.CodeRedemption;
import dev.mooring.application.port.TokenEndpoint.DirectRequest;
import dev.mooring.application.port.TokenEndpoint.TokenExchange;
import dev.mooring.application.port.TokenEndpoint.TokenRefresh;
import dev.mooring.domain.oauth.ClientCredentials;
import dev.mooring.domain.oauth.ClientMetadata;
import dev.mooring.domain.oauth.ClientSecret;
import dev.mooring.domain.oauth.ResourceIdentifier;
import dev.mooring.domain.oauth.TokenEndpointAuthMethod;

import java.net.URI;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * The requests we make of an authorization server, as Nimbus writes them. Empty where our client
 * cannot prove itself, because this process was not given the key that it should sign with.
 */
final class OAuthRequest {
    private static final CallLimits PATIENT =
            CallLimits.DEFAULT.withRead(Duration.ofSeconds(15)).withBodyBytes(256 * 1024);

    /** The type of an identity assertion authorization grant. */
    static final String ID_JAG = "urn:ietf:params:oauth:token-type:id-jag";

    private OAuthRequest() {}

    /** RFC 6749 section 4.1.3, with PKCE and the resource indicator. */
    static Optional<OutboundRequest> of(CodeRedemption redemption, ClientAssertions assertions) {
        return token(
                redemption.tokenEndpoint(),
                redemption.credentials(),
                assertions,
                new AuthorizationCodeGrant(
                        new AuthorizationCode(redemption.code().value()),
                        URI.create(redemption.redirectUri().value()),
                        new CodeVerifier(redemption.verifier().value())),
                redemption.resource());
    }

    /** RFC 6749 section 6, with the resource indicator. */
    static Optional<OutboundRequest> of(TokenRefresh refresh, ClientAssertions assertions) {
        return token(
                refresh.tokenEndpoint(),
                refresh.credentials(),
                assertions,
                new RefreshTokenGrant(new RefreshToken(refresh.refreshToken().value())),
                refresh.resource());
    }

    /** RFC 6749 section 4.4.2 or RFC 7523 section 2.1, with the resource indicator. */
    static Optional<OutboundRequest> of(DirectRequest direct, ClientAssertions assertions) {
        AuthorizationGrant grant =
                direct.assertion()
                        .<AuthorizationGrant>map(assertion ->
                                new Form(
                                        GrantType.JWT_BEARER,
                                        Map.of("assertion", assertion.value())))
                        .orElseGet(ClientCredentialsGrant::new);
        return tokenBuilder(direct.tokenEndpoint(), direct.credentials(), assertions, grant)
                .map(builder -> {
                    direct.scopes().parameter().map(Scope::parse).ifPresent(builder::scope);
                    name(direct.resource(), builder);
                    return outbound(direct.tokenEndpoint(), builder.build());
                });
    }

    /** RFC 8693 section 2.1, as MCP's enterprise-managed authorization fills it in. */
    static Optional<OutboundRequest> of(TokenExchange exchange, ClientAssertions assertions) {
        Map<String, String> members = new LinkedHashMap<>();
        members.put("requested_token_type", ID_JAG);
        members.put("audience", exchange.audience().value());
        members.put("resource", exchange.resource().value());
        members.put("subject_token", exchange.subjectToken().value());
        members.put("subject_token_type", exchange.subjectTokenType());
        exchange.scopes().parameter().ifPresent(scope -> members.put("scope", scope));
        return tokenBuilder(
                        exchange.tokenEndpoint(),
                        exchange.credentials(),
                        assertions,
                        new Form(GrantType.TOKEN_EXCHANGE, members))
                .map(builder -> outbound(exchange.tokenEndpoint(), builder.build()));
    }

    /**
     * A grant whose parameters are sent as they are: Nimbus' own classes would parse the tokens,
     * which are opaque to us.
     */
    private static final class Form extends AuthorizationGrant {
        private final Map<String, List<String>> parameters = new LinkedHashMap<>();

        Form(GrantType type, Map<String, String> members) {
            super(type);
            parameters.put("grant_type", List.of(type.getValue()));
            members.forEach((name, value) -> parameters.put(name, List.of(value)));
        }

        @Override
        public Map<String, List<String>> toParameters() {
            return parameters;
        }
    }

    private static Optional<OutboundRequest> token(
            URI endpoint,
            ClientCredentials credentials,
            ClientAssertions assertions,
            AuthorizationGrant grant,
            Optional<ResourceIdentifier> resource) {
        return tokenBuilder(endpoint, credentials, assertions, grant)
                .map(builder -> {
                    name(resource, builder);
                    return outbound(endpoint, builder.build())
                            // A kept connection may break just as the request is written; then
                            // nobody could tell whether the code or the refresh token is used up.
                            .onFreshConnection();
                });
    }

    /** RFC 8707 section 2.2: byte for byte what the authorization request named. */
    private static void name(Optional<ResourceIdentifier> resource, TokenRequest.Builder builder) {
        resource.map(ResourceIdentifier::value).map(URI::create).ifPresent(builder::resources);
    }

    private static Optional<TokenRequest.Builder> tokenBuilder(
            URI endpoint,
            ClientCredentials credentials,
            ClientAssertions assertions,
            AuthorizationGrant grant) {
        // RFC 6749 section 3.2.1: a public client only names itself.
        return credentials.method() == TokenEndpointAuthMethod.NONE
                ? Optional.of(new TokenRequest.Builder(endpoint, clientId(credentials), grant))
                : authentication(credentials, assertions)
                        .map(known -> new TokenRequest.Builder(endpoint, known, grant));
    }

    /** RFC 7591 section 3.1. */
    static OutboundRequest registration(URI endpoint, ClientMetadata metadata) {
        OIDCClientMetadata written = new OIDCClientMetadata();
        written.setName(metadata.clientName());
        metadata.clientUri().map(URI::create).ifPresent(written::setURI);
        written.setRedirectionURIs(
                inOrder(metadata.redirectUris(), uri -> URI.create(uri.value())));
        written.setGrantTypes(inOrder(metadata.grantTypes(), GrantType::new));
        written.setResponseTypes(inOrder(metadata.responseTypes(), ResponseType::new));
        written.setTokenEndpointAuthMethod(
                new ClientAuthenticationMethod(metadata.tokenEndpointAuthMethod().word()));
        written.setApplicationType(
                metadata.applicationType().equals("native")
                        ? ApplicationType.NATIVE
                        : ApplicationType.WEB);
        metadata.scope().parameter().map(Scope::parse).ifPresent(written::setScope);
        return outbound(endpoint, new ClientRegistrationRequest(endpoint, written, null));
    }

    private static <T, R> Set<R> inOrder(List<T> list, Function<T, R> mapping) {
        return list.stream().map(mapping).collect(Collectors.toCollection(LinkedHashSet::new));
    }

    /** RFC 7009 section 2.1. */
    static Optional<OutboundRequest> revocation(
            URI endpoint,
            ClientCredentials credentials,
            ClientAssertions assertions,
            Token accessOrRefreshToken) {
        Optional<TokenRevocationRequest> request =
                credentials.method() == TokenEndpointAuthMethod.NONE
                        ? Optional.of(
                                new TokenRevocationRequest(
                                        endpoint, clientId(credentials), accessOrRefreshToken))
                        : authentication(credentials, assertions)
                                .map(known ->
                                        new TokenRevocationRequest(
                                                endpoint, known, accessOrRefreshToken));
        return request.map(written -> outbound(endpoint, written));
    }

    private static Optional<ClientAuthentication> authentication(
            ClientCredentials credentials, ClientAssertions assertions) {
        Optional<Secret> secret = credentials.secret().map(ClientSecret::value).map(Secret::new);
        return switch (credentials.method()) {
            case NONE -> Optional.empty();
            case CLIENT_SECRET_BASIC ->
                    secret.map(known -> new ClientSecretBasic(clientId(credentials), known));
            case CLIENT_SECRET_POST ->
                    secret.map(known -> new ClientSecretPost(clientId(credentials), known));
            case PRIVATE_KEY_JWT ->
                    credentials.key().flatMap(key -> assertions.sign(credentials.clientId(), key));
        };
    }

    private static ClientID clientId(ClientCredentials credentials) {
        return new ClientID(credentials.clientId().value());
    }

    static OutboundRequest outbound(URI endpoint, Request request) {
        HTTPRequest written = request.toHTTPRequest();
        OutboundRequest post =
                OutboundRequest.post(
                                endpoint,
                                String.valueOf(written.getEntityContentType()),
                                Body.of(String.valueOf(written.getBody())))
                        .withHeader("Accept", "application/json")
                        .withLimits(PATIENT);
        return Optional.ofNullable(written.getAuthorization())
                .map(authorization -> post.withHeader("Authorization", authorization))
                .orElse(post);
    }
}
