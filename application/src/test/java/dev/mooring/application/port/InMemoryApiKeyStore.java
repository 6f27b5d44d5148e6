package dev.mooring.application.port;

import dev.mooring.domain.access.ApiKey;
import dev.mooring.domain.access.ApiKeyDigest;
import dev.mooring.domain.access.ApiKeyId;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** API keys in memory. */
public final class InMemoryApiKeyStore implements ApiKeyStore {
    private final InMemoryDatabase database;

    public InMemoryApiKeyStore(InMemoryDatabase database) {
        this.database = database;
    }

    @Override
    public Optional<ApiKey> find(ApiKeyDigest digest) {
        return list().stream().filter(key -> key.digest().equals(digest)).findFirst();
    }

    @Override
    public List<ApiKey> list() {
        return database.execute(() -> List.copyOf(database.tables().keys.values()));
    }

    @Override
    public boolean insert(ApiKey key) {
        return database.execute(() -> {
            boolean free =
                    list().stream()
                            .noneMatch(other ->
                                    other.name().equals(key.name())
                                            || other.digest().equals(key.digest()));
            if (free) {
                database.tables().keys.put(key.id(), key);
            }
            return free;
        });
    }

    @Override
    public boolean delete(ApiKeyId id) {
        return database.execute(() -> database.tables().keys.remove(id) != null);
    }

    @Override
    public void recordUse(ApiKeyId id, Instant at) {
        database.run(() ->
                database.tables()
                        .keys
                        .computeIfPresent(
                                id,
                                (same, key) ->
                                        key.lastUsedAt()
                                                        .filter(last ->
                                                                last.plus(USE_GRAIN).isAfter(at))
                                                        .isPresent()
                                                ? key
                                                : key.usedAt(at)));
    }

    @Override
    public void replace(ApiKey key) {
        database.run(() -> {
            database.tables().keys.values().removeIf(other -> other.name().equals(key.name()));
            insert(key);
        });
    }

    @Override
    public boolean insertFirst(ApiKey key) {
        return database.execute(() -> list().isEmpty() && insert(key));
    }
}
