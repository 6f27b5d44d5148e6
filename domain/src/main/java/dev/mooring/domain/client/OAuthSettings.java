package dev.mooring.domain.client;

import static dev.mooring.domain.InvalidValueException.require;

import dev.mooring.domain.client.GrantFlow.AssertionSource;
import dev.mooring.domain.oauth.AcceptedQuirks;
import dev.mooring.domain.oauth.AccessChallenge;
import dev.mooring.domain.oauth.AssertionKey;
import dev.mooring.domain.oauth.AuthorizationServer;
import dev.mooring.domain.oauth.ClientCredentials;
import dev.mooring.domain.oauth.ClientIdentifier;
import dev.mooring.domain.oauth.ClientSecret;
import dev.mooring.domain.oauth.DpopPolicy;
import dev.mooring.domain.oauth.HttpUrl;
import dev.mooring.domain.oauth.Issuer;
import dev.mooring.domain.oauth.Quirk;
import dev.mooring.domain.oauth.ResourceIdentifier;
import dev.mooring.domain.oauth.Scopes;
import dev.mooring.domain.oauth.SigningKey;
import dev.mooring.domain.oauth.TokenEndpointAuthMethod;

import java.net.URI;
import java.util.EnumSet;
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
 * @param signingKey with which our client proves itself instead of a secret
 * @param flow how the client comes by its grant
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
        AcceptedQuirks exceptions,
        Optional<SigningKey> signingKey,
        GrantFlow flow) {

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
                    AcceptedQuirks.NONE,
                    Optional.empty(),
                    new GrantFlow.AuthorizationCode());

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
        requireProof(clientId, clientSecret, signingKey, tokenEndpointAuthMethod);
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
        switch (flow) {
            case GrantFlow.AuthorizationCode code -> {
                require(
                        tokenUrl.isPresent() || authorizeUrl.isEmpty(),
                        "oauth_config.token_url",
                        "authorize_url and token_url are given together or not at all");
                require(
                        authorizeUrl.isPresent() || tokenUrl.isEmpty(),
                        "oauth_config.authorize_url",
                        "authorize_url and token_url are given together or not at all");
            }
            case GrantFlow.Unattended unattended -> {
                requireNoBrowser(authorizeUrl, registrationUrl, authorizeParams, unattended);
                // MCP extension "OAuth client credentials": our client is registered beforehand.
                require(
                        clientId.isPresent(),
                        "oauth_config.client_id",
                        "the grant type " + unattended.grantType() + " needs a client id");
                boolean proven = clientSecret.isPresent() || signingKey.isPresent();
                boolean openToAll =
                        tokenEndpointAuthMethod
                                .filter(method -> method == TokenEndpointAuthMethod.NONE)
                                .isPresent();
                // RFC 6749 section 4.4: this grant is for confidential clients only.
                require(
                        !(unattended instanceof GrantFlow.ClientCredentials)
                                || (proven && !openToAll),
                        "oauth_config.client_secret",
                        "the grant type client_credentials needs a client secret or a private key");
            }
        }
    }

    private static void requireProof(
            Optional<ClientIdentifier> clientId,
            Optional<ClientSecret> secret,
            Optional<SigningKey> key,
            Optional<TokenEndpointAuthMethod> method) {
        require(
                clientId.isPresent() || (secret.isEmpty() && key.isEmpty()),
                "oauth_config.client_id",
                "a client secret or a private key needs its client id");
        require(
                secret.isEmpty() || key.isEmpty(),
                "oauth_config.private_key_pem",
                "a client proves itself by a secret or by a private key, not by both");
        boolean bySignature =
                method.filter(word -> word == TokenEndpointAuthMethod.PRIVATE_KEY_JWT).isPresent();
        require(
                !bySignature || key.isPresent(),
                "oauth_config.private_key_pem",
                "the authentication method private_key_jwt needs a private key");
        method.ifPresent(word -> {
            require(
                    key.isEmpty() || bySignature,
                    "oauth_config.private_key_pem",
                    "does not go with the authentication method " + word.word());
            require(
                    secret.isPresent() || clientId.isEmpty() || !word.needsSecret(),
                    "oauth_config.client_secret",
                    "the authentication method " + word.word() + " needs a client secret");
        });
    }

    private static void requireNoBrowser(
            Optional<String> authorizeUrl,
            Optional<String> registrationUrl,
            Map<String, String> authorizeParams,
            GrantFlow.Unattended flow) {
        String why = "the grant type " + flow.grantType() + " has no use for it";
        require(authorizeUrl.isEmpty(), "oauth_config.authorize_url", why);
        require(registrationUrl.isEmpty(), "oauth_config.registration_url", why);
        require(authorizeParams.isEmpty(), "oauth_config.authorize_params", why);
    }

    /**
     * Checks that it is known for whom a signed assertion is. Its audience is the issuer, and
     * nothing else will do (RFC 7523bis); endpoints that are given by hand do not tell who that is.
     *
     * @throws dev.mooring.domain.InvalidValueException when the issuer must be named
     */
    public void requireAudience() {
        require(
                signingKey.isEmpty() || !namesEndpoints() || issuer.isPresent(),
                "oauth_config.issuer",
                "is the audience of what the private key signs, and must be given with token_url");
    }

    /** Whether the endpoints were given by hand, so that discovery is skipped. */
    public boolean namesEndpoints() {
        return tokenUrl.isPresent();
    }

    /** The authorization server whose endpoints were given by hand, if they were. */
    public Optional<AuthorizationServer> givenServer() {
        return tokenUrl.map(url ->
                AuthorizationServer.withoutMetadata(
                        issuer.orElseGet(() -> Issuer.ofTokenEndpoint(url)),
                        authorizeUrl.map(URI::create),
                        URI.create(url),
                        registrationUrl.map(URI::create),
                        revocationUrl.map(URI::create)));
    }

    /** A server that was discovered, as an operator knows it better. */
    public AuthorizationServer correcting(AuthorizationServer discovered) {
        return discovered.withEndpoints(
                registrationUrl.map(URI::create), revocationUrl.map(URI::create));
    }

    /**
     * MCP scope selection: what the operator says; else what the challenge asks for; else all that
     * the resource lists; else nothing. Where the authorization server lists {@code
     * offline_access}, it is asked for too, as some servers give refresh tokens only then.
     */
    public Scopes scopesToAsk(
            AccessChallenge challenge, Scopes listed, AuthorizationServer server) {
        if (!scopes.isEmpty()) {
            return scopes;
        }
        Scopes wanted = challenge.scope().isEmpty() ? listed : challenge.scope();
        // RFC 6749 section 4.4.3: where no person is needed there is no refresh token to ask for.
        return flow instanceof GrantFlow.AuthorizationCode
                        && !wanted.isEmpty()
                        && server.scopesSupported().contains(Scopes.OFFLINE_ACCESS)
                ? wanted.union(Scopes.of(Scopes.OFFLINE_ACCESS))
                : wanted;
    }

    /**
     * Under which issuer a registration that we made ourselves is kept. An issuer's own are shown
     * only to endpoints that its validated metadata names; where an operator's hand took part, they
     * are kept apart, for the party that will really see them.
     */
    public Issuer issuerOfCredentials(AuthorizationServer server) {
        return tokenUrl.or(() -> registrationUrl)
                .or(() -> revocationUrl)
                .map(Issuer::ofTokenEndpoint)
                .orElse(server.issuer());
    }

    /**
     * RFC 7523 section 3: an assertion names whom it is for, and nobody else may see it. A file
     * holds the identity of the whole process, which whoever may make clients must not be able to
     * send where they like.
     *
     * @param audience whom the assertion names
     */
    public boolean mayShowAssertion(Set<String> audience, Issuer to, URI tokenEndpoint) {
        return audience.contains(tokenEndpoint.toString())
                || (isEndpointOf(to, tokenEndpoint) && audience.contains(to.value()));
    }

    /**
     * Whether the issuer has this token endpoint by its own metadata, or by where it is; not
     * because an operator says so.
     */
    public boolean isEndpointOf(Issuer server, URI tokenEndpoint) {
        boolean misnamed = exceptions.quirks().contains(Quirk.ISSUER_MISMATCH);
        return (!namesEndpoints() && !misnamed)
                || tokenEndpoint.resolve("/").equals(URI.create(server.value()).resolve("/"));
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
                || !exceptions.equals(earlier.exceptions)
                || !earlier.flow.keepsGrantUnder(flow);
    }

    /** Whether an operator said who the authorization server is, so that nobody else names it. */
    public boolean namesIssuer() {
        return issuer.isPresent() || namesEndpoints();
    }

    /** Whether the secret or the way it is shown differs from {@code earlier}. */
    public boolean changesCredentialsOf(OAuthSettings earlier) {
        return !clientSecret.equals(earlier.clientSecret)
                || !signingKey.equals(earlier.signingKey)
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
     * What our client shows where an operator entered it, if anything was entered.
     *
     * @param audience for whom a signed assertion is
     * @param usual the method with a secret, when the operator names none
     */
    public Optional<ClientCredentials> credentials(Issuer audience, TokenEndpointAuthMethod usual) {
        TokenEndpointAuthMethod bySecret =
                usual.needsSecret() ? usual : TokenEndpointAuthMethod.CLIENT_SECRET_BASIC;
        TokenEndpointAuthMethod method =
                tokenEndpointAuthMethod.orElse(
                        clientSecret.isPresent() ? bySecret : TokenEndpointAuthMethod.NONE);
        return clientId.map(id ->
                signingKey
                        .map(key ->
                                ClientCredentials.signing(
                                        id, new AssertionKey(audience, Optional.of(key))))
                        .orElseGet(() -> new ClientCredentials(id, clientSecret, method)));
    }

    /** Which secrets there are. */
    public Set<OAuthSecret> secrets() {
        Set<OAuthSecret> secrets = EnumSet.noneOf(OAuthSecret.class);
        clientSecret.ifPresent(secret -> secrets.add(OAuthSecret.CLIENT_SECRET));
        signingKey.ifPresent(key -> secrets.add(OAuthSecret.PRIVATE_KEY));
        switch (flow) {
            case GrantFlow.AuthorizationCode code -> {}
            case GrantFlow.ClientCredentials credentials -> {}
            case GrantFlow.WorkloadIdentity workload -> {
                switch (workload.source()) {
                    case AssertionSource.Entered entered -> secrets.add(OAuthSecret.ASSERTION);
                    case AssertionSource.InFile inFile -> secrets.add(OAuthSecret.ASSERTION_FILE);
                }
            }
            case GrantFlow.EnterpriseManaged managed -> {
                secrets.add(OAuthSecret.SUBJECT_TOKEN);
                managed.provider()
                        .clientSecret()
                        .ifPresent(secret -> secrets.add(OAuthSecret.IDENTITY_PROVIDER_SECRET));
            }
        }
        return secrets;
    }

    /**
     * Whether these settings would show a secret, or what it signs, to another party, or as another
     * client.
     */
    public boolean sendsElsewhereThan(OAuthSettings earlier, OAuthSecret secret) {
        return switch (secret) {
            case CLIENT_SECRET, PRIVATE_KEY, ASSERTION, ASSERTION_FILE ->
                    !issuer.equals(earlier.issuer)
                            || !clientId.equals(earlier.clientId)
                            || !authorizeUrl.equals(earlier.authorizeUrl)
                            || !tokenUrl.equals(earlier.tokenUrl)
                            || !revocationUrl.equals(earlier.revocationUrl);
            case SUBJECT_TOKEN, IDENTITY_PROVIDER_SECRET ->
                    !(flow instanceof GrantFlow.EnterpriseManaged managed
                            && earlier.flow instanceof GrantFlow.EnterpriseManaged was
                            && managed.provider().isAskedLike(was.provider()));
        };
    }
}
