package dev.mooring.adapter.oauth;

import dev.mooring.adapter.dpop.DpopProofs;
import dev.mooring.adapter.http.GuardedHttp;
import dev.mooring.adapter.http.OutboundException;
import dev.mooring.adapter.http.OutboundRequest;
import dev.mooring.application.port.Budget;
import dev.mooring.application.port.TokenEndpoint;
import dev.mooring.domain.lifecycle.Problem;
import dev.mooring.domain.oauth.DpopKey;
import dev.mooring.domain.oauth.Scopes;

import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;

/**
 * The token endpoint over HTTP. Each call is one request on a connection of its own, so that what
 * we say of its fate is true; a second one only where the server answers the first by asking for a
 * nonce. Safe for many threads.
 */
public final class HttpTokenEndpoint implements TokenEndpoint {
    private final ProvenRequests requests;
    private final InstantSource clock;

    public HttpTokenEndpoint(GuardedHttp http, DpopProofs proofs, InstantSource clock) {
        this.requests = new ProvenRequests(http, proofs);
        this.clock = clock;
    }

    @Override
    public Answer redeem(CodeRedemption redemption, Budget budget) {
        return send(
                OAuthRequest.of(redemption).withTrust(redemption.trustedCa()).withBudget(budget),
                redemption.dpopKey(),
                redemption.scopes());
    }

    @Override
    public Answer refresh(TokenRefresh refresh, Budget budget) {
        return send(
                OAuthRequest.of(refresh).withTrust(refresh.trustedCa()).withBudget(budget),
                refresh.dpopKey(),
                refresh.scopes());
    }

    private Answer send(OutboundRequest request, Optional<DpopKey> key, Scopes asked) {
        Instant sent = clock.instant();
        try {
            return requests.send(request, key).read(asked, key.isPresent(), sent, clock);
        } catch (OutboundException e) {
            Problem problem = Upstream.AUTHORIZATION_SERVER.problem(e);
            return e.mayHaveBeenSent()
                    ? new Answer.Lost(problem)
                    : new Answer.Unavailable(problem, Optional.empty());
        }
    }
}
