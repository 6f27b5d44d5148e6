package dev.mooring.adapter.persistence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.HashSet;
import java.util.Set;

class SecretCipherTest {

    private static final SecureRandom RANDOM = new SecureRandom();
    private static final String OLD = line("old");
    private static final String NEW = line("new");
    private static final SecretPlace PLACE = SealedColumn.GRANT_ACCESS_TOKEN.of("grant_1");

    private final SecretCipher cipher = cipher(OLD);

    @ParameterizedTest
    @ValueSource(
            strings = {"", "x", "päß-🔑", "a long one: 0123456789012345678901234567890123456789"})
    void whatWasSealedOpensInItsPlace(String secret) {
        assertThat(cipher.open(cipher.seal(secret, PLACE), PLACE)).isEqualTo(secret);
    }

    @Test
    void aSealedSecretDoesNotShowThroughAndIsNeverTheSameTwice() {
        Set<String> seen = new HashSet<>();
        for (int i = 0; i < 100; i++) {
            byte[] sealed = cipher.seal("the secret", PLACE);
            assertThat(new String(sealed, StandardCharsets.ISO_8859_1)).doesNotContain("secret");
            seen.add(Base64.getEncoder().encodeToString(sealed));
        }
        assertThat(seen).hasSize(100);
    }

    @Test
    void aSealedSecretThatWasMovedDoesNotOpen() {
        byte[] sealed = cipher.seal("the secret", PLACE);
        for (SecretPlace elsewhere :
                new SecretPlace[] {
                    SealedColumn.GRANT_ACCESS_TOKEN.of("grant_2"),
                    SealedColumn.GRANT_REFRESH_TOKEN.of("grant_1"),
                    SealedColumn.REVOCATION_ACCESS_TOKEN.of("grant_1")
                }) {
            assertThatThrownBy(() -> cipher.open(sealed, elsewhere))
                    .as(elsewhere.toString())
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("altered, or belongs elsewhere")
                    .hasMessageNotContaining("the secret ");
        }
    }

    @Test
    void noByteOfASealedSecretCanBeAltered() {
        byte[] sealed = cipher.seal("the secret", PLACE);
        for (int i = 0; i < sealed.length; i++) {
            byte[] altered = sealed.clone();
            altered[i] ^= 1;
            assertThatThrownBy(() -> cipher.open(altered, PLACE))
                    .as("byte " + i)
                    .isInstanceOf(IllegalStateException.class);
            byte[] cut = java.util.Arrays.copyOf(sealed, i);
            assertThatThrownBy(() -> cipher.open(cut, PLACE))
                    .as("first " + i + " bytes")
                    .isInstanceOf(IllegalStateException.class);
        }
    }

    @Test
    void anOlderKeyStillOpensAndTheFirstOneSeals() {
        byte[] sealedBefore = cipher.seal("the secret", PLACE);
        SecretCipher rotated = cipher(NEW + OLD);
        assertThat(rotated.open(sealedBefore, PLACE)).isEqualTo("the secret");
        byte[] sealedAfter = rotated.seal("the secret", PLACE);
        assertThat(sealedAfter).startsWith(SecretCipher.prefix("new"));
        assertThat(sealedBefore).startsWith(SecretCipher.prefix("old"));
        assertThatThrownBy(() -> cipher.open(sealedAfter, PLACE))
                .hasMessageContaining("sealed with the key new, which is not in the test")
                .hasMessageContaining("oauth_grant.access_token of grant_1");
    }

    @Test
    void anotherKeyOfTheSameIdDoesNotOpen() {
        byte[] sealed = cipher.seal("the secret", PLACE);
        assertThatThrownBy(() -> cipher(line("old")).open(sealed, PLACE))
                .isInstanceOf(IllegalStateException.class);
    }

    private static SecretCipher cipher(String keys) {
        return new SecretCipher(KeyRing.read(new KeyText("the test", keys)), RANDOM);
    }

    private static String line(String id) {
        byte[] key = new byte[32];
        RANDOM.nextBytes(key);
        return id + " " + Base64.getEncoder().encodeToString(key) + "\n";
    }
}
