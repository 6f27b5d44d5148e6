package dev.mooring.adapter.rest.security;

import dev.mooring.domain.access.Caller;
import dev.mooring.domain.access.Role;

import io.helidon.security.AuthenticationResponse;
import io.helidon.security.ProviderRequest;
import io.helidon.security.spi.AuthenticationProvider;

import java.util.Map;
import java.util.Set;

/**
 * Bearer tokens of the OIDC issuer. Helidon's own provider keeps the issuer's keys for ever and
 * takes an issuer that is away for a bad token; this one does neither.
 */
final class BearerAuthentication implements AuthenticationProvider {
    private final BearerTokens tokens;
    private final RoleNames roles;

    BearerAuthentication(BearerTokens tokens, RoleNames roles) {
        this.tokens = tokens;
        this.roles = roles;
    }

    @Override
    public AuthenticationResponse authenticate(ProviderRequest request) {
        return AuthorizationHeader.in(request.env().headers())
                .map(header ->
                        switch (header) {
                            case AuthorizationHeader.Bearer bearer when bearer.isJwt() ->
                                    verify(bearer.token());
                            case AuthorizationHeader.Bearer bearer ->
                                    AuthenticationResponse.abstain();
                            case AuthorizationHeader.Basic basic ->
                                    AuthenticationResponse.abstain();
                            case AuthorizationHeader.Unusable unusable ->
                                    AuthenticationResponse.abstain();
                        })
                .orElseGet(AuthenticationResponse::abstain);
    }

    private AuthenticationResponse verify(String token) {
        return switch (tokens.verify(token)) {
            case BearerTokens.Verification.Invalid invalid -> Verified.refused();
            case BearerTokens.Verification.IssuerUnavailable unavailable -> Verified.unavailable();
            case BearerTokens.Verification.Valid valid -> withRoles(valid.claims());
        };
    }

    private AuthenticationResponse withRoles(Map<String, Object> claims) {
        Set<Role> named = roles.rolesIn(claims);
        return named.isEmpty()
                ? Verified.withoutRole()
                : Verified.caller(
                        Caller.user(String.valueOf(claims.get("sub")), name(claims), named, false));
    }

    /** What the log calls the caller: the user name, or else the subject identifier. */
    private static String name(Map<String, Object> claims) {
        return claims.get("preferred_username") instanceof String userName
                ? userName
                : String.valueOf(claims.get("sub"));
    }
}
