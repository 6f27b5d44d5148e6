package dev.mooring.adapter.persistence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mooring.application.port.StoreUnavailableException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

@Timeout(60)
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
