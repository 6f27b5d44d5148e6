package dev.mooring.domain.lifecycle;

import dev.mooring.domain.client.ClientId;
import dev.mooring.domain.client.TrustedCa;
import dev.mooring.domain.oauth.ClientCredentials;
import dev.mooring.domain.oauth.DpopKey;
import dev.mooring.domain.oauth.TokenSet;

import java.net.URI;
import java.util.Optional;

/**
 * Tokens to be given back at their authorization server (RFC 7009), with all that it takes, because
 * the client that they belonged to may be gone by then.
 *
 * @param client whose they were; absent where an earlier version did not write that down
 * @param dpopKey the key that the tokens are bound to: some servers want its proof here too
 */
public record Revocation(
        Optional<ClientId> client,
        GrantId grant,
        URI revocationEndpoint,
        ClientCredentials credentials,
        TokenSet tokens,
        Optional<DpopKey> dpopKey,
        Optional<TrustedCa> trustedCa) {

    /** Nothing to do where the server has no revocation endpoint. */
    public static Optional<Revocation> of(
            Grant grant, Registration registration, Optional<TrustedCa> trustedCa) {
        return grant.revocationEndpoint()
                .map(endpoint ->
                        new Revocation(
                                Optional.of(grant.client()),
                                grant.id(),
                                endpoint,
                                registration.credentials(),
                                grant.tokens(),
                                grant.binding().key(),
                                trustedCa));
    }
}
