package dev.mooring.domain.lifecycle;

import dev.mooring.domain.client.ClientId;
import dev.mooring.domain.oauth.ClientCredentials;
import dev.mooring.domain.oauth.Issuer;
import dev.mooring.domain.oauth.OAuthError;
import dev.mooring.domain.oauth.RedirectUri;
import dev.mooring.domain.oauth.RegistrationAccessToken;

import java.net.URI;
import java.time.Instant;
import java.util.Optional;

/**
 * Our client at one issuer, for one redirect URI. MCP demands that credentials are keyed by issuer
 * and never shown to another.
 */
public sealed interface Registration {
    RegistrationId id();

    Issuer issuer();

    RedirectUri redirectUri();

    ClientCredentials credentials();

    /** Whether the credentials are still good, as far as the server said. */
    default boolean isUsable(Instant now) {
        return switch (this) {
            case Given given -> true;
            case MetadataDocument document -> true;
            case Dynamic dynamic -> dynamic.secretExpiresAt().map(now::isBefore).orElse(true);
        };
    }

    /**
     * Whether this refusal says that the server has forgotten a registration we made ourselves, or
     * will not have it any more (RFC 6749 section 5.2), so that only a new one will do. What an
     * operator entered is never given up like that: it may be mistyped.
     */
    default boolean isForgottenAfter(OAuthError refusal) {
        return switch (this) {
            case Given given -> false;
            case MetadataDocument document -> false;
            case Dynamic dynamic ->
                    refusal.equals(OAuthError.INVALID_CLIENT)
                            || refusal.equals(OAuthError.UNAUTHORIZED_CLIENT);
        };
    }

    /** An operator made the registration at the provider and entered it for one MCP client. */
    record Given(
            RegistrationId id,
            Issuer issuer,
            RedirectUri redirectUri,
            ClientCredentials credentials,
            ClientId enteredFor)
            implements Registration {}

    /** Our Client ID Metadata Document is the registration; the URL is the client id. */
    record MetadataDocument(
            RegistrationId id,
            Issuer issuer,
            RedirectUri redirectUri,
            ClientCredentials credentials)
            implements Registration {}

    /**
     * We registered ourselves (RFC 7591); shared by all our MCP clients at this issuer.
     *
     * @param management where and with which token the registration can be deleted (RFC 7592)
     */
    record Dynamic(
            RegistrationId id,
            Issuer issuer,
            RedirectUri redirectUri,
            ClientCredentials credentials,
            Optional<Instant> secretExpiresAt,
            Optional<Management> management)
            implements Registration {}

    /** What RFC 7592 section 3 adds to a registration answer. */
    record Management(URI configurationEndpoint, RegistrationAccessToken accessToken) {}
}
