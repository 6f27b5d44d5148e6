package dev.mooring.party;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

import java.security.PrivateKey;
import java.security.PublicKey;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/**
 * The words of others that an authorization server takes for a grant (RFC 7523 section 2.1), and
 * those that it gives itself where it is an identity provider (RFC 8693, for an identity assertion
 * authorization grant).
 */
final class AssertionDesk {

    private static final String ID_JAG = "oauth-id-jag+jwt";
    private static final String ID_JAG_TYPE = "urn:ietf:params:oauth:token-type:id-jag";
    private static final Set<String> SUBJECT_TYPES =
            Set.of(
                    "urn:ietf:params:oauth:token-type:id_token",
                    "urn:ietf:params:oauth:token-type:saml2");
    private static final Duration LONGEST = Duration.ofHours(1);
    private static final Duration GIVEN_FOR = Duration.ofMinutes(5);

    private record Trusted(String algorithm, PublicKey key) {}

    private final String issuer;
    private final Map<String, Trusted> trusted = new HashMap<>();
    private final Map<String, String> sessions = new HashMap<>();
    private final Set<String> seen = new HashSet<>();
    private Optional<PrivateKey> ownKey = Optional.empty();

    AssertionDesk(String issuer) {
        this.issuer = issuer;
    }

    synchronized void trust(String assertionIssuer, String algorithm, PublicKey key) {
        trusted.put(assertionIssuer, new Trusted(algorithm, key));
    }

    synchronized void vouchWith(PrivateKey key) {
        ownKey = Optional.of(key);
    }

    /** Somebody is signed in: this token says so. */
    synchronized void signedIn(String subjectToken, String subject) {
        sessions.put(subjectToken, subject);
    }

    /** RFC 7523 section 3, and for a person's the rules of the identity assertion grant. */
    synchronized void check(RegisteredClient client, Parameters form) {
        SignedClaims assertion;
        try {
            assertion = SignedClaims.parse(form.text("assertion"));
        } catch (IllegalArgumentException broken) {
            throw refusal("The assertion is no JWT: " + broken.getMessage());
        }
        JsonNode claims = assertion.claims();
        Trusted party =
                Optional.ofNullable(trusted.get(claims.path("iss").asText()))
                        .orElseThrow(() -> refusal("Nobody trusts the issuer of the assertion."));
        Instant now = Instant.now();
        Instant end = Instant.ofEpochSecond(claims.path("exp").asLong());
        refuseUnless(
                assertion.isSignedBy(party.algorithm(), party.key()),
                "The assertion's signature is wrong.");
        refuseUnless(!claims.path("sub").asText().isEmpty(), "The assertion has no subject.");
        refuseUnless(
                claims.path("aud").asText().equals(issuer), "The assertion is for somebody else.");
        refuseUnless(
                now.isBefore(end) && end.isBefore(now.plus(LONGEST)),
                "The assertion is over, or good for too long.");
        if (assertion.header().path("typ").asText().equals(ID_JAG)) {
            refuseUnless(
                    claims.path("client_id").asText().equals(client.clientId()),
                    "The assertion is for another client.");
            refuseUnless(
                    claims.path("resource").asText().equals(form.text("resource")),
                    "The assertion is for another resource.");
            refuseUnless(
                    !claims.path("jti").asText().isEmpty() && seen.add(claims.path("jti").asText()),
                    "The assertion was used before.");
        }
    }

    /** RFC 8693 section 2.1. */
    synchronized Answer exchange(RegisteredClient client, Parameters form) {
        PrivateKey key =
                ownKey.orElseThrow(() ->
                        OAuthRefusal.of("unsupported_grant_type", "Nobody is vouched for here."));
        OAuthRefusal.unless(
                form.text("requested_token_type").equals(ID_JAG_TYPE),
                "invalid_request",
                "Only identity assertions are given.");
        OAuthRefusal.unless(
                SUBJECT_TYPES.contains(form.text("subject_token_type")),
                "invalid_request",
                "The subject token must be an ID token or a SAML assertion.");
        OAuthRefusal.unless(
                form.text("audience").startsWith("http"),
                "invalid_target",
                "An authorization server must be named.");
        OAuthRefusal.unless(
                form.text("resource").startsWith("http"),
                "invalid_target",
                "A resource must be named.");
        String subject =
                Optional.ofNullable(sessions.get(form.text("subject_token")))
                        .orElseThrow(() -> refusal("Nobody is signed in by that token."));
        ObjectNode claims = Answer.JSON.createObjectNode();
        claims.put("iss", issuer);
        claims.put("sub", subject);
        claims.put("aud", form.text("audience"));
        claims.put("resource", form.text("resource"));
        claims.put("client_id", client.clientId());
        claims.put("jti", "jag-" + UUID.randomUUID());
        claims.put("iat", Instant.now().getEpochSecond());
        claims.put("exp", Instant.now().plus(GIVEN_FOR).getEpochSecond());
        claims.put("scope", form.text("scope"));

        ObjectNode answer = Answer.JSON.createObjectNode();
        answer.put("issued_token_type", ID_JAG_TYPE);
        answer.put("access_token", KnownSecrets.remember(SignedClaims.sign(ID_JAG, claims, key)));
        answer.put("token_type", "N_A");
        answer.put("expires_in", GIVEN_FOR.toSeconds());
        return Answer.json(200, answer).with("Cache-Control", "no-store");
    }

    private static void refuseUnless(boolean holds, String description) {
        OAuthRefusal.unless(holds, "invalid_grant", description);
    }

    private static OAuthRefusal refusal(String description) {
        return OAuthRefusal.of("invalid_grant", description);
    }
}
