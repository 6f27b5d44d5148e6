package dev.mooring.adapter.webhook;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.application.fixture.MutableClock;
import dev.mooring.application.fixture.Webhooks;
import dev.mooring.domain.webhook.Webhook;
import dev.mooring.domain.webhook.WebhookSecret;

import org.junit.jupiter.api.Test;

import java.time.Instant;
import java.util.Optional;
import java.util.Set;

class SignedMessageTest {
    private static final Instant NOW = MutableClock.START;

    private static Webhook with(String secret) {
        Webhook any = Webhooks.of("siem");
        return new Webhook(
                any.id(),
                any.name(),
                any.url(),
                Set.of(),
                new WebhookSecret(secret),
                Optional.empty(),
                NOW);
    }

    /** The example that the specification of Standard Webhooks gives. */
    @Test
    void signatureIsTheOneOfTheSpecification() {
        SignedMessage message =
                new SignedMessage(
                        "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, "{\"test\": 2432232314}");

        assertThat(message.signatures(with("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"), NOW))
                .isEqualTo("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    @Test
    void rotatedSecretSignsAsWellForADay() {
        Webhook old = with("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
        Webhook rotated = old.rotated(Webhooks.of("other").secret(), NOW);
        SignedMessage message = SignedMessage.of(7, NOW, "{}");

        String both = message.signatures(rotated, NOW);
        assertThat(both.split(" ")).hasSize(2).contains(message.signatures(old, NOW));
        assertThat(message.signatures(rotated, NOW.plus(Webhook.OVERLAP)))
                .doesNotContain(" ")
                .isNotEqualTo(message.signatures(old, NOW));
    }
}
