package dev.mooring.application.port;

import dev.mooring.domain.oauth.DpopKey;

/** Makes the key pairs that tokens are bound to (RFC 9449). */
public interface DpopKeys {
    /** A new key pair for ES256, unlike any before; made from cryptographic randomness. */
    DpopKey generate();

    /**
     * The {@code jkt} by which others know the key: the SHA-256 thumbprint of its public half (RFC
     * 7638), in URL-safe base64.
     */
    String thumbprint(DpopKey key);
}
