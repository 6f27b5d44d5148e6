package dev.mooring.domain.access;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.domain.Refused;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.time.Instant;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;

class AccessTest {
    private static final Instant NOW = Instant.parse("2026-11-01T12:00:00Z");

    /** Who gets a permission that is new has to decide it here too. */
    @Test
    void rolesAreMadeOfPermissions() {
        assertThat(scopes(Role.VIEWER)).containsExactly("clients:read");
        assertThat(scopes(Role.AUDITOR)).containsExactly("clients:read", "keys:read", "audit:read");
        assertThat(scopes(Role.OPERATOR))
                .containsExactly("clients:read", "clients:write", "tools:execute");
        assertThat(scopes(Role.ADMIN))
                .containsExactly(
                        "clients:read",
                        "clients:write",
                        "tools:execute",
                        "keys:read",
                        "keys:write",
                        "audit:read");
    }

    private static Stream<String> scopes(Role role) {
        return role.permissions().stream().map(Permission::scope);
    }

    @Test
    void everyRoleSeesWhatAViewerSeesAndAnAuditorChangesNothing() {
        assertThat(Role.values())
                .allMatch(role -> role.permissions().containsAll(Role.VIEWER.permissions()));
        assertThat(scopes(Role.AUDITOR)).allMatch(scope -> scope.endsWith(":read"));
    }

    @Test
    void rolesAndPermissionsAreReadByTheirWord() {
        assertThat(Role.values()).allMatch(role -> Role.parse(role.word()) == role);
        Refused.naming("role", () -> Role.parse("ADMIN"));
        assertThat(Permission.values())
                .allMatch(permission -> Permission.parse(permission.scope()) == permission);
        Refused.naming("scopes", () -> Permission.parse("clients:*"));
    }

    @Test
    void aUserMayWhatAnyOfItsRolesMay() {
        Caller both =
                Caller.user("248289761001", "olga", Set.of(Role.AUDITOR, Role.OPERATOR), false);

        assertThat(both.may(Permission.READ_AUDIT)).isTrue();
        assertThat(both.may(Permission.CHANGE_CLIENTS)).isTrue();
        assertThat(both.may(Permission.CHANGE_KEYS)).isFalse();
        assertThat(both.roleWords()).isEqualTo("auditor, operator");
    }

    @Test
    void scopesOnlyNarrowTheRole() {
        ApiKey all = key("reader", Role.VIEWER, Optional.empty());
        assertThat(all.permissions()).isEqualTo(Role.VIEWER.permissions());
        ApiKey one = key("runner", Role.OPERATOR, Optional.of(Set.of(Permission.EXECUTE_TOOLS)));
        assertThat(one.permissions()).containsExactly(Permission.EXECUTE_TOOLS);
        Refused.naming(
                "scopes",
                () -> key("runner", Role.VIEWER, Optional.of(Set.of(Permission.EXECUTE_TOOLS))));
    }

    @Test
    void aKeyIsRefusedFromItsEndOn() {
        assertThat(key("reader", Optional.of(NOW)).isExpired(NOW.minusMillis(1))).isFalse();
        assertThat(key("reader", Optional.of(NOW)).isExpired(NOW)).isTrue();
        assertThat(key("reader", Optional.empty()).isExpired(Instant.MAX)).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", ".a", "a b", "a:b", "ä"})
    void aKeyHasAPlainName(String name) {
        Refused.naming("name", () -> key(name, Optional.empty()));
    }

    @Test
    void aSecretIsLongAndKnownByItsDigest() {
        ApiKeySecret secret = ApiKeySecret.random(new Random(3));
        assertThat(secret.value()).matches("mrg_[A-Za-z0-9_-]{43}");
        assertThat(secret.digest()).isEqualTo(new ApiKeySecret(secret.value()).digest());
        assertThat(secret.digest().value()).matches("[0-9a-f]{64}");
        Refused.naming("key", () -> new ApiKeySecret(" "));
        Refused.naming("key", () -> new ApiKeySecret("x".repeat(513)));
    }

    private static ApiKey key(String name, Optional<Instant> end) {
        return key(name, Role.VIEWER, Optional.empty(), end);
    }

    private static ApiKey key(String name, Role role, Optional<Set<Permission>> scopes) {
        return key(name, role, scopes, Optional.empty());
    }

    private static ApiKey key(
            String name, Role role, Optional<Set<Permission>> scopes, Optional<Instant> end) {
        return ApiKey.made(
                new ApiKeyId("key_1"),
                name,
                role,
                scopes,
                new ApiKeySecret("secret").digest(),
                NOW,
                end);
    }
}
