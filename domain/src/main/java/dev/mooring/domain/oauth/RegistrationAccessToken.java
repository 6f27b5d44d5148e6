package dev.mooring.domain.oauth;

import static dev.mooring.domain.InvalidValueException.require;

import dev.mooring.domain.Secret;

/** The token that may change or delete a dynamic registration (RFC 7592 section 3). */
public record RegistrationAccessToken(String value) implements Secret {
    public RegistrationAccessToken {
        require(!value.isEmpty(), "registration_access_token", "must not be empty");
    }

    @Override
    public String toString() {
        return REDACTED;
    }
}
