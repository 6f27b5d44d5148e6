package dev.mooring.domain.oauth;

import static dev.mooring.domain.InvalidValueException.require;

import java.util.Optional;

/**
 * What our client shows at the token and revocation endpoints of one issuer: its identifier, its
 * secret if it has one, and the method that the server expects (RFC 6749 section 2.3).
 */
public record ClientCredentials(
        ClientIdentifier clientId, Optional<ClientSecret> secret, TokenEndpointAuthMethod method) {
    public ClientCredentials {
        require(
                secret.isPresent() || method == TokenEndpointAuthMethod.NONE,
                "oauth_config.client_secret",
                "the authentication method " + method.word() + " needs a client secret");
    }
}
