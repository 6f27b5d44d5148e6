package dev.mooring.application.port;

import dev.mooring.domain.lifecycle.Problem;
import dev.mooring.domain.lifecycle.Revocation;

import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;

/** Gives tokens back (RFC 7009). */
public interface RevocationEndpoint {
    /**
     * Revokes the refresh token first, which ends the access token too at most servers, then the
     * access token. Repeating it does no harm.
     */
    Answer revoke(Revocation revocation, Budget budget);

    /** The answer to {@link #revoke}. */
    sealed interface Answer {
        /** Revoked, or the server did not know the tokens any more. */
        record Revoked() implements Answer {}

        /**
         * The server will not, and asking again is vain.
         *
         * @param status of its answer, if one came
         */
        record Refused(Problem problem, OptionalInt status) implements Answer {}

        /**
         * Try again later.
         *
         * @param status of its answer, if one came
         * @param retryAfter how long the server asks to be left alone
         */
        record Unavailable(Problem problem, OptionalInt status, Optional<Duration> retryAfter)
                implements Answer {}
    }
}
