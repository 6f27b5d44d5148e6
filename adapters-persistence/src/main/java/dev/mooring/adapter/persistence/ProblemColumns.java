package dev.mooring.adapter.persistence;

import dev.mooring.domain.lifecycle.Problem;

import java.util.Optional;

/** A {@link Problem} in the two columns that each table with a failure has. */
final class ProblemColumns {

    private static final String CODE = "failure_code";
    private static final String MESSAGE = "failure_message";

    private ProblemColumns() {}

    static void add(Columns columns, Optional<Problem> problem) {
        columns.with(CODE, problem.map(p -> StoredWord.of(p.code())))
                .with(MESSAGE, problem.map(Problem::message));
    }

    static Optional<Problem> read(Row row) {
        return row.optionalText(CODE)
                .map(code ->
                        new Problem(StoredWord.parse(Problem.Code.class, code), row.text(MESSAGE)));
    }
}
