package dev.mooring.adapter.rest.security;

import dev.mooring.application.AuthenticateApiKey.Outcome;
import dev.mooring.domain.InvalidValueException;
import dev.mooring.domain.access.ApiKeySecret;

import io.helidon.security.AuthenticationResponse;
import io.helidon.security.ProviderRequest;
import io.helidon.security.spi.AuthenticationProvider;

import java.util.List;
import java.util.Map;

/**
 * Our API keys, presented as {@code x-api-key}, as bearer token or as the password of HTTP Basic.
 * The key is looked up by its digest, so no comparison can leak it through its duration.
 */
final class ApiKeyAuthentication implements AuthenticationProvider {
    private final ApiKeys keys;
    private final boolean leaveJwtToIssuer;

    /**
     * @param leaveJwtToIssuer whether bearer tokens that look like JSON web tokens are someone
     *     else's
     */
    ApiKeyAuthentication(ApiKeys keys, boolean leaveJwtToIssuer) {
        this.keys = keys;
        this.leaveJwtToIssuer = leaveJwtToIssuer;
    }

    @Override
    public AuthenticationResponse authenticate(ProviderRequest request) {
        Map<String, List<String>> headers = request.env().headers();
        List<String> apiKey = headers.getOrDefault("x-api-key", List.of());
        if (!apiKey.isEmpty()) {
            return apiKey.size() == 1 ? answer(holder(apiKey.getFirst())) : Verified.refused();
        }
        return AuthorizationHeader.in(headers)
                .map(header ->
                        switch (header) {
                            case AuthorizationHeader.Bearer bearer
                                    when bearer.isJwt() && leaveJwtToIssuer ->
                                    AuthenticationResponse.abstain();
                            case AuthorizationHeader.Bearer bearer ->
                                    answer(holder(bearer.token()));
                            case AuthorizationHeader.Basic basic ->
                                    answer(named(basic.userName(), holder(basic.password())));
                            case AuthorizationHeader.Unusable unusable -> Verified.refused();
                        })
                .orElseGet(AuthenticationResponse::abstain);
    }

    private Outcome holder(String presented) {
        try {
            return keys.holder(new ApiKeySecret(presented));
        } catch (InvalidValueException cannotBeAKey) {
            return new Outcome.Unknown();
        }
    }

    /** HTTP Basic names the key, too. */
    private static Outcome named(String name, Outcome outcome) {
        return switch (outcome) {
            case Outcome.Known known when !known.holder().name().equals(name) ->
                    new Outcome.Unknown();
            case Outcome.Known known -> known;
            case Outcome.Expired expired -> expired;
            case Outcome.Unknown unknown -> unknown;
        };
    }

    private static AuthenticationResponse answer(Outcome outcome) {
        return switch (outcome) {
            case Outcome.Known known -> Verified.caller(known.holder());
            case Outcome.Expired expired -> Verified.expired();
            case Outcome.Unknown unknown -> Verified.refused();
        };
    }
}
