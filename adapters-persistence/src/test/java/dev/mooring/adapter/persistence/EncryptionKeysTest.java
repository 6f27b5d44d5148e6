package dev.mooring.adapter.persistence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mooring.application.fixture.Race;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.HashSet;
import java.util.List;

class EncryptionKeysTest {

    private static final String KEY = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
    private static final String OTHER = "HwECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

    @TempDir private Path directory;

    @Test
    void theFirstKeyIsCurrentAndCommentsArePassedOver() {
        EncryptionKeys keys =
                EncryptionKeys.parse(
                        "test", "# two keys\n\n new " + KEY + "\nold\t" + OTHER + "\n");
        assertThat(keys.currentId()).isEqualTo("new");
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
    void aMissingFileIsNamed() {
        Path missing = directory.resolve("missing");
        assertThatThrownBy(() -> EncryptionKeys.read(missing))
                .isInstanceOf(DatabaseUnusableException.class)
                .hasMessageContaining(missing.toString());
    }

    @Test
    void aKeyFileIsMadeOnceForItsOwnerAlone() throws IOException {
        Path file = directory.resolve("keys");
        EncryptionKeys made = EncryptionKeys.readOrCreate(file, new SecureRandom());
        EncryptionKeys read = EncryptionKeys.readOrCreate(file, new SecureRandom());
        assertThat(read.currentId()).isEqualTo(made.currentId()).startsWith("key-");
        assertThat(read.fingerprint(read.currentId()).orElseThrow())
                .isEqualTo(made.fingerprint(made.currentId()).orElseThrow());
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
        try (var all = Files.list(directory)) {
            assertThat(all).containsExactly(file);
        }
    }

    @Test
    void allWhoMakeTheFileAtOnceEndUpWithTheSameKey() {
        Path file = directory.resolve("keys");
        List<String> ids =
                Race.of(
                        8,
                        runner ->
                                EncryptionKeys.readOrCreate(file, new SecureRandom()).currentId());
        assertThat(new HashSet<>(ids)).hasSize(1);
    }

    @Test
    void fingerprintsTellKeysApartAndTheKeysAreNeverPrinted() {
        EncryptionKeys keys = EncryptionKeys.parse("test", "a " + KEY + "\nb " + OTHER);
        assertThat(keys.fingerprint("a").orElseThrow())
                .isNotEqualTo(keys.fingerprint("b").orElseThrow());
        assertThat(keys.toString()).isEqualTo("EncryptionKeys[a, b]");
    }
}
