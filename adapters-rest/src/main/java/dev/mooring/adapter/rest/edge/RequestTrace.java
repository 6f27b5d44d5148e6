package dev.mooring.adapter.rest.edge;

import io.helidon.http.Header;
import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.Headers;

import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * What the log says about one request, and what its answer has whatever that will be. It is bound
 * to the request's thread while the request is handled and is used by no other.
 */
public final class RequestTrace {
    /** Carries the request's id in both directions. */
    static final HeaderName REQUEST_ID = HeaderNames.create("X-Request-Id");

    static final ScopedValue<RequestTrace> CURRENT = ScopedValue.newInstance();

    private static final Pattern SANE_ID = Pattern.compile("[A-Za-z0-9._-]{1,64}");

    private final String requestId;
    private Optional<TransferDeadline> deadline = Optional.empty();
    private Optional<CallerAddress> address = Optional.empty();
    private String route = "none";
    private String principal = "none";
    private Optional<UUID> eventId = Optional.empty();
    private List<String> setCookies = List.of();
    private Runnable leaving = () -> {};

    private RequestTrace(String requestId) {
        this.requestId = requestId;
    }

    /** The id that the caller gave, if it can be logged as it is, or else a new one. */
    static RequestTrace begin(Headers headers, RandomGenerator random) {
        return new RequestTrace(
                headers.first(REQUEST_ID)
                        .filter(id -> SANE_ID.matcher(id).matches())
                        .orElseGet(() -> randomUuid(random).toString()));
    }

    /** The id of the request that this thread is handling. */
    public static Optional<String> currentRequestId() {
        return current().map(RequestTrace::requestId);
    }

    public static Optional<RequestTrace> current() {
        return CURRENT.isBound() ? Optional.of(CURRENT.get()) : Optional.empty();
    }

    void receiveUnder(TransferDeadline limit) {
        deadline = Optional.of(limit);
    }

    /** Reads from the request, under the deadline if there is one. */
    static <T> T receive(Supplier<T> reading) {
        return current()
                .flatMap(trace -> trace.deadline)
                .map(limit -> limit.within(reading))
                .orElseGet(reading);
    }

    String requestId() {
        return requestId;
    }

    void comesFrom(CallerAddress caller) {
        address = Optional.of(caller);
    }

    /** Where the request comes from, once routing has it. */
    Optional<CallerAddress> address() {
        return address;
    }

    /** The template of the matched route, which has few values, unlike the path. */
    String route() {
        return route;
    }

    public void matched(String template) {
        route = template;
    }

    String principal() {
        return principal;
    }

    void admitted(String callerName) {
        principal = callerName;
    }

    /**
     * From now on the answer sets these cookies instead of any before, also if it is an error: what
     * they renew was used up at the issuer.
     */
    public void setCookies(List<String> values) {
        setCookies = List.copyOf(values);
    }

    /** The answer also sets this one. */
    public void addCookie(String value) {
        setCookies = Stream.concat(setCookies.stream(), Stream.of(value)).toList();
    }

    Optional<Header> setCookies() {
        return Optional.of(setCookies)
                .filter(values -> !values.isEmpty())
                .map(values -> HeaderValues.create(HeaderNames.SET_COOKIE, values));
    }

    void inTurn(Runnable leave) {
        leaving = leave;
    }

    /** The request does nothing more but wait, so another one may be worked on in its place. */
    public void leaveTurn() {
        leaving.run();
        leaving = () -> {};
    }

    Optional<UUID> eventId() {
        return eventId;
    }

    void failed(UUID event) {
        eventId = Optional.of(event);
    }

    /** A random UUID (RFC 9562 version 4) from the randomness that is handed in. */
    static UUID randomUuid(RandomGenerator random) {
        long high = (random.nextLong() & ~0xf000L) | 0x4000L;
        long low = (random.nextLong() & ~(0b11L << 62)) | (0b10L << 62);
        return new UUID(high, low);
    }
}
