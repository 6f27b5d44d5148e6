package dev.mooring.domain.oauth;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;

/**
 * The public half of a key that our client signs with, in the members of a JSON Web Key (RFC 7518
 * section 6): numbers in base64url. There is no member for anything private.
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
    }

    private static String thumbprint(String members) {
        try {
            return Base64.getUrlEncoder()
                    .withoutPadding()
                    .encodeToString(
                            MessageDigest.getInstance("SHA-256")
                                    .digest(members.getBytes(StandardCharsets.US_ASCII)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every Java platform has SHA-256", e);
        }
    }
}
