package dev.mooring.application.port;

import dev.mooring.domain.access.ApiKey;
import dev.mooring.domain.access.ApiKeyDigest;
import dev.mooring.domain.access.ApiKeyId;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** Keeps API keys by their digest. */
public interface ApiKeyStore {
    /** How coarsely it is known when a key was used last. */
    Duration USE_GRAIN = Duration.ofMinutes(1);

    Optional<ApiKey> find(ApiKeyDigest digest);

    /** All keys, in the order in which they were made. */
    List<ApiKey> list();

    /** Adds a key; false when its name or its secret is taken. */
    boolean insert(ApiKey key);

    boolean delete(ApiKeyId id);

    /**
     * Notes that the key was used then, unless a use is noted that is less than {@link #USE_GRAIN}
     * older, or newer: of any number of nodes one writes. A key that is gone stays so.
     */
    void recordUse(ApiKeyId id, Instant at);

    /** Adds the key in the place of the one that has its name, if there is one. */
    void replace(ApiKey key);

    /** Adds the key if there is none at all yet; of any number of nodes at most one gets true. */
    boolean insertFirst(ApiKey key);
}
