package dev.mooring.party;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.PublicKey;
import java.security.Signature;
import java.security.spec.MGF1ParameterSpec;
import java.security.spec.PSSParameterSpec;
import java.time.Instant;
import java.util.Base64;
import java.util.HashSet;
import java.util.Set;

/**
 * Checks the assertions by which clients prove themselves (RFC 7523 sections 2.2 and 3), to the
 * letter and without a library that the client may use too. Each counts once.
 */
public final class ClientAssertionJudge {
    private static final String TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
    private static final long LONGEST_SECONDS = 120;

    private final String issuer;
    private final String clientId;
    private final String algorithm;
    private final PublicKey key;
    private final Set<String> seen = new HashSet<>();

    /**
     * A judge of one client.
     *
     * @param issuer the only audience that will do
     * @param algorithm that the client registered
     */
    public ClientAssertionJudge(String issuer, String clientId, String algorithm, PublicKey key) {
        this.issuer = issuer;
        this.clientId = clientId;
        this.algorithm = algorithm;
        this.key = key;
    }

    /** What is wrong with the proof of this request; empty where nothing is. */
    public synchronized String fault(Received request) {
        Parameters form = request.form();
        String[] parts = form.text("client_assertion").split("\\.", -1);
        if (!form.text("client_assertion_type").equals(TYPE) || parts.length != 3) {
            return "no assertion";
        }
        if (request.header("Authorization").isPresent()
                || form.first("client_secret").isPresent()) {
            return "a second proof";
        }
        try {
            return fault(parts, json(parts[0]), json(parts[1]));
        } catch (GeneralSecurityException
                | JsonProcessingException
                | IllegalArgumentException broken) {
            return "broken: " + broken.getMessage();
        }
    }

    private String fault(String[] parts, JsonNode header, JsonNode claims)
            throws GeneralSecurityException {
        long left = claims.path("exp").asLong() - Instant.now().getEpochSecond();
        if (!header.path("alg").asText().equals(algorithm)) {
            return "another algorithm";
        } else if (!isSigned(parts)) {
            return "a wrong signature";
        } else if (!claims.path("iss").asText().equals(clientId)
                || !claims.path("sub").asText().equals(clientId)) {
            return "issuer and subject are not the client";
        } else if (!claims.path("aud").isTextual() || !claims.path("aud").asText().equals(issuer)) {
            return "another audience than the issuer alone";
        } else if (left <= 0 || left > LONGEST_SECONDS) {
            return "over, or good for too long";
        } else if (claims.path("jti").asText().length() < 16
                || !seen.add(claims.path("jti").asText())) {
            return "its jti was used before or is too short";
        }
        return "";
    }

    private boolean isSigned(String[] parts) throws GeneralSecurityException {
        Signature signature = Signature.getInstance(platformName());
        if (algorithm.equals("PS256")) {
            signature.setParameter(
                    new PSSParameterSpec("SHA-256", "MGF1", MGF1ParameterSpec.SHA256, 32, 1));
        }
        signature.initVerify(key);
        signature.update((parts[0] + "." + parts[1]).getBytes(StandardCharsets.US_ASCII));
        return signature.verify(Base64.getUrlDecoder().decode(parts[2]));
    }

    private String platformName() {
        return switch (algorithm) {
            case "ES256" -> "SHA256withECDSAinP1363Format";
            case "RS256" -> "SHA256withRSA";
            case "PS256" -> "RSASSA-PSS";
            default -> "Ed25519";
        };
    }

    private static JsonNode json(String part) throws JsonProcessingException {
        return Answer.JSON.readTree(
                new String(Base64.getUrlDecoder().decode(part), StandardCharsets.UTF_8));
    }
}
