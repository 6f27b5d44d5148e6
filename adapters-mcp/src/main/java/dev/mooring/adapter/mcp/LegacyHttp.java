package dev.mooring.adapter.mcp;

import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.mooring.adapter.http.Headers;
import dev.mooring.adapter.mcp.JsonRpc.Message;
import dev.mooring.adapter.mcp.JsonRpc.RpcError;
import dev.mooring.adapter.mcp.Refusal.Interrupted;
import dev.mooring.adapter.mcp.StreamableHttp.Answer;
import dev.mooring.application.port.Budget;
import dev.mooring.domain.lifecycle.Problem;
import dev.mooring.domain.lifecycle.Problem.Code;
import dev.mooring.domain.mcp.ProtocolVersion;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Streamable HTTP of 2025-03-26 to 2025-11-25: a session that the server may name, streams that can
 * be resumed, requests of the server's inside them. The GET stream for news of the server's own is
 * never opened; we would not know what to do with the news.
 */
final class LegacyHttp implements LegacyTransport {
    private static final String SESSION_ID = "Mcp-Session-Id";
    private static final String SESSION_ID_FORM = "[\\x21-\\x7E]{1,1024}";
    private static final Duration REPLY = Duration.ofSeconds(5);
    private static final Duration LAST_WORD = Duration.ofSeconds(2);
    private static final Duration SHORTEST_RETRY = Duration.ofMillis(50);
    private static final int MOST_RESUMPTIONS = 1000;

    private final Endpoint endpoint;
    private final StreamableHttp http;
    private final AtomicLong ids = new AtomicLong();
    private volatile Optional<String> sessionId = Optional.empty();
    private volatile Optional<ProtocolVersion> version = Optional.empty();
    private volatile boolean forgotten;

    LegacyHttp(Endpoint endpoint) {
        this.endpoint = endpoint;
        this.http = new StreamableHttp(endpoint, this::reply);
    }

    @Override
    public ProtocolVersion newest() {
        return ProtocolVersion.V2025_11_25;
    }

    @Override
    public void agreed(ProtocolVersion agreed) {
        version = Optional.of(agreed);
    }

    @Override
    public Outcome<ObjectNode> request(
            String method, ObjectNode params, boolean repeatable, Budget budget) {
        return once(method, params, budget)
                .otherwise(refusal ->
                        repeatable && refusal instanceof Interrupted
                                ? once(method, params, budget)
                                : Outcome.refused(refusal));
    }

    @Override
    public Outcome<Integer> send(String method, ObjectNode params, Budget budget) {
        return http.send(JsonRpc.notification(method, params), headers(), budget);
    }

    /** 2025-11-25, session management: who leaves should end the session with a DELETE. */
    @Override
    public void leave() {
        if (sessionId.isPresent() && !forgotten) {
            endpoint.delete(Headers.of(headers()), Budget.of(LAST_WORD), StreamableHttp::accepted);
        }
    }

    private Outcome<ObjectNode> once(String method, ObjectNode params, Budget budget) {
        long id = ids.incrementAndGet();
        return http.request(id, JsonRpc.request(id, method, params), headers(), budget)
                .otherwise(refusal ->
                        refusal instanceof Interrupted interrupted
                                ? resume(id, interrupted, budget)
                                : Outcome.refused(staleIfForgotten(refusal)))
                .mapRefusal(refusal -> {
                    cancelIfTooSlow(id, refusal);
                    return refusal;
                })
                .then(this::keepSession);
    }

    /**
     * 2025-11-25, sending messages: a server may close the connection of a stream that has named an
     * event; we wait as long as {@code retry} says and ask for the rest. However that ends, the
     * request was received, so no refusal here may look as if it was not.
     */
    private Outcome<Answer> resume(long id, Interrupted interrupted, Budget budget) {
        Optional<String> from = interrupted.lastEventId();
        Duration retry = interrupted.retry();
        for (int times = 0; from.isPresent() && times < MOST_RESUMPTIONS; times++) {
            if (!Endpoint.pause(wait(retry), budget)) {
                return Outcome.refused(new Refusal.Failed(endpoint.tooSlow()));
            }
            Outcome<Answer> rest = http.resume(id, from.get(), headers(), budget);
            if (!(rest instanceof Outcome.Refused<Answer>(Interrupted again))) {
                return rest.mapRefusal(this::afterReceipt);
            }
            from = again.lastEventId().isPresent() ? again.lastEventId() : from;
            retry = again.retry();
        }
        return Outcome.refused(interrupted);
    }

    private Refusal afterReceipt(Refusal refusal) {
        boolean isResponse =
                refusal instanceof Refusal.Rejected rejected && rejected.status() / 100 == 2;
        return isResponse ? refusal : new Refusal.Failed(refusal.problem(endpoint.host()));
    }

    /**
     * 2025-11-25, session management: 404 means that the session is gone. Servers that were
     * restarted also say 400, to no request in particular, because they turn us away before they
     * look at it; and one that was upgraded answers 4xx in the words of the other era. An answer
     * with 200 is one of our call's own, whatever its code: it may have been executed.
     */
    private Refusal staleIfForgotten(Refusal refusal) {
        if (version.isPresent()
                && refusal instanceof Refusal.Rejected rejected
                && ((rejected.status() == 404 && sessionId.isPresent())
                        || (rejected.status() == 400 && !rejected.dispatched())
                        || (rejected.status() / 100 == 4
                                && rejected.error().filter(RpcError::isModern).isPresent()))) {
            forgotten = true;
            return new Refusal.Stale(rejected);
        }
        return refusal;
    }

    /** 2025-11-25, cancellation: not for {@code initialize}. */
    private void cancelIfTooSlow(long id, Refusal refusal) {
        if (version.isPresent()
                && refusal instanceof Refusal.Failed(Problem problem)
                && problem.code() == Code.SERVER_TOO_SLOW) {
            ObjectNode params = JsonRpc.object().put("requestId", id).put("reason", "Timed out");
            Thread.startVirtualThread(
                    () -> send("notifications/cancelled", params, Budget.of(LAST_WORD)));
        }
    }

    private Outcome<ObjectNode> keepSession(Answer answer) {
        if (version.isEmpty()) {
            sessionId = answer.headers().first(SESSION_ID);
            if (sessionId.filter(id -> !id.matches(SESSION_ID_FORM)).isPresent()) {
                sessionId = Optional.empty();
                return Outcome.refused(
                        Refusal.failed(
                                Code.SERVER_BROKEN,
                                endpoint.host() + " made a session id that no header can carry"));
            }
        }
        return Outcome.success(answer.result());
    }

    private void reply(Message.Request request, Budget budget) {
        Duration left = budget.remaining();
        http.send(
                JsonRpc.replyTo(request),
                headers(),
                Budget.of(left.compareTo(REPLY) < 0 ? left : REPLY));
    }

    private List<Headers.Field> headers() {
        List<Headers.Field> headers = new ArrayList<>(2);
        version.ifPresent(
                agreed -> headers.add(new Headers.Field("MCP-Protocol-Version", agreed.value())));
        sessionId.ifPresent(id -> headers.add(new Headers.Field(SESSION_ID, id)));
        return headers;
    }

    private static Duration wait(Duration retry) {
        return retry.compareTo(SHORTEST_RETRY) < 0 ? SHORTEST_RETRY : retry;
    }
}
