package dev.mooring.adapter.rest.security;

import com.nimbusds.jose.KeySourceException;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.source.JWKSetCacheRefreshEvaluator;
import com.nimbusds.jose.jwk.source.JWKSetSource;
import com.nimbusds.jose.jwk.source.JWKSetUnavailableException;
import com.nimbusds.jose.proc.SecurityContext;
import com.nimbusds.jose.util.DefaultResourceRetriever;
import com.nimbusds.jose.util.JSONObjectUtils;
import com.nimbusds.jose.util.ResourceRetriever;

import java.io.IOException;
import java.net.URI;
import java.net.URL;
import java.text.ParseException;
import java.time.Duration;
import java.util.Map;

/**
 * The keys of an issuer, found through its metadata (OpenID Connect Discovery 1.0 section 4) each
 * time they are asked for; caching and rate limiting are wrapped around it. Remembers whether the
 * issuer could be reached last. Safe for use by many threads.
 */
final class IssuerKeys implements JWKSetSource<SecurityContext> {
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(3);
    private static final Duration READ_TIMEOUT = Duration.ofSeconds(5);
    private static final int MAX_DOCUMENT_BYTES = 256 * 1024;

    private final String issuer;
    private final ResourceRetriever web =
            new DefaultResourceRetriever(
                    (int) CONNECT_TIMEOUT.toMillis(),
                    (int) READ_TIMEOUT.toMillis(),
                    MAX_DOCUMENT_BYTES);
    private volatile boolean reachable;

    IssuerKeys(URI issuer) {
        this.issuer = issuer.toString();
    }

    boolean reachable() {
        return reachable;
    }

    /** Asks the issuer for its keys now, and tells whether it gave them. */
    boolean canBeHad() {
        try {
            return !read().isEmpty();
        } catch (KeySourceException away) {
            return false;
        }
    }

    @Override
    public JWKSet getJWKSet(
            JWKSetCacheRefreshEvaluator refresh, long currentTime, SecurityContext context)
            throws KeySourceException {
        return read();
    }

    private JWKSet read() throws JWKSetUnavailableException {
        try {
            Map<String, Object> metadata = JSONObjectUtils.parse(get(metadataUrl()));
            // OpenID Connect Discovery 1.0 section 4.3: the document must be about this issuer.
            if (!issuer.equals(metadata.get("issuer"))) {
                throw new IOException("The metadata is about another issuer");
            }
            JWKSet keys = JWKSet.parse(get(JSONObjectUtils.getURI(metadata, "jwks_uri").toURL()));
            reachable = true;
            return keys;
        } catch (IOException | ParseException | IllegalArgumentException e) {
            reachable = false;
            throw new JWKSetUnavailableException("The keys of the issuer cannot be had", e);
        }
    }

    private URL metadataUrl() throws IOException {
        String base = issuer.endsWith("/") ? issuer : issuer + "/";
        return URI.create(base + ".well-known/openid-configuration").toURL();
    }

    private String get(URL url) throws IOException {
        return web.retrieveResource(url).getContent();
    }

    @Override
    public void close() {}
}
