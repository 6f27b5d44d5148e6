package dev.mooring.adapter.persistence;

import java.time.Duration;
import java.util.List;

/**
 * The columns that every table of owed things has: {@code number}, {@code attempts}, {@code
 * due_at}, and a sequence for the numbers.
 */
record OutboxTable(Statements statements, String name) {

    private static final String NEXT_NUMBER = "select nextval('{table}_number') as number";

    /** Looked for once, and not for each row, as the database is free to do with a subquery. */
    static final String TAKE =
            """
            with due as materialized (
                select number from {table} where due_at <= (select clock_timestamp())
                order by due_at limit :limit for update skip locked)
            update {table} set
                attempts = attempts + 1,
                due_at = clock_timestamp() + :lease_ms * interval '1 millisecond'
            from due where {table}.number = due.number
            returning {table}.*
            """;

    private static final String DONE = "delete from {table} where number = :number";

    /** Only by who took it last: after its lease another node may have taken it. */
    private static final String POSTPONE =
            """
            update {table} set
                due_at = clock_timestamp() + :delay_ms * interval '1 millisecond'
            where number = :number and attempts = :attempts
            """;

    /** Taken before the row is made, because it is part of what its secrets are sealed for. */
    long nextNumber() {
        return statements.one(here(NEXT_NUMBER), new Columns()).orElseThrow().number("number");
    }

    List<Row> take(int limit, Duration lease) {
        return statements.all(
                here(TAKE), new Columns().with("limit", limit).with("lease_ms", lease.toMillis()));
    }

    void done(long number) {
        statements.changeOne(here(DONE), new Columns().with("number", number));
    }

    void postpone(long number, int attempts, Duration delay) {
        statements.changeOne(
                here(POSTPONE),
                new Columns()
                        .with("number", number)
                        .with("attempts", attempts)
                        .with("delay_ms", delay.toMillis()));
    }

    private String here(String sql) {
        return sql.replace("{table}", name);
    }
}
