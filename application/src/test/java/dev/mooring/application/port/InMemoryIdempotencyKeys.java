package dev.mooring.application.port;

import dev.mooring.domain.client.ClientId;

import java.time.Duration;
import java.util.Optional;

/** Idempotency keys in memory. */
public final class InMemoryIdempotencyKeys implements IdempotencyKeys {
    private final InMemoryDatabase database;

    public InMemoryIdempotencyKeys(InMemoryDatabase database) {
        this.database = database;
    }

    @Override
    public Optional<Remembered> find(String key) {
        return database.execute(() ->
                Optional.ofNullable(database.tables().idempotency.get(key))
                        .filter(found -> found.until().isAfter(database.now()))
                        .map(InMemoryDatabase.RememberedUntil::remembered));
    }

    @Override
    public boolean remember(String key, String fingerprint, ClientId client, Duration lifetime) {
        return database.execute(() -> {
            boolean fresh = find(key).isEmpty();
            if (fresh) {
                database.tables()
                        .idempotency
                        .put(
                                key,
                                new InMemoryDatabase.RememberedUntil(
                                        new Remembered(fingerprint, client),
                                        database.now().plus(lifetime)));
            }
            return fresh;
        });
    }
}
