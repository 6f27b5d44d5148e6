package dev.mooring.adapter.oauth;

import com.nimbusds.oauth2.sdk.token.BearerAccessToken;
import com.nimbusds.oauth2.sdk.token.RefreshToken;
import com.nimbusds.oauth2.sdk.token.Token;

import dev.mooring.adapter.dpop.DpopProofs;
import dev.mooring.adapter.http.GuardedHttp;
import dev.mooring.adapter.http.OutboundException;
import dev.mooring.adapter.http.OutboundRequest;
import dev.mooring.application.port.Budget;
import dev.mooring.application.port.RevocationEndpoint;
import dev.mooring.domain.lifecycle.Problem;
import dev.mooring.domain.lifecycle.Problem.Code;
import dev.mooring.domain.lifecycle.Revocation;
import dev.mooring.domain.oauth.OAuthError;

import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

/** The revocation endpoint over HTTP (RFC 7009). Safe for many threads. */
public final class HttpRevocationEndpoint implements RevocationEndpoint {
    /** RFC 7009 section 2.2: a token that is not good any more is as revoked as can be. */
    private static final Set<String> NOT_GOOD_ANY_MORE = Set.of("invalid_token", "invalid_grant");

    private final ProvenRequests requests;
    private final ClientAssertions assertions;

    public HttpRevocationEndpoint(
            GuardedHttp http, DpopProofs proofs, ClientAssertions assertions) {
        this.requests = new ProvenRequests(http, proofs);
        this.assertions = assertions;
    }

    @Override
    public Answer revoke(Revocation revocation, Budget budget) {
        Token accessToken = new BearerAccessToken(revocation.tokens().accessToken().value());
        if (revocation.tokens().refreshToken().isEmpty()) {
            return revoke(revocation, accessToken, budget);
        }
        Token refreshToken = new RefreshToken(revocation.tokens().refreshToken().get().value());
        return switch (revoke(revocation, refreshToken, budget)) {
            case Answer.Unavailable unavailable -> unavailable;
            case Answer.Refused _ -> revoke(revocation, accessToken, budget);
            // RFC 7009 section 2.1 leaves it open whether this ended the access token too. Where
            // the server cannot revoke access tokens (2.2.1), the refresh token was what counts.
            case Answer.Revoked revoked ->
                    switch (revoke(revocation, accessToken, budget)) {
                        case Answer.Unavailable unavailable -> unavailable;
                        case Answer.Refused _, Answer.Revoked _ -> revoked;
                    };
        };
    }

    private Answer revoke(Revocation revocation, Token token, Budget budget) {
        Supplier<Optional<OutboundRequest>> request =
                () ->
                        OAuthRequest.revocation(
                                        revocation.revocationEndpoint(),
                                        revocation.credentials(),
                                        assertions,
                                        token)
                                .map(written ->
                                        written.withTrust(revocation.trustedCa())
                                                .withBudget(budget));
        try {
            return requests.send(request, revocation.dpopKey())
                    .map(HttpRevocationEndpoint::read)
                    .orElseGet(HttpRevocationEndpoint::withoutKey);
        } catch (OutboundException e) {
            Problem problem = Upstream.AUTHORIZATION_SERVER.problem(e);
            return e.reason() == OutboundException.Reason.REFUSED_BY_GUARD
                    ? new Answer.Refused(problem)
                    : new Answer.Unavailable(problem);
        }
    }

    private static Answer withoutKey() {
        return new Answer.Refused(
                new Problem(
                        Code.AUTHORIZATION_SERVER_BROKEN,
                        "This process was not given the key that our client signs with"));
    }

    private static Answer read(TokenAnswer answer) {
        boolean notGoodAnyMore = answer.error().filter(NOT_GOOD_ANY_MORE::contains).isPresent();
        if (notGoodAnyMore || (answer.isSuccess() && answer.error().isEmpty())) {
            return new Answer.Revoked();
        }
        int status = answer.answer().status();
        if (answer.isOutage() || answer.wantsNonce()) {
            return new Answer.Unavailable(
                    Upstream.AUTHORIZATION_SERVER.broken(
                            "answered the revocation with status " + status));
        }
        String error =
                answer.error().map(word -> new OAuthError(word).code()).orElse("no error code");
        return new Answer.Refused(
                new Problem(
                        Code.AUTHORIZATION_SERVER_BROKEN,
                        "The authorization server refuses to revoke, with status "
                                + status
                                + " and "
                                + error));
    }
}
