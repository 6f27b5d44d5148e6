package dev.mooring.adapter.rest.edge;

import static java.lang.System.Logger.Level.DEBUG;
import static java.lang.System.Logger.Level.INFO;

import io.helidon.common.concurrency.limits.Limit;
import io.helidon.common.concurrency.limits.LimitAlgorithm;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.ServerRequestHeaders;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.http.Filter;
import io.helidon.webserver.http.FilterChain;
import io.helidon.webserver.http.RoutingRequest;
import io.helidon.webserver.http.RoutingResponse;
import io.helidon.webserver.http.ServerRequest;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Predicate;
import java.util.random.RandomGenerator;
import java.util.regex.Pattern;

/**
 * Stands around every request that reaches routing: gives it its id, refuses ambiguous framing,
 * finds out where it comes from and whether too many do from there, lets it wait for its turn,
 * writes the access log and the request meters, and closes the connection where that was agreed.
 */
public final class EdgeFilter implements Filter {
    private static final System.Logger ACCESS = System.getLogger("dev.mooring.access");

    /** Printable ASCII, a percent sign only before two hexadecimal digits. */
    private static final Pattern QUERY = Pattern.compile("(?:[!-$&-~]|%[0-9A-Fa-f]{2})*+");

    private static final Pattern NOT_PLAIN = Pattern.compile("[^A-Za-z0-9._@:/+-]");

    private final RandomGenerator random;
    private final ErrorAnswers errors;
    private final RequestMeters meters;
    private final TransferDeadline receiving;
    private final TrustedProxies proxies;
    private final Predicate<ServerRequest> inRate;
    private final Limit atOnce;

    /**
     * Stands around the requests of one socket.
     *
     * <p>Whoever asks how we are is behind none of the limits.
     *
     * @param receiving how long a body may take to arrive
     * @param inRate whether one more from there is not too many
     * @param atOnce how many requests are worked on
     */
    public EdgeFilter(
            RandomGenerator random,
            ErrorAnswers errors,
            RequestMeters meters,
            TransferDeadline receiving,
            TrustedProxies proxies,
            Predicate<ServerRequest> inRate,
            Limit atOnce) {
        this.proxies = proxies;
        this.inRate = inRate;
        this.atOnce = atOnce;
        this.receiving = receiving;
        this.random = random;
        this.errors = errors;
        this.meters = meters;
    }

    @Override
    public void filter(FilterChain chain, RoutingRequest request, RoutingResponse response) {
        RequestTrace trace = RequestTrace.begin(request.headers(), random);
        trace.receiveUnder(receiving);
        trace.comesFrom(proxies.callerOf(request.remotePeer(), request.headers()));
        ScopedValue.where(RequestTrace.CURRENT, trace)
                .run(() -> {
                    handle(chain, request, response, trace);
                    finish(request, response);
                });
    }

    private void handle(
            FilterChain chain,
            RoutingRequest request,
            RoutingResponse response,
            RequestTrace trace) {
        long started = System.nanoTime();
        try {
            // Helidon drops this on errors, where the answer sets it again.
            response.header(RequestTrace.REQUEST_ID, trace.requestId());
            if (hasAmbiguousFraming(request.headers())) {
                refuse(request, response, "The length of the request body is not clear");
            } else if (!QUERY.matcher(request.prologue().query().rawValue()).matches()) {
                refuse(request, response, "The query cannot be read");
            } else if (isProbe(request.path().path())) {
                chain.proceed();
            } else if (!inRate.test(request)) {
                errors.answer(Routes.tooManyRequests()).send(request, response);
            } else {
                proceedInTurn(chain, request, response, trace);
            }
        } catch (CloseConnectionException e) {
            throw e;
        } catch (RuntimeException e) {
            // Thrown by another filter; what handlers throw is answered further in.
            errors.answer(e).send(request, response);
        } finally {
            record(request, response, trace, Duration.ofNanos(System.nanoTime() - started));
        }
    }

    private void proceedInTurn(
            FilterChain chain,
            RoutingRequest request,
            RoutingResponse response,
            RequestTrace trace) {
        Optional<LimitAlgorithm.Token> turn = atOnce.tryAcquire();
        if (turn.isEmpty()) {
            errors.answer(ErrorAnswers.overloaded()).send(request, response);
            return;
        }
        trace.inTurn(turn.get()::success);
        try {
            chain.proceed();
        } finally {
            trace.leaveTurn();
        }
    }

    /** Whether somebody asks how we are, which must be answered however much there is to do. */
    private static boolean isProbe(String path) {
        return path.equals("/health") || path.startsWith("/health/");
    }

    private static void finish(RoutingRequest request, RoutingResponse response) {
        // RFC 9112 section 9.6: after "close" no further request is read. Helidon announces it but
        // would go on reading.
        if (response.headers().contains(HeaderValues.CONNECTION_CLOSE)) {
            throw new CloseConnectionException("Closed as announced");
        }
        // A client that was not told to continue may send the body all the same, and it must not be
        // taken for the next request (RFC 9110 section 10.1.1).
        if (request.headers().contains(HeaderNames.EXPECT) && !request.continueSent()) {
            throw new CloseConnectionException("Answered before the body was asked for");
        }
        // What the handler left of the body stands before the next request.
        if (!request.content().consumed()) {
            try {
                RequestTrace.receive(() -> {
                    request.content().consume();
                    return true;
                });
            } catch (RuntimeException e) {
                throw new CloseConnectionException("The rest of the body cannot be read", e);
            }
        }
    }

    /**
     * RFC 9112 section 6.1 and 6.3: a message whose length can be read in two ways is how requests
     * are smuggled past a proxy.
     */
    private static boolean hasAmbiguousFraming(ServerRequestHeaders headers) {
        List<String> transfer = headers.all(HeaderNames.TRANSFER_ENCODING, List::of);
        List<String> length = headers.all(HeaderNames.CONTENT_LENGTH, List::of);
        boolean plainTransfer =
                transfer.isEmpty()
                        || (transfer.size() == 1
                                && transfer.getFirst().equals("chunked")
                                && length.isEmpty());
        boolean plainLength =
                length.isEmpty()
                        || (length.size() == 1 && length.getFirst().matches("[0-9]{1,15}"));
        return !plainTransfer || !plainLength;
    }

    /** Who sends such a thing may mean something else by what follows, so nothing is read on. */
    private void refuse(RoutingRequest request, RoutingResponse response, String why) {
        errors.answer(ApiError.of(ErrorCode.MALFORMED_REQUEST, why))
                .with(HeaderValues.CONNECTION_CLOSE)
                .send(request, response);
    }

    private void record(
            RoutingRequest request,
            RoutingResponse response,
            RequestTrace trace,
            Duration duration) {
        String method = request.prologue().method().text();
        int status = response.status().code();
        meters.record(method, trace.route(), status, duration);
        System.Logger.Level level = isProbe(trace.route()) && status < 400 ? DEBUG : INFO;
        if (ACCESS.isLoggable(level)) {
            // A pattern would be parsed anew for every request.
            ACCESS.log(
                    level,
                    "method="
                            + plain(method)
                            + " route="
                            + trace.route()
                            + " status="
                            + status
                            + " bytes="
                            + (response.isSent() ? response.bytesWritten() : 0)
                            + " duration_ms="
                            + duration.toMillis()
                            + " request_id="
                            + trace.requestId()
                            + " principal="
                            + plain(trace.principal())
                            + " event_id="
                            + trace.eventId().map(UUID::toString).orElse("none"));
        }
    }

    /** Keeps one request to one line, and a field to one field, whatever a caller is called. */
    private static String plain(String text) {
        String bounded = text.length() > 64 ? text.substring(0, 64) : text;
        return NOT_PLAIN.matcher(bounded).replaceAll("_");
    }
}
