package dev.mooring.domain.oauth;

import static dev.mooring.domain.InvalidValueException.require;

import dev.mooring.domain.Secret;

/**
 * A token that is sent to the MCP server in {@code Authorization}, after the word of its {@link
 * TokenType}.
 */
public record AccessToken(String value) implements Secret {
    public AccessToken {
        require(!value.isEmpty(), "access_token", "must not be empty");
    }

    @Override
    public String toString() {
        return REDACTED;
    }
}
