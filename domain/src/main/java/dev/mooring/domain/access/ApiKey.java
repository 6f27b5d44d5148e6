package dev.mooring.domain.access;

import static dev.mooring.domain.InvalidValueException.require;

import java.time.Instant;
import java.util.Optional;
import java.util.Set;

/**
 * A key that lets its holder call Mooring.
 *
 * @param name unique; the user name when the key is presented as HTTP Basic
 * @param scopes what of the role's permissions the key has; absent: whatever the role may
 * @param expiresAt from this instant on the key is refused
 * @param lastUsedAt about when it was used last, by a minute or two; a use may be missing
 */
public record ApiKey(
        ApiKeyId id,
        String name,
        Role role,
        Optional<Set<Permission>> scopes,
        ApiKeyDigest digest,
        Instant createdAt,
        Optional<Instant> expiresAt,
        Optional<Instant> lastUsedAt) {
    public ApiKey {
        scopes = scopes.map(Set::copyOf);
        require(
                name.matches("[A-Za-z0-9][A-Za-z0-9._-]{0,63}"),
                "name",
                "must be 1 to 64 letters, digits, dots, hyphens or underscores");
        require(
                scopes.map(role.permissions()::containsAll).orElse(true),
                "scopes",
                "must be within what the role %s may".formatted(role.word()));
    }

    /** A key that was never used. */
    public static ApiKey made(
            ApiKeyId id,
            String name,
            Role role,
            Optional<Set<Permission>> scopes,
            ApiKeyDigest digest,
            Instant now,
            Optional<Instant> expiresAt) {
        return new ApiKey(id, name, role, scopes, digest, now, expiresAt, Optional.empty());
    }

    public ApiKey usedAt(Instant at) {
        return new ApiKey(id, name, role, scopes, digest, createdAt, expiresAt, Optional.of(at));
    }

    public Set<Permission> permissions() {
        return scopes.orElse(role.permissions());
    }

    /**
     * Whether another key may never do more than this one, nor for longer. A key without listed
     * scopes gets whatever its role gets later, so one with a list covers none such.
     */
    public boolean covers(ApiKey other) {
        return permissions().containsAll(other.permissions())
                && (scopes.isEmpty() || other.scopes.isPresent())
                && expiresAt
                        .map(end -> other.expiresAt.filter(its -> !its.isAfter(end)).isPresent())
                        .orElse(true);
    }

    public boolean isExpired(Instant now) {
        return expiresAt.map(end -> !now.isBefore(end)).orElse(false);
    }
}
