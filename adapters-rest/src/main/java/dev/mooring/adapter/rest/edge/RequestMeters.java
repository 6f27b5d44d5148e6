package dev.mooring.adapter.rest.edge;

import io.helidon.metrics.api.MeterRegistry;
import io.helidon.metrics.api.Tag;
import io.helidon.metrics.api.Timer;

import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/**
 * Counts and times requests by method, route template and status: few series, whatever is asked
 * for. Safe for use by many threads.
 */
public final class RequestMeters {
    private static final Set<String> KNOWN_METHODS =
            Set.of("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS");

    private final MeterRegistry registry;
    private final ConcurrentMap<Series, Timer> timers = new ConcurrentHashMap<>();

    private record Series(String method, String route, int status) {}

    public RequestMeters(MeterRegistry registry) {
        this.registry = registry;
    }

    void record(String method, String route, int status, Duration duration) {
        String known = KNOWN_METHODS.contains(method) ? method : "OTHER";
        timers.computeIfAbsent(new Series(known, route, status), this::timer).record(duration);
    }

    private Timer timer(Series series) {
        return registry.getOrCreate(
                Timer.builder("mooring.http.requests")
                        .description("HTTP requests by method, route and status")
                        .tags(
                                List.of(
                                        Tag.create("method", series.method()),
                                        Tag.create("route", series.route()),
                                        Tag.create("status", String.valueOf(series.status())))));
    }
}
