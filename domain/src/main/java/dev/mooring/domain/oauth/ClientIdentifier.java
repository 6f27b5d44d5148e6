package dev.mooring.domain.oauth;

import static dev.mooring.domain.InvalidValueException.require;

/**
 * OAuth's {@code client_id}: how one authorization server knows our client (RFC 6749 section 2.2).
 * Printable ASCII, as appendix A.1 has it; a Client ID Metadata Document uses its own URL.
 */
public record ClientIdentifier(String value) {
    /** Some servers put a whole registration into it; it still has to fit into a link. */
    private static final int MAX_LENGTH = 4096;

    public ClientIdentifier {
        require(value.length() <= MAX_LENGTH, "oauth_config.client_id", "must not be that long");
        require(!value.isBlank(), "oauth_config.client_id", "must not be blank");
        require(
                value.chars().allMatch(c -> c >= 0x20 && c <= 0x7e),
                "oauth_config.client_id",
                "must be printable ASCII");
    }

    @Override
    public String toString() {
        return value;
    }
}
