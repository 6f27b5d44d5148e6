package dev.mooring.bootstrap;

import dev.mooring.application.port.DebtMeter;
import dev.mooring.application.port.Outbox.Backlog;

import io.helidon.metrics.api.Counter;
import io.helidon.metrics.api.Gauge;
import io.helidon.metrics.api.MeterRegistry;
import io.helidon.metrics.api.Tag;

import java.time.Duration;
import java.util.List;
import java.util.Locale;

/**
 * What is owed to authorization servers among the meters of this node: how much, as it was looked
 * up last, and what came of this node's tries.
 */
final class DebtMeters implements DebtMeter {
    private static final Backlog NOTHING = new Backlog(0, Duration.ZERO);

    private final MeterRegistry registry;
    private volatile Backlog revocations = NOTHING;
    private volatile Backlog deletions = NOTHING;

    /** All are there from the start, so that none is missing because it never happened. */
    DebtMeters(MeterRegistry registry) {
        this.registry = registry;
        for (Kind kind : Kind.values()) {
            registry.getOrCreate(
                    Gauge.builder("mooring.owed", () -> backlog(kind).count())
                            .description("What is owed to authorization servers, by kind")
                            .tags(List.of(tag("kind", kind))));
            registry.getOrCreate(
                    Gauge.builder("mooring.owed.oldest", () -> backlog(kind).oldest().toSeconds())
                            .description("For how long the oldest of what is owed has been owed")
                            .baseUnit("seconds")
                            .tags(List.of(tag("kind", kind))));
            for (Result result : Result.values()) {
                counter(kind, result);
            }
        }
    }

    @Override
    public void count(Kind kind, Result result) {
        counter(kind, result).increment();
    }

    @Override
    public void owed(Kind kind, Backlog backlog) {
        switch (kind) {
            case REVOCATION -> revocations = backlog;
            case DELETION -> deletions = backlog;
        }
    }

    private Backlog backlog(Kind kind) {
        return switch (kind) {
            case REVOCATION -> revocations;
            case DELETION -> deletions;
        };
    }

    private Counter counter(Kind kind, Result result) {
        return registry.getOrCreate(
                Counter.builder("mooring.owed.tries")
                        .description("Tries to do what is owed, by kind and outcome")
                        .tags(List.of(tag("kind", kind), tag("result", result))));
    }

    private static Tag tag(String name, Enum<?> value) {
        return Tag.create(name, value.name().toLowerCase(Locale.ROOT));
    }
}
