package dev.mooring.adapter.persistence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.security.SecureRandom;

class EncryptionKeysTest {

    private static final String KEY = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
    private static final String OTHER = "HwECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

    @Test
    void theOrderIsKeptAndCommentsArePassedOver() {
        EncryptionKeys keys =
                EncryptionKeys.parse(
                        "test", "# two keys\n\n new " + KEY + "\nold\t" + OTHER + "\n");
        assertThat(keys.firstId()).isEqualTo("new");
        assertThat(keys.ids()).containsExactly("new", "old");
        assertThat(keys.find("none")).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "k",
                KEY,
                "k AAECAwQ=",
                "k not/base64!",
                "bad:id " + KEY,
                "k " + KEY + " more",
                "k " + KEY + "\nk " + OTHER
            })
    void aLineThatIsNoNewKeyIsNamedByNumberAndNeverQuoted(String text) {
        assertThatThrownBy(() -> EncryptionKeys.parse("the file", "# first\n" + text))
                .isInstanceOf(DatabaseUnusableException.class)
                .hasMessageMatching("Line [23] of the file is not a new key: .*")
                .hasMessageNotContaining("AAECAwQ");
    }

    @Test
    void aTextWithoutKeysIsRefused() {
        assertThatThrownBy(() -> EncryptionKeys.parse("the file", "# nothing\n"))
                .hasMessage("There is no encryption key in the file");
    }

    @Test
    void aNewKeyIsALineOfItsOwn() {
        String line = EncryptionKeys.newLine(new SecureRandom());
        assertThat(EncryptionKeys.parse("test", line).firstId()).startsWith("key-");
        assertThat(line).endsWith("\n").isNotEqualTo(EncryptionKeys.newLine(new SecureRandom()));
    }

    @Test
    void fingerprintsTellKeysApartAndTheKeysAreNeverPrinted() {
        EncryptionKeys keys = EncryptionKeys.parse("test", "a " + KEY + "\nb " + OTHER);
        assertThat(keys.fingerprint("a").orElseThrow())
                .isNotEqualTo(keys.fingerprint("b").orElseThrow());
        assertThat(keys.toString()).isEqualTo("EncryptionKeys[a, b]");
    }
}
