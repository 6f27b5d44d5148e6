package dev.mooring.application.port;

import dev.mooring.domain.access.ApiKey;
import dev.mooring.domain.access.ApiKeyDigest;
import dev.mooring.domain.access.ApiKeyId;

import java.util.List;
import java.util.Optional;

/** Keeps API keys by their digest. */
public interface ApiKeyStore {
    Optional<ApiKey> find(ApiKeyDigest digest);

    /** All keys, in the order in which they were made. */
    List<ApiKey> list();

    /** Adds a key; false when its name or its secret is taken. */
    boolean insert(ApiKey key);

    boolean delete(ApiKeyId id);

    /** Adds the key in the place of the one that has its name, if there is one. */
    void replace(ApiKey key);

    /** Adds the key if there is none at all yet; of any number of nodes at most one gets true. */
    boolean insertFirst(ApiKey key);
}
