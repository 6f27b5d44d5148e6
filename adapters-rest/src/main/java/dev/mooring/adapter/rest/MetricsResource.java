package dev.mooring.adapter.rest;

import dev.mooring.adapter.rest.edge.Answer;
import dev.mooring.adapter.rest.edge.Routes;

import io.helidon.common.media.type.MediaTypes;
import io.helidon.http.Method;
import io.helidon.http.Status;
import io.helidon.metrics.api.MeterRegistry;
import io.helidon.metrics.api.MeterRegistryFormatter;
import io.helidon.metrics.api.MetricsConfig;
import io.helidon.metrics.spi.MeterRegistryFormatterProvider;
import io.helidon.webserver.http.ServerRequest;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.ServiceLoader;

/** {@code /metrics}: all meters of the registry in the Prometheus text format 0.0.4. */
final class MetricsResource {
    private static final String PROMETHEUS_TEXT = "text/plain; version=0.0.4; charset=utf-8";

    private final MeterRegistryFormatter formatter;

    MetricsResource(MeterRegistry registry) {
        formatter =
                ServiceLoader.load(MeterRegistryFormatterProvider.class).stream()
                        .map(provider ->
                                provider.get()
                                        .formatter(
                                                MediaTypes.TEXT_PLAIN,
                                                MetricsConfig.create(),
                                                registry,
                                                Optional.empty(),
                                                List.of(),
                                                List.of()))
                        .flatMap(Optional::stream)
                        .findFirst()
                        .orElseThrow(() ->
                                new IllegalStateException(
                                        "No Prometheus formatter on the class path"));
    }

    void addTo(Routes routes) {
        routes.probe(Method.GET, "/metrics", this::metrics);
    }

    private Answer metrics(ServerRequest request) {
        String text = formatter.format().map(Object::toString).orElse("");
        return Answer.of(Status.OK_200, PROMETHEUS_TEXT, text.getBytes(StandardCharsets.UTF_8));
    }
}
