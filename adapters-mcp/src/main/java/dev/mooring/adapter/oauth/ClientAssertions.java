package dev.mooring.adapter.oauth;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSSigner;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import com.nimbusds.oauth2.sdk.id.ClientID;

import dev.mooring.domain.Identifiers;
import dev.mooring.domain.oauth.AssertionKey;
import dev.mooring.domain.oauth.ClientIdentifier;
import dev.mooring.domain.oauth.SigningKey;

import java.security.interfaces.ECPrivateKey;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Date;
import java.util.Optional;
import java.util.random.RandomGenerator;

/**
 * Signs the assertions by which our client proves itself (RFC 7523 section 2.2). Each is good for
 * one request, at one issuer, for a minute. Safe for many threads.
 */
public final class ClientAssertions {
    private static final Duration LIFETIME = Duration.ofMinutes(1);

    private final Optional<SigningKey> own;
    private final InstantSource clock;
    private final RandomGenerator random;

    /**
     * @param own the key of this process, whose public half our Client ID Metadata Document has
     */
    public ClientAssertions(Optional<SigningKey> own, InstantSource clock, RandomGenerator random) {
        this.own = own;
        this.clock = clock;
        this.random = random;
    }

    /** Empty when our own key is asked for and this process was given none. */
    Optional<SignedAssertion> sign(ClientIdentifier clientId, AssertionKey key) {
        return key.key().or(() -> own).map(found -> sign(clientId, key, found));
    }

    private SignedAssertion sign(ClientIdentifier clientId, AssertionKey key, SigningKey with) {
        Instant now = clock.instant();
        JWTClaimsSet claims =
                new JWTClaimsSet.Builder()
                        // RFC 7523 section 3: issuer and subject are the client itself.
                        .issuer(clientId.value())
                        .subject(clientId.value())
                        // RFC 7523bis: the issuer and nothing else, as one string, so that no
                        // server can use at another what was meant for it.
                        .audience(key.audience().value())
                        .issueTime(Date.from(now))
                        .expirationTime(Date.from(now.plus(LIFETIME)))
                        .jwtID(Identifiers.random128(random))
                        .build();
        JWSHeader.Builder header = new JWSHeader.Builder(algorithm(with));
        with.keyId().ifPresent(header::keyID);
        SignedJWT signed = new SignedJWT(header.build(), claims);
        try {
            signed.sign(signer(with));
        } catch (JOSEException e) {
            throw new IllegalStateException("A key that was checked before does not sign", e);
        }
        return new SignedAssertion(new ClientID(clientId.value()), signed);
    }

    private static JWSAlgorithm algorithm(SigningKey key) {
        return new JWSAlgorithm(key.algorithm().word());
    }

    private static JWSSigner signer(SigningKey key) throws JOSEException {
        return switch (key.algorithm()) {
            case ES256, ES384, ES512 -> new ECDSASigner((ECPrivateKey) key.privateKey());
            case RS256, RS384, RS512, PS256, PS384, PS512 -> new RSASSASigner(key.privateKey());
            case EDDSA -> new Ed25519JcaSigner(key.privateKey());
        };
    }
}
