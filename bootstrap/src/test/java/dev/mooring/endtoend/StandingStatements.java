package dev.mooring.endtoend;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashSet;
import java.util.Set;

/**
 * Lets a node stand still right before it changes a row, or right before that change is committed:
 * triggers, which only this test's database has, wait for a lock that the test holds. The nodes'
 * own {@code lock_timeout} of five seconds bounds how long.
 */
final class StandingStatements implements AutoCloseable {

    private static final String SETUP =
            """
            create table fault_point (
                number integer, relation text, operation text, at_commit boolean, key text,
                becomes text);
            create function stand_still() returns trigger language plpgsql as $$
            declare
                seen jsonb := case tg_op when 'DELETE' then to_jsonb(old) else to_jsonb(new) end;
                point integer;
                was jsonb := to_jsonb(old);
                word text := case
                    when tg_table_name <> 'oauth_grant' then seen->>'state'
                    when seen->'id' <> was->'id' then 'replaced'
                    when seen->'generation' > was->'generation' then 'renewed'
                    when seen->'refresh_run' <> was->'refresh_run' then 'leased'
                    else 'taken' end;
            begin
                select number into point from fault_point p
                    where p.relation = tg_table_name and p.operation = tg_op
                      and p.at_commit = (tg_when = 'AFTER')
                      and p.key in (seen->>'client_id', seen->>'id', seen->>'grant_id',
                                    seen->>'token_endpoint')
                      and p.becomes in ('', word);
                if found then
                    perform pg_advisory_xact_lock_shared(7410, point);
                end if;
                if tg_op = 'DELETE' then
                    return old;
                end if;
                return new;
            end $$;
            """;

    private static final String[] TABLES = {
        "mcp_client",
        "authorization_attempt",
        "oauth_grant",
        "connection_run",
        "client_pause",
        "token_endpoint_pause",
        "owed_revocation"
    };

    private static final String STANDING =
            "select objid from pg_locks"
                    + " where locktype = 'advisory' and classid = 7410 and not granted";

    private final MortalDatabase database;
    private Connection connection;
    private int number;

    /** Prepares a database that the nodes have made their tables in. */
    StandingStatements(MortalDatabase database) throws SQLException {
        this.database = database;
        this.connection = database.connect();
        execute(SETUP);
        for (String table : TABLES) {
            execute(
                    """
                    create trigger fault_before before insert or update or delete on %1$s
                        for each row execute function stand_still();
                    create constraint trigger fault_at_commit
                        after insert or update or delete on %1$s
                        deferrable initially deferred
                        for each row execute function stand_still();
                    """
                            .formatted(table));
        }
    }

    /** Begins anew, with nothing standing still, on a database that may have died since. */
    void begin() throws SQLException {
        if (!connection.isValid(5)) {
            connection.close();
            connection = database.connect();
        }
        execute("delete from fault_point");
    }

    /**
     * Has the statement stand still that does this to a row with this key.
     *
     * @return the number by which {@link #standing()} calls it
     */
    int add(FaultPoint.Place.Change change, String key) throws SQLException {
        number++;
        execute("select pg_advisory_lock(7410, %d)".formatted(number));
        try (PreparedStatement insert =
                connection.prepareStatement("insert into fault_point values (?, ?, ?, ?, ?, ?)")) {
            insert.setInt(1, number);
            insert.setString(2, change.table());
            insert.setString(3, change.operation());
            insert.setBoolean(4, change.atCommit());
            insert.setString(5, key);
            insert.setString(6, change.becomes());
            insert.executeUpdate();
        }
        return number;
    }

    /** Those that stand still now. */
    Set<Integer> standing() throws SQLException {
        Set<Integer> standing = new HashSet<>();
        try (Statement statement = connection.createStatement();
                ResultSet numbers = statement.executeQuery(STANDING)) {
            while (numbers.next()) {
                standing.add(numbers.getInt(1));
            }
        }
        return standing;
    }

    /** Lets all go on, and nothing stand still any more. */
    void release() throws SQLException {
        if (connection.isValid(5)) {
            execute("delete from fault_point");
            execute("select pg_advisory_unlock_all()");
        }
    }

    private void execute(String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    @Override
    public void close() throws SQLException {
        connection.close();
    }
}
