package dev.mooring.domain.oauth;

/**
 * SHA-256 of an {@link AuthorizationCode}, in hexadecimal: tells a repeated response from a forged
 * one without keeping the code.
 */
public record CodeDigest(String value) {
    public static CodeDigest of(AuthorizationCode code) {
        return new CodeDigest(code.sha256());
    }
}
