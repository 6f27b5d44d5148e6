package dev.mooring.domain.lifecycle;

import dev.mooring.domain.Identifiers;

import java.util.random.RandomGenerator;

/** Names one {@link Registration}. */
public record RegistrationId(String value) {
    public static RegistrationId random(RandomGenerator random) {
        return new RegistrationId("reg_" + Identifiers.random128(random));
    }

    @Override
    public String toString() {
        return value;
    }
}
