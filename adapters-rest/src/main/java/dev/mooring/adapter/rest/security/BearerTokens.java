package dev.mooring.adapter.rest.security;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.jwk.source.JWKSource;
import com.nimbusds.jose.jwk.source.JWKSourceBuilder;
import com.nimbusds.jose.jwk.source.RateLimitReachedException;
import com.nimbusds.jose.proc.BadJOSEException;
import com.nimbusds.jose.proc.DefaultJOSEObjectTypeVerifier;
import com.nimbusds.jose.proc.JWSVerificationKeySelector;
import com.nimbusds.jose.proc.SecurityContext;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.proc.DefaultJWTClaimsVerifier;
import com.nimbusds.jwt.proc.DefaultJWTProcessor;

import java.text.ParseException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Date;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * Verifies JSON web tokens of the issuer (RFC 7519, RFC 9068): signature, issuer, audience, times.
 *
 * <p>Keys are cached. A token with an unknown key id makes us look for new ones, at most once in
 * the configured interval, so the issuer may rotate its keys and nobody can make us a burden to it.
 * Safe for use by many threads.
 */
final class BearerTokens {
    private static final Duration KEYS_LIVE = Duration.ofMinutes(5);
    private static final Duration KEYS_OUTLIVE_OUTAGE = Duration.ofHours(1);
    private static final Duration LONGEST_REFRESH = Duration.ofSeconds(15);
    private static final int CLOCK_SKEW_SECONDS = 30;

    private final IssuerKeys keys;
    private final DefaultJWTProcessor<SecurityContext> processor = new DefaultJWTProcessor<>();

    /** What a token is worth. */
    sealed interface Verification {
        record Valid(Map<String, Object> claims) implements Verification {}

        record Invalid() implements Verification {}

        /** The issuer is away and the keys we know do not fit. */
        record IssuerUnavailable() implements Verification {}
    }

    BearerTokens(OidcIssuer oidc, InstantSource clock) {
        keys = new IssuerKeys(oidc.issuer());
        JWKSource<SecurityContext> source =
                JWKSourceBuilder.create(keys)
                        .cache(KEYS_LIVE.toMillis(), LONGEST_REFRESH.toMillis())
                        .rateLimited(oidc.refreshInterval().toMillis())
                        .outageTolerant(KEYS_OUTLIVE_OUTAGE.toMillis())
                        .build();
        Set<JWSAlgorithm> algorithms = new HashSet<>(JWSAlgorithm.Family.RSA);
        algorithms.addAll(JWSAlgorithm.Family.EC);
        // RFC 8725 section 3.1: only algorithms with public keys, never what a token asks for.
        processor.setJWSKeySelector(new JWSVerificationKeySelector<>(algorithms, source));
        processor.setJWSTypeVerifier(
                new DefaultJOSEObjectTypeVerifier<>(
                        JOSEObjectType.JWT, new JOSEObjectType("at+jwt"), null));
        DefaultJWTClaimsVerifier<SecurityContext> claims =
                new DefaultJWTClaimsVerifier<>(
                        oidc.audience(),
                        new JWTClaimsSet.Builder().issuer(oidc.issuer().toString()).build(),
                        Set.of("sub", "exp")) {
                    @Override
                    protected Date currentTime() {
                        return Date.from(clock.instant());
                    }
                };
        claims.setMaxClockSkew(CLOCK_SKEW_SECONDS);
        processor.setJWTClaimsSetVerifier(claims);
    }

    Verification verify(String token) {
        try {
            return new Verification.Valid(processor.process(token, null).getClaims());
        } catch (ParseException | BadJOSEException e) {
            return new Verification.Invalid();
        } catch (RateLimitReachedException e) {
            return keys.reachable()
                    ? new Verification.Invalid()
                    : new Verification.IssuerUnavailable();
        } catch (JOSEException e) {
            return new Verification.IssuerUnavailable();
        }
    }
}
