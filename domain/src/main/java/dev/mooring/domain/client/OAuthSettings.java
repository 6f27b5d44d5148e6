package dev.mooring.domain.client;

import static dev.mooring.domain.InvalidValueException.require;

import dev.mooring.domain.oauth.AcceptedQuirks;
import dev.mooring.domain.oauth.ClientCredentials;
import dev.mooring.domain.oauth.ClientIdentifier;
import dev.mooring.domain.oauth.ClientSecret;
import dev.mooring.domain.oauth.DpopPolicy;
import dev.mooring.domain.oauth.HttpUrl;
import dev.mooring.domain.oauth.Issuer;
import dev.mooring.domain.oauth.ResourceIdentifier;
import dev.mooring.domain.oauth.Scopes;
import dev.mooring.domain.oauth.TokenEndpointAuthMethod;

import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What an operator knows about the authorization server. Everything is optional: what is missing is
 * discovered.
 *
 * @param scopes asked for instead of what discovery would choose, when not empty
 * @param authorizeParams sent along in the authorization request, for providers that want, say,
 *     {@code access_type=offline}
 * @param dpop whether tokens are to be bound to a key of ours
 * @param exceptions rules that this server may break
 */
public record OAuthSettings(
        Optional<Issuer> issuer,
        Optional<ClientIdentifier> clientId,
        Optional<ClientSecret> clientSecret,
        Optional<String> authorizeUrl,
        Optional<String> tokenUrl,
        Optional<String> registrationUrl,
        Optional<String> revocationUrl,
        Scopes scopes,
        Optional<ResourceIdentifier> resource,
        Optional<TokenEndpointAuthMethod> tokenEndpointAuthMethod,
        Map<String, String> authorizeParams,
        DpopPolicy dpop,
        AcceptedQuirks exceptions) {

    /** Nothing is known: all is discovered. */
    public static final OAuthSettings DISCOVERED =
            new OAuthSettings(
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty(),
                    Scopes.NONE,
                    Optional.empty(),
                    Optional.empty(),
                    Map.of(),
                    DpopPolicy.WHERE_ASKED,
                    AcceptedQuirks.NONE);

    /** Parameters that carry the security of the request; they are ours alone. */
    private static final Set<String> RESERVED =
            Set.of(
                    "response_type",
                    "response_mode",
                    "client_id",
                    "redirect_uri",
                    "scope",
                    "state",
                    "code_challenge",
                    "code_challenge_method",
                    "resource",
                    "dpop_jkt",
                    "request",
                    "request_uri");

    public OAuthSettings {
        authorizeUrl.ifPresent(url -> HttpUrl.requireHttpUrl("oauth_config.authorize_url", url));
        tokenUrl.ifPresent(url -> HttpUrl.requireHttpUrl("oauth_config.token_url", url));
        registrationUrl.ifPresent(
                url -> HttpUrl.requireHttpUrl("oauth_config.registration_url", url));
        revocationUrl.ifPresent(url -> HttpUrl.requireHttpUrl("oauth_config.revocation_url", url));
        require(
                tokenUrl.isPresent() || authorizeUrl.isEmpty(),
                "oauth_config.token_url",
                "authorize_url and token_url are given together or not at all");
        require(
                authorizeUrl.isPresent() || tokenUrl.isEmpty(),
                "oauth_config.authorize_url",
                "authorize_url and token_url are given together or not at all");
        require(
                clientId.isPresent() || clientSecret.isEmpty(),
                "oauth_config.client_id",
                "a client secret needs its client id");
        tokenEndpointAuthMethod.ifPresent(method ->
                require(
                        clientSecret.isPresent()
                                || clientId.isEmpty()
                                || method == TokenEndpointAuthMethod.NONE,
                        "oauth_config.client_secret",
                        "the authentication method " + method.word() + " needs a client secret"));
        authorizeParams = Map.copyOf(authorizeParams);
        require(authorizeParams.size() <= 32, "oauth_config.authorize_params", "more than 32");
        authorizeParams.forEach((name, value) -> {
            require(
                    !RESERVED.contains(name),
                    "oauth_config.authorize_params",
                    name + " is set by the authorization request itself");
            require(
                    name.matches("[A-Za-z0-9._~-]{1,128}") && value.length() <= 2048,
                    "oauth_config.authorize_params",
                    "a name is not plain or a value is too long");
        });
    }

    /** Whether the endpoints were given by hand, so that discovery is skipped. */
    public boolean namesEndpoints() {
        return authorizeUrl.isPresent();
    }

    /**
     * Whether a change from {@code earlier} to these settings puts the grant in doubt: another
     * server, another client, another resource, other scopes, tokens bound otherwise.
     */
    public boolean needsNewGrantAfter(OAuthSettings earlier) {
        return !issuer.equals(earlier.issuer)
                || !clientId.equals(earlier.clientId)
                || !authorizeUrl.equals(earlier.authorizeUrl)
                || !tokenUrl.equals(earlier.tokenUrl)
                || !registrationUrl.equals(earlier.registrationUrl)
                || !scopes.equals(earlier.scopes)
                || !resource.equals(earlier.resource)
                || dpop != earlier.dpop
                || !exceptions.equals(earlier.exceptions);
    }

    /** Whether an operator said who the authorization server is, so that nobody else names it. */
    public boolean namesIssuer() {
        return issuer.isPresent() || namesEndpoints();
    }

    /**
     * The client id and secret that were entered, for use where {@code current} was used so far:
     * the method that is not given stays, if it still can be.
     */
    public Optional<ClientCredentials> credentials(TokenEndpointAuthMethod current) {
        TokenEndpointAuthMethod possible =
                current == TokenEndpointAuthMethod.NONE
                        ? TokenEndpointAuthMethod.CLIENT_SECRET_BASIC
                        : current;
        TokenEndpointAuthMethod fallback =
                clientSecret.isPresent() ? possible : TokenEndpointAuthMethod.NONE;
        return clientId.map(id ->
                new ClientCredentials(id, clientSecret, tokenEndpointAuthMethod.orElse(fallback)));
    }

    /** Whether the secret or the way it is shown differs from {@code earlier}. */
    public boolean changesCredentialsOf(OAuthSettings earlier) {
        return !clientSecret.equals(earlier.clientSecret)
                || !tokenEndpointAuthMethod.equals(earlier.tokenEndpointAuthMethod);
    }

    /**
     * Whether a link that was made under {@code earlier} is no good any more under these settings,
     * even where a grant is: it would ask for something else, or be redeemed otherwise.
     */
    public boolean needsNewLinkAfter(OAuthSettings earlier) {
        return needsNewGrantAfter(earlier)
                || !revocationUrl.equals(earlier.revocationUrl)
                || !authorizeParams.equals(earlier.authorizeParams)
                || clientSecret.isPresent() != earlier.clientSecret.isPresent();
    }

    /**
     * Whether these settings would show the client secret to another party, or as another client.
     */
    public boolean sendsSecretElsewhereThan(OAuthSettings earlier) {
        return !issuer.equals(earlier.issuer)
                || !clientId.equals(earlier.clientId)
                || !authorizeUrl.equals(earlier.authorizeUrl)
                || !tokenUrl.equals(earlier.tokenUrl)
                || !revocationUrl.equals(earlier.revocationUrl);
    }
}
