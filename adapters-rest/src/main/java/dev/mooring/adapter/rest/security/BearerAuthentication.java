package dev.mooring.adapter.rest.security;

import dev.mooring.domain.access.Caller;

import io.helidon.security.AuthenticationResponse;
import io.helidon.security.ProviderRequest;
import io.helidon.security.spi.AuthenticationProvider;

import java.util.Map;

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
            case BearerTokens.Verification.Valid valid ->
                    roles.roleIn(valid.claims())
                            .map(role ->
                                    Verified.caller(
                                            new Caller(
                                                    name(valid.claims()),
                                                    Caller.Voucher.ISSUER,
                                                    role)))
                            .orElseGet(Verified::withoutRole);
        };
    }

    /** What the log calls the caller: the user name, or else the subject identifier. */
    private static String name(Map<String, Object> claims) {
        return claims.get("preferred_username") instanceof String userName
                ? userName
                : String.valueOf(claims.get("sub"));
    }
}
