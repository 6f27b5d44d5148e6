package dev.mooring.domain.audit;

import dev.mooring.domain.access.ApiKeyId;
import dev.mooring.domain.access.Permission;
import dev.mooring.domain.access.Role;
import dev.mooring.domain.webhook.WebhookId;

import java.time.Instant;
import java.util.Optional;
import java.util.Set;

/**
 * What was done to Mooring itself, without any secret in it; stored in the same transaction as the
 * act.
 */
public sealed interface AdministrativeEvent {
    Instant at();

    record ApiKeyMade(
            ApiKeyId key,
            String name,
            Role role,
            Set<Permission> permissions,
            Optional<Instant> expiresAt,
            Instant at)
            implements AdministrativeEvent {
        public ApiKeyMade {
            permissions = Set.copyOf(permissions);
        }
    }

    /** The key of this name is another one now, and the earlier one is worth nothing. */
    record ApiKeyReplaced(ApiKeyId key, String name, Instant at) implements AdministrativeEvent {}

    record ApiKeyDeleted(ApiKeyId key, String name, Instant at) implements AdministrativeEvent {}

    /** A person signed in with a browser, and has these roles here until the session ends. */
    record SignedIn(Set<Role> roles, Instant at) implements AdministrativeEvent {
        public SignedIn {
            roles = Set.copyOf(roles);
        }
    }

    /** Nodes may take it up; nothing is sealed with it yet. */
    record EncryptionKeyAdded(String key, Instant at) implements AdministrativeEvent {}

    record EncryptionKeyMadeCurrent(String key, Instant at) implements AdministrativeEvent {}

    record EncryptionKeyRetired(String key, Instant at) implements AdministrativeEvent {}

    /**
     * Requests that came to nothing, counted together so that their number cannot fill the trail.
     *
     * @param operation the method and the template of the path
     * @param code why, in the words of the error envelope
     * @param since when the first of them came
     */
    record RequestsRefused(String operation, String code, long count, Instant since, Instant at)
            implements AdministrativeEvent {}

    /** What happened before this instant is not in the trail any more. */
    record EventsForgotten(Instant before, long count, Instant at) implements AdministrativeEvent {}

    record WebhookMade(WebhookId webhook, String name, Instant at) implements AdministrativeEvent {}

    record WebhookSecretRotated(WebhookId webhook, Instant at) implements AdministrativeEvent {}

    /** Events after this number are sent again. */
    record WebhookReplayed(WebhookId webhook, long after, Instant at)
            implements AdministrativeEvent {}

    /**
     * The receiver did not take what it was sent, so nothing more is until somebody asks for it.
     */
    record WebhookDisabled(WebhookId webhook, String code, Instant at)
            implements AdministrativeEvent {}

    record WebhookDeleted(WebhookId webhook, Instant at) implements AdministrativeEvent {}
}
