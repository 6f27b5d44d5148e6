package dev.mooring.domain.oauth;

import static dev.mooring.domain.InvalidValueException.require;

import dev.mooring.domain.Secret;

/**
 * The single-use code an authorization server sends back through the browser (RFC 6749 section
 * 4.1.2).
 */
public record AuthorizationCode(String value) implements Secret {
    public AuthorizationCode {
        require(
                !value.isBlank()
                        && value.length() <= 4096
                        && value.chars().allMatch(c -> c >= 0x20 && c <= 0x7e),
                "code",
                "must be printable ASCII of at most 4096 characters");
    }

    @Override
    public String toString() {
        return REDACTED;
    }
}
