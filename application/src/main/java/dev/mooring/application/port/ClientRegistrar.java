package dev.mooring.application.port;

import dev.mooring.domain.client.Connection;
import dev.mooring.domain.lifecycle.Problem;
import dev.mooring.domain.lifecycle.Registration;
import dev.mooring.domain.oauth.ClientCredentials;
import dev.mooring.domain.oauth.ClientMetadata;

import java.net.URI;
import java.time.Instant;
import java.util.Optional;

/** Registers us as a client at an authorization server (RFC 7591). */
public interface ClientRegistrar {
    Answer register(
            URI registrationEndpoint,
            ClientMetadata metadata,
            Connection connection,
            Budget budget);

    /** The answer to {@link #register}. */
    sealed interface Answer {
        /**
         * We are registered, with the credentials and the method that the server chose.
         *
         * @param management absent where the server does not speak RFC 7592
         */
        record Registered(
                ClientCredentials credentials,
                Optional<Instant> secretExpiresAt,
                Optional<Registration.Management> management)
                implements Answer {}

        /** Our redirect URI is not to the server's liking; described otherwise it may be. */
        record RedirectUriRefused(Problem problem) implements Answer {}

        record Failed(Problem problem) implements Answer {}
    }
}
