package dev.mooring.adapter.mcp;

import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.mooring.adapter.http.Headers;
import dev.mooring.adapter.http.OutboundException;
import dev.mooring.adapter.http.OutboundStream;
import dev.mooring.adapter.mcp.JsonRpc.Message;
import dev.mooring.application.port.Budget;
import dev.mooring.domain.lifecycle.Problem.Code;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;

/**
 * The transport Streamable HTTP as far as both eras agree on it: a POST carries one message, and
 * its answer is a JSON document or a stream of events with the response among them.
 */
final class StreamableHttp {
    private static final Headers.Field ACCEPT =
            new Headers.Field("Accept", "application/json, text/event-stream");
    private static final Headers.Field ACCEPT_STREAM =
            new Headers.Field("Accept", "text/event-stream");

    /** How long a stream may go on after its response before its connection is given up. */
    private static final Duration LINGER = Duration.ofMillis(20);

    /** How many requests of the server's are passed on while we wait for one response. */
    private static final int MOST_REQUESTS = 64;

    private final Endpoint endpoint;
    private final BiConsumer<Message.Request, Budget> onRequest;

    /**
     * @param onRequest told of each request of the server's inside a stream, which waits meanwhile
     */
    StreamableHttp(Endpoint endpoint, BiConsumer<Message.Request, Budget> onRequest) {
        this.endpoint = endpoint;
        this.onRequest = onRequest;
    }

    /** A response's result, and the headers it came with. */
    record Answer(ObjectNode result, Headers headers) {}

    /** Sends the request with this id and waits for its response. */
    Outcome<Answer> request(long id, byte[] message, List<Headers.Field> headers, Budget budget) {
        return endpoint.post(
                endpoint.uri(),
                with(ACCEPT, headers),
                message,
                budget,
                answer -> read(answer, id, budget));
    }

    /** Goes on with the stream of the request with this id (legacy era only). */
    Outcome<Answer> resume(
            long id, String lastEventId, List<Headers.Field> headers, Budget budget) {
        Headers from = with(ACCEPT_STREAM, headers).with("Last-Event-ID", lastEventId);
        return endpoint.get(from, budget, answer -> read(answer, id, budget));
    }

    /** Sends a notification, or a response of ours; nobody answers but with a status. */
    Outcome<Integer> send(byte[] message, List<Headers.Field> headers, Budget budget) {
        return endpoint.post(
                endpoint.uri(), with(ACCEPT, headers), message, budget, StreamableHttp::accepted);
    }

    /** The status of an answer whose body does not matter. */
    static Outcome<Integer> accepted(OutboundStream answer) {
        Optional<Message.Failure> error = error(body(answer));
        return answer.status() / 100 == 2
                ? Outcome.success(answer.status())
                : Outcome.refused(rejected(answer.status(), error));
    }

    private Outcome<Answer> read(OutboundStream answer, long id, Budget budget) {
        if (answer.status() / 100 != 2) {
            return Outcome.refused(rejected(answer.status(), error(body(answer))));
        }
        return switch (answer.mediaType().orElse("")) {
            case "text/event-stream" -> fromEvents(answer, id, budget);
            // A server that does not say what it sends is given the chance that it is JSON.
            case "application/json", "" ->
                    fromMessages(
                                    JsonRpc.parse(body(answer)),
                                    answer,
                                    id,
                                    new AtomicInteger(),
                                    budget)
                            .orElseGet(() -> broken("an answer that is not to our request"));
            default -> broken("neither JSON nor an event stream");
        };
    }

    private Outcome<Answer> fromEvents(OutboundStream answer, long id, Budget budget) {
        SseEvents events = new SseEvents(answer.body());
        AtomicInteger heard = new AtomicInteger();
        try {
            Optional<SseEvents.Event> event = events.next();
            while (event.isPresent()) {
                Optional<Outcome<Answer>> found =
                        fromMessages(messages(event.get()), answer, id, heard, budget);
                if (found.isPresent()) {
                    linger(answer);
                    return found.get();
                }
                event = events.next();
            }
        } catch (SseEvents.TooLargeException e) {
            return Outcome.refused(new Refusal.Failed(endpoint.tooLarge()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (OutboundException e) {
            if (e.reason() != OutboundException.Reason.BROKEN_ANSWER) {
                throw e;
            }
        }
        return Outcome.refused(new Refusal.Interrupted(events.lastEventId(), events.retry()));
    }

    /** The response among these, if it is; the server's own requests are passed on. */
    private Optional<Outcome<Answer>> fromMessages(
            List<Message> messages,
            OutboundStream answer,
            long id,
            AtomicInteger heard,
            Budget budget) {
        for (Message message : messages) {
            switch (message) {
                case Message.Result(long about, ObjectNode result) when about == id -> {
                    return Optional.of(Outcome.success(new Answer(result, answer.headers())));
                }
                case Message.Failure error when error.id().orElse(id) == id -> {
                    return Optional.of(
                            Outcome.refused(rejected(answer.status(), Optional.of(error))));
                }
                case Message.Request request when heard.incrementAndGet() <= MOST_REQUESTS ->
                        onRequest.accept(request, budget);
                // A notification is news that we do not need. A response with another id answers
                // nothing that we asked on this stream. Who asks us without end is not answered so.
                case Message.Request _,
                        Message.Notification _,
                        Message.Result _,
                        Message.Failure _ -> {}
            }
        }
        return Optional.empty();
    }

    /** The JSON-RPC messages of an event; other kinds of events carry none. */
    static List<Message> messages(SseEvents.Event event) {
        return event.type().equals("message")
                ? JsonRpc.parse(event.data().getBytes(StandardCharsets.UTF_8))
                : List.of();
    }

    private static Refusal rejected(int status, Optional<Message.Failure> error) {
        return new Refusal.Rejected(
                status,
                error.map(Message.Failure::error),
                error.filter(e -> e.id().isPresent()).isPresent());
    }

    private static Optional<Message.Failure> error(byte[] body) {
        return JsonRpc.parse(body).stream()
                .filter(Message.Failure.class::isInstance)
                .map(Message.Failure.class::cast)
                .findFirst();
    }

    private Outcome<Answer> broken(String what) {
        return Outcome.refused(
                Refusal.failed(Code.SERVER_BROKEN, endpoint.host() + " sent " + what));
    }

    private static byte[] body(OutboundStream answer) {
        try {
            return answer.body().readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Lets the server end its stream, so that the connection can be used again. One that keeps the
     * stream open costs us the connection, not the time.
     */
    private static void linger(OutboundStream answer) {
        Thread reader =
                Thread.ofVirtual()
                        .start(() -> {
                            try {
                                answer.body().transferTo(OutputStream.nullOutputStream());
                            } catch (IOException | OutboundException e) {
                                // The answer is complete; how its stream ends is of no interest.
                            }
                        });
        try {
            reader.join(LINGER);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static Headers with(Headers.Field accept, List<Headers.Field> headers) {
        List<Headers.Field> fields = new ArrayList<>(headers);
        fields.addFirst(accept);
        return Headers.of(fields);
    }
}
