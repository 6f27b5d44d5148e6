package dev.mooring.domain.access;

import static dev.mooring.domain.InvalidValueException.require;

import dev.mooring.domain.Identifiers;

import java.util.random.RandomGenerator;

/** The public name of an API key, for listing and deleting it. */
public record ApiKeyId(String value) {
    public ApiKeyId {
        require(value.matches("[A-Za-z0-9_-]{1,64}"), "id", "is not one of an API key");
    }

    public static ApiKeyId random(RandomGenerator random) {
        return new ApiKeyId("key_" + Identifiers.random128(random));
    }

    @Override
    public String toString() {
        return value;
    }
}
