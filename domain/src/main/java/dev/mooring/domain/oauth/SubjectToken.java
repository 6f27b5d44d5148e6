package dev.mooring.domain.oauth;

import static dev.mooring.domain.InvalidValueException.require;

import dev.mooring.domain.Secret;

/** A token that says for whom we act, to be exchanged (RFC 8693 section 2.1). Opaque to us. */
public record SubjectToken(String value) implements Secret {
    public SubjectToken {
        require(
                value.matches("[\\x21-\\x7E]{1,65536}"),
                "oauth_config.identity_provider.subject_token",
                "must be 1 to 65536 printable ASCII characters without blanks");
    }

    @Override
    public String toString() {
        return REDACTED;
    }
}
