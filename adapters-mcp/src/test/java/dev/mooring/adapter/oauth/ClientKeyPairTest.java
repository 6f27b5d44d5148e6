package dev.mooring.adapter.oauth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mooring.application.fixture.SigningKeys;
import dev.mooring.domain.InvalidValueException;
import dev.mooring.domain.oauth.SigningAlgorithm;
import dev.mooring.domain.oauth.VerificationKey;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.math.BigInteger;
import java.security.KeyPair;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.util.Base64;

class ClientKeyPairTest {
    /** Both roots of the curve's equation occur, so many keys are tried. */
    @Test
    void thePublicHalfOfACurveKeyIsFoundFromThePrivateOneAlone() {
        for (int i = 0; i < 16; i++) {
            KeyPair pair = SigningKeys.pair("EC", 256);
            ClientKeyPair read = ClientKeyPair.read(SigningKeys.pem(pair));
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
        KeyPair pair = SigningKeys.pair("RSA", 2048);
        ClientKeyPair read = ClientKeyPair.read(SigningKeys.pem(pair));
        RSAPublicKey expected = (RSAPublicKey) pair.getPublic();

        VerificationKey.Rsa found = (VerificationKey.Rsa) read.verification();
        assertThat(number(found.modulus())).isEqualTo(expected.getModulus());
        assertThat(Base64.getUrlDecoder().decode(found.modulus())).hasSize(256);
        assertThat(found.exponent()).isEqualTo("AQAB");
        assertThat(read.signing().algorithm()).isEqualTo(SigningAlgorithm.RS256);
    }

    @ParameterizedTest
    @CsvSource({"EC, 384", "EC, 521", "Ed25519, 0"})
    void otherKindsOfKeysAreRefused(String family, int bits) {
        String pem = SigningKeys.pem(SigningKeys.pair(family, bits));
        assertThatThrownBy(() -> ClientKeyPair.read(pem)).isInstanceOf(InvalidValueException.class);
    }

    @Test
    void nothingOfThePrivateHalfIsShown() {
        ClientKeyPair read = ClientKeyPair.read(SigningKeys.pem(SigningKeys.pair("EC", 256)));
        String secret = read.signing().value().lines().skip(1).findFirst().orElseThrow();
        assertThat(read.toString()).doesNotContain(secret);
    }

    private static BigInteger number(String base64) {
        return new BigInteger(1, Base64.getUrlDecoder().decode(base64));
    }
}
