package dev.mooring.domain.lifecycle;

import dev.mooring.domain.client.ClientId;
import dev.mooring.domain.client.TrustedCa;
import dev.mooring.domain.oauth.ClientCredentials;
import dev.mooring.domain.oauth.ClientIdentifier;
import dev.mooring.domain.oauth.Issuer;
import dev.mooring.domain.oauth.OAuthError;
import dev.mooring.domain.oauth.RedirectUri;
import dev.mooring.domain.oauth.RegistrationAccessToken;

import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
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

    /** Whether the server takes who comes with either of them for the same client. */
    default boolean isSameClientAs(Registration other) {
        return issuer().equals(other.issuer())
                && credentials().clientId().equals(other.credentials().clientId());
    }

    /**
     * Whether this refusal says that the server has forgotten a registration we made ourselves (RFC
     * 6749 section 5.2), so that only a new one will do. What an operator entered is never given up
     * like that: it may be mistyped. Who may not use a grant ({@code unauthorized_client}) is
     * known.
     */
    default boolean isForgottenAfter(OAuthError refusal) {
        return switch (this) {
            case Given given -> false;
            case MetadataDocument document -> false;
            case Dynamic dynamic -> refusal.equals(OAuthError.INVALID_CLIENT);
        };
    }

    /**
     * An operator made the registration at the provider and entered it for one MCP client.
     *
     * @param binding whether the credentials, as they were entered last, are known to be of this
     *     issuer: a link was made with them here. Credentials that were entered anew since may be
     *     for another one, which the next link finds out.
     * @param refusedAt when the server refused these credentials last
     */
    record Given(
            RegistrationId id,
            Issuer issuer,
            RedirectUri redirectUri,
            ClientCredentials credentials,
            ClientId enteredFor,
            boolean binding,
            Optional<Instant> refusedAt)
            implements Registration {
        /** How long credentials are left alone that the server has refused. */
        public static final Duration PAUSE_AFTER_REFUSAL = Duration.ofMinutes(5);

        /** The first link with what an operator entered. */
        public static Given of(
                RegistrationId id,
                Issuer issuer,
                RedirectUri redirectUri,
                ClientCredentials credentials,
                ClientId enteredFor) {
            return new Given(
                    id, issuer, redirectUri, credentials, enteredFor, true, Optional.empty());
        }

        /**
         * To whom the credentials belong that an operator entered under {@code clientId} without
         * saying for which issuer: to the one where they were used first. MCP (client registration,
         * "Authorization Server Binding") forbids to show them to any other. Empty while nobody
         * knows.
         */
        public static Optional<Issuer> boundTo(List<Given> entered, ClientIdentifier clientId) {
            return entered.stream()
                    .filter(Given::binding)
                    .filter(given -> given.credentials.clientId().equals(clientId))
                    .map(Given::issuer)
                    .findFirst();
        }

        /** The same registration with the credentials that a new link is made with. */
        public Given usedWith(ClientCredentials current) {
            return new Given(
                    id,
                    issuer,
                    redirectUri,
                    current,
                    enteredFor,
                    true,
                    credentials.equals(current) ? refusedAt : Optional.empty());
        }

        /** The same registration with what an operator entered since for the same client. */
        public Given renewed(ClientCredentials entered, boolean anew) {
            return new Given(
                    id,
                    issuer,
                    redirectUri,
                    entered,
                    enteredFor,
                    binding && !anew,
                    Optional.empty());
        }

        /** What is entered for the MCP client now need not be of this issuer any more. */
        public Given released() {
            return new Given(id, issuer, redirectUri, credentials, enteredFor, false, refusedAt);
        }

        /** The server refused the credentials: an operator has to look at them. */
        public Given refused(Instant now) {
            return new Given(
                    id, issuer, redirectUri, credentials, enteredFor, binding, Optional.of(now));
        }

        /** Whether asking again with these credentials is still vain. */
        public boolean isParked(Instant now) {
            return refusedAt.filter(at -> now.isBefore(at.plus(PAUSE_AFTER_REFUSAL))).isPresent();
        }
    }

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
            implements Registration {
        /** The same after the server said that it does not know it: nothing is left to delete. */
        public Dynamic forgotten() {
            return new Dynamic(
                    id, issuer, redirectUri, credentials, secretExpiresAt, Optional.empty());
        }
    }

    /**
     * What RFC 7592 section 3 adds to a registration answer.
     *
     * @param trustedCa by which the server that gave it is trusted
     */
    record Management(
            URI configurationEndpoint,
            RegistrationAccessToken accessToken,
            Optional<TrustedCa> trustedCa) {}
}
