package dev.mooring.adapter.rest;

import static dev.mooring.domain.access.Permission.READ_CLIENTS;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.mooring.adapter.rest.edge.ApiError;
import dev.mooring.adapter.rest.edge.ErrorCode;
import dev.mooring.adapter.rest.edge.Json;
import dev.mooring.adapter.rest.edge.Reply;
import dev.mooring.adapter.rest.edge.RequestTrace;
import dev.mooring.adapter.rest.edge.Routes;
import dev.mooring.adapter.rest.edge.StreamedAnswer;
import dev.mooring.application.FollowEvents;
import dev.mooring.application.FollowEvents.Follower;
import dev.mooring.domain.access.Caller;
import dev.mooring.domain.audit.AuditFilter;
import dev.mooring.domain.audit.AuditRecord;
import dev.mooring.domain.client.ClientId;

import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.http.Method;
import io.helidon.webserver.http.ServerRequest;

import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;

/**
 * What happens to clients, as it happens (server-sent events). Each event carries its id; whoever
 * comes back with the last one misses nothing and sees nothing twice.
 */
final class EventsResource implements Resource {
    private static final HeaderName LAST_EVENT_ID = HeaderNames.create("Last-Event-ID");
    private static final int MOST_STREAMS = 128;

    /** For one caller; the others must find room, too. */
    static final int MOST_OF_ONE = 16;

    private static final Duration HEARTBEAT = Duration.ofSeconds(15);

    /** Then the reader comes back, and its credential is looked at again. */
    private static final Duration LONGEST = Duration.ofMinutes(15);

    private static final Duration COME_BACK_WHEN_FULL = Duration.ofSeconds(10);

    /** How soon a reader comes back by itself, in milliseconds. */
    private static final String HELLO = "retry: 1000\n";

    private static final String STILL_HERE = ": still here\n";

    private final FollowEvents followEvents;
    private final Semaphore room = new Semaphore(MOST_STREAMS);
    private final Map<String, Integer> streams = new ConcurrentHashMap<>();

    EventsResource(FollowEvents followEvents) {
        this.followEvents = followEvents;
    }

    @Override
    public void addTo(Routes routes) {
        routes.guarded(Method.GET, "/api/mcp/events", READ_CLIENTS, this::follow);
    }

    @Override
    public void drain() {
        followEvents.end();
    }

    private Reply follow(ServerRequest request, Caller caller) {
        Query query = new Query(request);
        AuditFilter filter =
                new AuditFilter(
                        query.value("client", ClientId::new),
                        Optional.empty(),
                        AuditResource.types(query),
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty());
        OptionalLong after = lastSeen(request, query);
        String whose = caller.identity();
        if (!enter(whose)) {
            return ApiError.of(
                            ErrorCode.OVERLOADED,
                            "This node has as many event streams as it takes, of all or of one"
                                    + " caller")
                    .retryAfter(COME_BACK_WHEN_FULL);
        }
        Optional<Follower> follower = Optional.empty();
        try {
            follower = Optional.of(followEvents.follow(after));
        } finally {
            if (follower.isEmpty()) {
                leave(whose);
            }
        }
        return new StreamedAnswer("text/event-stream", new Events(follower.get(), filter, whose));
    }

    private boolean enter(String whose) {
        if (!room.tryAcquire()) {
            return false;
        }
        if (streams.merge(whose, 1, Integer::sum) <= MOST_OF_ONE) {
            return true;
        }
        leave(whose);
        return false;
    }

    private void leave(String whose) {
        if (streams.merge(whose, -1, Integer::sum) == 0) {
            streams.remove(whose, 0);
        }
        room.release();
    }

    /**
     * The header is what a browser sends when it comes back; it knows better than the URL, which
     * stays the same.
     */
    private static OptionalLong lastSeen(ServerRequest request, Query query) {
        return request.headers()
                .first(LAST_EVENT_ID)
                .filter(id -> !id.isEmpty())
                .map(id -> Query.position("Last-Event-ID", id))
                .or(() -> query.position("after"))
                .map(OptionalLong::of)
                .orElseGet(OptionalLong::empty);
    }

    private final class Events implements StreamedAnswer.Body {
        private final Follower follower;
        private final AuditFilter filter;
        private final String whose;

        Events(Follower follower, AuditFilter filter, String whose) {
            this.follower = follower;
            this.filter = filter;
            this.whose = whose;
        }

        @Override
        public void write(OutputStream out) throws IOException, InterruptedException {
            // Who waits for news does no work; requests that do are not kept waiting for it.
            RequestTrace.current().ifPresent(RequestTrace::leaveTurn);
            long start = System.nanoTime();
            out.write(position(HELLO));
            out.flush();
            boolean last;
            do {
                last = followEvents.hasEnded() || System.nanoTime() - start > LONGEST.toNanos();
                boolean told = false;
                for (AuditRecord each : follower.next(last ? Duration.ZERO : HEARTBEAT)) {
                    if (each.entry().client().isPresent() && filter.matches(each)) {
                        out.write(frame(each));
                        told = true;
                    }
                }
                if (!told) {
                    out.write(position(STILL_HERE));
                }
                out.flush();
            } while (!last);
        }

        /** An id without data is no event, but is what a reader who saw none comes back with. */
        private byte[] position(String line) {
            return (line + "id: " + follower.position() + "\n\n").getBytes(UTF_8);
        }

        @Override
        public void close() {
            follower.close();
            leave(whose);
        }
    }

    /** JSON has no line break, so it is one line of data. */
    private static byte[] frame(AuditRecord told) {
        String data = new String(Json.write(EventView.of(told)), UTF_8);
        return ("id: " + told.number() + "\ndata: " + data + "\n\n").getBytes(UTF_8);
    }
}
