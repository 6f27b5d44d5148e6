package dev.mooring.domain.oauth;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * What a token endpoint issued (RFC 6749 section 5.1).
 *
 * @param type how the access token is presented
 * @param expiresAt when the access token ends, if the server said so; without it the token is used
 *     until it is refused
 * @param scopes what was granted: the answer's scope parameter, else what was asked for
 */
public record TokenSet(
        AccessToken accessToken,
        TokenType type,
        Optional<RefreshToken> refreshToken,
        Optional<Instant> expiresAt,
        Scopes scopes) {

    /** Whether the access token will have ended {@code margin} after {@code now}. */
    public boolean expiresWithin(Duration margin, Instant now) {
        return expiresAt.map(end -> !end.isAfter(now.plus(margin))).orElse(false);
    }

    /**
     * These tokens after a refresh whose answer may leave the refresh token out; the old one then
     * stays good (RFC 6749 section 6).
     */
    public TokenSet keepingRefreshTokenOf(TokenSet earlier) {
        return refreshToken.isPresent()
                ? this
                : new TokenSet(accessToken, type, earlier.refreshToken, expiresAt, scopes);
    }
}
