package dev.mooring.domain.lifecycle;

import dev.mooring.domain.Identifiers;

import java.util.random.RandomGenerator;

/**
 * Names one piece of work that must not be done twice at a time: a redemption, a refresh, a
 * completion. Who comes meanwhile waits for the outcome of that run.
 */
public record RunId(String value) {
    public static RunId random(RandomGenerator random) {
        return new RunId("run_" + Identifiers.random128(random));
    }

    @Override
    public String toString() {
        return value;
    }
}
