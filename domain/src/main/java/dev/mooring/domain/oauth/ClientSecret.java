package dev.mooring.domain.oauth;

import static dev.mooring.domain.InvalidValueException.require;

import dev.mooring.domain.Secret;

/** The password of our client at one authorization server (RFC 6749 section 2.3.1). */
public record ClientSecret(String value) implements Secret {
    public ClientSecret {
        require(!value.isEmpty(), "oauth_config.client_secret", "must not be empty");
    }

    @Override
    public String toString() {
        return REDACTED;
    }
}
