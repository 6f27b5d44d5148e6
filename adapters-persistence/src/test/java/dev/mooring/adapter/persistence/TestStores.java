package dev.mooring.adapter.persistence;

import dev.mooring.application.Acting;
import dev.mooring.application.port.StoresUnderTest;

import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/** The stores over a {@link TestDatabase}, and a look past them at what is really there. */
record TestStores(Persistence persistence, Connection connection) implements AutoCloseable {

    /**
     * Deleting from small tables is quicker than truncating them. Events cannot be deleted while
     * triggers are heeded.
     */
    private static final String EMPTY =
            """
            delete from mcp_client;
            delete from client_registration;
            delete from owed_revocation;
            delete from owed_deregistration;
            delete from owed_pause;
            delete from api_key;
            delete from idempotency_key;
            delete from shared_secret;
            delete from webhook;
            delete from token_endpoint_pause;
            set session_replication_role = replica;
            delete from client_event;
            set session_replication_role = origin;
            """;

    private static final String KEY = randomKey("test");

    static TestStores open(TestDatabase database) {
        return open(database, KEY);
    }

    static TestStores open(TestDatabase database, String keys) {
        return open(database, new KeyText("the test", keys));
    }

    static TestStores open(TestDatabase database, KeySource keys) {
        Persistence persistence =
                Persistence.open(database.access(), 8, KeyRing.read(keys), new SecureRandom());
        try {
            return new TestStores(persistence, database.connect());
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    /** A line of a key file. */
    static String randomKey(String id) {
        byte[] key = new byte[32];
        new SecureRandom().nextBytes(key);
        return id + " " + Base64.getEncoder().encodeToString(key) + "\n";
    }

    /** All the stores, with nothing in them. */
    StoresUnderTest emptied() {
        execute(EMPTY);
        return stores();
    }

    /** All the stores, as they are. */
    StoresUnderTest stores() {
        return new StoresUnderTest(
                persistence.unitOfWork(),
                persistence.clients(),
                persistence.attempts(),
                persistence.grants(),
                persistence.pauses(),
                persistence.registrations(),
                persistence.connectionRuns(),
                persistence.revocations(),
                persistence.deregistrations(),
                persistence.idempotencyKeys(),
                persistence.apiKeys(),
                persistence.events(Acting::current),
                persistence.history(),
                persistence.webhooks(),
                this::clockOf);
    }

    private InstantSource clockOf(Duration ahead) {
        return new DatabaseClock(
                (JdbcUnitOfWork) persistence.unitOfWork(),
                () -> System.nanoTime() + ahead.toNanos());
    }

    void execute(String sql) {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        } catch (SQLException e) {
            throw new IllegalStateException(e.getMessage(), e);
        }
    }

    /** The first column of each row. */
    List<String> query(String sql) {
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            List<String> column = new ArrayList<>();
            while (rows.next()) {
                column.add(rows.getString(1));
            }
            return column;
        } catch (SQLException e) {
            throw new IllegalStateException(e.getMessage(), e);
        }
    }

    @Override
    public void close() {
        persistence.close();
        try {
            connection.close();
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }
}
