package dev.mooring.application.port;

import dev.mooring.domain.client.ClientId;
import dev.mooring.domain.lifecycle.AuthorizationAttempt;
import dev.mooring.domain.lifecycle.FlowId;
import dev.mooring.domain.oauth.StateDigest;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * Keeps authorization attempts. Ended ones stay, without their secrets, so that a repeated response
 * is told from an unknown one.
 */
public interface AttemptStore {
    Optional<AuthorizationAttempt> find(FlowId id);

    /** The attempt whose request carried this state, whatever became of it. */
    Optional<AuthorizationAttempt> find(StateDigest state);

    /** The client's attempt of the highest ordinal. */
    Optional<AuthorizationAttempt> newest(ClientId client);

    /** The last one of the client's attempts whose link asked for this scope. */
    Optional<AuthorizationAttempt> newestAskingFor(ClientId client, String scope);

    /** The last one of the client's attempts that ended with a consent, whatever came after it. */
    Optional<AuthorizationAttempt.Succeeded> consented(ClientId client);

    /**
     * The client's attempts that may still bring a grant, by ordinal: a link, and redemptions that
     * are under way, of which there may be some behind a newer link.
     */
    List<AuthorizationAttempt> open(ClientId client);

    /** The client's redemptions that were given up, of which any may yet bring tokens. */
    List<AuthorizationAttempt.Unknown> givenUp(ClientId client);

    /**
     * How many of the client's attempts that a call of {@code operation} made necessary, and that
     * began at {@code since} or later, ended with a consent.
     */
    int stepUps(ClientId client, String operation, Instant since);

    /** Adds an attempt. The caller holds the client's lock and took the next ordinal. */
    void insert(AuthorizationAttempt.Started attempt);

    /**
     * Uses up the response of an attempt: one conditional change from {@code Started}, before the
     * code is sent. Of any number of callers on any nodes exactly one gets true.
     */
    boolean claim(AuthorizationAttempt.Redeeming claimed);

    /** Ends an attempt that is still {@code Started}; false when it is not any more. */
    boolean end(AuthorizationAttempt.Started started, AuthorizationAttempt.Ended ended);

    /**
     * Ends an attempt that {@code redeeming.run()} still holds; false when it does not. A run that
     * was given up as {@code Unknown} and yet brings tokens may still make it {@code Succeeded}.
     */
    boolean end(AuthorizationAttempt.Redeeming redeeming, AuthorizationAttempt.Ended ended);

    /** Sees to it that a redemption which was given up brings nothing more. */
    boolean end(AuthorizationAttempt.Unknown unknown, AuthorizationAttempt.Superseded superseded);

    /**
     * Waits until the attempt has ended, at most {@code patience}.
     *
     * @return the attempt as it then is; empty when it is gone
     */
    Optional<AuthorizationAttempt> awaitEnd(FlowId id, Duration patience);

    /** Attempts still {@code Started} whose deadline is before {@code now}, oldest first. */
    List<AuthorizationAttempt.Started> overdue(Instant now, int limit);

    /** Attempts that have been {@code Redeeming} since before {@code since}: their run is dead. */
    List<AuthorizationAttempt.Redeeming> abandoned(Instant since, int limit);

    /**
     * Deletes attempts that ended before {@code before}, the oldest first. Those by which clients
     * go on stay however old they are: the newest of each, the last that was consented to, and the
     * last that asked for {@code scope}.
     *
     * @return how many were deleted, at most {@code limit}
     */
    int forget(Instant before, String scope, int limit);
}
