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

    /**
     * The problem, if there is one.
     *
     * @param otherwise what a code counts as that only a newer version knows
     */
    static Optional<Problem> read(Row row, Problem.Code otherwise) {
        return row.optionalText(CODE)
                .map(code ->
                        new Problem(
                                StoredWord.find(Problem.Code.class, code).orElse(otherwise),
                                row.text(MESSAGE)));
    }
}
