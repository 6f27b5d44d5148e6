package dev.mooring.domain.oauth;

import static dev.mooring.domain.InvalidValueException.require;

import dev.mooring.domain.Secret;

/** A token that buys new access tokens at the token endpoint (RFC 6749 section 1.5). */
public record RefreshToken(String value) implements Secret {
    public RefreshToken {
        require(!value.isEmpty(), "refresh_token", "must not be empty");
    }

    @Override
    public String toString() {
        return REDACTED;
    }
}
