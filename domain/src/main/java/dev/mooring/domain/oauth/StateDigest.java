package dev.mooring.domain.oauth;

/** SHA-256 of a {@link State}, in hexadecimal: the key under which an attempt is found again. */
public record StateDigest(String value) {}
