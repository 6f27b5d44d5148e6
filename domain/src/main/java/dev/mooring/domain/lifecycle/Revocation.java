package dev.mooring.domain.lifecycle;

import dev.mooring.domain.client.TrustedCa;
import dev.mooring.domain.oauth.ClientCredentials;
import dev.mooring.domain.oauth.TokenSet;

import java.net.URI;
import java.util.Optional;

/**
 * Tokens to be given back at their authorization server (RFC 7009), with all that it takes, because
 * the client that they belonged to may be gone by then.
 */
public record Revocation(
        GrantId grant,
        URI revocationEndpoint,
        ClientCredentials credentials,
        TokenSet tokens,
        Optional<TrustedCa> trustedCa) {

    /** Nothing to do where the server has no revocation endpoint. */
    public static Optional<Revocation> of(
            Grant grant, Registration registration, Optional<TrustedCa> trustedCa) {
        return grant.revocationEndpoint()
                .map(endpoint ->
                        new Revocation(
                                grant.id(),
                                endpoint,
                                registration.credentials(),
                                grant.tokens(),
                                trustedCa));
    }
}
