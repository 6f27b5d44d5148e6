package dev.mooring.adapter.rest;

import dev.mooring.adapter.rest.edge.Answer;
import dev.mooring.adapter.rest.edge.ApiError;
import dev.mooring.adapter.rest.edge.ErrorAnswers;
import dev.mooring.adapter.rest.edge.ErrorCode;
import dev.mooring.adapter.rest.edge.Reply;
import dev.mooring.adapter.rest.edge.Routes;

import io.helidon.http.Method;
import io.helidon.webserver.http.ServerRequest;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;

/**
 * {@code /health/live} says that the process answers; {@code /health/ready} that it can also work,
 * and {@code /health} says the same. Anybody may ask as often as they like, so they share what was
 * found within the last second, and while one looks the others take what was found before.
 */
final class HealthResource {
    private static final long FRESH_NANOS = Duration.ofSeconds(1).toNanos();

    private final List<ReadinessCheck> checks;
    private final LongSupplier nanoTime;
    private final ReentrantLock looking = new ReentrantLock();
    private volatile Optional<Found> found = Optional.empty();
    private volatile boolean draining;

    private record Found(Map<String, String> components, long at) {}

    private record HealthView(String status, Map<String, String> components) {}

    /**
     * @param nanoTime a clock that only goes forward
     */
    HealthResource(List<ReadinessCheck> checks, LongSupplier nanoTime) {
        this.checks = List.copyOf(checks);
        this.nanoTime = nanoTime;
    }

    void addTo(Routes routes) {
        routes.probe(Method.GET, "/health", this::ready)
                .probe(Method.GET, "/health/ready", this::ready)
                .probe(Method.GET, "/health/live", this::live);
    }

    /** From now on we are not ready, so that a load balancer sends its requests elsewhere. */
    void drain() {
        draining = true;
    }

    private Answer live(ServerRequest request) {
        return Answer.json(new HealthView("ok", Map.of()));
    }

    private Reply ready(ServerRequest request) {
        Map<String, String> components = components();
        if (draining || components.containsValue("down")) {
            return ApiError.of(
                            ErrorCode.NOT_READY,
                            draining ? "The service is stopping" : "Something we need is away")
                    .with("components", components)
                    .retryAfter(ErrorAnswers.RETRY_SOON);
        }
        return Answer.json(new HealthView("ok", components));
    }

    private Map<String, String> components() {
        Optional<Found> last = fresh();
        if (last.isPresent()) {
            return last.get().components();
        }
        Optional<Found> stale = found;
        if (stale.isEmpty()) {
            looking.lock();
        } else if (!looking.tryLock()) {
            return stale.get().components();
        }
        try {
            // Somebody may have looked since.
            Found now = fresh().orElseGet(this::look);
            found = Optional.of(now);
            return now.components();
        } finally {
            looking.unlock();
        }
    }

    private Optional<Found> fresh() {
        return found.filter(last -> nanoTime.getAsLong() - last.at() < FRESH_NANOS);
    }

    private Found look() {
        Map<String, String> components = new LinkedHashMap<>();
        checks.forEach(check -> components.put(check.name(), check.passes() ? "ok" : "down"));
        return new Found(components, nanoTime.getAsLong());
    }
}
