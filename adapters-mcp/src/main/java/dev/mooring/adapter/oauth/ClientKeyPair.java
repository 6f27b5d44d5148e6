package dev.mooring.adapter.oauth;

import static dev.mooring.domain.InvalidValueException.require;

import dev.mooring.domain.InvalidValueException;
import dev.mooring.domain.oauth.SigningAlgorithm;
import dev.mooring.domain.oauth.SigningKey;
import dev.mooring.domain.oauth.VerificationKey;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
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
import java.util.Optional;
import java.util.stream.Stream;

import javax.crypto.KeyAgreement;

/**
 * The one key of this process: it signs wherever our Client ID Metadata Document is our
 * registration, and the document publishes the other half.
 */
public record ClientKeyPair(SigningKey signing, VerificationKey verification) {
    private static final String FIELD = "client_private_key";
    private static final int COORDINATE_BYTES = 32;

    /**
     * Reads a pair from its private half.
     *
     * @param pem PKCS #8, of an RSA key or of one on the curve P-256
     * @throws InvalidValueException when it cannot be used
     */
    public static ClientKeyPair read(String pem) {
        VerificationKey verification =
                verification(new SigningKey(pem, Optional.empty(), Optional.empty()));
        return new ClientKeyPair(
                new SigningKey(
                        pem,
                        Optional.of(verification.algorithm()),
                        Optional.of(verification.keyId())),
                verification);
    }

    /**
     * Finds the public half, and makes sure that it verifies what the private one signs.
     *
     * @throws InvalidValueException when the key is of another kind than P-256 and RSA, or broken
     */
    private static VerificationKey verification(SigningKey signing) {
        PrivateKey key = signing.privateKey();
        try {
            if (key instanceof RSAPrivateCrtKey rsa) {
                PublicKey found =
                        KeyFactory.getInstance("RSA")
                                .generatePublic(
                                        new RSAPublicKeySpec(
                                                rsa.getModulus(), rsa.getPublicExponent()));
                require(verifies("SHA256withRSA", rsa, found), FIELD, "is broken");
                return new VerificationKey.Rsa(
                        shortest(rsa.getModulus()), shortest(rsa.getPublicExponent()));
            }
            if (key instanceof ECPrivateKey curve && SigningAlgorithm.ES256.fits(curve)) {
                return curve(point(curve));
            }
        } catch (GeneralSecurityException e) {
            throw new InvalidValueException(FIELD, "is broken");
        }
        throw new InvalidValueException(FIELD, "must be a key on the curve P-256 or an RSA key");
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
        throw new InvalidValueException(FIELD, "is broken");
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

    private static VerificationKey curve(ECPoint point) {
        return new VerificationKey.Curve(
                base64(point.getAffineX(), COORDINATE_BYTES),
                base64(point.getAffineY(), COORDINATE_BYTES));
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
        return Base64.getUrlEncoder().withoutPadding().encodeToString(exact);
    }
}
