package dev.mooring.domain.oauth;

/**
 * An authorization server's issuer identifier (RFC 8414 section 2). Two are the same only if every
 * character is: nothing is decoded, normalised or folded before the comparison (RFC 8414 section
 * 3.3, RFC 9207 section 2.4).
 *
 * @param value the identifier as the server or the operator wrote it
 */
public record Issuer(String value) {

    /**
     * @throws IllegalArgumentException if the value is blank
     */
    public Issuer {
        if (value.isBlank()) {
            throw new IllegalArgumentException("issuer is blank");
        }
    }
}
