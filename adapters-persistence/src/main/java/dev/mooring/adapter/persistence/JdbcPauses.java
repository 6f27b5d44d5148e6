package dev.mooring.adapter.persistence;

import dev.mooring.application.port.Pauses;
import dev.mooring.domain.client.ClientId;
import dev.mooring.domain.lifecycle.Problem;

import java.net.URI;
import java.time.Duration;
import java.util.Optional;

/** Pauses in the tables {@code client_pause} and {@code token_endpoint_pause}. */
final class JdbcPauses implements Pauses {

    private static final String RUNNING =
            """
            select failure_code, failure_message,
                   cast(ceil(extract(epoch from until - clock_timestamp()) * 1000) as bigint) as left_ms
            from (
                select failure_code, failure_message, until
                from client_pause where client_id = :client_id
                union all
                select failure_code, failure_message, until
                from token_endpoint_pause where token_endpoint = :token_endpoint) as pauses
            where until > clock_timestamp()
            order by until desc limit 1
            """;

    private static final String FAILURES =
            "select failures from client_pause where client_id = :client_id";

    private static final String LAST =
            """
            select failure_code, failure_message from client_pause where client_id = :client_id
            """;

    private static final String BEGIN =
            """
            insert into client_pause (client_id, failures, failure_code, failure_message, until)
            select id, :failures, :failure_code, :failure_message,
                   clock_timestamp() + :length_ms * interval '1 millisecond'
            from mcp_client where id = :client_id
            for key share
            on conflict (client_id) do update set
                failures = excluded.failures, failure_code = excluded.failure_code,
                failure_message = excluded.failure_message, until = excluded.until
            """;

    private static final String BEGIN_AT_ENDPOINT =
            """
            insert into token_endpoint_pause (token_endpoint, failure_code, failure_message, until)
            values (:token_endpoint, :failure_code, :failure_message,
                    clock_timestamp() + :length_ms * interval '1 millisecond')
            on conflict (token_endpoint) do update set
                failure_code = excluded.failure_code, failure_message = excluded.failure_message,
                until = excluded.until
            where token_endpoint_pause.until < excluded.until
            """;

    /** So that the table does not grow for ever; whoever is at work on one of them does it then. */
    private static final String CLEAR =
            """
            delete from token_endpoint_pause where token_endpoint in (
                select token_endpoint from token_endpoint_pause
                where until < clock_timestamp() - interval '1 hour' for update skip locked)
            """;

    private static final String FORGET = "delete from client_pause where client_id = :client_id";

    private final JdbcUnitOfWork unitOfWork;
    private final Statements statements;

    JdbcPauses(JdbcUnitOfWork unitOfWork) {
        this.unitOfWork = unitOfWork;
        this.statements = new Statements(unitOfWork);
    }

    @Override
    public Optional<Pause> running(ClientId client, URI tokenEndpoint) {
        return running(columns(client).with("token_endpoint", tokenEndpoint.toString()));
    }

    @Override
    public Optional<Pause> running(ClientId client) {
        return running(columns(client).with("token_endpoint", ""));
    }

    private Optional<Pause> running(Columns columns) {
        return statements
                .one(RUNNING, columns)
                .map(row ->
                        new Pause(
                                ProblemColumns.read(row, Problem.Code.AUTHORIZATION_SERVER_BROKEN)
                                        .orElseThrow(),
                                Duration.ofMillis(row.number("left_ms"))));
    }

    @Override
    public int failures(ClientId client) {
        return statements
                .one(FAILURES, columns(client))
                .map(row -> Math.toIntExact(row.number("failures")))
                .orElse(0);
    }

    @Override
    public Optional<Problem> last(ClientId client) {
        return statements
                .one(LAST, columns(client))
                .flatMap(row -> ProblemColumns.read(row, Problem.Code.AUTHORIZATION_SERVER_BROKEN));
    }

    @Override
    public void begin(ClientId client, int failures, Problem problem, Duration length) {
        statements.change(
                BEGIN, addTo(columns(client).with("failures", failures), problem, length));
    }

    @Override
    public void begin(URI tokenEndpoint, Problem problem, Duration length) {
        unitOfWork.run(() -> {
            statements.change(CLEAR, new Columns());
            statements.change(
                    BEGIN_AT_ENDPOINT,
                    addTo(
                            new Columns().with("token_endpoint", tokenEndpoint.toString()),
                            problem,
                            length));
        });
    }

    @Override
    public void forget(ClientId client) {
        statements.changeOne(FORGET, columns(client));
    }

    private static Columns columns(ClientId client) {
        return new Columns().with("client_id", client.value());
    }

    private static Columns addTo(Columns columns, Problem problem, Duration length) {
        ProblemColumns.add(columns, Optional.of(problem));
        return columns.with("length_ms", length.toMillis());
    }
}
