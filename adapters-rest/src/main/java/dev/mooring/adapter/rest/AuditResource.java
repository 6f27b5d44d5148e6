package dev.mooring.adapter.rest;

import static dev.mooring.domain.access.Permission.READ_AUDIT;

import dev.mooring.adapter.rest.edge.Answer;
import dev.mooring.adapter.rest.edge.Json;
import dev.mooring.adapter.rest.edge.Reply;
import dev.mooring.adapter.rest.edge.RequestTrace;
import dev.mooring.adapter.rest.edge.Routes;
import dev.mooring.adapter.rest.edge.StreamedAnswer;
import dev.mooring.application.KeepHistory;
import dev.mooring.domain.access.Caller;
import dev.mooring.domain.audit.AuditFilter;
import dev.mooring.domain.audit.AuditRecord;
import dev.mooring.domain.audit.EventType;
import dev.mooring.domain.audit.Outcome;
import dev.mooring.domain.client.ClientId;

import io.helidon.http.HeaderNames;
import io.helidon.http.Method;
import io.helidon.webserver.http.ServerRequest;

import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongSupplier;

/** The audit trail: page by page, or all of it as one line of JSON for each event. */
final class AuditResource implements Resource {
    private static final String LINES = "application/x-ndjson";
    private static final int MAX_LIMIT = 1000;
    private static final int STANDARD_LIMIT = 100;
    private static final int MAX_ACTOR_LENGTH = 200;
    private static final int BATCH = 500;

    /** For all of it; who reads more slowly than that goes on with what came last. */
    private static final Duration LONGEST = Duration.ofMinutes(15);

    private final KeepHistory history;
    private final LongSupplier nanoTime;

    /**
     * One page.
     *
     * @param nextAfter where the next page begins; absent when this is the last one
     */
    private record TrailView(List<EventView.Audited> events, int count, Optional<Long> nextAfter) {}

    /** In which order, and from where on. */
    private record Walk(KeepHistory history, AuditFilter filter, boolean newestFirst) {
        long start(Query query) {
            return query.position("after").orElse(newestFirst ? Long.MAX_VALUE : 0);
        }

        List<AuditRecord> after(long position, int limit) {
            return newestFirst
                    ? history.before(position, filter, limit)
                    : history.after(position, filter, limit);
        }
    }

    /**
     * @param nanoTime a clock that only goes forward
     */
    AuditResource(KeepHistory history, LongSupplier nanoTime) {
        this.history = history;
        this.nanoTime = nanoTime;
    }

    @Override
    public void addTo(Routes routes) {
        routes.guarded(Method.GET, "/api/audit", READ_AUDIT, this::read);
    }

    private Reply read(ServerRequest request, Caller caller) {
        Query query = new Query(request);
        boolean newestFirst =
                query.oneOf("order", Set.of("newest", "oldest")).filter("oldest"::equals).isEmpty();
        Walk walk = new Walk(history, filter(query), newestFirst);
        boolean lines =
                request.headers()
                        .first(HeaderNames.ACCEPT)
                        .filter(accepted -> accepted.contains(LINES))
                        .isPresent();
        return lines ? export(walk, query) : page(walk, query);
    }

    private static AuditFilter filter(Query query) {
        return new AuditFilter(
                query.value("client", ClientId::new),
                query.text("actor", MAX_ACTOR_LENGTH),
                types(query),
                query.oneOf("outcome", Outcome.WORDS),
                query.time("from"),
                query.time("to"));
    }

    /** The words of the event types that are asked for, separated by commas. */
    static Set<String> types(Query query) {
        return query.value("type", EventType::parseList).orElse(Set.of());
    }

    private static Answer page(Walk walk, Query query) {
        int limit = query.number("limit", 1, MAX_LIMIT, STANDARD_LIMIT);
        List<AuditRecord> found = walk.after(walk.start(query), limit);
        return Answer.json(
                new TrailView(
                        found.stream().map(EventView.Audited::of).toList(),
                        found.size(),
                        found.size() == limit
                                ? Optional.of(found.getLast().number())
                                : Optional.empty()));
    }

    private StreamedAnswer export(Walk walk, Query query) {
        // Read before anything is sent, so that a store that is away is still answered as such.
        List<AuditRecord> first = walk.after(walk.start(query), BATCH);
        return new StreamedAnswer(
                LINES,
                new StreamedAnswer.Body() {
                    @Override
                    public void write(OutputStream out) throws IOException {
                        // Its pace is the reader's, who must not hold up requests that are work.
                        RequestTrace.current().ifPresent(RequestTrace::leaveTurn);
                        long start = nanoTime.getAsLong();
                        List<AuditRecord> found = first;
                        while (!found.isEmpty()) {
                            if (nanoTime.getAsLong() - start > LONGEST.toNanos()) {
                                throw new IOException("The reader takes too long");
                            }
                            for (AuditRecord each : found) {
                                out.write(Json.write(EventView.Audited.of(each)));
                                out.write('\n');
                            }
                            found =
                                    found.size() < BATCH
                                            ? List.of()
                                            : walk.after(found.getLast().number(), BATCH);
                        }
                    }

                    @Override
                    public void close() {}
                });
    }
}
