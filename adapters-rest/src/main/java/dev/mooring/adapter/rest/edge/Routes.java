package dev.mooring.adapter.rest.edge;

import dev.mooring.application.Acting;
import dev.mooring.domain.access.Caller;
import dev.mooring.domain.access.Permission;
import dev.mooring.domain.audit.ActingParty;
import dev.mooring.domain.audit.Actor;

import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.Method;
import io.helidon.http.Status;
import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
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
    private final RequestRate rate;
    private final RequestRate guesses;
    private final Refusals refusals;
    private final ErrorAnswers errors;
    private final Map<String, Map<Method, Entry>> table = new LinkedHashMap<>();

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
    @FunctionalInterface
    public interface Gate {
        Verdict admit(ServerRequest request, Permission needed);
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

        record OpenEntry(Open handler) implements Entry {}

        record GuardedEntry(Permission needed, Guarded handler) implements Entry {}
    }

    /**
     * An empty table.
     *
     * @param rate how often one caller may come
     * @param guesses how often one address may come with a credential that does not count and be
     *     told so
     * @param refusals is told of credentials that do not count, of callers who may not, and of
     *     changes that were not made
     */
    public Routes(
            Gate gate,
            RequestRate rate,
            RequestRate guesses,
            Refusals refusals,
            ErrorAnswers errors) {
        this.refusals = refusals;
        this.gate = gate;
        this.rate = rate;
        this.guesses = guesses;
        this.errors = errors;
    }

    /** A route for those who ask how we are; they may come as often as they like. */
    public Routes probe(Method method, String template, Open handler) {
        return add(method, template, new Entry.ProbeEntry(handler));
    }

    public Routes open(Method method, String template, Open handler) {
        return add(method, template, new Entry.OpenEntry(handler));
    }

    public Routes guarded(Method method, String template, Permission needed, Guarded handler) {
        return add(method, template, new Entry.GuardedEntry(needed, handler));
    }

    private Routes add(Method method, String template, Entry entry) {
        Map<Method, Entry> methods =
                table.computeIfAbsent(template, unseen -> new LinkedHashMap<>());
        if (methods.put(method, entry) != null) {
            throw new IllegalArgumentException(method.text() + " " + template + " is taken");
        }
        return this;
    }

    /** Every route as {@code METHOD template}. */
    public List<String> list() {
        return table.entrySet().stream()
                .flatMap(route ->
                        route.getValue().keySet().stream()
                                .map(method -> method.text() + " " + route.getKey()))
                .toList();
    }

    /** Hands the table to Helidon, which asks it by path alone. */
    public void register(HttpRules rules) {
        table.forEach((template, methods) -> {
            String allowed = allowed(methods);
            rules.any(
                    template,
                    (request, response) -> dispatch(template, methods, allowed, request, response));
        });
    }

    private void dispatch(
            String template,
            Map<Method, Entry> methods,
            String allowed,
            ServerRequest request,
            ServerResponse response) {
        RequestTrace.current().ifPresent(trace -> trace.matched(template));
        Method method = request.prologue().method();
        Optional<Entry> entry =
                Optional.ofNullable(methods.get(method.equals(Method.HEAD) ? Method.GET : method));
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
                    inRate(
                            networkOf(request),
                            () ->
                                    Acting.as(
                                            party(Actor.BROWSER, request),
                                            () -> open.handler().reply(request)));
            case Entry.GuardedEntry guarded -> guarded(operation, guarded, request);
        };
    }

    /**
     * Whoever shares an address with somebody who guesses must not be shut out for that, so only
     * what does not count is refused for it; what keeps a guess from being right is its length.
     */
    private Reply guarded(String operation, Entry.GuardedEntry entry, ServerRequest request) {
        String network = networkOf(request);
        return switch (gate.admit(request, entry.needed())) {
            case Verdict.Unknown unknown when isGuess(unknown.error()) -> {
                refused(party(Actor.UNKNOWN, request), operation, unknown.error());
                yield guesses.allows(network) ? unknown.error() : TOO_MANY_REQUESTS;
            }
            case Verdict.Unknown unknown when isMissing(unknown.error()) -> unknown.error();
            case Verdict.Unknown unknown -> inRate(network, unknown::error);
            case Verdict.Refused refused -> {
                refused(party(Actor.of(refused.caller()), request), operation, refused.error());
                yield inRate(of(refused.caller()), refused::error);
            }
            case Verdict.Admitted admitted ->
                    inRate(
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

    private static ActingParty party(Actor actor, ServerRequest request) {
        return new ActingParty(
                actor, Optional.of(addressOf(request)), RequestTrace.currentRequestId());
    }

    /** Of the peer itself: what a header says of it anybody may write. */
    private static String addressOf(ServerRequest request) {
        // The zone of a link-local IPv6 address means something on this machine only.
        return request.remotePeer().address() instanceof InetSocketAddress peer
                        && peer.getAddress() != null
                ? peer.getAddress().getHostAddress().replaceFirst("%.*", "")
                : request.remotePeer().host();
    }

    private static String networkOf(ServerRequest request) {
        return request.remotePeer().address() instanceof InetSocketAddress peer
                ? networkOf(peer.getAddress())
                : request.remotePeer().host();
    }

    /** An IPv6 host may choose among all addresses of its /64 (RFC 4291 section 2.5.1). */
    static String networkOf(InetAddress address) {
        return address instanceof Inet6Address
                ? HexFormat.of().formatHex(address.getAddress(), 0, 8)
                : address.getHostAddress();
    }

    private static String of(Caller caller) {
        RequestTrace.current().ifPresent(trace -> trace.admitted(caller.name()));
        return caller.identity();
    }

    /**
     * For what is no route of ours, but costs as much as one that is open to everybody.
     *
     * @throws RefusedException when this one is too much
     */
    public void requireInRate(ServerRequest request) {
        if (!rate.allows(networkOf(request))) {
            throw new RefusedException(TOO_MANY_REQUESTS);
        }
    }

    private Reply inRate(String caller, Supplier<Reply> reply) {
        return rate.allows(caller) ? reply.get() : TOO_MANY_REQUESTS;
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
