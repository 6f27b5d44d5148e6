package dev.mooring.domain.oauth;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.domain.Refused;
import dev.mooring.domain.Secret;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.security.GeneralSecurityException;
import java.security.KeyPairGenerator;
import java.util.Base64;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

class SigningKeyTest {
    private static final String PEM = "oauth_config.private_key_pem";

    /** Each kind is made once, as primes take their time. */
    private static final Map<String, String> PEMS = new ConcurrentHashMap<>();

    @ParameterizedTest
    @CsvSource({
        "EC,      256,  ES256",
        "EC,      384,  ES384",
        "EC,      521,  ES512",
        "RSA,     2048, RS256",
        "Ed25519, 0,    EdDSA"
    })
    void theUsualAlgorithmFollowsFromTheKey(String family, int bits, String algorithm) {
        SigningKey key = new SigningKey(pem(family, bits), Optional.empty(), Optional.of("key-1"));
        assertThat(key.algorithm().word()).isEqualTo(algorithm);
        assertThat(key.algorithm().fits(key.privateKey())).isTrue();
        assertThat(key).hasToString(Secret.REDACTED);
    }

    @ParameterizedTest
    @CsvSource({
        "EC,      256,  ES384",
        "EC,      384,  RS256",
        "RSA,     2048, ES256",
        "RSA,     2048, EdDSA",
        "Ed25519, 0,    ES256"
    })
    void anAlgorithmThatDoesNotFitTheKeyIsRefused(String family, int bits, String algorithm) {
        Optional<SigningAlgorithm> chosen = Optional.of(SigningAlgorithm.parse("field", algorithm));
        Refused.naming(
                "oauth_config.signing_algorithm",
                () -> new SigningKey(pem(family, bits), chosen, Optional.empty()));
    }

    @Test
    void theKeyIsReadOnceAndKnownByItsWords() {
        SigningKey key = new SigningKey(pem("EC", 256), Optional.empty(), Optional.of("key-1"));
        assertThat(key.privateKey()).isSameAs(key.privateKey());
        assertThat(key)
                .isEqualTo(new SigningKey(key.value(), Optional.empty(), Optional.of("key-1")))
                .hasSameHashCodeAs(
                        new SigningKey(key.value(), Optional.empty(), Optional.of("key-1")))
                .isNotEqualTo(new SigningKey(key.value(), Optional.empty(), Optional.of("key-2")))
                .isNotEqualTo(
                        new SigningKey(
                                key.value(), Optional.of(key.algorithm()), Optional.of("key-1")));
    }

    @Test
    void anRsaKeySignsByEachOfItsAlgorithms() {
        String pem = pem("RSA", 2048);
        for (String word : new String[] {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"}) {
            SigningAlgorithm algorithm = SigningAlgorithm.parse("field", word);
            assertThat(new SigningKey(pem, Optional.of(algorithm), Optional.empty()).algorithm())
                    .isEqualTo(algorithm);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "secret",
                "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----",
                "-----BEGIN PRIVATE KEY-----\n!!!!\n-----END PRIVATE KEY-----",
                "-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----",
                "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----"
            })
    void whatIsNoPrivateKeyIsRefused(String pem) {
        Refused.naming(PEM, () -> new SigningKey(pem, Optional.empty(), Optional.empty()));
    }

    @ParameterizedTest
    @CsvSource({"RSA, 1024", "Ed448, 0"})
    void aKeyThatNoAlgorithmTakesIsRefused(String family, int bits) {
        String pem = pem(family, bits);
        Refused.naming(PEM, () -> new SigningKey(pem, Optional.empty(), Optional.empty()));
    }

    @Test
    void aKeyIdIsPrintable() {
        String pem = pem("EC", 256);
        Refused.naming(
                "oauth_config.private_key_id",
                () -> new SigningKey(pem, Optional.empty(), Optional.of("a b")));
    }

    @Test
    void anUnknownAlgorithmIsRefused() {
        Refused.naming("the_field", () -> SigningAlgorithm.parse("the_field", "HS256"));
    }

    private static String pem(String family, int bits) {
        return PEMS.computeIfAbsent(family + bits, made -> make(family, bits));
    }

    private static String make(String family, int bits) {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance(family);
            if (bits > 0) {
                generator.initialize(bits);
            }
            String base64 =
                    Base64.getEncoder()
                            .encodeToString(generator.generateKeyPair().getPrivate().getEncoded());
            return "-----BEGIN PRIVATE KEY-----\n" + base64 + "\n-----END PRIVATE KEY-----\n";
        } catch (GeneralSecurityException e) {
            throw new AssertionError("Every Java platform makes such keys", e);
        }
    }
}
