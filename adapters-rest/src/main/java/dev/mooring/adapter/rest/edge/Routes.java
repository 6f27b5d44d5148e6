package dev.mooring.adapter.rest.edge;

import dev.mooring.application.Acting;
import dev.mooring.domain.access.Caller;
import dev.mooring.domain.access.Permission;
import dev.mooring.domain.audit.ActingParty;
import dev.mooring.domain.audit.Actor;

import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.Method;
import io.helidon.http.PathMatcher;
import io.helidon.http.PathMatchers;
import io.helidon.http.Status;
import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The table of what is served: path template, method, who may call, handler.
 *
 * <p>One table makes true for every route what a web server leaves to each: HEAD wherever there is
 * GET, OPTIONS, 405 with {@code Allow}, the template for log and metrics, and the credential
 * checked before anything of the request is read.
 */
public final class Routes {
    private static final ApiError TOO_MANY_REQUESTS =
            ApiError.of(ErrorCode.TOO_MANY_REQUESTS, "This caller sends too many requests")
                    .retryAfter(Duration.ofSeconds(1));

    private final Gate gate;
    private final CallerRates rates;
    private final Refusals refusals;
    private final ErrorAnswers errors;
    private final Map<String, Route> table = new LinkedHashMap<>();

    /** A handler that anybody may reach. */
    @FunctionalInterface
    public interface Open {
        Reply reply(ServerRequest request);
    }

    /** A handler that knows who is calling. */
    @FunctionalInterface
    public interface Guarded {
        Reply reply(ServerRequest request, Caller caller);
    }

    /** Decides who may pass. */
    public interface Gate {
        /** Whether there is something in the request that may be a credential. */
        boolean isShownOne(ServerRequest request);

        Verdict admit(ServerRequest request, Permission needed);

        /** Who is signed in with the browser that sends it, if anybody is. */
        Optional<Caller> signedIn(ServerRequest request);
    }

    /** Takes note of requests that came to nothing. */
    @FunctionalInterface
    public interface Refusals {
        /**
         * One of them.
         *
         * @param operation the method and the template of the path
         * @param code of the error
         */
        void refused(ActingParty party, String operation, String code);
    }

    /** What a gate decides. */
    public sealed interface Verdict {
        /** The caller may do it. */
        record Admitted(Caller caller) implements Verdict {}

        /** There is no caller. */
        record Unknown(ApiError error) implements Verdict {}

        /** The caller may not. */
        record Refused(Caller caller, ApiError error) implements Verdict {}
    }

    private sealed interface Entry {
        record ProbeEntry(Open handler) implements Entry {}

        record OpenEntry(Open handler, Predicate<ServerRequest> bySomebody) implements Entry {}

        record GuardedEntry(Permission needed, Guarded handler) implements Entry {}
    }

    private record Route(PathMatcher matcher, Map<Method, Entry> methods) {
        static Route to(String template) {
            return new Route(PathMatchers.create(template), new LinkedHashMap<>());
        }

        /** HEAD is answered by what answers GET. */
        Optional<Entry> entry(Method method) {
            return Optional.ofNullable(
                    methods.get(method.equals(Method.HEAD) ? Method.GET : method));
        }
    }

    /**
     * An empty table.
     *
     * @param rates how often who may come
     * @param refusals is told of credentials that do not count, of callers who may not, and of
     *     changes that were not made
     */
    public Routes(Gate gate, CallerRates rates, Refusals refusals, ErrorAnswers errors) {
        this.refusals = refusals;
        this.gate = gate;
        this.rates = rates;
        this.errors = errors;
    }

    /** A route for those who ask how we are; they may come as often as they like. */
    public Routes probe(Method method, String template, Open handler) {
        return add(method, template, new Entry.ProbeEntry(handler));
    }

    public Routes open(Method method, String template, Open handler) {
        return open(method, template, handler, request -> false);
    }

    /**
     * The same where the trail is to tell who is signed in with the browser.
     *
     * @param bySomebody whether it is worth the look
     */
    public Routes open(
            Method method, String template, Open handler, Predicate<ServerRequest> bySomebody) {
        return add(method, template, new Entry.OpenEntry(handler, bySomebody));
    }

    public Routes guarded(Method method, String template, Permission needed, Guarded handler) {
        return add(method, template, new Entry.GuardedEntry(needed, handler));
    }

    private Routes add(Method method, String template, Entry entry) {
        Route route = table.computeIfAbsent(template, Route::to);
        if (route.methods().put(method, entry) != null) {
            throw new IllegalArgumentException(method.text() + " " + template + " is taken");
        }
        return this;
    }

    /** Every route as {@code METHOD template}. */
    public List<String> list() {
        return table.entrySet().stream()
                .flatMap(route ->
                        route.getValue().methods().keySet().stream()
                                .map(method -> method.text() + " " + route.getKey()))
                .toList();
    }

    /** Hands the table to Helidon, which asks it by path alone. */
    public void register(HttpRules rules) {
        table.forEach((template, route) -> {
            String allowed = allowed(route.methods());
            rules.any(
                    template,
                    (request, response) -> dispatch(template, route, allowed, request, response));
        });
    }

    private void dispatch(
            String template,
            Route route,
            String allowed,
            ServerRequest request,
            ServerResponse response) {
        RequestTrace.current().ifPresent(trace -> trace.matched(template));
        Method method = request.prologue().method();
        Optional<Entry> entry = route.entry(method);
        Reply reply;
        if (entry.isPresent()) {
            reply = reply(method.text() + " " + template, entry.get(), request);
        } else if (method.equals(Method.OPTIONS)) {
            reply = Answer.empty(Status.NO_CONTENT_204).with(HeaderNames.ALLOW, allowed);
        } else {
            reply = methodNotAllowed(allowed);
        }
        switch (reply) {
            case Answer answer -> answer.send(request, response);
            case StreamedAnswer streamed -> streamed.send(request, response);
            case ApiError error -> errors.answer(error).send(request, response);
        }
    }

    private Reply reply(String operation, Entry entry, ServerRequest request) {
        return switch (entry) {
            case Entry.ProbeEntry probe -> probe.handler().reply(request);
            case Entry.OpenEntry open ->
                    Acting.as(
                            party(whoIsAt(open, request), request),
                            () -> open.handler().reply(request));
            case Entry.GuardedEntry guarded -> guarded(operation, guarded, request);
        };
    }

    private Actor whoIsAt(Entry.OpenEntry entry, ServerRequest request) {
        return Optional.of(request)
                .filter(entry.bySomebody())
                .flatMap(gate::signedIn)
                .map(Actor::of)
                .orElse(Actor.BROWSER);
    }

    /**
     * Whoever shares an address with somebody who guesses must not be shut out for that, so only
     * what does not count is refused for it; what keeps a guess from being right is its length.
     */
    private Reply guarded(String operation, Entry.GuardedEntry entry, ServerRequest request) {
        String network = addressOf(request).network();
        return switch (gate.admit(request, entry.needed())) {
            case Verdict.Unknown unknown when isGuess(unknown.error()) -> {
                refused(party(Actor.UNKNOWN, request), operation, unknown.error());
                yield rates.guesses().allows(network) ? unknown.error() : TOO_MANY_REQUESTS;
            }
            case Verdict.Unknown unknown ->
                    gate.isShownOne(request)
                            ? inRate(rates.strangers(), network, unknown::error)
                            : unknown.error();
            case Verdict.Refused refused -> {
                refused(party(Actor.of(refused.caller()), request), operation, refused.error());
                yield inRate(rates.known(), of(refused.caller()), refused::error);
            }
            case Verdict.Admitted admitted ->
                    inRate(
                            rates.known(),
                            of(admitted.caller()),
                            () ->
                                    Acting.as(
                                            party(Actor.of(admitted.caller()), request),
                                            () ->
                                                    handled(
                                                            operation,
                                                            entry.handler(),
                                                            request,
                                                            admitted.caller())));
        };
    }

    /** The answer, which is noted when it is that nothing was changed that should have been. */
    private Reply handled(String operation, Guarded handler, ServerRequest request, Caller caller) {
        if (!administers(operation)) {
            return handler.reply(request, caller);
        }
        Reply reply;
        try {
            reply = handler.reply(request, caller);
        } catch (RuntimeException e) {
            ErrorCode unforeseen = ErrorCode.INTERNAL_ERROR;
            refusals.refused(
                    Acting.current(),
                    operation,
                    errors.errorOf(e).map(ApiError::code).orElse(unforeseen.word()));
            throw e;
        }
        if (reply instanceof ApiError error) {
            refused(Acting.current(), operation, error);
        }
        return reply;
    }

    /** What reads changes nothing, and a tool is called, not administered. */
    private static boolean administers(String operation) {
        return !operation.startsWith("GET ")
                && !operation.startsWith("HEAD ")
                && operation.contains(" /api/");
    }

    private void refused(ActingParty party, String operation, ApiError error) {
        refusals.refused(party, operation, error.code());
    }

    /** A user without a role is none, nor is whoever comes while the issuer is away. */
    private static boolean isGuess(ApiError error) {
        return error.status() == Status.UNAUTHORIZED_401.code() && !isMissing(error);
    }

    private static boolean isMissing(ApiError error) {
        return error.code().equals(ErrorCode.CREDENTIAL_MISSING.word());
    }

    /** Who does what this request asks for. */
    public static ActingParty party(Actor actor, ServerRequest request) {
        return new ActingParty(
                actor, Optional.of(addressOf(request).text()), RequestTrace.currentRequestId());
    }

    private static CallerAddress addressOf(ServerRequest request) {
        return RequestTrace.current()
                .flatMap(RequestTrace::address)
                .orElseGet(() -> CallerAddress.of(request.remotePeer()));
    }

    private static String of(Caller caller) {
        RequestTrace.current().ifPresent(trace -> trace.admitted(caller.name()));
        return caller.identity();
    }

    /**
     * Whether one more request from there is not too many, wherever it goes. Who shows a credential
     * where one is looked at is counted later, by who it turns out to be: a good one must not be
     * shut out for what strangers at the same address do.
     */
    public boolean isInRate(ServerRequest request) {
        return (gate.isShownOne(request) && guards(request))
                || rates.strangers().allows(addressOf(request).network());
    }

    private boolean guards(ServerRequest request) {
        for (Route route : table.values()) {
            if (route.matcher().match(request.path()).accepted()) {
                return route.entry(request.prologue().method())
                        .filter(Entry.GuardedEntry.class::isInstance)
                        .isPresent();
            }
        }
        return false;
    }

    private static Reply inRate(RequestRate rate, String caller, Supplier<Reply> reply) {
        return rate.allows(caller) ? reply.get() : TOO_MANY_REQUESTS;
    }

    static ApiError tooManyRequests() {
        return TOO_MANY_REQUESTS;
    }

    private static ApiError methodNotAllowed(String allowed) {
        return ApiError.of(
                        ErrorCode.METHOD_NOT_ALLOWED,
                        "This path takes " + allowed + " and no other method")
                .with(HeaderValues.create(HeaderNames.ALLOW, allowed));
    }

    private static String allowed(Map<Method, Entry> methods) {
        Stream<Method> implied =
                methods.containsKey(Method.GET)
                        ? Stream.of(Method.HEAD, Method.OPTIONS)
                        : Stream.of(Method.OPTIONS);
        return Stream.concat(methods.keySet().stream(), implied)
                .map(Method::text)
                .sorted()
                .collect(Collectors.joining(", "));
    }
}
