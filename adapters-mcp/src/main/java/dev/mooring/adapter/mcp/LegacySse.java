package dev.mooring.adapter.mcp;

import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.mooring.adapter.http.Headers;
import dev.mooring.adapter.http.OutboundStream;
import dev.mooring.adapter.mcp.JsonRpc.Message;
import dev.mooring.adapter.mcp.Refusal.Interrupted;
import dev.mooring.application.port.Budget;
import dev.mooring.domain.lifecycle.Problem;
import dev.mooring.domain.lifecycle.Problem.Code;
import dev.mooring.domain.mcp.ProtocolVersion;
import dev.mooring.domain.oauth.HttpUrl;

import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;

/**
 * HTTP with server-sent events, the transport of 2024-11-05: a GET opens the stream on which all
 * messages of the server come, the first event names the address to post ours to. A thread of its
 * own reads the stream for as long as the session lives.
 */
final class LegacySse implements LegacyTransport {
    /** A stream that is silent for so long is taken for dead; sessions are left long before. */
    private static final Duration SILENCE = Duration.ofMinutes(30);

    private static final Duration SHORT_WORD = Duration.ofSeconds(5);
    private static final int MOST_REPLIES_AT_ONCE = 4;
    private static final Headers ACCEPT_STREAM = Headers.NONE.with("Accept", "text/event-stream");
    private static final Headers ACCEPT = Headers.NONE.with("Accept", "application/json");

    private final Endpoint endpoint;
    private final AtomicLong ids = new AtomicLong();
    private final CompletableFuture<Outcome<URI>> messages = new CompletableFuture<>();
    private final Map<Long, CompletableFuture<Outcome<ObjectNode>>> waiting =
            new ConcurrentHashMap<>();
    private final Semaphore replies = new Semaphore(MOST_REPLIES_AT_ONCE);
    private volatile boolean ended;
    private volatile Optional<ProtocolVersion> version = Optional.empty();
    private final Thread reader;

    /** Opens the stream; a failure shows with the first request. */
    LegacySse(Endpoint endpoint) {
        this.endpoint = endpoint;
        this.reader = Thread.ofVirtual().name("mcp-sse").start(this::readToTheEnd);
    }

    @Override
    public ProtocolVersion newest() {
        return ProtocolVersion.V2024_11_05;
    }

    @Override
    public void agreed(ProtocolVersion agreed) {
        version = Optional.of(agreed);
    }

    @Override
    public Outcome<ObjectNode> request(
            String method, ObjectNode params, boolean repeatable, Budget budget) {
        long id = ids.incrementAndGet();
        CompletableFuture<Outcome<ObjectNode>> response = new CompletableFuture<>();
        waiting.put(id, response);
        try {
            return post(JsonRpc.request(id, method, params), budget)
                    .then(_ -> endpoint.await(response, budget))
                    .mapRefusal(refusal -> {
                        cancelIfTooSlow(id, refusal);
                        return repeatable && refusal instanceof Interrupted
                                ? new Refusal.Stale(refusal)
                                : refusal;
                    });
        } finally {
            waiting.remove(id);
        }
    }

    @Override
    public Outcome<Integer> send(String method, ObjectNode params, Budget budget) {
        return post(JsonRpc.notification(method, params), budget);
    }

    @Override
    public void leave() {
        reader.interrupt();
    }

    private Outcome<Integer> post(byte[] message, Budget budget) {
        Headers headers =
                version.map(agreed -> ACCEPT.with("MCP-Protocol-Version", agreed.value()))
                        .orElse(ACCEPT);
        return endpoint.await(messages, budget)
                .then(to ->
                        ended
                                ? Outcome.refused(new Refusal.Stale(Interrupted.AT_ONCE))
                                : endpoint.post(
                                        to, headers, message, budget, StreamableHttp::accepted))
                .mapRefusal(this::staleIfForgotten);
    }

    /** The address belongs to a stream; a server that does not know it any more was restarted. */
    private Refusal staleIfForgotten(Refusal refusal) {
        return version.isPresent()
                        && refusal instanceof Refusal.Rejected rejected
                        && (rejected.status() == 404
                                || (rejected.status() == 400 && !rejected.dispatched()))
                ? new Refusal.Stale(rejected)
                : refusal;
    }

    private void cancelIfTooSlow(long id, Refusal refusal) {
        if (version.isPresent()
                && refusal instanceof Refusal.Failed(Problem problem)
                && problem.code() == Code.SERVER_TOO_SLOW) {
            ObjectNode params = JsonRpc.object().put("requestId", id).put("reason", "Timed out");
            Thread.startVirtualThread(
                    () -> send("notifications/cancelled", params, Budget.of(SHORT_WORD)));
        }
    }

    private void readToTheEnd() {
        Outcome<Boolean> end = Outcome.refused(Interrupted.AT_ONCE);
        try {
            end = endpoint.stream(ACCEPT_STREAM, SILENCE, this::read);
        } finally {
            Outcome<URI> never = end.then(_ -> Outcome.refused(Interrupted.AT_ONCE));
            ended = true;
            messages.complete(never);
            waiting.values()
                    .forEach(response -> response.complete(Outcome.refused(Interrupted.AT_ONCE)));
        }
    }

    private Outcome<Boolean> read(OutboundStream answer) {
        if (answer.status() / 100 != 2) {
            return StreamableHttp.accepted(answer).map(_ -> true);
        }
        if (!answer.mediaType().equals(Optional.of("text/event-stream"))) {
            return broken("did not open an event stream");
        }
        SseEvents events = new SseEvents(answer.body());
        try {
            Optional<SseEvents.Event> event = events.next();
            while (event.isPresent()) {
                if (event.get().type().equals("endpoint") && !messages.isDone()) {
                    Optional<URI> to = sameOrigin(event.get().data());
                    if (to.isEmpty()) {
                        return broken("names another server to send messages to");
                    }
                    messages.complete(Outcome.success(to.get()));
                }
                StreamableHttp.messages(event.get()).forEach(this::receive);
                event = events.next();
            }
            return Outcome.success(true);
        } catch (IOException e) {
            return Outcome.refused(new Refusal.Failed(endpoint.tooLarge()));
        }
    }

    private void receive(Message message) {
        switch (message) {
            case Message.Result(long id, ObjectNode result) -> answer(id, Outcome.success(result));
            case Message.Failure(var id, var error) ->
                    id.ifPresent(about ->
                            answer(
                                    about,
                                    Outcome.refused(
                                            new Refusal.Rejected(200, Optional.of(error), true))));
            case Message.Request request -> reply(request);
            case Message.Notification _ -> {}
        }
    }

    private void answer(long id, Outcome<ObjectNode> outcome) {
        CompletableFuture<Outcome<ObjectNode>> response = waiting.get(id);
        if (response != null) {
            response.complete(outcome);
        }
    }

    private void reply(Message.Request request) {
        if (replies.tryAcquire()) {
            Thread.startVirtualThread(() -> {
                try {
                    post(JsonRpc.replyTo(request), Budget.of(SHORT_WORD));
                } finally {
                    replies.release();
                }
            });
        }
    }

    /** Our credentials go with every message, so the address must be the same server's. */
    private Optional<URI> sameOrigin(String address) {
        try {
            URI server = endpoint.uri();
            URI to =
                    server.resolve(
                            address.startsWith("?") ? server.getRawPath() + address : address);
            HttpUrl.requireHttpUrl("endpoint", to.toString());
            return HttpUrl.origin(to).equals(HttpUrl.origin(server))
                    ? Optional.of(to)
                    : Optional.empty();
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    private Outcome<Boolean> broken(String how) {
        return Outcome.refused(Refusal.failed(Code.SERVER_BROKEN, endpoint.host() + " " + how));
    }
}
