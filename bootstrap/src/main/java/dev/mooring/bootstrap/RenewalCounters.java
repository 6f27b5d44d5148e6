package dev.mooring.bootstrap;

import dev.mooring.application.port.RenewalMeter;

import io.helidon.metrics.api.Counter;
import io.helidon.metrics.api.MeterRegistry;
import io.helidon.metrics.api.Tag;

import java.util.List;
import java.util.Locale;

/** Renewals of grants among the meters of this node, by what came of them. */
final class RenewalCounters implements RenewalMeter {
    private final MeterRegistry registry;

    /** All are there from the start, so that none is missing because it never happened. */
    RenewalCounters(MeterRegistry registry) {
        this.registry = registry;
        for (Result result : Result.values()) {
            counter(result);
        }
    }

    @Override
    public void count(Result result) {
        counter(result).increment();
    }

    private Counter counter(Result result) {
        String word = result.name().toLowerCase(Locale.ROOT);
        return registry.getOrCreate(
                Counter.builder("mooring.grant.renewals")
                        .description("Requests for new tokens of a grant, by outcome")
                        .tags(List.of(Tag.create("result", word))));
    }
}
