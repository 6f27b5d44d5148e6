package dev.mooring.domain.oauth;

import java.util.Optional;

/**
 * What client authentication by {@code private_key_jwt} takes (RFC 7523 section 2.2).
 *
 * @param audience whom the assertion is for: the issuer, and nobody else could use it
 * @param key entered for this client; absent: our own, whose public half our Client ID Metadata
 *     Document publishes. That one is configuration of the process and is stored nowhere.
 */
public record AssertionKey(Issuer audience, Optional<SigningKey> key) {}
