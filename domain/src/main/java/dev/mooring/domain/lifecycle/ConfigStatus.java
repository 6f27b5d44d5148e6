package dev.mooring.domain.lifecycle;

import java.time.Instant;
import java.util.Locale;
import java.util.Optional;

/**
 * How the OAuth side of a client, or one attempt, stands: the {@code status} of the HTTP contract.
 * This is the one place where it is derived.
 */
public enum ConfigStatus {
    PENDING,
    AUTHORIZED,
    FAILED,
    EXPIRED,
    REVOKED;

    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** Of a client: a serving grant counts first, then how the newest attempt stands. */
    public static ConfigStatus of(
            McpClient client, Optional<AuthorizationAttempt> newest, Instant now) {
        return switch (client) {
            case McpClient.Disabled disabled -> of(disabled.suspended(), newest, now);
            case McpClient.Connectable connectable -> AUTHORIZED;
            case McpClient.Pending pending ->
                    newest.map(attempt -> of(attempt, now)).orElse(withoutAttempt(pending));
            case McpClient.NeedsReauthorization needs ->
                    newest.filter(attempt -> of(attempt, now) == PENDING)
                            .map(attempt -> PENDING)
                            .orElseGet(() -> of(needs.cause()));
        };
    }

    /** Of one attempt. */
    public static ConfigStatus of(AuthorizationAttempt attempt, Instant now) {
        return switch (attempt) {
            case AuthorizationAttempt.Started started -> started.isPast(now) ? EXPIRED : PENDING;
            case AuthorizationAttempt.Redeeming redeeming -> PENDING;
            case AuthorizationAttempt.Succeeded succeeded -> AUTHORIZED;
            case AuthorizationAttempt.Failed failed -> FAILED;
            case AuthorizationAttempt.Unknown unknown -> FAILED;
            case AuthorizationAttempt.Expired expired -> EXPIRED;
            case AuthorizationAttempt.Superseded superseded -> EXPIRED;
        };
    }

    /** Where no person is needed, nobody has asked for the grant yet. */
    private static ConfigStatus withoutAttempt(McpClient.Pending pending) {
        return pending.settings().unattended().isPresent() ? PENDING : EXPIRED;
    }

    private static ConfigStatus of(ReauthorizationCause cause) {
        return switch (cause) {
            case ReauthorizationCause.RefreshRefused refused -> EXPIRED;
            case ReauthorizationCause.GrantRefused refused -> FAILED;
            case ReauthorizationCause.AnswerLost lost -> FAILED;
            case ReauthorizationCause.TokenRefused refused -> FAILED;
            case ReauthorizationCause.ScopeNeeded needed -> FAILED;
            case ReauthorizationCause.Revoked revoked -> REVOKED;
            case ReauthorizationCause.SettingsChanged changed -> EXPIRED;
        };
    }
}
