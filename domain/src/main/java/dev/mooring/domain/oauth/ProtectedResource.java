package dev.mooring.domain.oauth;

import java.util.List;

/**
 * What an MCP server says about its protection (RFC 9728 section 2), as far as we use it.
 *
 * @param authorizationServers issuers that may grant access, in the server's order; never empty
 * @param scopesSupported all scopes the server knows of, or {@link Scopes#NONE}
 */
public record ProtectedResource(
        ResourceIdentifier resource,
        List<Issuer> authorizationServers,
        Scopes scopesSupported,
        DpopDemand dpop) {
    public ProtectedResource {
        authorizationServers = List.copyOf(authorizationServers);
        if (authorizationServers.isEmpty()) {
            throw new IllegalArgumentException("A protected resource names its issuers");
        }
    }
}
