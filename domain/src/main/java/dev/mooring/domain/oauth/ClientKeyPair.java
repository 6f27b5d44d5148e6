package dev.mooring.domain.oauth;

import java.util.Optional;

/**
 * The one key of this process: it signs wherever our Client ID Metadata Document is our
 * registration, and the document publishes the other half.
 */
public record ClientKeyPair(SigningKey signing, VerificationKey verification) {

    /**
     * Reads a pair from its private half.
     *
     * @param pem PKCS #8, of an RSA key or of one on the curve P-256
     * @throws dev.mooring.domain.InvalidValueException when it cannot be used
     */
    public static ClientKeyPair read(String pem) {
        VerificationKey verification =
                VerificationKey.of(new SigningKey(pem, Optional.empty(), Optional.empty()));
        return new ClientKeyPair(
                new SigningKey(
                        pem,
                        Optional.of(verification.algorithm()),
                        Optional.of(verification.keyId())),
                verification);
    }
}
