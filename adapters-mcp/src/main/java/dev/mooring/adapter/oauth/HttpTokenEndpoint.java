package dev.mooring.adapter.oauth;

import dev.mooring.adapter.http.GuardedHttp;
import dev.mooring.adapter.http.OutboundException;
import dev.mooring.adapter.http.OutboundRequest;
import dev.mooring.application.port.Budget;
import dev.mooring.application.port.TokenEndpoint;
import dev.mooring.domain.client.TrustedCa;
import dev.mooring.domain.lifecycle.Problem;
import dev.mooring.domain.oauth.OAuthError;
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
    private final ClientAssertions assertions;
    private final InstantSource clock;

    public HttpTokenEndpoint(GuardedHttp http, ClientAssertions assertions, InstantSource clock) {
        this.http = http;
        this.assertions = assertions;
        this.clock = clock;
    }

    @Override
    public Answer redeem(CodeRedemption redemption, Budget budget) {
        return send(
                OAuthRequest.of(redemption, assertions),
                redemption.trustedCa(),
                redemption.scopes(),
                budget);
    }

    @Override
    public Answer refresh(TokenRefresh refresh, Budget budget) {
        return send(
                OAuthRequest.of(refresh, assertions),
                refresh.trustedCa(),
                refresh.scopes(),
                budget);
    }

    @Override
    public Answer ask(DirectRequest direct, Budget budget) {
        return send(
                OAuthRequest.of(direct, assertions), direct.trustedCa(), direct.scopes(), budget);
    }

    @Override
    public ExchangeAnswer exchange(TokenExchange exchange, Budget budget) {
        Optional<OutboundRequest> request = OAuthRequest.of(exchange, assertions);
        if (request.isEmpty()) {
            return new ExchangeAnswer.Refused(OAuthError.INVALID_CLIENT);
        }
        try {
            return TokenAnswer.of(
                            http.send(
                                    request.get()
                                            .withTrust(exchange.trustedCa())
                                            .withBudget(budget)))
                    .readExchange(clock);
        } catch (OutboundException e) {
            return new ExchangeAnswer.Failed(Upstream.AUTHORIZATION_SERVER.problem(e));
        }
    }

    private Answer send(
            Optional<OutboundRequest> request,
            Optional<TrustedCa> trustedCa,
            Scopes asked,
            Budget budget) {
        if (request.isEmpty()) {
            // What the server would say of a client that cannot prove itself.
            return new Answer.Refused(OAuthError.INVALID_CLIENT);
        }
        Instant sent = clock.instant();
        try {
            return TokenAnswer.of(http.send(request.get().withTrust(trustedCa).withBudget(budget)))
                    .read(asked, sent, clock);
        } catch (OutboundException e) {
            Problem problem = Upstream.AUTHORIZATION_SERVER.problem(e);
            return e.mayHaveBeenSent()
                    ? new Answer.Lost(problem)
                    : new Answer.Unavailable(problem, Optional.empty());
        }
    }
}
