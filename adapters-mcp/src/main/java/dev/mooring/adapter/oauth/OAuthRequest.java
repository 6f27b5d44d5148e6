package dev.mooring.adapter.oauth;

import com.nimbusds.oauth2.sdk.AuthorizationCode;
import com.nimbusds.oauth2.sdk.AuthorizationCodeGrant;
import com.nimbusds.oauth2.sdk.AuthorizationGrant;
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
import dev.mooring.application.port.TokenEndpoint.TokenRefresh;
import dev.mooring.domain.oauth.ClientCredentials;
import dev.mooring.domain.oauth.ClientMetadata;
import dev.mooring.domain.oauth.ClientSecret;
import dev.mooring.domain.oauth.ResourceIdentifier;

import java.net.URI;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/** The requests we make of an authorization server, as Nimbus writes them. */
final class OAuthRequest {
    private static final CallLimits PATIENT =
            CallLimits.DEFAULT.withRead(Duration.ofSeconds(15)).withBodyBytes(256 * 1024);

    private OAuthRequest() {}

    /** RFC 6749 section 4.1.3, with PKCE and the resource indicator. */
    static OutboundRequest of(CodeRedemption redemption) {
        return token(
                redemption.tokenEndpoint(),
                redemption.credentials(),
                new AuthorizationCodeGrant(
                        new AuthorizationCode(redemption.code().value()),
                        URI.create(redemption.redirectUri().value()),
                        new CodeVerifier(redemption.verifier().value())),
                redemption.resource());
    }

    /** RFC 6749 section 6, with the resource indicator. */
    static OutboundRequest of(TokenRefresh refresh) {
        return token(
                refresh.tokenEndpoint(),
                refresh.credentials(),
                new RefreshTokenGrant(new RefreshToken(refresh.refreshToken().value())),
                refresh.resource());
    }

    private static OutboundRequest token(
            URI endpoint,
            ClientCredentials credentials,
            AuthorizationGrant grant,
            Optional<ResourceIdentifier> resource) {
        TokenRequest.Builder builder =
                authentication(credentials)
                        .map(known -> new TokenRequest.Builder(endpoint, known, grant))
                        .orElseGet(() ->
                                new TokenRequest.Builder(endpoint, clientId(credentials), grant));
        // RFC 8707 section 2.2: byte for byte what the authorization request named.
        resource.map(ResourceIdentifier::value).map(URI::create).ifPresent(builder::resources);
        return outbound(endpoint, builder.build())
                // A kept connection may break just as the request is written; then nobody could
                // tell whether the code or the refresh token is used up.
                .onFreshConnection();
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
    static OutboundRequest revocation(
            URI endpoint, ClientCredentials credentials, Token accessOrRefreshToken) {
        return outbound(
                endpoint,
                authentication(credentials)
                        .map(known ->
                                new TokenRevocationRequest(endpoint, known, accessOrRefreshToken))
                        .orElseGet(() ->
                                new TokenRevocationRequest(
                                        endpoint, clientId(credentials), accessOrRefreshToken)));
    }

    /** Empty for a public client, which only names itself (RFC 6749 section 3.2.1). */
    private static Optional<ClientAuthentication> authentication(ClientCredentials credentials) {
        Optional<Secret> secret = credentials.secret().map(ClientSecret::value).map(Secret::new);
        return switch (credentials.method()) {
            case NONE -> Optional.empty();
            case CLIENT_SECRET_BASIC ->
                    secret.map(known -> new ClientSecretBasic(clientId(credentials), known));
            case CLIENT_SECRET_POST ->
                    secret.map(known -> new ClientSecretPost(clientId(credentials), known));
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
