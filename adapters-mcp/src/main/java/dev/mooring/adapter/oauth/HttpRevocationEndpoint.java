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
import dev.mooring.domain.oauth.ClientCredentials;
import dev.mooring.domain.oauth.OAuthError;
import dev.mooring.domain.oauth.TokenEndpointAuthMethod;

import net.minidev.json.JSONObject;

import java.io.Serial;
import java.time.InstantSource;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Supplier;

/** The revocation endpoint over HTTP (RFC 7009). Safe for many threads. */
public final class HttpRevocationEndpoint implements RevocationEndpoint {
    /** RFC 7009 section 2.2: a token that is not good any more is as revoked as can be. */
    private static final Set<String> NOT_GOOD_ANY_MORE = Set.of("invalid_token", "invalid_grant");

    private static final String INVALID_CLIENT = OAuthError.INVALID_CLIENT.code();
    private static final String UNAUTHORIZED_CLIENT = OAuthError.UNAUTHORIZED_CLIENT.code();

    private final ProvenRequests requests;
    private final ClientAssertions assertions;
    private final InstantSource clock;

    public HttpRevocationEndpoint(
            GuardedHttp http, DpopProofs proofs, ClientAssertions assertions, InstantSource clock) {
        this.requests = new ProvenRequests(http, proofs);
        this.assertions = assertions;
        this.clock = clock;
    }

    @Override
    public Answer revoke(Revocation revocation, Budget budget) {
        Token accessToken = new BearerAccessToken(revocation.tokens().accessToken().value());
        Way usual = new Way(revocation.credentials(), true);
        if (revocation.tokens().refreshToken().isEmpty()) {
            return revoke(revocation, accessToken, usual, budget).answer();
        }
        Token refreshToken = new RefreshToken(revocation.tokens().refreshToken().get().value());
        Tried first = revoke(revocation, refreshToken, usual, budget);
        return switch (first.answer()) {
            case Answer.Unavailable unavailable -> unavailable;
            case Answer.Refused _ -> revoke(revocation, accessToken, usual, budget).answer();
            // RFC 7009 section 2.1 leaves it open whether this ended the access token too. Where
            // the server cannot revoke access tokens (2.2.1), the refresh token was what counts.
            case Answer.Revoked revoked ->
                    switch (revoke(revocation, accessToken, first.way(), budget).answer()) {
                        case Answer.Unavailable unavailable -> unavailable;
                        case Answer.Refused _, Answer.Revoked _ -> revoked;
                    };
        };
    }

    /**
     * How a token is handed in.
     *
     * @param hinted whether we say of which kind it is
     */
    private record Way(ClientCredentials credentials, boolean hinted) {
        /**
         * Another way, where the refusal may be of this one and not of the token. Real servers take
         * the hint for a demand, or a parameter that they do not know for an error, though RFC 7009
         * section 2.1 says to ignore it; and some take the secret here in one of its two places
         * only, whatever their token endpoint does.
         */
        Optional<Way> after(TokenAnswer refusal, ClientCredentials usual) {
            String error = refusal.error().orElse("");
            boolean overClient = refusal.answer().status() == 401 || error.equals(INVALID_CLIENT);
            if (overClient) {
                return credentials.equals(usual)
                        ? otherPlace(credentials).map(other -> new Way(other, hinted))
                        : Optional.empty();
            }
            return hinted && refusal.answer().status() == 400 && !error.equals(UNAUTHORIZED_CLIENT)
                    ? Optional.of(new Way(credentials, false))
                    : Optional.empty();
        }

        private static Optional<ClientCredentials> otherPlace(ClientCredentials credentials) {
            return switch (credentials.method()) {
                case NONE, PRIVATE_KEY_JWT -> Optional.empty();
                case CLIENT_SECRET_BASIC ->
                        Optional.of(
                                inPlace(credentials, TokenEndpointAuthMethod.CLIENT_SECRET_POST));
                case CLIENT_SECRET_POST ->
                        Optional.of(
                                inPlace(credentials, TokenEndpointAuthMethod.CLIENT_SECRET_BASIC));
            };
        }

        private static ClientCredentials inPlace(
                ClientCredentials credentials, TokenEndpointAuthMethod method) {
            return new ClientCredentials(credentials.clientId(), credentials.secret(), method);
        }
    }

    private record Tried(Answer answer, Way way) {}

    /** Tries the ways that may work, and says of a refusal what the first one was told. */
    private Tried revoke(Revocation revocation, Token token, Way usual, Budget budget) {
        try {
            Optional<TokenAnswer> first = send(revocation, token, usual, budget);
            if (first.isEmpty()) {
                return new Tried(withoutKey(), usual);
            }
            Tried tried = new Tried(read(first.get()), usual);
            Optional<Way> next = next(tried, first.get(), revocation);
            while (next.isPresent()) {
                TokenAnswer answer = send(revocation, token, next.get(), budget).orElseThrow();
                Tried again = new Tried(read(answer), next.get());
                if (!(again.answer() instanceof Answer.Refused)) {
                    return again;
                }
                next = next(again, answer, revocation);
            }
            return tried;
        } catch (OutboundException e) {
            Problem problem = Upstream.AUTHORIZATION_SERVER.problem(e);
            return new Tried(
                    e.reason() == OutboundException.Reason.REFUSED_BY_GUARD
                            ? new Answer.Refused(problem, OptionalInt.empty())
                            : new Answer.Unavailable(
                                    problem, OptionalInt.empty(), Optional.empty()),
                    usual);
        }
    }

    private static Optional<Way> next(Tried tried, TokenAnswer answer, Revocation revocation) {
        return tried.answer() instanceof Answer.Refused
                ? tried.way().after(answer, revocation.credentials())
                : Optional.empty();
    }

    private Optional<TokenAnswer> send(Revocation revocation, Token token, Way way, Budget budget) {
        Supplier<Optional<OutboundRequest>> request =
                () ->
                        OAuthRequest.revocation(
                                        revocation.revocationEndpoint(),
                                        way.credentials(),
                                        assertions,
                                        way.hinted() ? token : new UntypedToken(token.getValue()))
                                .map(written ->
                                        written.withTrust(revocation.trustedCa())
                                                .withBudget(budget));
        return requests.send(request, revocation.dpopKey());
    }

    /** One that is written without a hint. */
    private static final class UntypedToken extends Token {
        @Serial private static final long serialVersionUID = 1L;

        UntypedToken(String value) {
            super(value);
        }

        @Override
        public Set<String> getParameterNames() {
            return Set.of();
        }

        @Override
        public JSONObject toJSONObject() {
            return new JSONObject();
        }
    }

    private static Answer withoutKey() {
        return new Answer.Refused(
                new Problem(
                        Code.AUTHORIZATION_SERVER_BROKEN,
                        "This process was not given the key that our client signs with"),
                OptionalInt.empty());
    }

    private Answer read(TokenAnswer answer) {
        boolean notGoodAnyMore = answer.error().filter(NOT_GOOD_ANY_MORE::contains).isPresent();
        if (notGoodAnyMore || (answer.isSuccess() && answer.error().isEmpty())) {
            return new Answer.Revoked();
        }
        int status = answer.answer().status();
        if (answer.isOutage() || answer.wantsNonce()) {
            return new Answer.Unavailable(
                    Upstream.AUTHORIZATION_SERVER.broken(
                            "answered the revocation with status " + status),
                    OptionalInt.of(status),
                    // RFC 7009 section 2.2.1: a 503 may say when to come again.
                    answer.answer().retryAfter(clock));
        }
        String error =
                answer.error().map(word -> new OAuthError(word).code()).orElse("no error code");
        return new Answer.Refused(
                new Problem(
                        Code.AUTHORIZATION_SERVER_BROKEN,
                        "The authorization server refuses to revoke, with status "
                                + status
                                + " and "
                                + error),
                OptionalInt.of(status));
    }
}
