package dev.mooring.domain.oauth;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.domain.Refused;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.util.Base64;

class ClientKeyPairTest {
    private static final String FIELD = "oauth_config.private_key_pem";

    /** Both roots of the curve's equation occur, so many keys are tried. */
    @Test
    void thePublicHalfOfACurveKeyIsFoundFromThePrivateOneAlone() {
        for (int i = 0; i < 16; i++) {
            KeyPair pair = pair("EC", 256);
            ClientKeyPair read = ClientKeyPair.read(pem(pair));
            ECPublicKey expected = (ECPublicKey) pair.getPublic();

            assertThat(read.verification()).isInstanceOf(VerificationKey.Curve.class);
            VerificationKey.Curve found = (VerificationKey.Curve) read.verification();
            assertThat(number(found.x())).isEqualTo(expected.getW().getAffineX());
            assertThat(number(found.y())).isEqualTo(expected.getW().getAffineY());
            assertThat(Base64.getUrlDecoder().decode(found.x())).hasSize(32);
            assertThat(Base64.getUrlDecoder().decode(found.y())).hasSize(32);
            assertThat(read.signing().algorithm()).isEqualTo(SigningAlgorithm.ES256);
            assertThat(read.signing().keyId()).contains(found.keyId());
        }
    }

    @Test
    void thePublicHalfOfAnRsaKeyIsItsModulusAndExponent() {
        KeyPair pair = pair("RSA", 2048);
        ClientKeyPair read = ClientKeyPair.read(pem(pair));
        RSAPublicKey expected = (RSAPublicKey) pair.getPublic();

        VerificationKey.Rsa found = (VerificationKey.Rsa) read.verification();
        assertThat(number(found.modulus())).isEqualTo(expected.getModulus());
        assertThat(Base64.getUrlDecoder().decode(found.modulus())).hasSize(256);
        assertThat(found.exponent()).isEqualTo("AQAB");
        assertThat(read.signing().algorithm()).isEqualTo(SigningAlgorithm.RS256);
    }

    /** The sample of RFC 7638 section 3.1. */
    @Test
    void theKeyIdIsTheThumbprint() {
        assertThat(
                        new VerificationKey.Rsa(
                                        "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtV"
                                            + "T86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMst"
                                            + "n64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQ"
                                            + "R0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5"
                                            + "hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2Nc"
                                            + "Rwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDK"
                                            + "gw",
                                        "AQAB")
                                .keyId())
                .isEqualTo("NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
    }

    @ParameterizedTest
    @CsvSource({"EC, 384", "EC, 521", "Ed25519, 0"})
    void otherKindsOfKeysAreRefused(String family, int bits) {
        Refused.naming(FIELD, () -> ClientKeyPair.read(pem(pair(family, bits))));
    }

    @Test
    void nothingOfThePrivateHalfIsShown() {
        ClientKeyPair read = ClientKeyPair.read(pem(pair("EC", 256)));
        String secret = read.signing().value().lines().skip(1).findFirst().orElseThrow();
        assertThat(read.toString()).doesNotContain(secret);
    }

    private static BigInteger number(String base64) {
        return new BigInteger(1, Base64.getUrlDecoder().decode(base64));
    }

    private static KeyPair pair(String family, int bits) {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance(family);
            if (bits > 0) {
                generator.initialize(bits);
            }
            return generator.generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new AssertionError("Every Java platform makes such keys", e);
        }
    }

    private static String pem(KeyPair pair) {
        return "-----BEGIN PRIVATE KEY-----\n"
                + Base64.getMimeEncoder().encodeToString(pair.getPrivate().getEncoded())
                + "\n-----END PRIVATE KEY-----\n";
    }
}
