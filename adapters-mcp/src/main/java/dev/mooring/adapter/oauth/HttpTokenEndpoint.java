package dev.mooring.adapter.oauth;

import dev.mooring.adapter.dpop.DpopProofs;
import dev.mooring.adapter.http.GuardedHttp;
import dev.mooring.adapter.http.OutboundException;
import dev.mooring.adapter.http.OutboundRequest;
import dev.mooring.application.port.Budget;
import dev.mooring.application.port.TokenEndpoint;
import dev.mooring.domain.lifecycle.Problem;
import dev.mooring.domain.oauth.DpopKey;
import dev.mooring.domain.oauth.OAuthError;
import dev.mooring.domain.oauth.Scopes;

import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * The token endpoint over HTTP. Each call is one request on a connection of its own, so that what
 * we say of its fate is true; a second one only where the server answers the first by asking for a
 * nonce. Safe for many threads.
 */
public final class HttpTokenEndpoint implements TokenEndpoint {
    private final ProvenRequests requests;
    private final ClientAssertions assertions;
    private final InstantSource clock;

    public HttpTokenEndpoint(
            GuardedHttp http, DpopProofs proofs, ClientAssertions assertions, InstantSource clock) {
        this.requests = new ProvenRequests(http, proofs);
        this.assertions = assertions;
        this.clock = clock;
    }

    @Override
    public Answer redeem(CodeRedemption redemption, Budget budget) {
        return send(
                () ->
                        OAuthRequest.of(redemption, assertions)
                                .map(request ->
                                        request.withTrust(redemption.trustedCa())
                                                .withBudget(budget)),
                redemption.dpopKey(),
                redemption.scopes());
    }

    @Override
    public Answer refresh(TokenRefresh refresh, Budget budget) {
        return send(
                () ->
                        OAuthRequest.of(refresh, assertions)
                                .map(request ->
                                        request.withTrust(refresh.trustedCa()).withBudget(budget)),
                refresh.dpopKey(),
                refresh.scopes());
    }

    @Override
    public Answer ask(DirectRequest direct, Budget budget) {
        return send(
                () ->
                        OAuthRequest.of(direct, assertions)
                                .map(request ->
                                        request.withTrust(direct.trustedCa()).withBudget(budget)),
                direct.dpopKey(),
                direct.scopes());
    }

    @Override
    public ExchangeAnswer exchange(TokenExchange exchange, Budget budget) {
        try {
            return requests.send(
                            () ->
                                    OAuthRequest.of(exchange, assertions)
                                            .map(request ->
                                                    request.withTrust(exchange.trustedCa())
                                                            .withBudget(budget)),
                            Optional.empty())
                    .map(answer -> answer.readExchange(clock))
                    .orElseGet(() -> new ExchangeAnswer.Refused(OAuthError.INVALID_CLIENT));
        } catch (OutboundException e) {
            return new ExchangeAnswer.Failed(Upstream.AUTHORIZATION_SERVER.problem(e));
        }
    }

    private Answer send(
            Supplier<Optional<OutboundRequest>> request, Optional<DpopKey> key, Scopes asked) {
        Instant sent = clock.instant();
        try {
            return requests.send(request, key)
                    .map(answer -> answer.read(asked, key.isPresent(), sent, clock))
                    // What the server would say of a client that cannot prove itself.
                    .orElseGet(() -> new Answer.Refused(OAuthError.INVALID_CLIENT));
        } catch (OutboundException e) {
            Problem problem = Upstream.AUTHORIZATION_SERVER.problem(e);
            return e.mayHaveBeenSent()
                    ? new Answer.Lost(problem)
                    : new Answer.Unavailable(problem, Optional.empty());
        }
    }
}
