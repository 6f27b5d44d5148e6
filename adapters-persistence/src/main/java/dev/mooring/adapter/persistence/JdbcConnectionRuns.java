package dev.mooring.adapter.persistence;

import dev.mooring.application.port.ConnectionRuns;
import dev.mooring.domain.client.ClientId;
import dev.mooring.domain.lifecycle.Problem;
import dev.mooring.domain.lifecycle.RunId;

import java.time.Duration;
import java.util.Optional;

/**
 * Connection runs in the table {@code connection_run}. A run keeps its row for a while after it has
 * ended, so that who waited for it learns how it went even when the next one has begun.
 */
final class JdbcConnectionRuns implements ConnectionRuns {

    private static final String FORGET =
            """
            delete from connection_run
            where client_id = :client_id
              and (outcome is null and lease_until <= clock_timestamp()
                   or finished_at < clock_timestamp() - interval '1 hour')
            """;

    /**
     * As whoever changes a client does, and before anything else: who waited for a run's row with a
     * weaker lock would wait for a transaction that, having ended the run, waits for that lock.
     */
    private static final String LOCK_CLIENT =
            "select id from mcp_client where id = :client_id for no key update";

    private static final String START =
            """
            insert into connection_run (run_id, client_id, lease_until)
            values (
                :run_id, :client_id,
                clock_timestamp() + :lease_ms * interval '1 millisecond')
            on conflict (client_id) where outcome is null do nothing
            """;

    private static final String UNDERWAY =
            """
            select run_id from connection_run where client_id = :client_id and outcome is null
            """;

    private static final String FINISH =
            """
            update connection_run set
                outcome = :outcome, failure_code = :failure_code,
                failure_message = :failure_message, finished_at = clock_timestamp()
            where client_id = :client_id and run_id = :run_id and outcome is null
            """;

    private static final String OUTCOME =
            """
            select outcome, failure_code, failure_message,
                   outcome is null and lease_until > clock_timestamp() as alive
            from connection_run where client_id = :client_id and run_id = :run_id
            """;

    private final JdbcUnitOfWork unitOfWork;
    private final Statements statements;

    JdbcConnectionRuns(JdbcUnitOfWork unitOfWork) {
        this.unitOfWork = unitOfWork;
        this.statements = new Statements(unitOfWork);
    }

    @Override
    public Start start(ClientId client, RunId run, Duration lease) {
        Columns columns = columns(client, run).with("lease_ms", lease.toMillis());
        return unitOfWork.execute(() ->
                statements.one(LOCK_CLIENT, columns).isPresent()
                        ? startLocked(columns)
                        : new Start.Gone());
    }

    private Start startLocked(Columns columns) {
        statements.change(FORGET, columns);
        Optional<RunId> underway = Optional.empty();
        while (underway.isEmpty()) {
            if (statements.changeOne(START, columns)) {
                return new Start.Started();
            }
            // It may have ended since: that takes no lock on the client.
            underway = statements.one(UNDERWAY, columns).map(row -> new RunId(row.text("run_id")));
        }
        return new Start.Underway(underway.get());
    }

    @Override
    public boolean finish(ClientId client, RunId run, Outcome outcome) {
        return statements.changeOne(FINISH, OutcomeRow.of(outcome).addTo(columns(client, run)));
    }

    @Override
    public Optional<Outcome> await(ClientId client, RunId run, Duration patience) {
        Columns columns = columns(client, run);
        return Patience.ask(
                        patience,
                        () -> {
                            Optional<Row> row = statements.one(OUTCOME, columns);
                            return row.filter(r -> r.flag("alive")).isPresent()
                                    ? Optional.empty()
                                    : Optional.of(row);
                        })
                .flatMap(row -> row)
                .flatMap(OutcomeRow::read)
                .map(OutcomeRow::toOutcome);
    }

    private static Columns columns(ClientId client, RunId run) {
        return new Columns().with("client_id", client.value()).with("run_id", run.value());
    }

    /** How a run went, as its row says it. */
    private record OutcomeRow(Kind kind, Optional<Problem> problem) {

        enum Kind {
            CONNECTED,
            FAILED
        }

        static OutcomeRow of(Outcome outcome) {
            return switch (outcome) {
                case Outcome.Connected connected ->
                        new OutcomeRow(Kind.CONNECTED, Optional.empty());
                case Outcome.Failed failed ->
                        new OutcomeRow(Kind.FAILED, Optional.of(failed.problem()));
            };
        }

        Outcome toOutcome() {
            return switch (kind) {
                case CONNECTED -> new Outcome.Connected();
                case FAILED -> new Outcome.Failed(problem.orElseThrow());
            };
        }

        static Optional<OutcomeRow> read(Row row) {
            return row.optionalText("outcome")
                    .map(word ->
                            new OutcomeRow(
                                    StoredWord.parse(Kind.class, word),
                                    ProblemColumns.read(row, Problem.Code.SERVER_BROKEN)));
        }

        Columns addTo(Columns columns) {
            ProblemColumns.add(columns.with("outcome", StoredWord.of(kind)), problem);
            return columns;
        }
    }
}
