package dev.mooring.adapter.dpop;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;

import dev.mooring.application.port.DpopKeys;
import dev.mooring.domain.oauth.DpopKey;

import java.text.ParseException;

/**
 * Key pairs on the curve P-256, written as private JWKs (RFC 7517). The platform's own secure
 * randomness makes them. Safe for many threads.
 */
public final class EcDpopKeys implements DpopKeys {
    @Override
    public DpopKey generate() {
        try {
            return new DpopKey(new ECKeyGenerator(Curve.P_256).generate().toJSONString());
        } catch (JOSEException e) {
            throw new IllegalStateException("This platform cannot make keys on P-256", e);
        }
    }

    @Override
    public String thumbprint(DpopKey key) {
        try {
            return read(key).computeThumbprint().toString();
        } catch (JOSEException e) {
            throw new IllegalStateException("This platform has no SHA-256", e);
        }
    }

    /** The key as Nimbus takes it; never in a message, nor in an exception. */
    static ECKey read(DpopKey key) {
        try {
            return ECKey.parse(key.value());
        } catch (ParseException e) {
            // The cause would quote what it could not read.
            throw new IllegalStateException("A stored DPoP key is none of ours");
        }
    }
}
