package dev.mooring.adapter.rest.edge;

import dev.mooring.application.port.StoreUnavailableException;

import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.Method;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;

/**
 * An answer that is written bit by bit, so that it may be long, or last long, and takes little
 * memory. Each bit must be taken by the peer within the edge's time limit.
 */
public record StreamedAnswer(String contentType, Body body) implements Reply {

    /** Writes the body, and lets go of what that needs. */
    public interface Body extends AutoCloseable {
        /** Writes all of it. What is written may stay in a buffer until it is flushed. */
        void write(OutputStream out) throws IOException, InterruptedException;

        /** Called once in any case, also when nothing was to be written. */
        @Override
        void close();
    }

    /**
     * Sends it. One that breaks off ends the connection without the mark of a complete answer.
     *
     * @throws CloseConnectionException when it broke off
     */
    void send(ServerRequest request, ServerResponse response) {
        response.header(HeaderValues.create(HeaderNames.CONTENT_TYPE, contentType));
        response.header(HeaderValues.create(HeaderNames.CACHE_CONTROL, "no-store"));
        response.header(HeaderValues.create("X-Content-Type-Options", "nosniff"));
        // A proxy that collects answers before it passes them on would hold events back.
        response.header(HeaderValues.create("X-Accel-Buffering", "no"));
        RequestTrace.current()
                .ifPresent(trace -> {
                    response.header(RequestTrace.REQUEST_ID, trace.requestId());
                    trace.setCookies().ifPresent(response::header);
                });
        try (body) {
            if (request.prologue().method().equals(Method.HEAD)) {
                response.send();
                return;
            }
            OutputStream out = response.outputStream();
            body.write(out);
            out.close();
        } catch (IOException | UncheckedIOException | StoreUnavailableException e) {
            throw new CloseConnectionException("The answer broke off", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CloseConnectionException("The answer was ended", e);
        }
    }
}
