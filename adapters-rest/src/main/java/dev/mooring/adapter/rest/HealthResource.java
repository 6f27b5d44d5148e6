package dev.mooring.adapter.rest;

import dev.mooring.adapter.rest.edge.Answer;
import dev.mooring.adapter.rest.edge.ApiError;
import dev.mooring.adapter.rest.edge.ErrorAnswers;
import dev.mooring.adapter.rest.edge.ErrorCode;
import dev.mooring.adapter.rest.edge.Reply;
import dev.mooring.adapter.rest.edge.Routes;

import io.helidon.http.Method;
import io.helidon.webserver.http.ServerRequest;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * {@code /health/live} says that the process answers; {@code /health/ready} that it can also work,
 * and {@code /health} says the same.
 */
final class HealthResource {
    private final List<ReadinessCheck> checks;
    private volatile boolean draining;

    private record HealthView(String status, Map<String, String> components) {}

    HealthResource(List<ReadinessCheck> checks) {
        this.checks = List.copyOf(checks);
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
        Map<String, String> components = new LinkedHashMap<>();
        checks.forEach(check -> components.put(check.name(), check.passes() ? "ok" : "down"));
        if (draining || components.containsValue("down")) {
            return ApiError.of(
                            ErrorCode.NOT_READY,
                            draining ? "The service is stopping" : "Something we need is away")
                    .with("components", components)
                    .retryAfter(ErrorAnswers.RETRY_SOON);
        }
        return Answer.json(new HealthView("ok", components));
    }
}
