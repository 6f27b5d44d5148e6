package dev.mooring.adapter.http;

import dev.mooring.adapter.http.OutboundException.Reason;
import dev.mooring.application.port.Budget;

import org.apache.hc.client5.http.ConnectTimeoutException;
import org.apache.hc.client5.http.HttpRoute;
import org.apache.hc.client5.http.classic.methods.HttpUriRequestBase;
import org.apache.hc.core5.http.ConnectionRequestTimeoutException;
import org.apache.hc.core5.http.MessageConstraintException;
import org.apache.hc.core5.http.protocol.HttpContext;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.net.InetAddress;
import java.net.SocketTimeoutException;
import java.security.cert.CertPathBuilderException;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateExpiredException;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.stream.Stream;

import javax.net.ssl.SSLException;

/**
 * One request on its way: how far it came, and when and why it ends. Safe for its caller and the
 * deadline thread.
 */
final class Call implements AutoCloseable {

    private static final String ATTRIBUTE = Call.class.getName();

    private enum State {
        RUNNING,
        FINISHED,
        TIMED_OUT,
        CLOSED
    }

    private final OutboundRequest request;
    private final Destination destination;
    private final Optional<Budget> whole;
    private final HttpUriRequestBase exchange;
    private Future<?> deadline = CompletableFuture.completedFuture(null);
    private List<InetAddress> addresses = List.of();
    private @Nullable HttpRoute route;
    private volatile boolean mayHaveBeenSent;
    private State state = State.RUNNING;

    Call(OutboundRequest request, Destination destination, HttpUriRequestBase exchange) {
        this.request = request;
        this.destination = destination;
        this.exchange = exchange;
        this.whole = request.limits().whole().map(Budget::of);
    }

    static Call of(HttpContext context) {
        return (Call) context.getAttribute(ATTRIBUTE);
    }

    void attachTo(HttpContext context) {
        context.setAttribute(ATTRIBUTE, this);
    }

    OutboundRequest request() {
        return request;
    }

    Destination destination() {
        return destination;
    }

    /** How to get there; known once the call has started. */
    HttpRoute route() {
        return Objects.requireNonNull(route);
    }

    void route(HttpRoute planned) {
        route = planned;
    }

    /** The addresses that the guard let through, if this call needed them so far. */
    List<InetAddress> addresses() {
        return addresses;
    }

    void addresses(List<InetAddress> checked) {
        addresses = checked;
    }

    /** The given limit, or what is left of the call where that is less; at least a millisecond. */
    Duration atMost(Duration limit) {
        Duration shorter = remaining().filter(left -> left.compareTo(limit) < 0).orElse(limit);
        return shorter.toMillis() < 1 ? Duration.ofMillis(1) : shorter;
    }

    private Optional<Duration> remaining() {
        return Stream.concat(whole.stream(), request.budget().stream())
                .map(Budget::remaining)
                .min(Comparator.naturalOrder());
    }

    synchronized void start(Deadlines deadlines) {
        Optional<Duration> remaining = remaining();
        if (remaining.isPresent()) {
            if (remaining.get().isZero()) {
                throw failed(Reason.TIMED_OUT, "no time is left to call %s");
            }
            deadline = deadlines.after(remaining.get(), () -> end(State.TIMED_OUT));
        }
    }

    void sending() {
        mayHaveBeenSent = true;
    }

    boolean mayHaveBeenSent() {
        return mayHaveBeenSent;
    }

    /** The answer was read to its end; the connection is already back with the others. */
    void finish() {
        end(State.FINISHED);
    }

    /** Ends the call where it stands; does nothing to one that is finished. */
    @Override
    public void close() {
        end(State.CLOSED);
    }

    private synchronized void end(State how) {
        if (state == State.RUNNING) {
            state = how;
            deadline.cancel(false);
            if (how != State.FINISHED) {
                exchange.cancel();
            }
        }
    }

    private synchronized State state() {
        return state;
    }

    /** More of the answer came than the call allows. */
    OutboundException tooLarge() {
        return failed(Reason.TOO_LARGE, "the body of the answer of %s is larger than allowed");
    }

    /** Ends the call for a reason of our own. {@code %s} in the message is the destination. */
    OutboundException failed(Reason reason, String message) {
        close();
        return new OutboundException(reason, mayHaveBeenSent, message.formatted(destination));
    }

    /** Ends the call and says what an exception of the HTTP library means for it. */
    OutboundException failure(IOException e) {
        State before = state();
        close();
        return switch (before) {
            case TIMED_OUT -> because(Reason.TIMED_OUT, "%s took too long in all", e);
            case CLOSED -> because(Reason.CANCELLED, "the call to %s was ended from our side", e);
            case RUNNING, FINISHED ->
                    Thread.currentThread().isInterrupted()
                            ? because(Reason.CANCELLED, "the call to %s was interrupted", e)
                            : itsFailure(e);
        };
    }

    /**
     * Ends the call and says what it means that the library lost its footing: where the call was
     * ended under its hands, that; else the exception is a fault, of ours or of its own.
     */
    RuntimeException failure(RuntimeException e) {
        State before = state();
        close();
        boolean ended = before == State.TIMED_OUT || before == State.CLOSED;
        return ended && !(e instanceof OutboundException) ? failure(new IOException(e)) : e;
    }

    private OutboundException itsFailure(IOException e) {
        return switch (e) {
            case ConnectionRequestTimeoutException _ ->
                    because(Reason.TIMED_OUT, "all connections to %s are in use", e);
            case ConnectTimeoutException _ ->
                    because(Reason.TIMED_OUT, "%s did not accept a connection in time", e);
            case SocketTimeoutException _ when mayHaveBeenSent ->
                    because(Reason.TIMED_OUT, "%s was silent for too long", e);
            case SocketTimeoutException _ ->
                    because(Reason.TIMED_OUT, "%s did not finish the TLS handshake in time", e);
            case SSLException _ when !mayHaveBeenSent ->
                    because(Reason.TLS_FAILED, "TLS with %s failed: " + tlsProblem(e), e);
            case MessageConstraintException _ ->
                    because(Reason.TOO_LARGE, "the header of the answer of %s is too large", e);
            default ->
                    mayHaveBeenSent
                            ? because(
                                    Reason.BROKEN_ANSWER,
                                    "the answer of %s is broken or ended early",
                                    e)
                            : because(Reason.CONNECT_FAILED, "no connection to %s", e);
        };
    }

    private OutboundException because(Reason reason, String message, Throwable cause) {
        return new OutboundException(
                reason, mayHaveBeenSent, message.formatted(destination), cause);
    }

    /**
     * Our words only: what the other side's certificate says about itself stays out of messages.
     */
    private static String tlsProblem(Throwable e) {
        List<Throwable> causes = Stream.iterate(e, Objects::nonNull, Throwable::getCause).toList();
        if (causes.stream().anyMatch(CertificateExpiredException.class::isInstance)) {
            return "its certificate has expired";
        }
        return switch (causes.getLast()) {
            case CertPathValidatorException _, CertPathBuilderException _ ->
                    "its certificate is not trusted";
            case CertificateException _ -> "its certificate is not for this host";
            default -> "the handshake broke off";
        };
    }
}
