package dev.mooring.endtoend;

import dev.mooring.adapter.persistence.DatabaseAccess;
import dev.mooring.adapter.persistence.embedded.EmbeddedPostgres;

import java.nio.file.Path;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;

/**
 * A PostgreSQL that belongs to no node and dies at our word. It comes back on the same data, at the
 * address by which the nodes know it.
 */
final class MortalDatabase implements AutoCloseable {

    private final Path directory;
    private final Relay relay = Relay.start();
    private EmbeddedPostgres server;

    private MortalDatabase(Path directory) {
        this.directory = directory;
        this.server = launch();
    }

    static MortalDatabase start() {
        return new MortalDatabase(SharedService.newDataDirectory());
    }

    /** How nodes reach it, whenever it lives. */
    DatabaseAccess access() {
        DatabaseAccess now = server.access();
        return new DatabaseAccess(
                "jdbc:postgresql://127.0.0.1:%d/postgres".formatted(relay.port()),
                now.user(),
                now.password());
    }

    /** A connection of the test's own, past the relay. */
    Connection connect() throws SQLException {
        DatabaseAccess now = server.access();
        return DriverManager.getConnection(now.url(), now.user(), now.password());
    }

    /** The text that a query gives in its first row; empty where there is none. */
    String text(String sql, String... parameters) {
        try (Connection connection = connect();
                PreparedStatement query = prepare(connection, sql, parameters);
                ResultSet rows = query.executeQuery()) {
            return rows.next() ? rows.getString(1) : "";
        } catch (SQLException broken) {
            throw new IllegalStateException(broken);
        }
    }

    /** Runs statements of the test's own. */
    void execute(String sql, String... parameters) {
        try (Connection connection = connect();
                PreparedStatement statement = prepare(connection, sql, parameters)) {
            statement.execute();
        } catch (SQLException broken) {
            throw new IllegalStateException(broken);
        }
    }

    private static PreparedStatement prepare(
            Connection connection, String sql, String... parameters) throws SQLException {
        PreparedStatement statement = connection.prepareStatement(sql);
        for (int i = 0; i < parameters.length; i++) {
            statement.setString(i + 1, parameters[i]);
        }
        return statement;
    }

    /** Ends the server and all its sessions at once, as {@code kill -9} or a power cut does. */
    void kill() {
        Postmaster.of(directory).kill();
        // Before it would be started again where it was: when that happens is ours to say.
        server.close();
    }

    /** Starts it again on what the dead one left. */
    void startAgain() {
        server = launch();
    }

    /** Lets every process of the server stand still: connections stay open, nothing answers. */
    void freeze() {
        Postmaster.of(directory).freeze();
    }

    /** Lets it go on after {@link #freeze()}. */
    void thaw() {
        Postmaster.of(directory).thaw();
    }

    @Override
    public void close() {
        relay.close();
        server.close();
    }

    private EmbeddedPostgres launch() {
        EmbeddedPostgres started = EmbeddedPostgres.start(directory, new SecureRandom());
        String url = started.access().url();
        relay.leadTo(Integer.parseInt(url.replaceAll(".*:(\\d+)/.*", "$1")));
        return started;
    }
}
