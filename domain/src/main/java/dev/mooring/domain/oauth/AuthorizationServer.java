package dev.mooring.domain.oauth;

import java.net.URI;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What we need to know of an authorization server (RFC 8414 section 2, or OpenID Connect
 * Discovery), from its metadata or from an operator's hand.
 *
 * @param authorizationEndpoint absent where no grant needs a browser
 * @param scopesSupported what the server lists, or {@link Scopes#NONE}
 * @param tokenEndpointAuthMethods the registered names it lists; empty means the RFC's default,
 *     {@code client_secret_basic}
 * @param assertionAlgorithms the signatures it takes of clients that prove themselves by one (RFC
 *     8414 section 2); empty where it does not say
 * @param s256 whether the server announced PKCE with S256
 * @param issuerInResponse whether it promised {@code iss} in authorization responses (RFC 9207)
 * @param metadataDocuments whether it takes a URL as {@code client_id} (Client ID Metadata
 *     Document)
 * @param dpopAlgorithms which signatures it takes in DPoP proofs (RFC 9449 section 5.1); empty
 *     means that it does not know DPoP
 */
public record AuthorizationServer(
        Issuer issuer,
        Optional<URI> authorizationEndpoint,
        URI tokenEndpoint,
        Optional<URI> registrationEndpoint,
        Optional<URI> revocationEndpoint,
        Scopes scopesSupported,
        List<String> tokenEndpointAuthMethods,
        List<String> assertionAlgorithms,
        Set<String> grantTypesSupported,
        PkceSupport s256,
        boolean issuerInResponse,
        boolean metadataDocuments,
        Set<String> dpopAlgorithms) {

    /** Whether S256 is known to be understood. */
    public enum PkceSupport {
        /** The metadata lists S256. */
        ANNOUNCED,
        /** The metadata does not list it: MCP forbids to go on. */
        NOT_ANNOUNCED,
        /**
         * There is no metadata, because an operator gave the endpoints: S256 is sent all the same.
         */
        UNVERIFIED
    }

    public AuthorizationServer {
        authorizationEndpoint.ifPresent(
                uri -> HttpUrl.requireHttpUrl("authorization_endpoint", uri.toString()));
        HttpUrl.requireHttpUrl("token_endpoint", tokenEndpoint.toString());
        registrationEndpoint.ifPresent(
                uri -> HttpUrl.requireHttpUrl("registration_endpoint", uri.toString()));
        revocationEndpoint.ifPresent(
                uri -> HttpUrl.requireHttpUrl("revocation_endpoint", uri.toString()));
        tokenEndpointAuthMethods = List.copyOf(tokenEndpointAuthMethods);
        assertionAlgorithms = List.copyOf(assertionAlgorithms);
        grantTypesSupported = Set.copyOf(grantTypesSupported);
        dpopAlgorithms = Set.copyOf(dpopAlgorithms);
    }

    /** A server of which no metadata tells: an operator knows its endpoints. */
    public static AuthorizationServer withoutMetadata(
            Issuer issuer,
            Optional<URI> authorizationEndpoint,
            URI tokenEndpoint,
            Optional<URI> registrationEndpoint,
            Optional<URI> revocationEndpoint) {
        return new AuthorizationServer(
                issuer,
                authorizationEndpoint,
                tokenEndpoint,
                registrationEndpoint,
                revocationEndpoint,
                Scopes.NONE,
                List.of(),
                List.of(),
                Set.of(),
                PkceSupport.UNVERIFIED,
                false,
                false,
                Set.of());
    }

    /** The same server with these endpoints in the place of its own, and the others as they are. */
    public AuthorizationServer withEndpoints(Optional<URI> registration, Optional<URI> revocation) {
        return new AuthorizationServer(
                issuer,
                authorizationEndpoint,
                tokenEndpoint,
                registration.or(() -> registrationEndpoint),
                revocation.or(() -> revocationEndpoint),
                scopesSupported,
                tokenEndpointAuthMethods,
                assertionAlgorithms,
                grantTypesSupported,
                s256,
                issuerInResponse,
                metadataDocuments,
                dpopAlgorithms);
    }

    /** Whether it takes our proofs, or there is no metadata that could tell. */
    public boolean maySupportDpop() {
        return dpopAlgorithms.contains(DpopUse.ALGORITHM) || s256 == PkceSupport.UNVERIFIED;
    }

    /** Whether it says that clients may prove themselves like this (RFC 8414 section 2). */
    public boolean lists(TokenEndpointAuthMethod method) {
        return tokenEndpointAuthMethods.isEmpty()
                ? method == TokenEndpointAuthMethod.CLIENT_SECRET_BASIC
                : tokenEndpointAuthMethods.contains(method.word());
    }

    /** Whether it takes signatures by this algorithm, or does not say which ones it takes. */
    public boolean takesSignaturesBy(SigningAlgorithm algorithm) {
        return assertionAlgorithms.isEmpty() || assertionAlgorithms.contains(algorithm.word());
    }

    /**
     * The method to use with a secret that was given to us or not, when nobody named one: what the
     * server lists first among those we speak, else the RFC's default.
     */
    public TokenEndpointAuthMethod preferredMethod(boolean withSecret) {
        if (!withSecret) {
            return TokenEndpointAuthMethod.NONE;
        }
        return tokenEndpointAuthMethods.stream()
                .flatMap(word -> TokenEndpointAuthMethod.find(word).stream())
                .filter(TokenEndpointAuthMethod::needsSecret)
                .findFirst()
                .orElse(TokenEndpointAuthMethod.CLIENT_SECRET_BASIC);
    }

    /**
     * The method to register with: a secret where the server takes one, because we can keep it, and
     * none only where that is all it offers.
     */
    public TokenEndpointAuthMethod registrationMethod() {
        boolean onlyPublic =
                tokenEndpointAuthMethods.contains(TokenEndpointAuthMethod.NONE.word())
                        && tokenEndpointAuthMethods.stream()
                                .flatMap(word -> TokenEndpointAuthMethod.find(word).stream())
                                .noneMatch(TokenEndpointAuthMethod::needsSecret);
        return preferredMethod(!onlyPublic);
    }
}
