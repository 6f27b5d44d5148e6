package dev.mooring.architecture.broken.thinair.adapter;

import java.time.Instant;

record AsksTheClock(Instant asked) {
    AsksTheClock() {
        this(Instant.now());
    }
}
