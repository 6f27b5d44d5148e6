package dev.mooring.adapter.rest.edge;

import static java.lang.System.Logger.Level.ERROR;
import static java.lang.System.Logger.Level.INFO;
import static java.lang.System.Logger.Level.WARNING;

import dev.mooring.domain.InvalidValueException;

import io.helidon.http.DirectHandler;
import io.helidon.http.DirectHandler.EventType;
import io.helidon.http.DirectHandler.TransportRequest;
import io.helidon.http.DirectHandler.TransportResponse;
import io.helidon.http.Header;
import io.helidon.http.HttpException;
import io.helidon.http.NotFoundException;
import io.helidon.http.ServerResponseHeaders;
import io.helidon.http.Status;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.ServerConnectionException;
import io.helidon.webserver.http.DirectHandlers;
import io.helidon.webserver.http.ErrorHandler;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;

import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Turns whatever goes wrong into the error envelope, on the layers where things go wrong: in a
 * handler or filter (as Helidon's error handler) and before or beside routing (as its direct
 * handlers). The third layer, the gate, returns its errors as values.
 *
 * <p>Each answer gets an event id that the log repeats. Of what we did not foresee the answer says
 * nothing more.
 */
public final class ErrorAnswers implements ErrorHandler<Throwable> {
    private static final System.Logger LOG = System.getLogger(ErrorAnswers.class.getName());

    /** How long a caller should wait when nothing better is known. */
    public static final Duration RETRY_SOON = Duration.ofSeconds(2);

    private static final int MOST_REASONS = 5;

    private final RandomGenerator random;
    private final Function<Throwable, Optional<ApiError>> foreseen;

    /**
     * Makes answers.
     *
     * @param foreseen names the errors behind exceptions that use cases throw
     */
    public ErrorAnswers(RandomGenerator random, Function<Throwable, Optional<ApiError>> foreseen) {
        this.random = random;
        this.foreseen = foreseen;
    }

    /** The answer for an error, under a new event id. */
    public Answer answer(ApiError error) {
        UUID event = RequestTrace.randomUuid(random);
        RequestTrace.current().ifPresent(trace -> trace.failed(event));
        Answer answer = Answer.json(Status.create(error.status()), ErrorEnvelope.of(error, event));
        for (Header header : error.headers()) {
            answer = answer.with(header);
        }
        return answer;
    }

    /**
     * The answer for an exception; logs all of it when we did not foresee it, and a line with its
     * reasons when it is foreseen and yet our fault.
     */
    public Answer answer(Throwable thrown) {
        Optional<ApiError> known = errorOf(thrown);
        if (known.isPresent()) {
            Answer answer = answer(known.get());
            if (known.get().status() >= 500) {
                LOG.log(WARNING, () -> failedRequest() + ": " + reasons(thrown));
            }
            return answer;
        }
        Answer answer =
                answer(
                        ApiError.of(
                                ErrorCode.INTERNAL_ERROR,
                                "Something went wrong here; the log has the details"));
        LOG.log(ERROR, ErrorAnswers::failedRequest, thrown);
        return answer;
    }

    private static String failedRequest() {
        return RequestTrace.current()
                .map(trace ->
                        "Request failed: request_id=%s event_id=%s"
                                .formatted(trace.requestId(), trace.eventId().orElseThrow()))
                .orElse("Request failed");
    }

    /** What it says and what its causes say, on one line. */
    private static String reasons(Throwable thrown) {
        return Stream.iterate(thrown, Objects::nonNull, Throwable::getCause)
                .limit(MOST_REASONS)
                .map(Throwable::getMessage)
                .filter(Objects::nonNull)
                .map(message -> message.replaceAll("\\s+", " "))
                .collect(Collectors.joining("; "));
    }

    @Override
    public void handle(ServerRequest request, ServerResponse response, Throwable thrown) {
        if (thrown instanceof ServerConnectionException) {
            throw new CloseConnectionException("The peer is gone", thrown);
        }
        answer(thrown).send(request, response);
    }

    /**
     * A stream that swallows the body of an answer that a library makes and sends the envelope in
     * its place, with the status of the error.
     */
    public OutputStream replacement(ServerResponse response, ApiError error, OutputStream out) {
        Answer answer = answer(error);
        response.status(answer.status());
        // The stream exists already, so the response itself would take no more headers.
        answer.headers().forEach(response.headers()::set);
        RequestTrace.current().flatMap(RequestTrace::setCookies).ifPresent(response.headers()::set);
        return new OutputStream() {
            @Override
            public void write(int discarded) {}

            @Override
            public void write(byte[] discarded, int offset, int length) {}

            @Override
            public void close() throws IOException {
                out.write(answer.body());
                out.close();
            }
        };
    }

    /** The error behind an exception, if we foresaw it. */
    Optional<ApiError> errorOf(Throwable thrown) {
        return switch (thrown) {
            case RefusedException refused -> Optional.of(refused.error());
            case InvalidValueException invalid -> Optional.of(ApiError.of(invalid));
            case NotFoundException notFound ->
                    Optional.of(
                            ApiError.of(
                                    ErrorCode.ROUTE_NOT_FOUND, "There is nothing at this path"));
            case HttpException http -> ofStatus(http.status());
            default -> foreseen.apply(thrown);
        };
    }

    /** Helidon's own words may repeat the request, so only the status is taken from it. */
    private static Optional<ApiError> ofStatus(Status status) {
        return switch (status.code()) {
            case 404 ->
                    Optional.of(
                            ApiError.of(
                                    ErrorCode.ROUTE_NOT_FOUND, "There is nothing at this path"));
            case 413 ->
                    Optional.of(
                            ApiError.of(ErrorCode.BODY_TOO_LARGE, "The request body is too large"));
            case 414 ->
                    Optional.of(
                            ApiError.of(ErrorCode.URI_TOO_LONG, "The request line is too long"));
            case 415 ->
                    Optional.of(
                            ApiError.of(
                                    ErrorCode.UNSUPPORTED_MEDIA_TYPE,
                                    "The body must be application/json"));
            case 431 ->
                    Optional.of(
                            ApiError.of(
                                    ErrorCode.HEADERS_TOO_LARGE,
                                    "The request headers are too large"));
            case 503 -> Optional.of(overloaded());
            default ->
                    status.code() < 500
                            ? Optional.of(
                                    ApiError.of(
                                            ErrorCode.MALFORMED_REQUEST,
                                            "The request cannot be read"))
                            : Optional.empty();
        };
    }

    public static ApiError overloaded() {
        return ApiError.of(ErrorCode.OVERLOADED, "Too many requests are being worked on")
                .retryAfter(RETRY_SOON);
    }

    /** The same envelope for requests that never reach routing. */
    public DirectHandlers directHandlers() {
        DirectHandlers.Builder handlers = DirectHandlers.builder();
        for (EventType type : EventType.values()) {
            handlers.addHandler(type, new BesideRouting());
        }
        return handlers.build();
    }

    private final class BesideRouting implements DirectHandler {
        @Override
        public TransportResponse handle(
                TransportRequest request,
                EventType eventType,
                Status defaultStatus,
                ServerResponseHeaders responseHeaders,
                Throwable thrown,
                System.Logger logger) {
            // Helidon reports too many headers as an ordinary bad request; RFC 6585 section 5 has
            // a status for it.
            boolean tooManyHeaders = "Header size exceeded".equals(thrown.getMessage());
            return respond(
                    request,
                    tooManyHeaders
                            ? Status.create(ErrorCode.HEADERS_TOO_LARGE.status())
                            : defaultStatus,
                    responseHeaders,
                    Optional.of(thrown));
        }

        @Override
        public TransportResponse handle(
                TransportRequest request,
                EventType eventType,
                Status defaultStatus,
                ServerResponseHeaders responseHeaders,
                String message) {
            return respond(request, defaultStatus, responseHeaders, Optional.empty());
        }

        private TransportResponse respond(
                TransportRequest request,
                Status status,
                ServerResponseHeaders responseHeaders,
                Optional<Throwable> thrown) {
            if (status.code() < 400) {
                return TransportResponse.builder().status(status).headers(responseHeaders).build();
            }
            // Inside routing the request is being traced already, and the access log follows.
            return RequestTrace.current()
                    .map(trace -> respond(trace, status, thrown))
                    .orElseGet(() -> {
                        RequestTrace trace = RequestTrace.begin(request.headers(), random);
                        return ScopedValue.where(RequestTrace.CURRENT, trace)
                                .call(() -> {
                                    TransportResponse response = respond(trace, status, thrown);
                                    LOG.log(
                                            INFO,
                                            "Refused before routing: status={0} request_id={1}"
                                                    + " event_id={2}",
                                            String.valueOf(response.status().code()),
                                            trace.requestId(),
                                            trace.eventId().map(UUID::toString).orElse("none"));
                                    return response;
                                });
                    });
        }

        private TransportResponse respond(
                RequestTrace trace, Status status, Optional<Throwable> thrown) {
            Answer answer =
                    ofStatus(status)
                            .map(ErrorAnswers.this::answer)
                            .orElseGet(() ->
                                    ErrorAnswers.this.answer(
                                            thrown.orElseGet(() ->
                                                    new IllegalStateException("no cause given"))));
            TransportResponse.Builder response =
                    TransportResponse.builder().status(answer.status()).entity(answer.body());
            answer.headers().forEach(response::header);
            trace.setCookies().ifPresent(response::header);
            return response.header(RequestTrace.REQUEST_ID, trace.requestId())
                    .keepAlive(false)
                    .build();
        }
    }
}
