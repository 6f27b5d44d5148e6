package dev.mooring.adapter.persistence;

import dev.mooring.adapter.persistence.embedded.EmbeddedPostgres;

import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

import java.nio.file.Path;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A database of its own, with our tables, for the test class that registers this in a static field.
 * One real server serves all test classes of a JVM; its data directory below {@code target} is kept
 * for the next run, and each database is a copy of a migrated template.
 */
public final class TestDatabase implements BeforeAllCallback, AfterAllCallback {

    private static final AtomicInteger COUNT = new AtomicInteger();

    private final String name = "test_" + COUNT.incrementAndGet();
    private int depth;

    /** JUnit calls this for the class and for each class nested in it. */
    @Override
    public void beforeAll(ExtensionContext context) throws SQLException {
        if (depth++ == 0) {
            Server.execute("create database %s template %s".formatted(name, Server.TEMPLATE));
        }
    }

    @Override
    public void afterAll(ExtensionContext context) throws SQLException {
        if (--depth == 0) {
            Server.execute("drop database %s with (force)".formatted(name));
        }
    }

    /** How to reach this test's database. */
    public DatabaseAccess access() {
        return Server.accessTo(name);
    }

    /** A connection past all of our code, to see what is really there. */
    public Connection connect() throws SQLException {
        return Server.connect(access());
    }

    /** How to reach the server's maintenance database. */
    public static DatabaseAccess server() {
        return Server.POSTGRES.access();
    }

    /** Started when first needed; ends with the JVM. */
    private static final class Server {

        static final String TEMPLATE = "mooring_template";
        static final EmbeddedPostgres POSTGRES =
                EmbeddedPostgres.start(Path.of("target", "test-postgres"), new SecureRandom());

        static {
            try {
                dropLeftovers();
                execute("create database " + TEMPLATE);
                Database.open(accessTo(TEMPLATE), 1, new SecureRandom()).close();
            } catch (SQLException e) {
                throw new IllegalStateException("The test databases cannot be prepared", e);
            }
        }

        private static void dropLeftovers() throws SQLException {
            List<String> names = new ArrayList<>();
            try (Connection connection = connect(POSTGRES.access());
                    Statement statement = connection.createStatement();
                    ResultSet rows =
                            statement.executeQuery(
                                    "select datname from pg_database where datname ~"
                                            + " '^(test_|mooring_template)'")) {
                while (rows.next()) {
                    names.add(rows.getString(1));
                }
            }
            for (String name : names) {
                execute("drop database %s with (force)".formatted(name));
            }
        }

        static DatabaseAccess accessTo(String name) {
            DatabaseAccess access = POSTGRES.access();
            return new DatabaseAccess(
                    access.url().replaceFirst("/postgres$", "/" + name),
                    access.user(),
                    access.password());
        }

        static void execute(String sql) throws SQLException {
            try (Connection connection = connect(POSTGRES.access());
                    Statement statement = connection.createStatement()) {
                statement.execute(sql);
            }
        }

        static Connection connect(DatabaseAccess access) throws SQLException {
            return DriverManager.getConnection(access.url(), access.user(), access.password());
        }
    }
}
