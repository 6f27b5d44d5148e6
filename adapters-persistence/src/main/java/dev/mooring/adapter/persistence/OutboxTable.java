package dev.mooring.adapter.persistence;

import dev.mooring.application.port.Outbox.Backlog;
import dev.mooring.application.port.Outbox.Entry;
import dev.mooring.domain.lifecycle.Debt;
import dev.mooring.domain.oauth.Origin;

import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * The columns that every table of owed things has: {@code number}, {@code attempts}, {@code
 * excused}, {@code due_at}, {@code owed_at} and {@code origin}, and a sequence for the numbers.
 */
record OutboxTable(JdbcUnitOfWork unitOfWork, Statements statements, String name) {

    private static final String NEXT_NUMBER = "select nextval('{table}_number') as number";

    /**
     * Steps from origin to origin and, at each that has room, down to what is due there: what many
     * rows wait for at one origin costs nobody who takes what is owed to another. Looked for once,
     * and not for each row, as the database is free to do with a subquery.
     */
    static final String TAKE =
            """
            with recursive place as (
                (select origin from {table} order by origin limit 1)
                union all
                select (select origin from {table} where origin > place.origin
                        order by origin limit 1)
                from place where place.origin is not null),
            open as materialized (
                select origin,
                       :at_one_origin - (
                           select count(*) from unnest(cast(:under_way as text[])) as busy (origin)
                           where busy.origin = place.origin) as room
                from place
                where origin is not null
                  and not exists (
                    select from owed_pause
                    where owed_pause.origin = place.origin and until > clock_timestamp())),
            due as materialized (
                select found.number
                from open cross join lateral (
                    select number, due_at from {table}
                    where {table}.origin = open.origin
                      and due_at <= (select clock_timestamp())
                    order by due_at limit greatest(open.room, 0) for update skip locked) as found
                order by found.due_at limit :most)
            update {table} set
                attempts = attempts + 1,
                due_at = clock_timestamp() + :lease_ms * interval '1 millisecond'
            from due where {table}.number = due.number
            returning {table}.*,
                cast(extract(epoch from clock_timestamp() - owed_at) * 1000 as bigint) as age_ms
            """;

    /** Only for who took it last: after its lease another node may have taken it. */
    private static final String OPEN =
            "select * from {table} where number = :number and attempts = :attempts";

    private static final String DONE = "delete from {table} where number = :number";

    private static final String GIVE_UP =
            "delete from {table} where number = :number and attempts = :attempts";

    private static final String POSTPONE =
            """
            update {table} set
                excused = excused + :excused,
                due_at = clock_timestamp() + :delay_ms * interval '1 millisecond'
            where number = :number and attempts = :attempts
            """;

    private static final String PAUSE =
            """
            insert into owed_pause (origin, until)
            values (:origin, clock_timestamp() + :length_ms * interval '1 millisecond')
            on conflict (origin) do update set until = excluded.until
            where owed_pause.until < excluded.until
            """;

    /** So that the table does not grow for ever. */
    private static final String CLEAR_PAUSES =
            """
            delete from owed_pause where origin in (
                select origin from owed_pause
                where until < clock_timestamp() - interval '1 hour' for update skip locked)
            """;

    private static final String BACKLOG =
            """
            select count(*) as owed,
                   coalesce(cast(extract(epoch from clock_timestamp() - min(owed_at)) * 1000
                                 as bigint), 0) as oldest_ms
            from {table}
            """;

    OutboxTable(JdbcUnitOfWork unitOfWork, String name) {
        this(unitOfWork, new Statements(unitOfWork), name);
    }

    /**
     * Adds a row.
     *
     * @param columns of the row with this number, taken before the row is made, because it is part
     *     of what its secrets are sealed for
     */
    void add(String insert, Function<Long, Columns> columns) {
        unitOfWork.run(() -> {
            long number =
                    statements.one(here(NEXT_NUMBER), new Columns()).orElseThrow().number("number");
            statements.change(insert, columns.apply(number));
        });
    }

    List<Entry> take(
            int most,
            int atOneOrigin,
            List<Origin> underWay,
            Duration lease,
            Function<Row, Debt> debt) {
        return statements
                .all(
                        here(TAKE),
                        new Columns()
                                .with("most", most)
                                .with("at_one_origin", atOneOrigin)
                                .with(
                                        "under_way",
                                        underWay.stream().map(Origin::value).toArray(String[]::new))
                                .with("lease_ms", lease.toMillis()))
                .stream()
                .map(row -> entry(row, debt.apply(row)))
                .sorted(Comparator.comparingLong(Entry::number))
                .toList();
    }

    private static Entry entry(Row row, Debt debt) {
        return new Entry(
                row.number("number"),
                debt,
                Math.toIntExact(row.number("attempts")),
                Math.toIntExact(row.number("excused")),
                Duration.ofMillis(row.number("age_ms")));
    }

    Optional<Row> open(Entry entry) {
        return statements.one(here(OPEN), taken(entry));
    }

    boolean done(Entry entry) {
        return statements.changeOne(here(DONE), new Columns().with("number", entry.number()));
    }

    boolean giveUp(Entry entry) {
        return statements.changeOne(here(GIVE_UP), taken(entry));
    }

    void postpone(Entry entry, Duration delay) {
        postpone(entry, delay, 0);
    }

    void excuse(Entry entry, Duration delay) {
        postpone(entry, delay, 1);
    }

    private void postpone(Entry entry, Duration delay, int excused) {
        statements.changeOne(
                here(POSTPONE),
                taken(entry).with("delay_ms", delay.toMillis()).with("excused", excused));
    }

    void pause(Origin origin, Duration length) {
        statements.change(
                PAUSE,
                new Columns().with("origin", origin.value()).with("length_ms", length.toMillis()));
        statements.change(CLEAR_PAUSES, new Columns());
    }

    Backlog backlog() {
        Row row = statements.one(here(BACKLOG), new Columns()).orElseThrow();
        return new Backlog(row.number("owed"), Duration.ofMillis(row.number("oldest_ms")));
    }

    private static Columns taken(Entry entry) {
        return new Columns().with("number", entry.number()).with("attempts", entry.attempts());
    }

    private String here(String sql) {
        return sql.replace("{table}", name);
    }
}
