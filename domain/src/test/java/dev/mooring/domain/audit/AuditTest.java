package dev.mooring.domain.audit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.domain.client.ClientId;
import dev.mooring.domain.lifecycle.AttemptFailure;
import dev.mooring.domain.lifecycle.ClientEvent;
import dev.mooring.domain.lifecycle.FlowId;
import dev.mooring.domain.lifecycle.Problem;
import dev.mooring.domain.lifecycle.ReauthorizationCause;
import dev.mooring.domain.oauth.OAuthError;

import org.junit.jupiter.api.Test;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

class AuditTest {
    private static final ClientId CLIENT = new ClientId("id_1");
    private static final Instant AT = Instant.parse("2026-11-01T12:00:00Z");

    private static Outcome ofFailure(AttemptFailure failure) {
        return AuditEntry.of(
                        new ClientEvent.AuthorizationFailed(
                                CLIENT, new FlowId("flow_1"), failure, AT))
                .outcome();
    }

    private static Outcome ofCause(ReauthorizationCause cause) {
        return AuditEntry.of(new ClientEvent.ReauthorizationNeeded(CLIENT, cause, AT)).outcome();
    }

    @Test
    void whoeverSaysNoRefusesAndWhateverBreaksFails() {
        assertThat(ofFailure(new AttemptFailure.Denied(OAuthError.ACCESS_DENIED)))
                .isEqualTo(new Outcome.Refused("access_denied"));
        assertThat(
                        ofFailure(
                                new AttemptFailure.RedemptionFailed(
                                        new Problem(Problem.Code.SERVER_TOO_SLOW, "slow"))))
                .isEqualTo(new Outcome.Failed("server_too_slow"));
        assertThat(ofCause(new ReauthorizationCause.RefreshRefused(OAuthError.INVALID_GRANT)))
                .isEqualTo(new Outcome.Refused("invalid_grant"));
        assertThat(ofCause(new ReauthorizationCause.AnswerLost()))
                .isEqualTo(new Outcome.Failed("answer_lost"));
        assertThat(ofCause(new ReauthorizationCause.Revoked())).isEqualTo(new Outcome.Success());
    }

    @Test
    void foreignTextIsPlainAndBounded() {
        Actor actor = Actor.of(Actor.Kind.USER, "eve\n\u202E\u0000" + "x".repeat(1000));
        assertThat(actor.name()).startsWith("eve\uFFFD\uFFFD\uFFFDx").hasSize(200);
        ActingParty party =
                new ActingParty(actor, Optional.of("1".repeat(100)), Optional.of("r".repeat(100)));
        assertThat(party.address().orElseThrow()).hasSize(64);
        assertThat(party.requestId().orElseThrow()).hasSize(64);
        assertThat(new Outcome.Failed("c".repeat(500)).code()).hasSize(100);
        assertThat(new Detail.Text("a", "b".repeat(5000)).value()).hasSize(500);
        assertThat(
                        new Detail.Words(
                                        "a",
                                        IntStream.range(0, 500).mapToObj(String::valueOf).toList())
                                .values())
                .hasSize(100);
    }

    @Test
    void everyOutcomeIsFoundByItsWordsAgain() {
        for (Outcome outcome :
                List.of(
                        new Outcome.Success(),
                        new Outcome.Refused("no"),
                        new Outcome.Failed("broken"))) {
            assertThat(Outcome.of(outcome.word(), outcome.reason())).isEqualTo(outcome);
        }
    }
}
