package dev.mooring.adapter.rest.edge;

import io.helidon.http.Header;
import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.Method;
import io.helidon.http.Status;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;

import java.util.ArrayList;
import java.util.List;

/** A finished answer, ready to be sent. */
public final class Answer implements Reply {
    private static final Header NO_SNIFFING =
            HeaderValues.createCached("X-Content-Type-Options", "nosniff");
    private static final Header NO_STORE =
            HeaderValues.createCached(HeaderNames.CACHE_CONTROL, "no-store");

    private final Status status;
    private final List<Header> headers;
    private final byte[] body;

    private Answer(Status status, List<Header> headers, byte[] body) {
        this.status = status;
        this.headers = List.copyOf(headers);
        this.body = body;
    }

    /** The view as JSON, with status 200. */
    public static Answer json(Object view) {
        return json(Status.OK_200, view);
    }

    public static Answer json(Status status, Object view) {
        return of(status, "application/json", Json.write(view));
    }

    public static Answer of(Status status, String contentType, byte[] body) {
        return new Answer(
                status,
                List.of(HeaderValues.create(HeaderNames.CONTENT_TYPE, contentType), NO_STORE),
                body);
    }

    public static Answer empty(Status status) {
        return new Answer(status, List.of(NO_STORE), new byte[0]);
    }

    public Status status() {
        return status;
    }

    List<Header> headers() {
        return headers;
    }

    byte[] body() {
        return body;
    }

    /** The same answer with this header instead of any of the same name. */
    public Answer with(Header header) {
        List<Header> more = new ArrayList<>(headers);
        more.removeIf(other -> other.headerName().equals(header.headerName()));
        more.add(header);
        return new Answer(status, more, body);
    }

    public Answer with(HeaderName name, String value) {
        return with(HeaderValues.create(name, value));
    }

    /** Sends the answer; of one to HEAD the body stays here (RFC 9110 section 9.3.2). */
    void send(ServerRequest request, ServerResponse response) {
        response.status(status);
        headers.forEach(response::header);
        response.header(NO_SNIFFING);
        RequestTrace.current()
                .ifPresent(trace -> {
                    response.header(RequestTrace.REQUEST_ID, trace.requestId());
                    trace.setCookies().ifPresent(response::header);
                });
        if (request.prologue().method().equals(Method.HEAD)) {
            response.header(HeaderNames.CONTENT_LENGTH, String.valueOf(body.length));
            response.send();
        } else {
            response.send(body);
        }
    }
}
