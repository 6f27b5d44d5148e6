package dev.mooring.adapter.rest;

import dev.mooring.adapter.rest.edge.Answer;
import dev.mooring.adapter.rest.edge.Routes;

import io.helidon.http.HeaderNames;
import io.helidon.http.Method;
import io.helidon.http.Status;
import io.helidon.webserver.http.ServerRequest;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;

/** {@code /openapi}: the OpenAPI 3.1 document of everything served here. */
final class OpenApiResource {
    private static final String DOCUMENT = "/META-INF/openapi.yaml";

    private final byte[] document = read();

    void addTo(Routes routes) {
        routes.open(Method.GET, "/openapi", this::document);
    }

    private Answer document(ServerRequest request) {
        return Answer.of(Status.OK_200, "application/yaml", document)
                .with(HeaderNames.CACHE_CONTROL, "no-cache");
    }

    private static byte[] read() {
        try (InputStream in = OpenApiResource.class.getResourceAsStream(DOCUMENT)) {
            if (in == null) {
                throw new IllegalStateException(DOCUMENT + " is not on the class path");
            }
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException("Cannot read " + DOCUMENT, e);
        }
    }
}
