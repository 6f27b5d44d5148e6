package dev.mooring.domain.oauth;

import static dev.mooring.domain.InvalidValueException.require;

import java.util.Optional;
import java.util.function.Predicate;

/**
 * What our client shows at the token and revocation endpoints of one issuer: its identifier, its
 * secret or its key if it has one, and the method that the server expects (RFC 6749 section 2.3).
 *
 * @param key present with the method {@code private_key_jwt} and no other
 */
public record ClientCredentials(
        ClientIdentifier clientId,
        Optional<ClientSecret> secret,
        TokenEndpointAuthMethod method,
        Optional<AssertionKey> key) {
    public ClientCredentials {
        require(
                secret.isPresent() || !method.needsSecret(),
                "oauth_config.client_secret",
                "the authentication method " + method.word() + " needs a client secret");
        require(
                key.isPresent() == (method == TokenEndpointAuthMethod.PRIVATE_KEY_JWT),
                "oauth_config.private_key_pem",
                "a key and the authentication method private_key_jwt go together");
    }

    /** Credentials without a key. */
    public ClientCredentials(
            ClientIdentifier clientId,
            Optional<ClientSecret> secret,
            TokenEndpointAuthMethod method) {
        this(clientId, secret, method, Optional.empty());
    }

    /**
     * The same credentials, signed by an algorithm that {@code taken} lets pass; empty when the key
     * that was entered has none. How our own key signs our metadata document says.
     */
    public Optional<ClientCredentials> signingBy(Predicate<SigningAlgorithm> taken) {
        Optional<SigningKey> entered = key.flatMap(AssertionKey::key);
        if (entered.isEmpty()) {
            return Optional.of(this);
        }
        Issuer audience = key.orElseThrow().audience();
        return entered.get()
                .signingBy(taken)
                .map(fit -> signing(clientId, new AssertionKey(audience, Optional.of(fit))));
    }

    /** Credentials that are proven by a signature. */
    public static ClientCredentials signing(ClientIdentifier clientId, AssertionKey key) {
        return new ClientCredentials(
                clientId,
                Optional.empty(),
                TokenEndpointAuthMethod.PRIVATE_KEY_JWT,
                Optional.of(key));
    }
}
