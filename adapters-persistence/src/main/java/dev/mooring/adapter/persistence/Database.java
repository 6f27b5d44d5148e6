package dev.mooring.adapter.persistence;

import dev.mooring.application.port.StoreUnavailableException;

import org.postgresql.ds.PGSimpleDataSource;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.random.RandomGenerator;

import javax.sql.DataSource;

/**
 * A PostgreSQL database that has our tables, and a bounded pool of connections to it.
 *
 * <p>Tables are made in the first schema of the connection's search path; {@code
 * ?currentSchema=mooring} in the URL keeps them apart from others.
 */
final class Database implements AutoCloseable {

    private static final int OLDEST_VERSION = 14;
    private static final int CONNECT_LIMIT_SECONDS = 5;
    private static final int LOGIN_LIMIT_SECONDS =
            Math.toIntExact(ConnectionPool.LOGIN_LIMIT.toSeconds());
    private static final String VERSION = "select current_setting('server_version_num')";
    private static final String READ_ONLY = "select current_setting('transaction_read_only')";

    /** A backup may well take as long. */
    private static final Duration LONGEST_MIGRATION = Duration.ofMinutes(15);

    private final ConnectionPool pool;
    private final JdbcUnitOfWork unitOfWork;

    private Database(ConnectionPool pool, JdbcUnitOfWork unitOfWork) {
        this.pool = pool;
        this.unitOfWork = unitOfWork;
    }

    /**
     * Checks the server's version, brings the tables up to date and opens the pool. Several nodes
     * may do so at once.
     *
     * @param connections the most to hold at a time
     * @param jitter spreads out what is tried again after a collision
     * @throws DatabaseUnusableException if the database cannot be reached or used
     */
    static Database open(DatabaseAccess access, int connections, RandomGenerator jitter) {
        return open(access, connections, jitter, LONGEST_MIGRATION);
    }

    /**
     * @param longestMigration how long to try to change tables that others are at
     */
    static Database open(
            DatabaseAccess access,
            int connections,
            RandomGenerator jitter,
            Duration longestMigration) {
        DataSource direct = direct(access);
        try (Connection connection = direct.getConnection();
                Statement statement = connection.createStatement()) {
            requireVersion(access, version(statement));
            new Migrations(access, direct, longestMigration).apply(connection);
        } catch (SQLException e) {
            throw unreachable(access, e);
        }
        return pooled(access, connections, jitter);
    }

    /**
     * Opens the pool if the tables are those of this version, and changes nothing.
     *
     * @param connections the most to hold at a time
     * @param jitter spreads out what is tried again after a collision
     * @throws DatabaseOfAnotherVersionException if they are not
     * @throws DatabaseUnusableException if the database cannot be reached or used
     */
    static Database openAsItIs(DatabaseAccess access, int connections, RandomGenerator jitter) {
        DataSource direct = direct(access);
        try (Connection connection = direct.getConnection();
                Statement statement = connection.createStatement()) {
            requireVersion(access, version(statement));
            new Migrations(access, direct, LONGEST_MIGRATION).requireAllApplied();
        } catch (SQLException e) {
            throw unreachable(access, e);
        }
        return pooled(access, connections, jitter);
    }

    private static DataSource direct(DatabaseAccess access) {
        // Not from the pool, whose time-outs suit a request and not a migration.
        PGSimpleDataSource direct = new PGSimpleDataSource();
        direct.setUrl(access.url());
        direct.setUser(access.user());
        direct.setPassword(access.password());
        direct.setTargetServerType("primary");
        direct.setConnectTimeout(CONNECT_LIMIT_SECONDS);
        direct.setLoginTimeout(LOGIN_LIMIT_SECONDS);
        direct.setTcpKeepAlive(true);
        return direct;
    }

    private static Database pooled(DatabaseAccess access, int connections, RandomGenerator jitter) {
        ConnectionPool pool = new ConnectionPool(access, connections);
        try {
            pool.awaitFirst();
        } catch (StoreUnavailableException e) {
            pool.close();
            throw unreachable(access, e);
        }
        return new Database(pool, new JdbcUnitOfWork(pool, jitter));
    }

    private static DatabaseUnusableException unreachable(DatabaseAccess access, Exception cause) {
        return new DatabaseUnusableException(
                "The database %s cannot be reached: %s".formatted(access, cause.getMessage()),
                cause);
    }

    private static int version(Statement statement) throws SQLException {
        try (ResultSet version = statement.executeQuery(VERSION)) {
            version.next();
            return version.getInt(1);
        }
    }

    /** The number counts ten thousands for each major version. */
    static void requireVersion(DatabaseAccess access, int serverVersion) {
        if (serverVersion < OLDEST_VERSION * 10_000) {
            throw new DatabaseUnusableException(
                    "The database %s is PostgreSQL %d; Mooring needs at least %d"
                            .formatted(access, serverVersion / 10_000, OLDEST_VERSION));
        }
    }

    JdbcUnitOfWork unitOfWork() {
        return unitOfWork;
    }

    /** Whether a statement gets an answer now, and that of a server that takes changes. */
    boolean answers() {
        try {
            return pool.borrow(this::takesChanges);
        } catch (StoreUnavailableException e) {
            return false;
        }
    }

    private boolean takesChanges(Connection connection) {
        try (Statement statement = connection.createStatement();
                ResultSet readOnly = statement.executeQuery(READ_ONLY)) {
            readOnly.next();
            boolean takesChanges = readOnly.getString(1).equals("off");
            if (!takesChanges) {
                pool.discard(connection);
            }
            return takesChanges;
        } catch (SQLException e) {
            return false;
        }
    }

    /** How many connections are in use at this moment. */
    int connectionsInUse() {
        return pool.borrowed();
    }

    @Override
    public void close() {
        pool.close();
    }
}
