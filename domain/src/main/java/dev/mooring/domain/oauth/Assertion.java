package dev.mooring.domain.oauth;

import static dev.mooring.domain.InvalidValueException.require;

import dev.mooring.domain.Secret;

/**
 * A token of somebody whom the authorization server trusts, given in return for an access token
 * (RFC 7523 section 2.1). Opaque to us.
 */
public record Assertion(String value) implements Secret {
    public Assertion {
        require(
                value.matches("[\\x21-\\x7E]{1,16384}"),
                "oauth_config.assertion",
                "must be 1 to 16384 printable ASCII characters without blanks");
    }

    @Override
    public String toString() {
        return REDACTED;
    }
}
