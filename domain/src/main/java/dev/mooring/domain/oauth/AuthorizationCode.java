package dev.mooring.domain.oauth;

import static dev.mooring.domain.InvalidValueException.require;

import dev.mooring.domain.Secret;

/**
 * The single-use code an authorization server sends back through the browser (RFC 6749 section
 * 4.1.2).
 */
public record AuthorizationCode(String value) implements Secret {
    public AuthorizationCode {
        require(!value.isEmpty(), "authorization_code", "must not be empty");
    }

    @Override
    public String toString() {
        return REDACTED;
    }
}
