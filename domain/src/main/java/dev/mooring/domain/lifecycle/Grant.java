package dev.mooring.domain.lifecycle;

import dev.mooring.domain.client.ClientId;
import dev.mooring.domain.oauth.AuthorizationServer;
import dev.mooring.domain.oauth.Credential;
import dev.mooring.domain.oauth.Issuer;
import dev.mooring.domain.oauth.RefreshToken;
import dev.mooring.domain.oauth.ResourceIdentifier;
import dev.mooring.domain.oauth.Scopes;
import dev.mooring.domain.oauth.TokenBinding;
import dev.mooring.domain.oauth.TokenSet;

import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * The tokens of one consent, or of one request for which nobody had to consent. They are good for
 * {@code resource} alone and were issued by {@code issuer} to the client that {@code registration}
 * describes; none of the three ever changes, nor does the key that they are bound to.
 *
 * @param ordinal of the attempt that brought it; a grant of a higher ordinal wins
 * @param generation 1 when the code was redeemed, one more with every refresh
 * @param asked the scopes that were asked for, of which the tokens may have been given only some
 * @param refresh the refresh that is under way, recorded before the token endpoint is asked
 */
public record Grant(
        GrantId id,
        ClientId client,
        int ordinal,
        long generation,
        Issuer issuer,
        ResourceIdentifier resource,
        RegistrationId registration,
        TokenBinding binding,
        URI tokenEndpoint,
        Optional<URI> revocationEndpoint,
        TokenSet tokens,
        Scopes asked,
        Optional<RefreshIntent> refresh,
        Instant issuedAt) {

    public Grant {
        if (!binding.accepts(tokens.type())) {
            throw new IllegalArgumentException(
                    "The binding of this grant does not take tokens of type " + tokens.type());
        }
    }

    /**
     * A refresh token may have been sent. What outlives its lease is the trace of a crash or of a
     * lost answer.
     *
     * @param refreshTokenDigest SHA-256 of the refresh token that the grant had; empty when it had
     *     none and is asked for anew
     */
    public record RefreshIntent(RunId run, String refreshTokenDigest, Instant since) {}

    /** The grant that a redeemed code brought. */
    public static Grant of(
            GrantId id, AuthorizationAttempt.Redeeming attempt, TokenSet tokens, Instant now) {
        AuthorizationRequest request = attempt.request();
        return new Grant(
                id,
                attempt.client(),
                attempt.details().ordinal(),
                1,
                request.issuer(),
                request.resource(),
                request.registration(),
                request.binding(),
                request.tokenEndpoint(),
                request.revocationEndpoint(),
                tokens,
                attempt.details().scopes(),
                Optional.empty(),
                now);
    }

    /**
     * A grant for which nobody had to consent.
     *
     * @param ordinal above that of every attempt of the client so far
     */
    public static Grant unattended(
            GrantId id,
            ClientId client,
            int ordinal,
            AuthorizationServer server,
            ResourceIdentifier resource,
            RegistrationId registration,
            TokenBinding binding,
            TokenSet tokens,
            Scopes asked,
            Instant now) {
        return new Grant(
                id,
                client,
                ordinal,
                1,
                server.issuer(),
                resource,
                registration,
                binding,
                server.tokenEndpoint(),
                server.revocationEndpoint(),
                tokens,
                asked,
                Optional.empty(),
                now);
    }

    /** What a request to the resource is sent with. */
    public Credential credential() {
        return binding.credential(tokens);
    }

    /** The next generation, after a refresh. */
    public Grant refreshed(TokenSet fresh, Instant now) {
        return renewed(fresh, asked, now);
    }

    /** The next generation, after these scopes were asked for anew. */
    public Grant renewed(TokenSet fresh, Scopes asked, Instant now) {
        return new Grant(
                id,
                client,
                ordinal,
                generation + 1,
                issuer,
                resource,
                registration,
                binding,
                tokenEndpoint,
                revocationEndpoint,
                fresh.keepingRefreshTokenOf(tokens),
                asked,
                Optional.empty(),
                now);
    }

    /** The same tokens with a note that {@code run} is about to refresh them. */
    public Grant refreshing(RunId run, RefreshToken sent, Instant now) {
        return withRefresh(Optional.of(new RefreshIntent(run, sent.sha256(), now)));
    }

    /** The same tokens with a note that {@code run} is about to ask for the grant anew. */
    public Grant renewing(RunId run, Instant now) {
        String digest = tokens.refreshToken().map(RefreshToken::sha256).orElse("");
        return withRefresh(Optional.of(new RefreshIntent(run, digest, now)));
    }

    /** The same tokens; no refresh is under way. */
    public Grant notRefreshing() {
        return withRefresh(Optional.empty());
    }

    /** Whether the access token is worth sending: it will last at least {@code margin} longer. */
    public boolean isFresh(Duration margin, Instant now) {
        return !tokens.expiresWithin(margin, now);
    }

    /** Whether these scopes are there, or were asked for and not given: asking again is vain. */
    public boolean wasAskedFor(Scopes scopes) {
        return tokens.scopes().union(asked).containsAll(scopes);
    }

    /**
     * When these tokens are renewed ahead of their end. Empty where that would be vain or of no
     * use: there is no refresh token, which must be kept alive, or nobody said when the access
     * token ends.
     */
    public Optional<RenewalWindow> renewalWindow() {
        return tokens.refreshToken()
                .flatMap(kept -> tokens.expiresAt())
                .flatMap(end -> RenewalWindow.of(issuedAt, end));
    }

    /** Whether this is the same generation of the same consent. */
    public boolean hasTheTokensOf(Grant other) {
        return id.equals(other.id) && generation == other.generation;
    }

    private Grant withRefresh(Optional<RefreshIntent> intent) {
        return new Grant(
                id,
                client,
                ordinal,
                generation,
                issuer,
                resource,
                registration,
                binding,
                tokenEndpoint,
                revocationEndpoint,
                tokens,
                asked,
                intent,
                issuedAt);
    }
}
