package dev.mooring.domain.lifecycle;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.domain.Refused;
import dev.mooring.domain.lifecycle.AuthorizationAttempt.Ended;
import dev.mooring.domain.lifecycle.AuthorizationAttempt.Redeeming;
import dev.mooring.domain.lifecycle.AuthorizationAttempt.Started;
import dev.mooring.domain.lifecycle.AuthorizationAttempt.Verdict;
import dev.mooring.domain.oauth.AcceptedQuirks;
import dev.mooring.domain.oauth.AuthorizationResponse;
import dev.mooring.domain.oauth.ClientIdentifier;
import dev.mooring.domain.oauth.CodeDigest;
import dev.mooring.domain.oauth.OAuthError;
import dev.mooring.domain.oauth.Scopes;
import dev.mooring.domain.oauth.State;
import dev.mooring.domain.oauth.TokenBinding;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;

class AuthorizationAttemptTest {
    private static final Instant DEADLINE = Lives.NOW.plus(Lives.LIFETIME);
    private static final OAuthError REFUSAL = new OAuthError("temporarily_unavailable");

    /**
     * RFC 9207 section 2.4 as MCP sharpens it: what the server promised, what the response says,
     * and whether it may be acted on.
     */
    @ParameterizedTest
    @CsvSource({
        "true,  https://as.example,     true",
        "false, https://as.example,     true",
        "false, ,                       true",
        "true,  ,                       false",
        "true,  https://evil.example,   false",
        "false, https://evil.example,   false",
        "true,  https://as.example/,    false",
        "true,  https://AS.example,     false",
        "true,  https://as.example:443, false",
        "true,  HTTPS://as.example,     false",
        "true,  https%3A//as.example,   false",
        "true,  '',                     false",
        "false, '',                     false"
    })
    void theIssuerIsHeldAgainstTheRequestLetterByLetter(
            boolean promised, String iss, boolean accepted) {
        Started started = Lives.started(Lives.server(promised), Scopes.NONE, Map.of());
        Verdict granted = started.verify(granted(iss), List.of(), Lives.LATER);
        Verdict denied = started.verify(denied(iss), List.of(), Lives.LATER);
        if (accepted) {
            assertThat(granted).isEqualTo(new Verdict.Redeemable(Lives.CODE));
            assertThat(reason(denied)).isEqualTo(new AttemptFailure.Denied(REFUSAL));
        } else {
            assertThat(reason(granted)).isEqualTo(new AttemptFailure.IssuerMismatch());
            assertThat(reason(denied)).isEqualTo(new AttemptFailure.IssuerMismatch());
        }
    }

    @Test
    void nothingOfAResponseFromAnotherIssuerIsActedOnNotEvenItsLateness() {
        assertThat(
                        reason(
                                Lives.started()
                                        .verify(
                                                denied("https://evil.example"),
                                                List.of(),
                                                Instant.MAX)))
                .isEqualTo(new AttemptFailure.IssuerMismatch());
    }

    @Test
    void theDeadlineIsTheFirstInstantThatIsTooLate() {
        Started started = Lives.started();
        assertThat(
                        started.verify(
                                granted(Lives.ISSUER.value()), List.of(), DEADLINE.minusMillis(1)))
                .isInstanceOf(Verdict.Redeemable.class);
        assertThat(started.isPast(DEADLINE.minusMillis(1))).isFalse();
        assertThat(started.verify(granted(Lives.ISSUER.value()), List.of(), DEADLINE))
                .isEqualTo(new Verdict.TooLate(started.expire(DEADLINE)));
        assertThat(started.verify(denied(Lives.ISSUER.value()), List.of(), DEADLINE))
                .isEqualTo(new Verdict.TooLate(started.expire(DEADLINE)));
    }

    @Test
    void onlyScopesThatAPersonConsentedToAreNotWorthAskingForAgain() {
        Scopes asked = Scopes.of("read", "write");
        Started started = Lives.started(Lives.server(true), asked, Map.of());
        AuthorizationAttempt succeeded =
                started.claim(Lives.RUN, Lives.CODE, Lives.LATER).succeed(Lives.GRANT, Lives.LATER);
        assertThat(succeeded.consentedTo(Scopes.of("write"))).isTrue();
        assertThat(succeeded.consentedTo(Scopes.of("write", "admin"))).isFalse();
        assertThat(started.consentedTo(asked)).isFalse();
        assertThat(started.expire(Lives.LATER).consentedTo(asked)).isFalse();
    }

    @Test
    void aRefusedResponseIsRememberedByItsCodeIfItHadOne() {
        assertThat(refused(Lives.started().verify(granted("x"), List.of(), Lives.LATER)).code())
                .contains(CodeDigest.of(Lives.CODE));
        assertThat(refused(Lives.started().verify(denied("x"), List.of(), Lives.LATER)).code())
                .isEmpty();
        assertThat(
                        refused(
                                Lives.started()
                                        .verify(
                                                denied(Lives.ISSUER.value()),
                                                List.of(),
                                                Lives.LATER)))
                .extracting(AuthorizationAttempt.Failed::code)
                .isEqualTo(Optional.empty());
    }

    @Test
    void aClaimKeepsTheRequestAndTheDigestOfTheCode() {
        Started started = Lives.started();
        Redeeming claimed = started.claim(Lives.RUN, Lives.CODE, Lives.LATER);
        assertThat(claimed.request()).isEqualTo(started.request());
        assertThat(claimed.code()).isEqualTo(CodeDigest.of(Lives.CODE));
        assertThat(claimed.run()).isEqualTo(Lives.RUN);
        assertThat(claimed.since()).isEqualTo(Lives.LATER);
    }

    @Test
    void whateverEndsAnAttemptKeepsWhoseItWasAndForgetsItsRequest() {
        Started started = Lives.started();
        Redeeming redeeming = Lives.redeeming();
        List<Ended> ends =
                List.of(
                        started.expire(Lives.LATER),
                        started.supersede(Lives.LATER),
                        redeeming.succeed(Lives.GRANT, Lives.LATER),
                        redeeming.fail(Lives.REASON, Lives.LATER),
                        redeeming.loseAnswer(Lives.LATER),
                        redeeming.supersede(Lives.LATER));
        for (Ended end : ends) {
            assertThat(end.details()).isEqualTo(started.details());
            assertThat(end.at()).isEqualTo(Lives.LATER);
            assertThat(end.isOpen()).isFalse();
            assertThat(end.toString()).doesNotContain("AuthorizationRequest");
        }
        assertThat(started.isOpen() && redeeming.isOpen()).isTrue();
    }

    @Test
    void anAttemptIsBoundToAllThatItsResponseMustAgreeWith() {
        Started started = Lives.started();
        assertThat(started.details().ordinal()).isEqualTo(3);
        assertThat(started.details().deadline()).isEqualTo(DEADLINE);
        assertThat(started.details().scopes()).isEqualTo(started.request().scopes());
        assertThat(started.request().issuer()).isEqualTo(Lives.ISSUER);
        assertThat(started.request().issuerInResponse()).isTrue();
        assertThat(started.request().tokenEndpoint()).hasToString("https://as.example/token");
        assertThat(started.request().revocationEndpoint().orElseThrow())
                .hasToString("https://as.example/revoke");
    }

    @Test
    void noTwoAttemptsShareAnyRandomness() {
        Started one = Lives.started();
        Started other =
                Started.begin(
                        one.client(),
                        4,
                        Lives.server(true),
                        one.request().registration(),
                        new ClientIdentifier("c"),
                        one.request().redirectUri(),
                        one.request().resource(),
                        AcceptedQuirks.NONE,
                        Scopes.NONE,
                        new TokenBinding.Unbound(),
                        Map.of(),
                        Lives.NOW,
                        Duration.ofMinutes(1),
                        new Random(2));
        assertThat(other.flowId()).isNotEqualTo(one.flowId());
        assertThat(other.details().state()).isNotEqualTo(one.details().state());
        assertThat(other.request().verifier()).isNotEqualTo(one.request().verifier());
    }

    @Test
    void aResponseOfAnotherBrowserChangesNothingWhateverItIs() {
        BrowserSecret right = BrowserSecret.random(new Random(1));
        BrowserSecret wrong = BrowserSecret.random(new Random(2));
        Started any = Lives.started();
        Started started =
                new Started(
                        any.details(),
                        any.request().madeFor(new LinkFor.OneBrowser(right.digest())));
        String issuer = Lives.ISSUER.value();

        for (AuthorizationResponse response :
                List.of(granted(issuer), denied(issuer), granted("https://evil.example"))) {
            for (Instant when : List.of(Lives.LATER, DEADLINE)) {
                assertThat(started.verify(response, List.of(), when))
                        .isEqualTo(new Verdict.WrongBrowser());
                assertThat(started.verify(response, List.of(wrong), when))
                        .isEqualTo(new Verdict.WrongBrowser());
                assertThat(started.verify(response, List.of(wrong, right), when))
                        .isEqualTo(started.verify(response, List.of(right), when))
                        .isNotInstanceOf(Verdict.WrongBrowser.class);
            }
        }
        assertThat(started.verify(granted(issuer), List.of(right), Lives.LATER))
                .isInstanceOf(Verdict.Redeemable.class);
    }

    @Test
    void aLinkForAnyoneAsksNoBrowserWhatItHolds() {
        assertThat(
                        Lives.started()
                                .verify(
                                        granted(Lives.ISSUER.value()),
                                        List.of(BrowserSecret.random(new Random(3))),
                                        Lives.LATER))
                .isInstanceOf(Verdict.Redeemable.class);
    }

    @Test
    void whatABrowserHoldsIsLongAndSaysNothing() {
        BrowserSecret secret = BrowserSecret.random(new Random(3));
        assertThat(secret.value()).hasSize(43);
        assertThat(secret.digest().value()).matches("[0-9a-f]{64}");
        assertThat(secret.toString() + new LinkFor.OneBrowser(secret.digest()))
                .doesNotContain(secret.value(), secret.digest().value());
        Refused.naming("browser", () -> new BrowserSecret("short"));
    }

    private static AuthorizationResponse granted(String iss) {
        return new AuthorizationResponse.Granted(
                new State("any"), Lives.CODE, Optional.ofNullable(iss));
    }

    private static AuthorizationResponse denied(String iss) {
        return new AuthorizationResponse.Denied(
                new State("any"), REFUSAL, Optional.ofNullable(iss));
    }

    private static AttemptFailure reason(Verdict verdict) {
        return refused(verdict).reason();
    }

    private static AuthorizationAttempt.Failed refused(Verdict verdict) {
        assertThat(verdict).isInstanceOf(Verdict.Refused.class);
        return ((Verdict.Refused) verdict).attempt();
    }
}
