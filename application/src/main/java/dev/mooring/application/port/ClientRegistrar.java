package dev.mooring.application.port;

import dev.mooring.domain.client.Connection;
import dev.mooring.domain.lifecycle.Deregistration;
import dev.mooring.domain.lifecycle.Problem;
import dev.mooring.domain.lifecycle.Registration;
import dev.mooring.domain.oauth.ClientCredentials;
import dev.mooring.domain.oauth.ClientMetadata;

import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalInt;

/** Registers us as a client at an authorization server (RFC 7591), and ends that (RFC 7592). */
public interface ClientRegistrar {
    Answer register(
            URI registrationEndpoint,
            ClientMetadata metadata,
            Connection connection,
            Budget budget);

    /** Deletes a registration of ours. Repeating it does no harm. */
    Deletion delete(Deregistration deregistration, Budget budget);

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

        /** We are registered, but in a way that is of no use to us. */
        record Useless(Problem problem, Optional<Registration.Management> management)
                implements Answer {}

        record Failed(Problem problem) implements Answer {}
    }

    /** The answer to {@link #delete}. */
    sealed interface Deletion {
        /** Deleted, or the server does not know us any more. */
        record Deleted() implements Deletion {}

        /**
         * The server will not, and asking again is vain.
         *
         * @param status of its answer, if one came
         */
        record Refused(Problem problem, OptionalInt status) implements Deletion {}

        /**
         * Try again later.
         *
         * @param status of its answer, if one came
         * @param retryAfter how long the server asks to be left alone
         */
        record Unavailable(Problem problem, OptionalInt status, Optional<Duration> retryAfter)
                implements Deletion {}
    }
}
