package dev.mooring.application.port;

import dev.mooring.domain.client.ClientId;
import dev.mooring.domain.lifecycle.Problem;

import java.net.URI;
import java.time.Duration;
import java.util.Optional;

/**
 * For how long nobody asks for tokens: for those of one client, after failures, or at one token
 * endpoint, because it said so. All nodes keep them; they are judged by the store's clock.
 */
public interface Pauses {
    /** The longer one of the pauses that hold for a grant of this client from this endpoint. */
    Optional<Pause> running(ClientId client, URI tokenEndpoint);

    /** The pause of this client, if it is not over. */
    Optional<Pause> running(ClientId client);

    /**
     * How often in a row it failed for this client so far, whether the last pause is over or not.
     */
    int failures(ClientId client);

    /** Why it failed for this client last, whether that pause is over or not. */
    Optional<Problem> last(ClientId client);

    /**
     * Begins a pause in the place of the client's last one; nothing happens if there is no such
     * client.
     *
     * @param failures how often in a row it has failed now
     */
    void begin(ClientId client, int failures, Problem problem, Duration length);

    /** Begins a pause at a token endpoint, unless a longer one is running there. */
    void begin(URI tokenEndpoint, Problem problem, Duration length);

    /**
     * Forgets the client's failures and ends its pause: it worked, or a person says that asking is
     * worth while. What a token endpoint has asked for holds all the same, as it is for all.
     */
    void forget(ClientId client);

    /**
     * A pause that is running.
     *
     * @param problem why
     * @param left how much of it is left
     */
    record Pause(Problem problem, Duration left) {}
}
