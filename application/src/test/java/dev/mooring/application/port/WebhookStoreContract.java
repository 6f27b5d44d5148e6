package dev.mooring.application.port;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.application.fixture.Eventually;
import dev.mooring.application.fixture.MutableClock;
import dev.mooring.application.fixture.SeededRandom;
import dev.mooring.application.fixture.Webhooks;
import dev.mooring.application.port.WebhookStore.Standing;
import dev.mooring.domain.lifecycle.RunId;
import dev.mooring.domain.webhook.SigningSecrets;
import dev.mooring.domain.webhook.Webhook;
import dev.mooring.domain.webhook.WebhookId;
import dev.mooring.domain.webhook.WebhookSecret;

import org.junit.jupiter.api.Test;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** What every {@link WebhookStore} must keep. */
public abstract class WebhookStoreContract extends StoreContract {
    private static final RunId RUN = new RunId("run_1");
    private static final RunId OTHER = new RunId("run_2");
    private static final Webhook SIEM = Webhooks.of("siem", "client_removed", "grant_revoked");
    private static final SigningSecrets SECRETS = Webhooks.secretsOf("siem");
    private static final WebhookId ID = SIEM.id();

    private WebhookStore webhooks() {
        return stores().webhooks();
    }

    private Standing standing() {
        return webhooks().find(ID).orElseThrow();
    }

    private List<Standing> take(RunId run, Duration lease) {
        return webhooks().take(10, run, lease);
    }

    @Test
    void oneIsFoundAsItWasMadeAndItsNameIsTaken() {
        assertThat(webhooks().insert(SIEM, SECRETS, 7)).isTrue();
        assertThat(webhooks().insert(SIEM, SECRETS, 8)).isFalse();
        webhooks().insert(Webhooks.of("all"), Webhooks.secretsOf("all"), 9);

        assertThat(webhooks().list()).extracting(Standing::webhook).hasSize(2).startsWith(SIEM);
        assertThat(standing())
                .isEqualTo(
                        new Standing(
                                SIEM,
                                7,
                                false,
                                0,
                                Optional.empty(),
                                Optional.empty(),
                                Optional.empty()));
        assertThat(webhooks().delete(ID)).isTrue();
        assertThat(webhooks().delete(ID)).isFalse();
        assertThat(webhooks().find(ID)).isEmpty();
    }

    @Test
    void rotatedSecretsAreStoredBoth() {
        webhooks().insert(SIEM, SECRETS, 7);
        assertThat(webhooks().secrets(ID)).contains(SECRETS);
        SigningSecrets rotated =
                SECRETS.rotated(WebhookSecret.random(new SeededRandom(3)), MutableClock.START);
        assertThat(webhooks().storeSecrets(ID, rotated)).isTrue();
        assertThat(webhooks().secrets(ID)).contains(rotated);
        webhooks().delete(ID);
        assertThat(webhooks().storeSecrets(ID, rotated)).isFalse();
        assertThat(webhooks().secrets(ID)).isEmpty();
    }

    @Test
    void onlyOneRunHasItUntilItsLeaseEnds() {
        webhooks().insert(SIEM, SECRETS, 7);
        assertThat(webhooks().take(7, RUN, LONG)).isEmpty();

        assertThat(take(RUN, SHORT)).hasSize(1);
        assertThat(take(OTHER, LONG)).isEmpty();
        Eventually.holds("it is free", () -> take(OTHER, LONG).size() == 1);

        assertThat(webhooks().advance(ID, RUN, 8, true, LONG)).isFalse();
        assertThat(webhooks().fail(ID, RUN, "late", Optional.empty())).isFalse();
        assertThat(standing().position()).isEqualTo(7);
        assertThat(webhooks().advance(ID, OTHER, 8, true, LONG)).isTrue();
        assertThat(standing().position()).isEqualTo(8);
        assertThat(standing().lastSuccessAt()).isPresent();
        webhooks().release(ID, OTHER);
        assertThat(take(RUN, LONG)).hasSize(1);
    }

    @Test
    void failedOneIsDueAfterItsDelay() {
        webhooks().insert(SIEM, SECRETS, 7);
        take(RUN, LONG);
        assertThat(webhooks().fail(ID, RUN, "status_500", Optional.of(SHORT))).isTrue();

        assertThat(take(OTHER, LONG)).isEmpty();
        assertThat(standing().attempts()).isEqualTo(1);
        assertThat(standing().failureCode()).contains("status_500");
        assertThat(standing().failingSince()).isPresent();
        Eventually.holds("it is due", () -> !take(OTHER, LONG).isEmpty());

        webhooks().advance(ID, OTHER, 8, true, LONG);
        assertThat(standing().attempts()).isZero();
        assertThat(standing().failureCode()).isEmpty();
        assertThat(standing().failingSince()).isEmpty();
    }

    @Test
    void disabledOneIsNotTakenUntilItIsResumed() {
        webhooks().insert(SIEM, SECRETS, 7);
        take(RUN, LONG);
        webhooks().fail(ID, RUN, "gone", Optional.empty());
        assertThat(standing().disabled()).isTrue();
        assertThat(take(RUN, LONG)).isEmpty();

        assertThat(webhooks().resume(ID, Optional.of(3L))).isTrue();
        assertThat(standing().disabled()).isFalse();
        assertThat(standing().position()).isEqualTo(3);
        assertThat(take(RUN, LONG)).hasSize(1);
        assertThat(webhooks().resume(ID, Optional.empty())).isTrue();
        assertThat(standing().position()).isEqualTo(3);
        assertThat(webhooks().resume(new WebhookId("none"), Optional.empty())).isFalse();
    }

    @Test
    void whoIsResumedMeanwhileIsNotMovedByTheRunThatWasUnderWay() {
        webhooks().insert(SIEM, SECRETS, 7);
        take(RUN, LONG);
        webhooks().resume(ID, Optional.of(2L));
        assertThat(webhooks().advance(ID, RUN, 9, true, LONG)).isFalse();
        assertThat(standing().position()).isEqualTo(2);
    }
}
