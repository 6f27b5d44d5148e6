package dev.mooring.application.port;

import dev.mooring.domain.client.ClientId;

import java.time.Duration;
import java.util.Optional;

/** Remembers which client a request with an {@code Idempotency-Key} made. */
public interface IdempotencyKeys {
    /** What is remembered under this key. */
    Optional<Remembered> find(String key);

    /**
     * Remembers; false when the key is remembered already.
     *
     * @param fingerprint digest of the request, so that another request under the same key is told
     */
    boolean remember(String key, String fingerprint, ClientId client, Duration lifetime);

    record Remembered(String fingerprint, ClientId client) {}
}
