package dev.mooring.application.port;

import dev.mooring.domain.client.ClientId;
import dev.mooring.domain.lifecycle.Grant;
import dev.mooring.domain.lifecycle.GrantId;
import dev.mooring.domain.lifecycle.RegistrationId;
import dev.mooring.domain.oauth.HttpUrl;

import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Keeps grants, at most one for each client. Tokens are encrypted at rest. */
public interface GrantStore {
    Optional<Grant> find(GrantId id);

    Optional<Grant> ofClient(ClientId client);

    /** Whether a grant through this registration has tokens that came at {@code since} or later. */
    boolean servedSince(RegistrationId registration, Instant since);

    /**
     * Puts the grant in the place of the client's former one. The caller holds the client's lock.
     */
    void put(Grant grant);

    /** Removes the grant; false if it is not there. */
    boolean delete(GrantId id);

    /**
     * Records the intent to refresh before the refresh token is sent, and takes a lease on it: one
     * conditional change of a grant that still has this generation and this intent, and on which no
     * lease runs. Who saw no trace of a lost answer, or another one, must not send the refresh
     * token as if there were none.
     *
     * @param seen the grant as the caller read it
     * @param intended the same with its new {@link Grant.RefreshIntent}
     * @param lease how long nobody else may refresh, judged by the store's clock; longer than the
     *     whole call to the token endpoint
     */
    Lease lease(Grant seen, Grant intended, Duration lease);

    /**
     * Stores the tokens of a refresh, by comparison with grant, generation and the digest of the
     * refresh token that was sent; the client's revision does not matter.
     */
    Storing storeRefreshed(Grant intended, Grant refreshed);

    /**
     * Gives the lease back without new tokens.
     *
     * @return false if the run does not hold it any more; then nothing happens
     */
    boolean release(Grant intended);

    /**
     * Ends the lease and keeps the intent: the answer was lost, and whoever refreshes next knows
     * that the refresh token may be used up.
     *
     * @return false if the run does not hold the lease any more; then nothing happens
     */
    boolean keepIntent(Grant intended);

    /**
     * Waits until the grant has another generation than {@code seen} or no lease runs on it, at
     * most {@code patience}.
     *
     * @return the grant as it then is; empty when it is gone
     */
    Optional<Grant> awaitRefresh(Grant seen, Duration patience);

    /**
     * Takes grants whose time to be renewed has come, the longest due first. Nobody else gets them
     * for {@code hold}, after which they are due again unless they were renewed or {@linkplain
     * #renewLater put off}; who dies with them loses nothing.
     *
     * <p>Those whose client or token endpoint {@linkplain Pauses pauses} stay due. After the pause
     * of an endpoint they come one by one in the course of a minute.
     *
     * <p>When a grant is due follows from its {@link Grant#renewalWindow()} as it is stored, by the
     * store's clock.
     *
     * @param most how many at most
     * @param except {@linkplain HttpUrl#origin origins} of token endpoints whose grants are left
     *     for another time
     */
    List<Due> takeDue(int most, Set<String> except, Duration hold);

    /**
     * Puts a renewal off that came to nothing, or off for good; nothing happens if the grant has
     * other tokens by now.
     *
     * @param delay from now on; absent: these tokens are not renewed ahead of their end
     */
    void renewLater(Due due, Optional<Duration> delay);

    /** A grant that is to be renewed, as long as it has this generation. */
    record Due(GrantId grant, long generation, ClientId client, URI tokenEndpoint) {
        /** Whose host is asked. */
        public String origin() {
            return HttpUrl.origin(tokenEndpoint);
        }

        public boolean isOf(Grant current) {
            return current.id().equals(grant) && current.generation() == generation;
        }
    }

    /** The answer to {@link #lease}. */
    sealed interface Lease {
        /**
         * The caller may refresh.
         *
         * @param fromDeadRun whether the lease of another run ended without a word of it: it may
         *     have sent the refresh token
         */
        record Taken(boolean fromDeadRun) implements Lease {}

        /** Another run refreshes. */
        record Busy() implements Lease {}

        /** The grant is not what the caller saw any more: read it again. */
        record Outdated() implements Lease {}
    }

    /** The answer to {@link #storeRefreshed}. */
    sealed interface Storing {
        record Stored() implements Storing {}

        /** A newer generation, or a newer grant, is there; the fresh tokens are dropped. */
        record Superseded() implements Storing {}

        /** The grant was deleted or revoked meanwhile; the fresh tokens must be revoked. */
        record Gone() implements Storing {}
    }
}
