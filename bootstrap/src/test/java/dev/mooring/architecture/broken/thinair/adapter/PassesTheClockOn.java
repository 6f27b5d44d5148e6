package dev.mooring.architecture.broken.thinair.adapter;

import java.time.Instant;
import java.util.function.Supplier;

record PassesTheClockOn(Supplier<Instant> clock) {
    PassesTheClockOn() {
        this(Instant::now);
    }
}
