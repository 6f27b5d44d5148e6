package dev.mooring.domain.oauth;

import static dev.mooring.domain.InvalidValueException.require;

import dev.mooring.domain.Secret;

/**
 * A key pair that tokens are bound to (RFC 9449), private half and all, in the words of whoever
 * made it: nobody else looks inside. It belongs to one attempt and the grant that comes of it, and
 * goes with them.
 */
public record DpopKey(String value) implements Secret {
    public DpopKey {
        require(!value.isEmpty(), "dpop_key", "must not be empty");
    }

    @Override
    public String toString() {
        return REDACTED;
    }
}
