package dev.mooring.party;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.spec.MGF1ParameterSpec;
import java.security.spec.PSSParameterSpec;
import java.util.Base64;

/** A signed JWT (RFC 7519), made and taken apart without a library that a client may use too. */
public final class SignedClaims {

    private final JsonNode header;
    private final JsonNode claims;
    private final String signedPart;
    private final byte[] signature;

    private SignedClaims(JsonNode header, JsonNode claims, String signedPart, byte[] signature) {
        this.header = header;
        this.claims = claims;
        this.signedPart = signedPart;
        this.signature = signature;
    }

    public JsonNode header() {
        return header;
    }

    public JsonNode claims() {
        return claims;
    }

    /**
     * Takes a token apart; whether it is signed is another question.
     *
     * @throws IllegalArgumentException if it is none
     */
    public static SignedClaims parse(String token) {
        String[] parts = token.split("\\.", -1);
        if (parts.length != 3) {
            throw new IllegalArgumentException("a token has three parts");
        }
        return new SignedClaims(
                json(parts[0]),
                json(parts[1]),
                parts[0] + "." + parts[1],
                Base64.getUrlDecoder().decode(parts[2]));
    }

    /** Signs claims by ES256, under this {@code typ}. */
    public static String sign(String type, ObjectNode claims, PrivateKey key) {
        ObjectNode header = Answer.JSON.createObjectNode().put("alg", "ES256").put("typ", type);
        String signed = base64(header.toString()) + "." + base64(claims.toString());
        try {
            Signature signature = signatureBy("ES256");
            signature.initSign(key);
            signature.update(signed.getBytes(StandardCharsets.US_ASCII));
            return signed
                    + "."
                    + Base64.getUrlEncoder().withoutPadding().encodeToString(signature.sign());
        } catch (GeneralSecurityException e) {
            throw new IllegalArgumentException("no key for ES256", e);
        }
    }

    /** Whether this key signed it by this algorithm, which the header must name. */
    public boolean isSignedBy(String algorithm, PublicKey key) {
        try {
            Signature verifier = signatureBy(algorithm);
            verifier.initVerify(key);
            verifier.update(signedPart.getBytes(StandardCharsets.US_ASCII));
            return header.path("alg").asText().equals(algorithm) && verifier.verify(signature);
        } catch (GeneralSecurityException unfit) {
            return false;
        }
    }

    private static Signature signatureBy(String algorithm) throws GeneralSecurityException {
        Signature signature =
                Signature.getInstance(
                        switch (algorithm) {
                            case "ES256" -> "SHA256withECDSAinP1363Format";
                            case "RS256" -> "SHA256withRSA";
                            case "PS256" -> "RSASSA-PSS";
                            default -> "Ed25519";
                        });
        if (algorithm.equals("PS256")) {
            signature.setParameter(
                    new PSSParameterSpec("SHA-256", "MGF1", MGF1ParameterSpec.SHA256, 32, 1));
        }
        return signature;
    }

    private static JsonNode json(String part) {
        try {
            return Answer.JSON.readTree(
                    new String(Base64.getUrlDecoder().decode(part), StandardCharsets.UTF_8));
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("no JSON", e);
        }
    }

    private static String base64(String text) {
        return Base64.getUrlEncoder()
                .withoutPadding()
                .encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }
}
