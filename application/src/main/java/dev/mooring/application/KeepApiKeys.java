package dev.mooring.application;

import static dev.mooring.domain.InvalidValueException.require;

import dev.mooring.application.port.ApiKeyStore;
import dev.mooring.domain.access.ApiKey;
import dev.mooring.domain.access.ApiKeyId;
import dev.mooring.domain.access.ApiKeySecret;
import dev.mooring.domain.access.Role;

import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;

/** Makes, lists and deletes API keys. A key is shown once, when it is made. */
public final class KeepApiKeys {
    private static final String FIRST_NAME = "admin";

    private final ApiKeyStore keys;
    private final InstantSource clock;
    private final RandomGenerator random;

    public KeepApiKeys(ApiKeyStore keys, InstantSource clock, RandomGenerator random) {
        this.keys = keys;
        this.clock = clock;
        this.random = random;
    }

    /** A key that was just made, with the only copy of its secret. */
    public record Created(ApiKey key, ApiKeySecret secret) {}

    /** Makes a key; empty when its name is taken. */
    public Optional<Created> create(String name, Role role, Optional<Instant> expiresAt) {
        Instant now = clock.instant();
        expiresAt.ifPresent(
                end -> require(end.isAfter(now), "expires_at", "must be in the future"));
        Created made = make(name, role, expiresAt, ApiKeySecret.random(random));
        return keys.insert(made.key()) ? Optional.of(made) : Optional.empty();
    }

    /** All keys, without their secrets. */
    public List<ApiKey> list() {
        return keys.list();
    }

    /** False when there is no such key. */
    public boolean delete(ApiKeyId id) {
        return keys.delete(id);
    }

    /**
     * Makes the first admin key of an empty store, once for all nodes.
     *
     * @param chosen the secret that the operator configured; absent: a random one
     * @return the key, only on the node that made it
     */
    public Optional<Created> createFirst(Optional<ApiKeySecret> chosen) {
        Created made = admin(chosen);
        return keys.insertFirst(made.key()) ? Optional.of(made) : Optional.empty();
    }

    /**
     * Makes the admin key anew, for an operator who has lost it: the old one, if it is still there,
     * is worth nothing from now on.
     *
     * @param chosen the secret that the operator configured; absent: a random one
     */
    public Created replaceFirst(Optional<ApiKeySecret> chosen) {
        Created made = admin(chosen);
        keys.replace(made.key());
        return made;
    }

    private Created admin(Optional<ApiKeySecret> chosen) {
        return make(
                FIRST_NAME,
                Role.ADMIN,
                Optional.empty(),
                chosen.orElseGet(() -> ApiKeySecret.random(random)));
    }

    private Created make(String name, Role role, Optional<Instant> expiresAt, ApiKeySecret secret) {
        return new Created(
                new ApiKey(
                        ApiKeyId.random(random),
                        name,
                        role,
                        secret.digest(),
                        clock.instant(),
                        expiresAt),
                secret);
    }
}
