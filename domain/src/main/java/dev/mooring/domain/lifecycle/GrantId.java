package dev.mooring.domain.lifecycle;

import dev.mooring.domain.Identifiers;

import java.util.random.RandomGenerator;

/** Names one {@link Grant}. */
public record GrantId(String value) {
    public static GrantId random(RandomGenerator random) {
        return new GrantId("grant_" + Identifiers.random128(random));
    }

    @Override
    public String toString() {
        return value;
    }
}
