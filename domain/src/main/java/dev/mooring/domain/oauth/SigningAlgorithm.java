package dev.mooring.domain.oauth;

import dev.mooring.domain.InvalidValueException;

import java.security.PrivateKey;
import java.security.interfaces.ECPrivateKey;
import java.security.interfaces.EdECPrivateKey;
import java.security.interfaces.RSAPrivateKey;
import java.security.spec.NamedParameterSpec;
import java.util.Arrays;
import java.util.Optional;

/**
 * How a {@link SigningKey} signs: the asymmetric algorithms of RFC 7518 section 3.1 and RFC 8037.
 */
public enum SigningAlgorithm {
    ES256("ES256", 256),
    ES384("ES384", 384),
    ES512("ES512", 521),
    RS256("RS256", 0),
    RS384("RS384", 0),
    RS512("RS512", 0),
    PS256("PS256", 0),
    PS384("PS384", 0),
    PS512("PS512", 0),
    EDDSA("EdDSA", 0);

    private static final int SHORTEST_RSA_KEY = 2048;

    private final String word;
    private final int curveBits;

    SigningAlgorithm(String word, int curveBits) {
        this.word = word;
        this.curveBits = curveBits;
    }

    /** The registered name, which is the {@code alg} of a signed token. */
    public String word() {
        return word;
    }

    public static SigningAlgorithm parse(String field, String word) {
        return Arrays.stream(values())
                .filter(algorithm -> algorithm.word.equals(word))
                .findFirst()
                .orElseThrow(() ->
                        new InvalidValueException(
                                field,
                                "must be ES256, ES384, ES512, RS256, RS384, RS512, PS256, PS384,"
                                        + " PS512 or EdDSA"));
    }

    /** Whether this key can sign like that. */
    public boolean fits(PrivateKey key) {
        return switch (this) {
            // RFC 7518 section 3.4: each algorithm has its one curve.
            case ES256, ES384, ES512 ->
                    key instanceof ECPrivateKey curve
                            && curve.getParams().getOrder().bitLength() == curveBits;
            // RFC 7518 sections 3.3 and 3.5: 2048 bits or more.
            case RS256, RS384, RS512, PS256, PS384, PS512 ->
                    key instanceof RSAPrivateKey rsa
                            && rsa.getModulus().bitLength() >= SHORTEST_RSA_KEY;
            case EDDSA ->
                    key instanceof EdECPrivateKey edwards
                            && edwards.getParams()
                                    .getName()
                                    .equals(NamedParameterSpec.ED25519.getName());
        };
    }

    /** What to sign with when nobody says, if there is anything that fits. */
    static Optional<SigningAlgorithm> usualFor(PrivateKey key) {
        return Arrays.stream(values()).filter(algorithm -> algorithm.fits(key)).findFirst();
    }
}
