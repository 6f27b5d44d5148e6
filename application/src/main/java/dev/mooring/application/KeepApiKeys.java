package dev.mooring.application;

import static dev.mooring.domain.InvalidValueException.require;

import dev.mooring.application.port.ApiKeyStore;
import dev.mooring.application.port.EventLog;
import dev.mooring.application.port.UnitOfWork;
import dev.mooring.domain.InvalidValueException;
import dev.mooring.domain.access.ApiKey;
import dev.mooring.domain.access.ApiKeyId;
import dev.mooring.domain.access.ApiKeySecret;
import dev.mooring.domain.access.Caller;
import dev.mooring.domain.access.Permission;
import dev.mooring.domain.access.Role;
import dev.mooring.domain.audit.AdministrativeEvent.ApiKeyDeleted;
import dev.mooring.domain.audit.AdministrativeEvent.ApiKeyMade;
import dev.mooring.domain.audit.AdministrativeEvent.ApiKeyReplaced;

import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import java.util.random.RandomGenerator;

/** Makes, lists and deletes API keys. A key is shown once, when it is made. */
public final class KeepApiKeys {
    private static final String FIRST_NAME = "admin";

    private final UnitOfWork unitOfWork;
    private final ApiKeyStore keys;
    private final EventLog events;
    private final InstantSource clock;
    private final RandomGenerator random;

    public KeepApiKeys(
            UnitOfWork unitOfWork,
            ApiKeyStore keys,
            EventLog events,
            InstantSource clock,
            RandomGenerator random) {
        this.unitOfWork = unitOfWork;
        this.keys = keys;
        this.events = events;
        this.clock = clock;
        this.random = random;
    }

    /** A key that was just made, with the only copy of its secret. */
    public record Created(ApiKey key, ApiKeySecret secret) {}

    /**
     * What a key is to be.
     *
     * @param scopes what of the role's permissions it gets; absent: whatever the role may
     * @param expiresAt when it ends; absent: never
     */
    public record Wanted(
            String name, Role role, Optional<Set<Permission>> scopes, Optional<Instant> expiresAt) {
        public Wanted {
            scopes = scopes.map(Set::copyOf);
            require(
                    scopes.map(some -> !some.isEmpty()).orElse(true),
                    "scopes",
                    "must be absent or have one scope at least");
        }
    }

    /** What came of deleting one. */
    public enum Deletion {
        DELETED,
        NOT_FOUND,

        /** The key may do what the caller may not. */
        BEYOND_CALLER
    }

    /** What came of making one. */
    public sealed interface Outcome {
        record Made(Created created) implements Outcome {}

        /** Another key has the name. */
        record NameTaken() implements Outcome {}

        /** The key would be able to do what its maker is not, or for longer. */
        record BeyondMaker() implements Outcome {}
    }

    /**
     * Makes a key, which may do no more than who makes it, and for no longer where that is a key
     * too: else a key with few scopes could be turned into one with all, or one that ends into one
     * that does not.
     *
     * @throws InvalidValueException naming the field that is wrong
     */
    public Outcome create(Wanted wanted, Caller maker) {
        Instant now = clock.instant();
        wanted.expiresAt()
                .ifPresent(end -> require(end.isAfter(now), "expires_at", "must be in the future"));
        Created made = make(wanted, ApiKeySecret.random(random));
        if (!covers(maker, made.key())) {
            return new Outcome.BeyondMaker();
        }
        return recorded(made, () -> keys.insert(made.key()))
                .<Outcome>map(Outcome.Made::new)
                .orElseGet(Outcome.NameTaken::new);
    }

    /** All keys, without their secrets. */
    public List<ApiKey> list() {
        return keys.list();
    }

    private boolean covers(Caller maker, ApiKey key) {
        return switch (maker.voucher()) {
            case ISSUER -> maker.permissions().containsAll(key.permissions());
            case API_KEY ->
                    find(own -> own.id().value().equals(maker.id()))
                            .filter(own -> own.covers(key))
                            .isPresent();
        };
    }

    private Optional<ApiKey> find(Predicate<ApiKey> which) {
        return keys.list().stream().filter(which).findFirst();
    }

    /** Deletes a key, which may do no more than the caller: nobody locks out who is above them. */
    public Deletion delete(ApiKeyId id, Caller caller) {
        return unitOfWork.execute(() -> {
            Optional<ApiKey> known = find(key -> key.id().equals(id));
            if (known.filter(key -> !caller.permissions().containsAll(key.permissions()))
                    .isPresent()) {
                return Deletion.BEYOND_CALLER;
            }
            if (known.isEmpty() || !keys.delete(id)) {
                return Deletion.NOT_FOUND;
            }
            events.append(new ApiKeyDeleted(id, known.get().name(), clock.instant()));
            return Deletion.DELETED;
        });
    }

    /**
     * Makes the first admin key of an empty store, once for all nodes.
     *
     * @param chosen the secret that the operator configured; absent: a random one
     * @return the key, only on the node that made it
     */
    public Optional<Created> createFirst(Optional<ApiKeySecret> chosen) {
        Created made = admin(chosen);
        return recorded(made, () -> keys.insertFirst(made.key()));
    }

    /**
     * Makes the admin key anew, for an operator who has lost it: the old one, if it is still there,
     * is worth nothing from now on.
     *
     * @param chosen the secret that the operator configured; absent: a random one
     */
    public Created replaceFirst(Optional<ApiKeySecret> chosen) {
        Created made = admin(chosen);
        unitOfWork.run(() -> {
            keys.replace(made.key());
            events.append(
                    new ApiKeyReplaced(made.key().id(), made.key().name(), made.key().createdAt()));
        });
        return made;
    }

    /** The key, recorded in the trail, if it could be stored. */
    private Optional<Created> recorded(Created made, BooleanSupplier storing) {
        ApiKey key = made.key();
        return unitOfWork.execute(() -> {
            if (!storing.getAsBoolean()) {
                return Optional.empty();
            }
            events.append(
                    new ApiKeyMade(
                            key.id(),
                            key.name(),
                            key.role(),
                            key.permissions(),
                            key.expiresAt(),
                            key.createdAt()));
            return Optional.of(made);
        });
    }

    private Created admin(Optional<ApiKeySecret> chosen) {
        return make(
                new Wanted(FIRST_NAME, Role.ADMIN, Optional.empty(), Optional.empty()),
                chosen.orElseGet(() -> ApiKeySecret.random(random)));
    }

    private Created make(Wanted wanted, ApiKeySecret secret) {
        return new Created(
                ApiKey.made(
                        ApiKeyId.random(random),
                        wanted.name(),
                        wanted.role(),
                        wanted.scopes(),
                        secret.digest(),
                        clock.instant(),
                        wanted.expiresAt()),
                secret);
    }
}
