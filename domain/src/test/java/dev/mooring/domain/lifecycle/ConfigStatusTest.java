package dev.mooring.domain.lifecycle;

import static dev.mooring.domain.lifecycle.ConfigStatus.AUTHORIZED;
import static dev.mooring.domain.lifecycle.ConfigStatus.EXPIRED;
import static dev.mooring.domain.lifecycle.ConfigStatus.FAILED;
import static dev.mooring.domain.lifecycle.ConfigStatus.PENDING;
import static dev.mooring.domain.lifecycle.ConfigStatus.REVOKED;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.mooring.domain.oauth.OAuthError;
import dev.mooring.domain.oauth.Scopes;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

class ConfigStatusTest {
    private static final Instant PAST_DEADLINE = Lives.NOW.plus(Lives.LIFETIME);

    static Stream<Arguments> attempts() {
        return Stream.of(
                arguments(Lives.started(), Lives.NOW, PENDING),
                arguments(Lives.started(), PAST_DEADLINE, EXPIRED),
                arguments(Lives.redeeming(), PAST_DEADLINE, PENDING),
                arguments(Lives.redeeming().succeed(Lives.GRANT, Lives.NOW), Lives.NOW, AUTHORIZED),
                arguments(Lives.redeeming().fail(Lives.REASON, Lives.NOW), Lives.NOW, FAILED),
                arguments(Lives.redeeming().loseAnswer(Lives.NOW), Lives.NOW, FAILED),
                arguments(Lives.started().expire(Lives.NOW), Lives.NOW, EXPIRED),
                arguments(Lives.started().supersede(Lives.NOW), Lives.NOW, EXPIRED));
    }

    @ParameterizedTest
    @MethodSource("attempts")
    void anAttemptHasAStatus(AuthorizationAttempt attempt, Instant now, ConfigStatus status) {
        assertThat(ConfigStatus.of(attempt, now)).isEqualTo(status);
    }

    @ParameterizedTest
    @MethodSource("attempts")
    void whoNeverConsentedStandsAsTheNewestAttempt(
            AuthorizationAttempt attempt, Instant now, ConfigStatus status) {
        assertThat(ConfigStatus.of(Lives.pending(), Optional.of(attempt), now)).isEqualTo(status);
        assertThat(ConfigStatus.of(Lives.pending().disable(), Optional.of(attempt), now))
                .isEqualTo(status);
    }

    @Test
    void whoNeverConsentedAndIsNotAskedIsExpired() {
        assertThat(ConfigStatus.of(Lives.pending(), Optional.empty(), Lives.NOW))
                .isEqualTo(EXPIRED);
    }

    @ParameterizedTest
    @MethodSource("attempts")
    void aServingGrantCountsBeforeAnyAttempt(
            AuthorizationAttempt attempt, Instant now, ConfigStatus ignored) {
        for (McpClient.Enabled client :
                List.of(Lives.authorized(), Lives.connected(), Lives.disconnected())) {
            assertThat(ConfigStatus.of(client, Optional.of(attempt), now)).isEqualTo(AUTHORIZED);
            assertThat(ConfigStatus.of(client.disable(), Optional.empty(), now))
                    .isEqualTo(AUTHORIZED);
        }
    }

    static Stream<Arguments> causes() {
        return Stream.of(
                arguments(new ReauthorizationCause.Revoked(), REVOKED),
                arguments(
                        new ReauthorizationCause.RefreshRefused(OAuthError.INVALID_GRANT), EXPIRED),
                arguments(new ReauthorizationCause.SettingsChanged(), EXPIRED),
                arguments(new ReauthorizationCause.AnswerLost(), FAILED),
                arguments(new ReauthorizationCause.TokenRefused(), FAILED),
                arguments(new ReauthorizationCause.ScopeNeeded(Scopes.of("read")), FAILED));
    }

    @ParameterizedTest
    @MethodSource("causes")
    void whoNeedsConsentAgainStandsAsItsCauseUnlessAPersonIsBeingAsked(
            ReauthorizationCause cause, ConfigStatus status) {
        McpClient client = Lives.needsReauthorization(cause);
        AuthorizationAttempt open = Lives.started();
        AuthorizationAttempt ended = Lives.redeeming().succeed(Lives.GRANT, Lives.NOW);

        assertThat(ConfigStatus.of(client, Optional.of(open), Lives.NOW)).isEqualTo(PENDING);
        assertThat(ConfigStatus.of(client, Optional.of(open), PAST_DEADLINE)).isEqualTo(status);
        assertThat(ConfigStatus.of(client, Optional.of(ended), Lives.NOW)).isEqualTo(status);
        assertThat(ConfigStatus.of(client, Optional.empty(), Lives.NOW)).isEqualTo(status);
    }

    @Test
    void theWordsAreThoseOfTheContract() {
        assertThat(Stream.of(ConfigStatus.values()).map(ConfigStatus::word))
                .containsExactly("pending", "authorized", "failed", "expired", "revoked");
    }
}
