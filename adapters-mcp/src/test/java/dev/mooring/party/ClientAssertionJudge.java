package dev.mooring.party;

import com.fasterxml.jackson.databind.JsonNode;

import java.security.PublicKey;
import java.time.Instant;
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
        if (!form.text("client_assertion_type").equals(TYPE)) {
            return "no assertion";
        }
        if (request.header("Authorization").isPresent()
                || form.first("client_secret").isPresent()) {
            return "a second proof";
        }
        try {
            return fault(SignedClaims.parse(form.text("client_assertion")));
        } catch (IllegalArgumentException broken) {
            return "broken: " + broken.getMessage();
        }
    }

    private String fault(SignedClaims assertion) {
        JsonNode claims = assertion.claims();
        long left = claims.path("exp").asLong() - Instant.now().getEpochSecond();
        if (!assertion.header().path("alg").asText().equals(algorithm)) {
            return "another algorithm";
        } else if (!assertion.isSignedBy(algorithm, key)) {
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
}
