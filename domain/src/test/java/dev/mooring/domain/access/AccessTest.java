package dev.mooring.domain.access;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.domain.Refused;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.time.Instant;
import java.util.Optional;
import java.util.Random;

class AccessTest {
    private static final Instant NOW = Instant.parse("2026-11-01T12:00:00Z");

    @Test
    void eachRoleMayDoAllThatTheOnesBeforeItMay() {
        Role[] roles = Role.values();
        for (int i = 0; i < roles.length; i++) {
            for (int j = 0; j < roles.length; j++) {
                assertThat(roles[i].includes(roles[j])).isEqualTo(i >= j);
            }
            assertThat(Role.parse(roles[i].word())).isEqualTo(roles[i]);
        }
        Refused.naming("role", () -> Role.parse("ADMIN"));
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
        return new ApiKey(
                new ApiKeyId("key_1"),
                name,
                Role.VIEWER,
                new ApiKeySecret("secret").digest(),
                NOW,
                end);
    }
}
