package dev.mooring.adapter.persistence;

import dev.mooring.application.port.EventHistory;
import dev.mooring.application.port.StoreUnavailableException;
import dev.mooring.domain.audit.AuditFilter;
import dev.mooring.domain.audit.AuditRecord;
import dev.mooring.domain.client.ClientId;

import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Reads the table {@code client_event} in the order of its numbers, although these are given before
 * their transactions commit.
 *
 * <p>Whoever inserts holds a lock on the table, from before it takes a number until it ends. So
 * once all those have ended who held it just after some number was the highest, nothing can appear
 * up to that number any more. There may be more than one of this; each finds out by itself. Safe
 * for use by many threads.
 */
final class JdbcEventHistory implements EventHistory {

    private static final String COLUMNS =
            """
            select number, client_id, at, type, outcome, code, cast(detail as text) as details, actor_kind,
                actor_id, actor, address, request_id
            from client_event
            where
            """;

    private static final String FORWARD = " number > :number and number <= :settled";
    private static final String BACK = " number < :number";
    private static final String OF_CLIENT = " and client_id = :client_id";
    private static final String OF_ACTOR = " and (actor = :actor or actor_id = :actor)";
    private static final String OF_TYPES = " and type = any(string_to_array(:types, ' '))";
    private static final String OF_OUTCOME = " and outcome = :outcome";
    private static final String FROM = " and at >= :from_time";
    private static final String TO = " and at < :to_time";
    private static final String OLDEST_FIRST = " order by number limit :limit";
    private static final String NEWEST_FIRST = " order by number desc limit :limit";

    private static final String HIGHEST =
            """
            select case when is_called then last_value else last_value - 1 end as number
            from client_event_number_seq
            """;

    private static final String WRITERS =
            """
            select virtualtransaction as writer from pg_locks
            where locktype = 'relation' and mode = 'RowExclusiveLock' and granted
              and relation = cast('client_event' as regclass)
              and database = (select oid from pg_database where datname = current_database())
            """;

    private static final String FORGET =
            "select mooring_forget_events(:before, cast(:limit as integer)) as forgotten";

    private static final Duration MOST_PATIENCE = Duration.ofSeconds(5);

    private final Statements statements;
    private final Horizon horizon = new Horizon();

    JdbcEventHistory(JdbcUnitOfWork unitOfWork) {
        this.statements = new Statements(unitOfWork);
    }

    @Override
    public Page after(long number, AuditFilter filter, int limit) {
        long upTo = Math.max(number, certain());
        List<AuditRecord> found =
                read(
                        FORWARD + conditions(filter) + OLDEST_FIRST,
                        parameters(filter, number, limit).with("settled", upTo));
        return new Page(found, found.size() == limit ? found.getLast().number() : upTo);
    }

    @Override
    public List<AuditRecord> before(long number, AuditFilter filter, int limit) {
        return read(BACK + conditions(filter) + NEWEST_FIRST, parameters(filter, number, limit));
    }

    @Override
    public long certain() {
        long turn = horizon.begin();
        return horizon.learn(turn, look());
    }

    private List<AuditRecord> read(String conditions, Columns parameters) {
        return statements.all(COLUMNS + conditions, parameters).stream()
                .map(EventRow::read)
                .toList();
    }

    private static String conditions(AuditFilter filter) {
        return (filter.client().isPresent() ? OF_CLIENT : "")
                + (filter.actor().isPresent() ? OF_ACTOR : "")
                + (filter.types().isEmpty() ? "" : OF_TYPES)
                + (filter.outcome().isPresent() ? OF_OUTCOME : "")
                + (filter.from().isPresent() ? FROM : "")
                + (filter.to().isPresent() ? TO : "");
    }

    private static Columns parameters(AuditFilter filter, long number, int limit) {
        Columns parameters = new Columns().with("number", number).with("limit", limit);
        filter.client().map(ClientId::value).ifPresent(id -> parameters.with("client_id", id));
        filter.actor().ifPresent(name -> parameters.with("actor", name));
        if (!filter.types().isEmpty()) {
            parameters.with("types", String.join(" ", filter.types()));
        }
        filter.outcome().ifPresent(word -> parameters.with("outcome", word));
        filter.from().ifPresent(from -> parameters.with("from_time", from));
        filter.to().ifPresent(to -> parameters.with("to_time", to));
        return parameters;
    }

    /** Waits until all have ended who write now, a moment as a rule. */
    @Override
    public long settled() {
        Horizon.Look asked = look();
        Set<String> open = new HashSet<>(asked.writers());
        long settled =
                Patience.ask(
                                MOST_PATIENCE,
                                () -> {
                                    open.retainAll(look().writers());
                                    return open.isEmpty()
                                            ? Optional.of(asked.number())
                                            : Optional.empty();
                                })
                        .orElseThrow(() ->
                                new StoreUnavailableException(
                                        "A transaction that writes events does not end"));
        return horizon.reach(settled);
    }

    /** The highest number first: who takes a later one may be missing among the writers. */
    private Horizon.Look look() {
        long highest = statements.one(HIGHEST, new Columns()).orElseThrow().number("number");
        Set<String> writers = new HashSet<>();
        statements.all(WRITERS, new Columns()).forEach(row -> writers.add(row.text("writer")));
        return new Horizon.Look(highest, writers);
    }

    @Override
    public int forget(Instant before, int limit) {
        return Math.toIntExact(
                statements
                        .one(FORGET, new Columns().with("before", before).with("limit", limit))
                        .orElseThrow()
                        .number("forgotten"));
    }
}
