package dev.mooring.adapter.persistence;

import static java.util.stream.Collectors.toMap;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * All sealed values of the database, a stretch of rows at a time: no statement takes longer, and
 * nothing needs more memory, because a table is large.
 */
final class SealedValues {

    /** With table, key, column and type of key of a {@link SealedColumn}, as all of these. */
    private static final String LAST_OF_STRETCH =
            """
            select cast(max(row_key) as text) as last from (
                select %2$s as row_key from %1$s where %2$s > cast(:after as %4$s)
                order by %2$s limit :rows) stretch
            """;

    private static final String COUNT =
            """
            select key_id, count(*) as sealed from (
                select case when length(%3$s) > 2
                       then encode(substring(%3$s from 3 for get_byte(%3$s, 1)), 'escape')
                       else '' end as key_id
                from %1$s
                where %2$s > cast(:after as %4$s) and %2$s <= cast(:last as %4$s)
                  and %3$s is not null) stretch
            group by key_id
            """;

    private static final String READ =
            """
            select cast(%2$s as text) as row_key, %3$s as sealed from %1$s
            where %2$s > cast(:after as %4$s) and %2$s <= cast(:last as %4$s) and %3$s is not null
            """;

    /**
     * Waits for nobody, so this can be part of no deadlock: what somebody else is writing is left
     * for later. A node that has not heard yet that another key is current finds nothing.
     */
    private static final String LOCK_OTHERS =
            """
            select cast(%2$s as text) as row_key, %3$s as sealed from %1$s
            where %2$s > cast(:after as %4$s) and %2$s <= cast(:last as %4$s)
              and %3$s is not null and substring(%3$s from 1 for :prefix_length) <> :prefix
              and exists (select from encryption_key where id = :key_id and standing = 'current')
            for no key update skip locked
            """;

    /** By comparison, so that whatever happens a newer value stays. */
    private static final String REPLACE =
            """
            update %1$s set %3$s = :resealed
            where %2$s = cast(:row_key as %4$s) and %3$s = :sealed
            """;

    private final Statements statements;

    SealedValues(JdbcUnitOfWork unitOfWork) {
        this.statements = new Statements(unitOfWork);
    }

    /**
     * Some rows of one table.
     *
     * @param after the key before the first one
     * @param last the key of the last one
     */
    record Stretch(SealedColumn column, String after, String last) {
        private Columns columns() {
            return new Columns().with("after", after).with("last", last);
        }
    }

    /** One value. */
    static final class Sealed {
        private final SecretPlace place;
        private final byte[] bytes;

        Sealed(SecretPlace place, byte[] bytes) {
            this.place = place;
            this.bytes = bytes;
        }

        SecretPlace place() {
            return place;
        }

        /** The value itself and no copy. */
        byte[] bytes() {
            return bytes;
        }
    }

    /**
     * Walks over everything.
     *
     * @param rows the most in one stretch
     */
    void eachStretch(int rows, Consumer<Stretch> work) {
        for (SealedColumn column : SealedColumn.values()) {
            String after = column.beforeAllKeys();
            Optional<String> last = last(column, after, rows);
            while (last.isPresent()) {
                work.accept(new Stretch(column, after, last.get()));
                after = last.get();
                last = last(column, after, rows);
            }
        }
    }

    private Optional<String> last(SealedColumn column, String after, int rows) {
        return statements
                .one(
                        sql(LAST_OF_STRETCH, column),
                        new Columns().with("after", after).with("rows", rows))
                .flatMap(row -> row.optionalText("last"));
    }

    /** How many values are sealed with which key, by its id. */
    Map<String, Long> count() {
        Map<String, Long> all = new TreeMap<>();
        countByTable()
                .forEach((id, tables) ->
                        all.put(id, tables.values().stream().mapToLong(n -> n).sum()));
        return all;
    }

    /** The same for each table by its name. */
    Map<String, SortedMap<String, Long>> countByTable() {
        Map<String, SortedMap<String, Long>> all = new TreeMap<>();
        eachStretch(
                10_000,
                stretch ->
                        count(stretch)
                                .forEach((id, n) ->
                                        all.computeIfAbsent(id, key -> new TreeMap<>())
                                                .merge(stretch.column().table(), n, Long::sum)));
        return all;
    }

    private Map<String, Long> count(Stretch stretch) {
        return statements.all(sql(COUNT, stretch.column()), stretch.columns()).stream()
                .collect(toMap(row -> row.text("key_id"), row -> row.number("sealed")));
    }

    List<Sealed> read(Stretch stretch) {
        return values(READ, stretch, stretch.columns());
    }

    /** Locks and reads what is not sealed with this key, which must be current. */
    List<Sealed> lockOthers(Stretch stretch, String keyId) {
        byte[] prefix = SecretCipher.prefix(keyId);
        return values(
                LOCK_OTHERS,
                stretch,
                stretch.columns()
                        .with("key_id", keyId)
                        .with("prefix", prefix)
                        .with("prefix_length", prefix.length));
    }

    private List<Sealed> values(String template, Stretch stretch, Columns columns) {
        return statements.all(sql(template, stretch.column()), columns).stream()
                .map(row ->
                        new Sealed(stretch.column().of(row.text("row_key")), row.bytes("sealed")))
                .toList();
    }

    /** False if the value is another one by now. */
    boolean replace(Sealed value, byte[] resealed) {
        return statements.changeOne(
                sql(REPLACE, value.place().column()),
                new Columns()
                        .with("row_key", value.place().row())
                        .with("sealed", value.bytes())
                        .with("resealed", resealed));
    }

    private static String sql(String template, SealedColumn column) {
        return template.formatted(column.table(), column.key(), column.column(), column.keyType());
    }
}
