package dev.mooring.adapter.dpop;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;

import dev.mooring.adapter.http.Headers;
import dev.mooring.domain.Secret;
import dev.mooring.domain.oauth.AccessToken;
import dev.mooring.domain.oauth.DpopKey;
import dev.mooring.domain.oauth.HttpUrl;

import java.net.URI;
import java.time.InstantSource;
import java.util.Base64;
import java.util.Date;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.random.RandomGenerator;
import java.util.regex.Pattern;

/**
 * Writes the proofs that go with requests, and remembers for each address the nonce that came from
 * there last; many servers may share one origin, and none shall spoil the proofs for another.
 * Authorization servers and MCP servers give nonces of their own (RFC 9449 sections 8 and 9), so
 * each side has an instance. Safe for many threads.
 */
public final class DpopProofs {
    /** The header that a proof goes in (RFC 9449 section 4.1). */
    public static final String HEADER = "DPoP";

    private static final JOSEObjectType TYPE = new JOSEObjectType("dpop+jwt");
    private static final int MOST_NONCES = 1024;

    // RFC 9449 section 8.1, with a bound of ours.
    private static final Pattern NONCE = Pattern.compile("[\\x21\\x23-\\x5B\\x5D-\\x7E]{1,512}");

    private final InstantSource clock;
    private final RandomGenerator random;
    private final Map<String, String> nonces = new LinkedHashMap<>(16, 0.75f, true);

    /**
     * @param random cryptographic randomness, for the {@code jti}
     */
    public DpopProofs(InstantSource clock, RandomGenerator random) {
        this.clock = clock;
        this.random = random;
    }

    /** A proof for one request to an authorization server, never to be sent twice. */
    public String prove(DpopKey key, String method, URI target) {
        return sign(key, claims(method, target).build());
    }

    /** A proof for one request to a resource, never to be sent twice; it names the token too. */
    public String prove(DpopKey key, String method, URI target, AccessToken token) {
        String hash = base64(Secret.sha256(token.value()));
        return sign(key, claims(method, target).claim("ath", hash).build());
    }

    /**
     * Remembers the nonce that came with an answer, for the next proofs for this address (RFC 9449
     * section 8.2: with whatever status).
     *
     * @return whether one came
     */
    public boolean learn(URI from, Headers answer) {
        Optional<String> nonce =
                answer.first("DPoP-Nonce").filter(value -> NONCE.matcher(value).matches());
        nonce.ifPresent(value -> remember(withoutQuery(from), value));
        return nonce.isPresent();
    }

    /** RFC 9449 section 4.2. */
    private JWTClaimsSet.Builder claims(String method, URI target) {
        byte[] id = new byte[16];
        random.nextBytes(id);
        JWTClaimsSet.Builder claims =
                new JWTClaimsSet.Builder()
                        .jwtID(base64(id))
                        .claim("htm", method)
                        .claim("htu", withoutQuery(target))
                        .issueTime(Date.from(clock.instant()));
        nonce(withoutQuery(target)).ifPresent(nonce -> claims.claim("nonce", nonce));
        return claims;
    }

    private static String sign(DpopKey key, JWTClaimsSet claims) {
        ECKey pair = EcDpopKeys.read(key);
        SignedJWT proof =
                new SignedJWT(
                        new JWSHeader.Builder(JWSAlgorithm.ES256)
                                .type(TYPE)
                                .jwk(pair.toPublicJWK())
                                .build(),
                        claims);
        try {
            proof.sign(new ECDSASigner(pair));
        } catch (JOSEException e) {
            throw new IllegalStateException("This platform cannot sign with ES256", e);
        }
        return proof.serialize();
    }

    /** Without fragment too, and in the form that servers compare with (RFC 9449 section 4.3). */
    private static String withoutQuery(URI target) {
        String path = target.getRawPath();
        return HttpUrl.origin(target) + (path.isEmpty() ? "/" : path);
    }

    private static String base64(byte[] bytes) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }

    private synchronized Optional<String> nonce(String address) {
        return Optional.ofNullable(nonces.get(address));
    }

    private synchronized void remember(String address, String nonce) {
        nonces.put(address, nonce);
        if (nonces.size() > MOST_NONCES) {
            nonces.remove(nonces.keySet().iterator().next());
        }
    }
}
