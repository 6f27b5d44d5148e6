package dev.mooring.domain.oauth;

import static dev.mooring.domain.InvalidValueException.require;

import java.util.List;
import java.util.Optional;

/**
 * What we say about ourselves to an authorization server (RFC 7591 section 2), in a dynamic
 * registration or in our Client ID Metadata Document.
 *
 * @param applicationType {@code native} when the callback is on the person's machine, else {@code
 *     web} (required by MCP 2026-07-28)
 * @param scope left out when empty
 * @param key verifies our signatures; present with the method {@code private_key_jwt} and no other
 */
public record ClientMetadata(
        String clientName,
        Optional<String> clientUri,
        List<RedirectUri> redirectUris,
        List<String> grantTypes,
        List<String> responseTypes,
        TokenEndpointAuthMethod tokenEndpointAuthMethod,
        String applicationType,
        Scopes scope,
        Optional<VerificationKey> key) {
    public ClientMetadata {
        redirectUris = List.copyOf(redirectUris);
        grantTypes = List.copyOf(grantTypes);
        responseTypes = List.copyOf(responseTypes);
        require(
                key.isPresent()
                        == (tokenEndpointAuthMethod == TokenEndpointAuthMethod.PRIVATE_KEY_JWT),
                "jwks",
                "a key and the authentication method private_key_jwt go together");
    }

    /** A client of the authorization code grant that wants to refresh (MCP asks to say so). */
    public static ClientMetadata authorizationCode(
            String clientName, RedirectUri redirectUri, TokenEndpointAuthMethod method) {
        return authorizationCode(clientName, redirectUri, method, Optional.empty());
    }

    /** The same for a client that signs where it has a key, and else proves nothing. */
    public static ClientMetadata signing(
            String clientName, RedirectUri redirectUri, Optional<VerificationKey> key) {
        return authorizationCode(
                clientName,
                redirectUri,
                key.isPresent()
                        ? TokenEndpointAuthMethod.PRIVATE_KEY_JWT
                        : TokenEndpointAuthMethod.NONE,
                key);
    }

    private static ClientMetadata authorizationCode(
            String clientName,
            RedirectUri redirectUri,
            TokenEndpointAuthMethod method,
            Optional<VerificationKey> key) {
        return new ClientMetadata(
                clientName,
                Optional.empty(),
                List.of(redirectUri),
                List.of("authorization_code", "refresh_token"),
                List.of("code"),
                method,
                redirectUri.isLoopback() ? "native" : "web",
                Scopes.NONE,
                key);
    }

    /**
     * The same client as an application of the other type: what MCP lets a client try when its
     * redirect URI is refused, as servers differ in which URIs they take from which type.
     */
    public ClientMetadata ofOtherApplicationType() {
        return new ClientMetadata(
                clientName,
                clientUri,
                redirectUris,
                grantTypes,
                responseTypes,
                tokenEndpointAuthMethod,
                applicationType.equals("native") ? "web" : "native",
                scope,
                key);
    }
}
