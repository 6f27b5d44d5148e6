package dev.mooring.application.port;

import dev.mooring.domain.client.TrustedCa;
import dev.mooring.domain.lifecycle.Problem;
import dev.mooring.domain.oauth.Assertion;
import dev.mooring.domain.oauth.AuthorizationCode;
import dev.mooring.domain.oauth.ClientCredentials;
import dev.mooring.domain.oauth.CodeVerifier;
import dev.mooring.domain.oauth.DpopKey;
import dev.mooring.domain.oauth.Issuer;
import dev.mooring.domain.oauth.OAuthError;
import dev.mooring.domain.oauth.RedirectUri;
import dev.mooring.domain.oauth.RefreshToken;
import dev.mooring.domain.oauth.ResourceIdentifier;
import dev.mooring.domain.oauth.Scopes;
import dev.mooring.domain.oauth.SubjectToken;
import dev.mooring.domain.oauth.TokenSet;

import java.net.URI;
import java.time.Duration;
import java.util.Optional;

/**
 * Redeems codes and refresh tokens (RFC 6749 sections 4.1.3 and 6), and asks for grants that need
 * no person. One call is at most one request on the wire, as codes and refresh tokens are used up
 * by being sent, with exactly one exception: where the server answers {@code use_dpop_nonce} and
 * brings the nonce (RFC 9449 section 8), it has looked at nothing but the proof, and the adapter
 * sends the same once more, with a new proof that has the nonce.
 */
public interface TokenEndpoint {
    Answer redeem(CodeRedemption redemption, Budget budget);

    Answer refresh(TokenRefresh refresh, Budget budget);

    /** Asks for a grant for which nobody has to consent. */
    Answer ask(DirectRequest request, Budget budget);

    /** Has an identity provider say for whom we act (RFC 8693). */
    ExchangeAnswer exchange(TokenExchange exchange, Budget budget);

    /**
     * The request of RFC 6749 section 4.1.3 with PKCE and resource indicator.
     *
     * @param resource absent where an exception leaves it out
     * @param scopes what was asked for: granted when the answer does not say (section 5.1)
     * @param dpopKey asks for a token that is bound to this key (RFC 9449 section 5)
     */
    record CodeRedemption(
            URI tokenEndpoint,
            ClientCredentials credentials,
            AuthorizationCode code,
            CodeVerifier verifier,
            RedirectUri redirectUri,
            Optional<ResourceIdentifier> resource,
            Scopes scopes,
            Optional<DpopKey> dpopKey,
            Optional<TrustedCa> trustedCa) {}

    /**
     * The request of RFC 6749 section 6 with resource indicator; it does not name scopes, so the
     * server grants the same ones.
     *
     * @param resource absent where an exception leaves it out
     * @param dpopKey the key that the refresh token may be bound to (RFC 9449 section 5)
     */
    record TokenRefresh(
            URI tokenEndpoint,
            ClientCredentials credentials,
            RefreshToken refreshToken,
            Optional<ResourceIdentifier> resource,
            Scopes scopes,
            Optional<DpopKey> dpopKey,
            Optional<TrustedCa> trustedCa) {}

    /**
     * The request of RFC 6749 section 4.4.2, or with an assertion that of RFC 7523 section 2.1,
     * with resource indicator.
     *
     * @param assertion that stands for the grant; absent: the credentials themselves do
     * @param resource absent where an exception leaves it out
     */
    record DirectRequest(
            URI tokenEndpoint,
            ClientCredentials credentials,
            Optional<Assertion> assertion,
            Optional<ResourceIdentifier> resource,
            Scopes scopes,
            Optional<DpopKey> dpopKey,
            Optional<TrustedCa> trustedCa) {}

    /**
     * The request of RFC 8693 section 2.1 for an identity assertion authorization grant (ID-JAG).
     *
     * @param tokenEndpoint of the identity provider
     * @param audience the authorization server that shall take the assertion
     * @param resource what the access token will be good for
     */
    record TokenExchange(
            URI tokenEndpoint,
            ClientCredentials credentials,
            SubjectToken subjectToken,
            String subjectTokenType,
            Issuer audience,
            ResourceIdentifier resource,
            Scopes scopes,
            Optional<TrustedCa> trustedCa) {}

    /** The answer to {@link #exchange}. */
    sealed interface ExchangeAnswer {
        record Exchanged(Assertion assertion) implements ExchangeAnswer {}

        /** The identity provider refused with an error of RFC 6749 section 5.2. */
        record Refused(OAuthError error) implements ExchangeAnswer {}

        /** No usable answer; asking again does no harm. */
        record Failed(Problem problem) implements ExchangeAnswer {}
    }

    /** What came of the request. */
    sealed interface Answer {
        /**
         * Whether the token is bound to the key is for the caller to judge; without a key, it is a
         * bearer token.
         */
        record Issued(TokenSet tokens) implements Answer {}

        /** The server refused with an error of RFC 6749 section 5.2. */
        record Refused(OAuthError error) implements Answer {}

        /**
         * Nothing was redeemed: the request never left, or the server answered that it cannot now.
         *
         * @param retryAfter what the server asked for
         */
        record Unavailable(Problem problem, Optional<Duration> retryAfter) implements Answer {}

        /**
         * Something broke on the other side while it answered: most likely nothing was redeemed,
         * but it may have been.
         *
         * @param retryAfter what the server asked for
         */
        record Doubtful(Problem problem, Optional<Duration> retryAfter) implements Answer {}

        /** The request may have arrived, and no usable answer came: nobody knows. */
        record Lost(Problem problem) implements Answer {}
    }
}
