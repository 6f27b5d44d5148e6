package dev.mooring.adapter.rest;

import java.util.List;
import java.util.Optional;

/** Warnings are a field of an answer only where there are some. */
final class Warnings {
    private Warnings() {}

    static Optional<List<String>> of(List<String> warnings) {
        return warnings.isEmpty() ? Optional.empty() : Optional.of(List.copyOf(warnings));
    }
}
