package dev.mooring.domain.oauth;

import static dev.mooring.domain.InvalidValueException.require;

import dev.mooring.domain.InvalidValueException;
import dev.mooring.domain.Secret;

import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The private key with which our client signs its assertions (RFC 7523 section 2.2). Two are equal
 * that were given in the same words.
 */
public final class SigningKey implements Secret {
    private static final String FIELD = "oauth_config.private_key_pem";
    private static final int MAX_LENGTH = 16_384;
    private static final Pattern PEM =
            Pattern.compile(
                    "\\s*-----BEGIN PRIVATE KEY-----([A-Za-z0-9+/=\\s]+)-----END PRIVATE"
                            + " KEY-----\\s*");

    private final String value;
    private final Optional<SigningAlgorithm> chosen;
    private final Optional<String> keyId;
    private final PrivateKey privateKey;
    private final SigningAlgorithm algorithm;

    /**
     * Reads the key.
     *
     * @param value PKCS #8 in PEM, not encrypted
     * @param chosen the algorithm that was asked for; absent: what is usual for the key
     * @param keyId the {@code kid} by which the server finds the public half; absent: left out
     * @throws InvalidValueException when it is no such key, or the algorithm does not fit it
     */
    public SigningKey(String value, Optional<SigningAlgorithm> chosen, Optional<String> keyId) {
        this.value = value;
        this.chosen = chosen;
        this.keyId = keyId;
        this.privateKey = parse(value);
        SigningAlgorithm usual =
                SigningAlgorithm.usualFor(privateKey)
                        .orElseThrow(() ->
                                new InvalidValueException(
                                        FIELD,
                                        "must be a key on the curve P-256, P-384, P-521 or Ed25519,"
                                                + " or an RSA key of 2048 bits or more"));
        this.algorithm = chosen.orElse(usual);
        require(
                algorithm.fits(privateKey),
                "oauth_config.signing_algorithm",
                algorithm.word() + " does not fit the private key");
        keyId.ifPresent(id ->
                require(
                        id.matches("[\\x21-\\x7E]{1,256}"),
                        "oauth_config.private_key_id",
                        "must be 1 to 256 printable ASCII characters without blanks"));
    }

    @Override
    public String value() {
        return value;
    }

    /** The algorithm that was asked for, if one was. */
    public Optional<SigningAlgorithm> chosen() {
        return chosen;
    }

    /**
     * The same key with an algorithm that {@code taken} lets pass: the one that was asked for and
     * no other, else the first that fits the key. Empty when there is none.
     */
    public Optional<SigningKey> signingBy(Predicate<SigningAlgorithm> taken) {
        if (taken.test(algorithm)) {
            return Optional.of(this);
        }
        return Arrays.stream(SigningAlgorithm.values())
                .filter(other -> chosen.isEmpty() && other.fits(privateKey) && taken.test(other))
                .findFirst()
                .map(other -> new SigningKey(value, Optional.of(other), keyId));
    }

    /** The {@code kid} by which the server finds the public half. */
    public Optional<String> keyId() {
        return keyId;
    }

    /** What we sign with. */
    public SigningAlgorithm algorithm() {
        return algorithm;
    }

    public PrivateKey privateKey() {
        return privateKey;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof SigningKey key
                && value.equals(key.value)
                && chosen.equals(key.chosen)
                && keyId.equals(key.keyId);
    }

    @Override
    public int hashCode() {
        return Objects.hash(value, chosen, keyId);
    }

    private static PrivateKey parse(String pem) {
        require(pem.length() <= MAX_LENGTH, FIELD, "is longer than 16 KiB");
        Matcher matcher = PEM.matcher(pem);
        require(
                matcher.matches(),
                FIELD,
                "must be one unencrypted private key of PKCS #8 in PEM (BEGIN PRIVATE KEY); openssl"
                        + " pkcs8 -topk8 -nocrypt makes one of other formats");
        for (String family : List.of("EC", "RSA", "EdDSA")) {
            Optional<PrivateKey> key = parse(family, matcher.group(1));
            if (key.isPresent()) {
                return key.get();
            }
        }
        throw new InvalidValueException(FIELD, "is no EC, RSA or Ed25519 key that can be read");
    }

    private static Optional<PrivateKey> parse(String family, String base64) {
        try {
            byte[] encoded = Base64.getMimeDecoder().decode(base64);
            return Optional.of(
                    KeyFactory.getInstance(family)
                            .generatePrivate(new PKCS8EncodedKeySpec(encoded)));
        } catch (GeneralSecurityException | IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    @Override
    public String toString() {
        return REDACTED;
    }
}
