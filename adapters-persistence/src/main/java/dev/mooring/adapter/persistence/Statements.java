package dev.mooring.adapter.persistence;

import io.helidon.dbclient.DbRow;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Runs one statement at a time, inside the unit of work if there is one. */
record Statements(JdbcUnitOfWork unitOfWork) {

    /**
     * The row that a statement returns, if any. It may also be a change with RETURNING.
     *
     * @throws IllegalStateException if there are several
     */
    Optional<Row> one(String sql, Columns columns) {
        List<Row> rows = all(sql, columns);
        if (rows.size() > 1) {
            throw new IllegalStateException("More than one row where there can be one: " + sql);
        }
        return rows.stream().findFirst();
    }

    /** All rows that a statement returns. */
    List<Row> all(String sql, Columns columns) {
        return unitOfWork.statements(db -> {
            try (Stream<DbRow> rows =
                    db.createQuery(sql).params(columns.asParameters()).execute()) {
                return rows.map(Row::new).toList();
            }
        });
    }

    /** How many rows a statement changed. */
    long change(String sql, Columns columns) {
        return unitOfWork.statements(
                db -> db.createDmlStatement(sql).params(columns.asParameters()).execute());
    }

    /**
     * Whether a statement changed the row it names.
     *
     * @throws IllegalStateException if it changed several
     */
    boolean changeOne(String sql, Columns columns) {
        long changed = change(sql, columns);
        if (changed > 1) {
            throw new IllegalStateException("More than one row changed: " + sql);
        }
        return changed == 1;
    }
}
