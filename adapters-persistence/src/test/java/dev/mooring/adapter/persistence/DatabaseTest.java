package dev.mooring.adapter.persistence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mooring.application.port.StoreUnavailableException;

import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

@Timeout(180)
class DatabaseTest {

    @RegisterExtension static final TestDatabase DATABASE = new TestDatabase();

    @Test
    void oldServersAreRefusedByVersion() {
        assertThatThrownBy(() -> Database.requireVersion(DATABASE.access(), 130_023))
                .isInstanceOf(DatabaseUnusableException.class)
                .hasMessageContaining("is PostgreSQL 13; Mooring needs at least 14");
        assertThatCode(() -> Database.requireVersion(DATABASE.access(), 140_000))
                .doesNotThrowAnyException();
    }

    @Test
    void aDatabaseThatCannotBeReachedIsNamedWithoutItsPassword() {
        DatabaseAccess nowhere =
                new DatabaseAccess(
                        "jdbc:postgresql://127.0.0.1:1/db?password=hidden", "me", "hidden");
        assertThatThrownBy(() -> open(nowhere))
                .isInstanceOf(DatabaseUnusableException.class)
                .hasMessageContaining("jdbc:postgresql://127.0.0.1:1/db as me")
                .hasMessageNotContaining("hidden");
    }

    @Test
    void aWrongPasswordIsSaid() {
        DatabaseAccess right = DATABASE.access();
        assertThatThrownBy(() -> open(new DatabaseAccess(right.url(), right.user(), "guess")))
                .isInstanceOf(DatabaseUnusableException.class)
                .hasMessageContaining("password authentication failed");
    }

    @Test
    void nodesThatStartTogetherOnAnEmptySchemaAllSucceed() throws Exception {
        // Several times, because what goes wrong goes wrong by chance.
        for (int time = 0; time < 5; time++) {
            DatabaseAccess empty = inSchema("together" + time);
            try (ExecutorService nodes = Executors.newVirtualThreadPerTaskExecutor()) {
                List<Future<?>> all = new ArrayList<>();
                for (int i = 0; i < 4; i++) {
                    all.add(nodes.submit(() -> open(empty).close()));
                }
                for (Future<?> one : all) {
                    one.get();
                }
            }
        }
    }

    @Test
    void otherPeoplesTablesAreNoObstacle() throws Exception {
        DatabaseAccess shared = inSchema("shared");
        execute("create table shared.flyway_schema_history (theirs text)");
        try (Database database = open(shared)) {
            assertThat(database.answers()).isTrue();
        }
    }

    @Test
    void aDatabaseThatIsGoneDoesNotAnswer() throws Exception {
        execute("create database doomed");
        DatabaseAccess access = named("doomed");
        try (Database database = open(access)) {
            assertThat(database.answers()).isTrue();
            execute("drop database doomed with (force)");
            assertThat(database.answers()).isFalse();
        }
    }

    @Test
    void aMigrationThatMeetsALongReaderLetsTheOthersReadAndGoesOnWhenItEnds() throws Exception {
        DatabaseAccess old = inSchema("old");
        migrateTo("17", old);
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
                Connection backup = connect(old);
                Connection others = connect(old)) {
            backup.setAutoCommit(false);
            read(backup);
            Future<?> node = threads.submit(() -> open(old).close());
            until(
                    """
                    select count(*) > 0 from pg_locks
                    where relation = 'old.mcp_client'::regclass and not granted
                    """);

            threads.submit(() -> read(others)).get(30, TimeUnit.SECONDS);
            assertThat(node.isDone()).isFalse();
            backup.rollback();
            node.get();
        }
    }

    @Test
    void aMigrationThatCameAfterALaterOneIsAppliedAllTheSame() throws Exception {
        DatabaseAccess early = inSchema("early");
        open(early).close();
        execute("alter table early.mcp_client drop column failures");
        execute("delete from early.mooring_schema_history where version = '14'");

        open(early).close();

        execute("select failures from early.mcp_client");
    }

    @Test
    void aMigrationThatOthersKeepFromTheTablesForTooLongIsGivenUpWithTheReason() throws Exception {
        DatabaseAccess old = inSchema("crowded");
        migrateTo("17", old);
        try (Connection backup = connect(old)) {
            backup.setAutoCommit(false);
            read(backup);

            assertThatThrownBy(
                            () -> Database.open(old, 1, new SecureRandom(), Duration.ofMillis(1)))
                    .isInstanceOf(DatabaseUnusableException.class)
                    .hasMessageContaining("somebody else has been at them");
        }
    }

    @Test
    void aNodeThatNeverEndsBringingTheTablesUpToDateIsNotWaitedForForEver() throws Exception {
        DatabaseAccess taken = inSchema("taken");
        try (Connection another = connect(taken);
                Statement statement = another.createStatement()) {
            statement.execute("select pg_advisory_lock(hashtext('mooring_schema_history'), 0)");

            assertThatThrownBy(() ->
                            Database.open(taken, 1, new SecureRandom(), Duration.ofMillis(100)))
                    .isInstanceOf(DatabaseUnusableException.class)
                    .hasMessageContaining("Another node has not brought the tables");
        }
    }

    @Test
    void connectionsToAServerThatTakesNoChangesAnyMoreAreGivenUp() {
        try (Database database = Database.open(DATABASE.access(), 1, new SecureRandom())) {
            Statements statements = new Statements(database.unitOfWork());
            change(statements);
            statements.change("set default_transaction_read_only = on", new Columns());
            assertThatThrownBy(() -> change(statements))
                    .isInstanceOf(StoreUnavailableException.class);
            change(statements);

            statements.change("set default_transaction_read_only = on", new Columns());
            assertThat(database.answers()).isFalse();
            assertThat(database.answers()).isTrue();
            change(statements);
        }
    }

    @Test
    void aServerThatTakesNoChangesIsRefused() throws Exception {
        execute("create database standby");
        DatabaseAccess access = named("standby");
        try (Database database = open(access)) {
            execute("alter database standby set default_transaction_read_only = on");
            assertThatThrownBy(() -> open(access))
                    .isInstanceOf(DatabaseUnusableException.class)
                    .hasMessageContaining("primary");
            // Only new sessions are so.
            assertThat(database.answers()).isTrue();
        }
        execute("drop database standby with (force)");
    }

    private static void change(Statements statements) {
        statements.change("delete from token_endpoint_pause", new Columns());
    }

    private static Database open(DatabaseAccess access) {
        return Database.open(access, 2, new SecureRandom());
    }

    /** Brings tables to a former version. */
    private static void migrateTo(String version, DatabaseAccess access) {
        Flyway.configure()
                .dataSource(access.url(), access.user(), access.password())
                .locations("classpath:dev/mooring/adapter/persistence/migration")
                .table("mooring_schema_history")
                .target(version)
                .load()
                .migrate();
    }

    private static Connection connect(DatabaseAccess access) throws SQLException {
        return DriverManager.getConnection(access.url(), access.user(), access.password());
    }

    private static boolean read(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            return statement.execute("select count(*) from mcp_client");
        }
    }

    private static void until(String condition) throws Exception {
        try (Connection connection = DATABASE.connect();
                Statement statement = connection.createStatement()) {
            boolean is = false;
            while (!is) {
                try (ResultSet row = statement.executeQuery(condition)) {
                    row.next();
                    is = row.getBoolean(1);
                }
                Thread.sleep(10);
            }
        }
    }

    private static DatabaseAccess named(String database) {
        DatabaseAccess access = DATABASE.access();
        return new DatabaseAccess(
                access.url().replaceFirst("/[^/]*$", "/" + database),
                access.user(),
                access.password());
    }

    private static DatabaseAccess inSchema(String schema) throws SQLException {
        execute("create schema " + schema);
        DatabaseAccess access = DATABASE.access();
        return new DatabaseAccess(
                access.url() + "?currentSchema=" + schema, access.user(), access.password());
    }

    private static void execute(String sql) throws SQLException {
        try (Connection connection = DATABASE.connect();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }
}
