package dev.mooring.domain.webhook;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mooring.domain.InvalidValueException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.util.Base64;
import java.util.Random;

class WebhookSecretTest {
    private static String of(int bytes) {
        return "whsec_" + Base64.getEncoder().encodeToString(new byte[bytes]);
    }

    @ParameterizedTest
    @ValueSource(ints = {24, 32, 64})
    void keyIsWhatIsWrittenInBase64(int bytes) {
        assertThat(new WebhookSecret(of(bytes)).key()).hasSize(bytes);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 23, 65, 66})
    void keyOfAnotherLengthIsNone(int bytes) {
        assertThatThrownBy(() -> new WebhookSecret(of(bytes)))
                .isInstanceOf(InvalidValueException.class);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "whsec_",
                "plJ3nmyCDGBKInavdOK15jslplJ3nmyCDGBKInavdOK1",
                "whsec_plJ3nmyCDGBKInavdOK15jslplJ3nmyCD",
                "whsec_plJ3nmyCDGBKInavdOK15jsl-_"
            })
    void whatDoesNotDecodeIsNone(String text) {
        assertThatThrownBy(() -> new WebhookSecret(text)).isInstanceOf(InvalidValueException.class);
    }

    @Test
    void madeOnesDifferAndAreNotPrinted() {
        Random random = new Random(1);
        WebhookSecret one = WebhookSecret.random(random);
        assertThat(one.key()).hasSize(32);
        assertThat(one).isNotEqualTo(WebhookSecret.random(random));
        assertThat(one.toString()).doesNotContain(one.value());
    }
}
