package dev.mooring.party;

import java.time.Instant;
import java.util.Optional;
import java.util.Set;

/**
 * What a resource server may learn about a live access token.
 *
 * @param resource empty where the token is for no resource in particular
 * @param thumbprint of the key that it is bound to, if it is (RFC 9449 §6)
 */
public record IssuedToken(
        String clientId,
        Set<String> scopes,
        String resource,
        Instant expiresAt,
        Optional<String> thumbprint) {}
