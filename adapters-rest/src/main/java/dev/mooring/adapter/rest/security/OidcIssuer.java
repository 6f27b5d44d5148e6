package dev.mooring.adapter.rest.security;

import dev.mooring.domain.Secret;

import java.net.URI;
import java.time.Duration;
import java.util.Optional;

/**
 * The OpenID Connect issuer whose users may call us.
 *
 * @param audience that a token must name to be meant for us
 * @param browser what signing in with a browser needs; absent: bearer tokens only
 * @param roles which of the issuer's roles or groups are ours
 * @param refreshInterval the shortest time between two looks at the issuer's keys that a token with
 *     an unknown key id can cause
 */
public record OidcIssuer(
        URI issuer,
        String audience,
        Optional<Browser> browser,
        RoleNames roles,
        Duration refreshInterval) {

    /** Half a minute between two looks at the keys. */
    public static final Duration DEFAULT_REFRESH_INTERVAL = Duration.ofSeconds(30);

    /** Our client at the issuer. */
    public record Browser(String clientId, ClientSecret clientSecret, CookiePassword cookies) {}

    /** Our client's secret at the issuer. */
    public record ClientSecret(String value) implements Secret {
        @Override
        public String toString() {
            return REDACTED;
        }
    }

    /** Encrypts the cookies; the same on all nodes. */
    public record CookiePassword(String value) implements Secret {
        @Override
        public String toString() {
            return REDACTED;
        }
    }
}
