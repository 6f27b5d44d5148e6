package dev.mooring.adapter.webhook;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.application.fixture.Events;
import dev.mooring.application.fixture.MutableClock;
import dev.mooring.application.fixture.Webhooks;
import dev.mooring.domain.audit.ActingParty;
import dev.mooring.domain.audit.AuditEntry;
import dev.mooring.domain.audit.AuditRecord;
import dev.mooring.domain.client.ClientId;
import dev.mooring.domain.webhook.SigningSecrets;
import dev.mooring.domain.webhook.WebhookId;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.stream.Stream;

class SignedMessageTest {
    private static final Instant NOW = MutableClock.START;
    private static final WebhookId ONE = new WebhookId("hook_one");

    private static AuditRecord event(long number, Instant at) {
        return new AuditRecord(
                number,
                AuditEntry.of(Events.removed(new ClientId("mcp_1"), at)),
                ActingParty.UNKNOWN);
    }

    private static String id(WebhookId webhook, long number, Instant at, Instant sent) {
        return SignedMessage.of(webhook, event(number, at), sent, "{}").id();
    }

    /** Examples that Standard Webhooks and its libraries give. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            textBlock =
                    """
                    MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw | msg_p5jXN8AQM9LWM0D4loKWxJek | 1614265330 | \
                    {"test": 2432232314} | v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=
                    plJ3nmyCDGBKInavdOK15jsl | msg_loFOjxBNrRLzqYUf | 1731705121 | \
                    {"event_type":"ping","data":{"success":true}} | v1,rAvfW3dJ/X/qxhsaXPOyyCGmRKsaKWcsNccKXlIktD0=
                    """)
    void signatureIsTheOneOfTheSpecification(
            String key, String id, long timestamp, String body, String signature) {
        SignedMessage message = new SignedMessage(id, timestamp, body);
        assertThat(message.signature(Base64.getDecoder().decode(key))).isEqualTo(signature);
    }

    @Test
    void rotatedSecretSignsAsWellForADay() {
        SigningSecrets old = Webhooks.secretsOf("old");
        SigningSecrets rotated = old.rotated(Webhooks.secretsOf("fresh").current(), NOW);
        SignedMessage message = new SignedMessage("evt_7", NOW.getEpochSecond(), "{}");

        assertThat(message.signatures(rotated.at(NOW)).split(" "))
                .containsExactly(
                        message.signatures(List.of(rotated.current())),
                        message.signatures(List.of(old.current())));
        assertThat(message.signatures(rotated.at(NOW.plus(SigningSecrets.OVERLAP))))
                .isEqualTo(message.signatures(List.of(rotated.current())));
    }

    @Test
    void idIsThatOfTheEventHoweverOftenItIsSentAndOfNoOther() {
        String id = id(ONE, 7, NOW, NOW);
        assertThat(id).matches("evt_[0-9a-f]{32}");
        assertThat(id(ONE, 7, NOW, NOW.plusSeconds(60))).isEqualTo(id);

        assertThat(
                        Stream.of(
                                id(ONE, 8, NOW, NOW),
                                id(new WebhookId("hook_in_another_database"), 7, NOW, NOW),
                                id(ONE, 7, NOW.plusMillis(1), NOW)))
                .as("another number, another database, another event after a backup was restored")
                .doesNotContain(id)
                .doesNotHaveDuplicates();
    }
}
