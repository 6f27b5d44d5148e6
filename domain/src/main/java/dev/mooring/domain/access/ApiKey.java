package dev.mooring.domain.access;

import static dev.mooring.domain.InvalidValueException.require;

import java.time.Instant;
import java.util.Optional;

/**
 * A key that lets its holder call Mooring.
 *
 * @param name unique; the user name when the key is presented as HTTP Basic
 * @param expiresAt from this instant on the key is refused
 */
public record ApiKey(
        ApiKeyId id,
        String name,
        Role role,
        ApiKeyDigest digest,
        Instant createdAt,
        Optional<Instant> expiresAt) {
    public ApiKey {
        require(
                name.matches("[A-Za-z0-9][A-Za-z0-9._-]{0,63}"),
                "name",
                "must be 1 to 64 letters, digits, dots, hyphens or underscores");
    }

    public boolean isExpired(Instant now) {
        return expiresAt.map(end -> !now.isBefore(end)).orElse(false);
    }
}
