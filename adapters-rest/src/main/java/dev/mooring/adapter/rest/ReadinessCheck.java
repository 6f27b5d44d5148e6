package dev.mooring.adapter.rest;

import java.util.function.BooleanSupplier;

/**
 * Something without which requests fail.
 *
 * @param name in the health answer
 * @param passing answers within a second or two, from any thread; an exception counts as no
 */
public record ReadinessCheck(String name, BooleanSupplier passing) {
    boolean passes() {
        try {
            return passing.getAsBoolean();
        } catch (RuntimeException e) {
            return false;
        }
    }
}
