package dev.mooring.adapter.oauth;

import dev.mooring.adapter.http.GuardedHttp;
import dev.mooring.adapter.http.OutboundException;
import dev.mooring.adapter.http.OutboundRequest;
import dev.mooring.application.port.Budget;
import dev.mooring.application.port.TokenEndpoint;
import dev.mooring.domain.client.TrustedCa;
import dev.mooring.domain.lifecycle.Problem;
import dev.mooring.domain.oauth.Scopes;

import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;

/**
 * The token endpoint over HTTP. Each call is one request on a connection of its own, so that what
 * we say of its fate is true. Safe for many threads.
 */
public final class HttpTokenEndpoint implements TokenEndpoint {
    private final GuardedHttp http;
    private final InstantSource clock;

    public HttpTokenEndpoint(GuardedHttp http, InstantSource clock) {
        this.http = http;
        this.clock = clock;
    }

    @Override
    public Answer redeem(CodeRedemption redemption, Budget budget) {
        return send(
                OAuthRequest.of(redemption), redemption.trustedCa(), redemption.scopes(), budget);
    }

    @Override
    public Answer refresh(TokenRefresh refresh, Budget budget) {
        return send(OAuthRequest.of(refresh), refresh.trustedCa(), refresh.scopes(), budget);
    }

    private Answer send(
            OutboundRequest request, Optional<TrustedCa> trustedCa, Scopes asked, Budget budget) {
        Instant sent = clock.instant();
        try {
            return TokenAnswer.of(http.send(request.withTrust(trustedCa).withBudget(budget)))
                    .read(asked, sent, clock);
        } catch (OutboundException e) {
            Problem problem = Upstream.AUTHORIZATION_SERVER.problem(e);
            return e.mayHaveBeenSent()
                    ? new Answer.Lost(problem)
                    : new Answer.Unavailable(problem, Optional.empty());
        }
    }
}
