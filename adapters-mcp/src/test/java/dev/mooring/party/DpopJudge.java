package dev.mooring.party;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.AlgorithmParameters;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.MessageDigest;
import java.security.PublicKey;
import java.security.Signature;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.ECParameterSpec;
import java.security.spec.ECPoint;
import java.security.spec.ECPublicKeySpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Checks proofs of possession by RFC 9449 §4.3, to the letter and without a library that the client
 * may use too: a proof counts once, for one method and one address.
 */
final class DpopJudge {
    private static final Duration WINDOW = Duration.ofSeconds(60);

    private final boolean wantsNonce;
    private final Set<String> seen = new HashSet<>();
    private int nonces;

    DpopJudge(boolean wantsNonce) {
        this.wantsNonce = wantsNonce;
    }

    /** What a proof is worth. */
    sealed interface Verdict {
        /** It is good; the thumbprint of its key (RFC 7638). */
        record Proven(String thumbprint) implements Verdict {}

        /** It is good but for the nonce, which is this one now. */
        record WantsNonce(String nonce) implements Verdict {}

        record Refused(String reason) implements Verdict {}
    }

    /** Judges the proof of a request for a token. */
    Verdict judge(Received request, String address) {
        return judge(request, address, Optional.empty());
    }

    /** Judges the proof of a request with a token. */
    Verdict judge(Received request, String address, String accessToken) {
        return judge(request, address, Optional.of(accessToken));
    }

    /** A nonce of before is not good any more. */
    synchronized void changeNonce() {
        nonces++;
    }

    private synchronized Verdict judge(
            Received request, String address, Optional<String> accessToken) {
        List<String> proofs = request.headers("DPoP");
        if (proofs.size() != 1) {
            return new Verdict.Refused("there are " + proofs.size() + " proofs");
        }
        String[] parts = proofs.getFirst().split("\\.", -1);
        if (parts.length != 3) {
            return new Verdict.Refused("not a JWT");
        }
        try {
            return judge(parts, json(parts[0]), json(parts[1]), request, address, accessToken);
        } catch (GeneralSecurityException
                | JsonProcessingException
                | IllegalArgumentException broken) {
            return new Verdict.Refused("broken: " + broken.getMessage());
        }
    }

    private Verdict judge(
            String[] parts,
            JsonNode header,
            JsonNode claims,
            Received request,
            String address,
            Optional<String> accessToken)
            throws GeneralSecurityException {
        JsonNode jwk = header.path("jwk");
        String jti = claims.path("jti").asText();
        Duration age =
                Duration.between(Instant.ofEpochSecond(claims.path("iat").asLong()), Instant.now());
        String hash = accessToken.map(DpopJudge::sha256).orElse("");
        if (!header.path("typ").asText().equals("dpop+jwt")) {
            return new Verdict.Refused("its type is not dpop+jwt");
        } else if (!header.path("alg").asText().equals("ES256")) {
            return new Verdict.Refused("it is not signed with ES256");
        } else if (jwk.has("d")) {
            return new Verdict.Refused("it shows the private key");
        } else if (!isSigned(parts, jwk)) {
            return new Verdict.Refused("its signature is wrong");
        } else if (!claims.path("htm").asText().equals(request.method())) {
            return new Verdict.Refused("it is for another method");
        } else if (!claims.path("htu").asText().equals(address)) {
            return new Verdict.Refused("it is for another address than " + address);
        } else if (age.abs().compareTo(WINDOW) > 0) {
            return new Verdict.Refused("it is too old or too young");
        } else if (!claims.path("ath").asText().equals(hash)) {
            return new Verdict.Refused("it is for another token");
        } else if (jti.length() < 16 || !seen.add(jti)) {
            return new Verdict.Refused("its jti was used before or is too short");
        }
        String nonce = "nonce-" + nonces;
        return wantsNonce && !claims.path("nonce").asText().equals(nonce)
                ? new Verdict.WantsNonce(nonce)
                : new Verdict.Proven(thumbprint(jwk));
    }

    private static boolean isSigned(String[] parts, JsonNode jwk) throws GeneralSecurityException {
        Signature signature = Signature.getInstance("SHA256withECDSAinP1363Format");
        signature.initVerify(publicKey(jwk));
        signature.update((parts[0] + "." + parts[1]).getBytes(StandardCharsets.US_ASCII));
        return signature.verify(Base64.getUrlDecoder().decode(parts[2]));
    }

    private static PublicKey publicKey(JsonNode jwk) throws GeneralSecurityException {
        AlgorithmParameters parameters = AlgorithmParameters.getInstance("EC");
        parameters.init(new ECGenParameterSpec("secp256r1"));
        return KeyFactory.getInstance("EC")
                .generatePublic(
                        new ECPublicKeySpec(
                                new ECPoint(coordinate(jwk, "x"), coordinate(jwk, "y")),
                                parameters.getParameterSpec(ECParameterSpec.class)));
    }

    private static BigInteger coordinate(JsonNode jwk, String name) {
        return new BigInteger(1, Base64.getUrlDecoder().decode(jwk.path(name).asText()));
    }

    /** RFC 7638 §3: the required members, in the order of their names, without blanks. */
    private static String thumbprint(JsonNode jwk) {
        return sha256(
                "{\"crv\":\"%s\",\"kty\":\"%s\",\"x\":\"%s\",\"y\":\"%s\"}"
                        .formatted(
                                jwk.path("crv").asText(),
                                jwk.path("kty").asText(),
                                jwk.path("x").asText(),
                                jwk.path("y").asText()));
    }

    private static String sha256(String text) {
        try {
            return Base64.getUrlEncoder()
                    .withoutPadding()
                    .encodeToString(
                            MessageDigest.getInstance("SHA-256")
                                    .digest(text.getBytes(StandardCharsets.US_ASCII)));
        } catch (GeneralSecurityException everyPlatformHasIt) {
            throw new IllegalStateException(everyPlatformHasIt);
        }
    }

    private static JsonNode json(String part) throws JsonProcessingException {
        return Answer.JSON.readTree(
                new String(Base64.getUrlDecoder().decode(part), StandardCharsets.UTF_8));
    }
}
