package dev.mooring.domain.access;

import dev.mooring.domain.Identifiers;

import java.util.random.RandomGenerator;

/** The public name of an API key, for listing and deleting it. */
public record ApiKeyId(String value) {
    public static ApiKeyId random(RandomGenerator random) {
        return new ApiKeyId("key_" + Identifiers.random128(random));
    }

    @Override
    public String toString() {
        return value;
    }
}
