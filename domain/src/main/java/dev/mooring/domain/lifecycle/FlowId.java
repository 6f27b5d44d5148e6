package dev.mooring.domain.lifecycle;

import dev.mooring.domain.Identifiers;

import java.util.random.RandomGenerator;

/** Names one authorization attempt in the HTTP contract ({@code flow_id}). */
public record FlowId(String value) {
    public static FlowId random(RandomGenerator random) {
        return new FlowId("flow_" + Identifiers.random128(random));
    }

    @Override
    public String toString() {
        return value;
    }
}
