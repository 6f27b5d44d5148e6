package dev.mooring.domain.oauth;

import static dev.mooring.domain.InvalidValueException.require;

import dev.mooring.domain.InvalidValueException;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.MessageDigest;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.interfaces.ECPrivateKey;
import java.security.interfaces.RSAPrivateCrtKey;
import java.security.spec.ECFieldFp;
import java.security.spec.ECParameterSpec;
import java.security.spec.ECPoint;
import java.security.spec.ECPublicKeySpec;
import java.security.spec.RSAPublicKeySpec;
import java.util.Base64;
import java.util.stream.Stream;

import javax.crypto.KeyAgreement;

/**
 * The public half of a key that our client signs with, in the members of a JSON Web Key (RFC 7518
 * section 6). There is no member for anything private.
 */
public sealed interface VerificationKey {
    /** The algorithm of what it verifies. */
    SigningAlgorithm algorithm();

    /** What RFC 7638 section 3 makes of the key: the same on every node, and new with a new key. */
    String keyId();

    /** A point on the curve P-256. */
    record Curve(String x, String y) implements VerificationKey {
        /** The one curve that we publish keys on. */
        public static final String NAME = "P-256";

        private static final int COORDINATE_BYTES = 32;

        @Override
        public SigningAlgorithm algorithm() {
            return SigningAlgorithm.ES256;
        }

        @Override
        public String keyId() {
            return thumbprint(
                    "{\"crv\":\"%s\",\"kty\":\"EC\",\"x\":\"%s\",\"y\":\"%s\"}"
                            .formatted(NAME, x, y));
        }

        private static Curve of(ECPoint point) {
            return new Curve(
                    base64(point.getAffineX(), COORDINATE_BYTES),
                    base64(point.getAffineY(), COORDINATE_BYTES));
        }
    }

    /** A modulus and a public exponent. */
    record Rsa(String modulus, String exponent) implements VerificationKey {
        @Override
        public SigningAlgorithm algorithm() {
            return SigningAlgorithm.RS256;
        }

        @Override
        public String keyId() {
            return thumbprint(
                    "{\"e\":\"%s\",\"kty\":\"RSA\",\"n\":\"%s\"}".formatted(exponent, modulus));
        }

        private static Rsa of(RSAPrivateCrtKey key) {
            return new Rsa(shortest(key.getModulus()), shortest(key.getPublicExponent()));
        }
    }

    /**
     * Finds the public half, and makes sure that it verifies what the private one signs.
     *
     * @throws InvalidValueException when the key is of another kind than P-256 and RSA, or broken
     */
    static VerificationKey of(SigningKey signing) {
        PrivateKey key = signing.privateKey();
        try {
            if (key instanceof RSAPrivateCrtKey rsa) {
                PublicKey found =
                        KeyFactory.getInstance("RSA")
                                .generatePublic(
                                        new RSAPublicKeySpec(
                                                rsa.getModulus(), rsa.getPublicExponent()));
                require(verifies("SHA256withRSA", rsa, found), SigningKey.FIELD, "is broken");
                return Rsa.of(rsa);
            }
            if (key instanceof ECPrivateKey curve && SigningAlgorithm.ES256.fits(curve)) {
                return Curve.of(point(curve));
            }
        } catch (GeneralSecurityException e) {
            throw new InvalidValueException(SigningKey.FIELD, "is broken");
        }
        throw new InvalidValueException(
                SigningKey.FIELD, "must be a key on the curve P-256 or an RSA key");
    }

    /**
     * The private number times the curve's base point. PKCS #8 need not contain it (RFC 5915
     * section 3) and the platform does not tell it, but agreeing on a secret with the base point
     * yields its x. That leaves two points; one of them verifies.
     */
    private static ECPoint point(ECPrivateKey key) throws GeneralSecurityException {
        ECParameterSpec domain = key.getParams();
        KeyFactory keys = KeyFactory.getInstance("EC");
        KeyAgreement agreement = KeyAgreement.getInstance("ECDH");
        agreement.init(key);
        agreement.doPhase(
                keys.generatePublic(new ECPublicKeySpec(domain.getGenerator(), domain)), true);
        BigInteger x = new BigInteger(1, agreement.generateSecret());

        BigInteger prime = ((ECFieldFp) domain.getCurve().getField()).getP();
        BigInteger square =
                x.pow(3).add(domain.getCurve().getA().multiply(x)).add(domain.getCurve().getB());
        // The prime is 3 modulo 4, where this power is the square root.
        BigInteger y = square.modPow(prime.add(BigInteger.ONE).shiftRight(2), prime);
        for (ECPoint point :
                Stream.of(y, prime.subtract(y)).map(each -> new ECPoint(x, each)).toList()) {
            PublicKey candidate = keys.generatePublic(new ECPublicKeySpec(point, domain));
            if (verifies("SHA256withECDSA", key, candidate)) {
                return point;
            }
        }
        throw new InvalidValueException(SigningKey.FIELD, "is broken");
    }

    private static boolean verifies(String algorithm, PrivateKey key, PublicKey candidate)
            throws GeneralSecurityException {
        byte[] sample = "sample".getBytes(StandardCharsets.US_ASCII);
        Signature signing = Signature.getInstance(algorithm);
        signing.initSign(key);
        signing.update(sample);
        Signature verifying = Signature.getInstance(algorithm);
        verifying.initVerify(candidate);
        verifying.update(sample);
        return verifying.verify(signing.sign());
    }

    private static String thumbprint(String members) {
        try {
            return base64(
                    MessageDigest.getInstance("SHA-256")
                            .digest(members.getBytes(StandardCharsets.US_ASCII)));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("Every Java platform has SHA-256", e);
        }
    }

    /** RFC 7518 section 6.3.1: not an octet more than the number needs. */
    private static String shortest(BigInteger number) {
        return base64(number, (number.bitLength() + 7) / 8);
    }

    /** RFC 7518 section 6.2.1.2: a coordinate is as long as the curve says. */
    private static String base64(BigInteger number, int length) {
        byte[] signed = number.toByteArray();
        byte[] exact = new byte[length];
        int taken = Math.min(signed.length, length);
        System.arraycopy(signed, signed.length - taken, exact, length - taken, taken);
        return base64(exact);
    }

    private static String base64(byte[] bytes) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }
}
