package dev.mooring.adapter.mcp;

import dev.mooring.adapter.dpop.DpopProofs;
import dev.mooring.adapter.http.Body;
import dev.mooring.adapter.http.CallLimits;
import dev.mooring.adapter.http.GuardedHttp;
import dev.mooring.adapter.http.Headers;
import dev.mooring.adapter.http.OutboundException;
import dev.mooring.adapter.http.OutboundRequest;
import dev.mooring.adapter.http.OutboundRequest.Method;
import dev.mooring.adapter.http.OutboundStream;
import dev.mooring.application.port.Budget;
import dev.mooring.domain.client.Connection;
import dev.mooring.domain.lifecycle.Problem;
import dev.mooring.domain.lifecycle.Problem.Code;
import dev.mooring.domain.oauth.AccessChallenge;
import dev.mooring.domain.oauth.AccessToken;
import dev.mooring.domain.oauth.Credential;
import dev.mooring.domain.oauth.DpopKey;
import dev.mooring.domain.oauth.OAuthError;

import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * One MCP server as one client may talk to it. Every request to the server is made here, so that
 * our credentials go with each of them, and to nobody else.
 */
final class Endpoint {
    /** The largest answer that is read. */
    static final int MOST_BYTES = 4 << 20;

    /** A session that needs more begins anew; a server that never stops is not read for ever. */
    private static final long MOST_STREAM_BYTES = 256L << 20;

    private static final int MOST_OF_NO_INTEREST = 64 << 10;
    private static final Set<OAuthError> PROOF_ERRORS =
            Set.of(OAuthError.USE_DPOP_NONCE, OAuthError.INVALID_DPOP_PROOF);
    private static final Duration SHORTEST = Duration.ofMillis(1);

    private final GuardedHttp http;
    private final DpopProofs proofs;
    private final Connection connection;
    private final Credential credential;

    Endpoint(GuardedHttp http, DpopProofs proofs, Connection connection, Credential credential) {
        this.http = http;
        this.proofs = proofs;
        this.connection = connection;
        this.credential = credential;
    }

    Connection connection() {
        return connection;
    }

    Credential credential() {
        return credential;
    }

    URI uri() {
        return connection.server().uri();
    }

    String host() {
        return uri().getHost();
    }

    /**
     * Sends a JSON-RPC message.
     *
     * @param to the server's address, or one of the same origin that the server named
     */
    <T> Outcome<T> post(
            URI to,
            Headers headers,
            byte[] message,
            Budget budget,
            Function<OutboundStream, Outcome<T>> read) {
        Headers typed = headers.with("Content-Type", "application/json");
        return exchange(Method.POST, to, typed, Body.of(message), () -> within(budget), read);
    }

    <T> Outcome<T> get(Headers headers, Budget budget, Function<OutboundStream, Outcome<T>> read) {
        return exchange(Method.GET, uri(), headers, Body.EMPTY, () -> within(budget), read);
    }

    <T> Outcome<T> delete(
            Headers headers, Budget budget, Function<OutboundStream, Outcome<T>> read) {
        return exchange(Method.DELETE, uri(), headers, Body.EMPTY, () -> within(budget), read);
    }

    /**
     * Opens a stream that stays open for as long as it is read, until it has brought more than any
     * session needs.
     *
     * @param silence how long nothing at all may come
     */
    <T> Outcome<T> stream(
            Headers headers, Duration silence, Function<OutboundStream, Outcome<T>> read) {
        CallLimits limits =
                CallLimits.DEFAULT
                        .withoutWhole()
                        .withRead(silence)
                        .withBodyBytes(MOST_STREAM_BYTES);
        return exchange(Method.GET, uri(), headers, Body.EMPTY, () -> limits, read);
    }

    /** What an operator is told about a call that ended without an answer. */
    Problem problem(OutboundException e) {
        return switch (e.reason()) {
            case REFUSED_BY_GUARD ->
                    new Problem(
                            Code.ADDRESS_NOT_ALLOWED,
                            host() + " has an address that may not be called");
            case NAME_NOT_FOUND ->
                    new Problem(Code.SERVER_UNREACHABLE, "there is no host " + host());
            case CONNECT_FAILED ->
                    new Problem(Code.SERVER_UNREACHABLE, "no connection to " + host());
            case TLS_FAILED ->
                    new Problem(Code.SERVER_UNREACHABLE, "no trusted TLS with " + host());
            case TIMED_OUT -> tooSlow();
            case TOO_LARGE -> tooLarge();
            case BROKEN_ANSWER, TOO_MANY_REDIRECTS ->
                    new Problem(Code.SERVER_BROKEN, "the answer of " + host() + " is broken");
            case CANCELLED -> endedByUs();
        };
    }

    Problem endedByUs() {
        return new Problem(Code.SERVER_UNREACHABLE, "the call to " + host() + " was ended by us");
    }

    Problem tooSlow() {
        return new Problem(Code.SERVER_TOO_SLOW, host() + " did not answer in time");
    }

    Problem tooLarge() {
        return new Problem(Code.SERVER_BROKEN, host() + " answered with more than is read");
    }

    /** Waits for what another thread finds out. */
    <T> Outcome<T> await(Future<Outcome<T>> outcome, Budget budget) {
        try {
            return outcome.get(budget.remaining().toNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            return Outcome.refused(new Refusal.Failed(tooSlow()));
        } catch (CancellationException e) {
            return Outcome.refused(new Refusal.Failed(endedByUs()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Outcome.refused(new Refusal.Failed(endedByUs()));
        } catch (ExecutionException e) {
            throw new IllegalStateException("The other thread broke", e);
        }
    }

    /** Waits for so long; false where that is more than is left, or more than we live. */
    static boolean pause(Duration wait, Budget budget) {
        if (wait.compareTo(budget.remaining()) >= 0) {
            return false;
        }
        try {
            Thread.sleep(wait);
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /**
     * One request, and once more the same where the server answers that it wants a nonce in the
     * proof, and gives it: then it has executed nothing (RFC 9449 section 9).
     */
    private <T> Outcome<T> exchange(
            Method method,
            URI to,
            Headers headers,
            Body body,
            Supplier<CallLimits> limits,
            Function<OutboundStream, Outcome<T>> read) {
        if (credential
                .token()
                .filter(secret -> !secret.value().matches("[\\x21-\\x7E]+"))
                .isPresent()) {
            return Outcome.refused(
                    Refusal.failed(
                            Code.TOKEN_REFUSED,
                            "the access token has characters that no header can carry"));
        }
        Exchanged<T> first = exchangeOnce(method, to, headers, body, limits.get(), read);
        Exchanged<T> last =
                first.nonceCame() && wantsNonce(first.outcome())
                        ? exchangeOnce(method, to, headers, body, limits.get(), read)
                        : first;
        return last.outcome().mapRefusal(this::unlessTheProof);
    }

    /**
     * What one request came to.
     *
     * @param nonceCame whether the answer brought a nonce for the next proof
     */
    private record Exchanged<T>(Outcome<T> outcome, boolean nonceCame) {}

    private <T> Exchanged<T> exchangeOnce(
            Method method,
            URI to,
            Headers headers,
            Body body,
            CallLimits limits,
            Function<OutboundStream, Outcome<T>> read) {
        OutboundRequest request =
                new OutboundRequest(
                        method,
                        to,
                        withCredentials(method, to, headers),
                        body,
                        limits,
                        Optional.empty(),
                        connection.trustedCa(),
                        false,
                        false);
        try (OutboundStream answer = http.stream(request)) {
            boolean nonceCame =
                    credential instanceof Credential.DpopBound
                            && proofs.learn(to, answer.headers());
            return switch (answer.status()) {
                // In every era, who we are is decided before what we want.
                case 401, 403 -> new Exchanged<>(Outcome.refused(challenged(answer)), nonceCame);
                default -> new Exchanged<>(read.apply(answer), nonceCame);
            };
        } catch (OutboundException e) {
            Refusal refusal =
                    e.reason() == OutboundException.Reason.BROKEN_ANSWER
                            ? Refusal.Interrupted.AT_ONCE
                            : new Refusal.Failed(problem(e));
            return new Exchanged<>(Outcome.refused(refusal), false);
        }
    }

    private static Refusal challenged(OutboundStream answer) {
        try {
            // What is read to its end leaves a connection that the next request can use.
            answer.body().readNBytes(MOST_OF_NO_INTEREST);
        } catch (IOException | OutboundException e) {
            // The challenge is in the header.
        }
        return new Refusal.Challenged(
                answer.status(), AccessChallenge.parse(answer.headers().all("WWW-Authenticate")));
    }

    private static boolean wantsNonce(Outcome<?> outcome) {
        return outcome instanceof Outcome.Refused<?>(Refusal.Challenged(int status, var challenge))
                && status == 401
                && challenge.error().equals(Optional.of(OAuthError.USE_DPOP_NONCE));
    }

    /** A proof that is refused says nothing about the token, which no new one would help. */
    private Refusal unlessTheProof(Refusal refusal) {
        boolean proofRefused =
                credential instanceof Credential.DpopBound
                        && refusal instanceof Refusal.Challenged challenged
                        && challenged
                                .challenge()
                                .error()
                                .filter(PROOF_ERRORS::contains)
                                .isPresent();
        return proofRefused
                ? Refusal.failed(
                        Code.DPOP_PROOF_REFUSED,
                        host() + " refuses our proofs of possession; are all clocks right?")
                : refusal;
    }

    /** MCP: the token goes with every request, in the header, never in the query. */
    private Headers withCredentials(Method method, URI to, Headers headers) {
        List<Headers.Field> fields = new ArrayList<>(headers.fields());
        switch (credential) {
            case Credential.None() -> {}
            case Credential.Bearer(AccessToken token) ->
                    fields.add(new Headers.Field("Authorization", "Bearer " + token.value()));
            // RFC 9449 section 7.1: the same header, another scheme, and a proof of its own.
            case Credential.DpopBound(AccessToken token, DpopKey key) -> {
                fields.add(new Headers.Field("Authorization", "DPoP " + token.value()));
                fields.add(
                        new Headers.Field(
                                DpopProofs.HEADER, proofs.prove(key, method.name(), to, token)));
            }
        }
        Headers ours = Headers.of(fields);
        connection
                .headers()
                .byName()
                .forEach((name, value) -> {
                    if (ours.first(name).isEmpty()) {
                        fields.add(new Headers.Field(name, value.value()));
                    }
                });
        return Headers.of(fields);
    }

    private static CallLimits within(Budget budget) {
        Duration left = budget.remaining();
        Duration whole = left.compareTo(SHORTEST) < 0 ? SHORTEST : left;
        return CallLimits.DEFAULT.withRead(whole).withWhole(whole).withBodyBytes(MOST_BYTES);
    }
}
