package dev.mooring.adapter.persistence;

import dev.mooring.application.port.StoreUnavailableException;

import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.flywaydb.core.api.MigrationInfo;
import org.flywaydb.core.api.MigrationInfoService;
import org.postgresql.ds.PGSimpleDataSource;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Arrays;
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
    private static final String LOCK =
            "select pg_advisory_lock(hashtext('mooring_schema_history'), 0)";

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
        DataSource direct = direct(access);
        try (Connection connection = direct.getConnection();
                Statement statement = connection.createStatement()) {
            requireVersion(access, version(statement));
            // Flyway's own lock comes too late for nodes that make its history table at once. This
            // one ends with the connection, however that ends.
            statement.execute(LOCK);
            migrate(access, direct);
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
            requireTablesOfThisVersion(access, direct);
        } catch (SQLException e) {
            throw unreachable(access, e);
        }
        return pooled(access, connections, jitter);
    }

    private static void requireTablesOfThisVersion(DatabaseAccess access, DataSource direct) {
        try {
            MigrationInfoService tables = migrations(direct).info();
            // Whoever is newer may have sealed what we do not know of, so this comes first.
            if (Arrays.stream(tables.all()).anyMatch(Database::isUnknownHere)) {
                throw new DatabaseOfAnotherVersionException(
                        "The tables in %s are of a newer version of Mooring than this one. Use the command of that version; nothing was changed."
                                .formatted(access));
            }
            if (tables.pending().length > 0) {
                throw new DatabaseOfAnotherVersionException(
                        "%s. A start of the service brings them up to date; call this afterwards, or use the command of the version that serves. Nothing was changed."
                                .formatted(
                                        tables.applied().length == 0
                                                ? "There are no tables of Mooring in " + access
                                                : "The tables in %s are of an older version of Mooring than this one"
                                                        .formatted(access)));
            }
        } catch (FlywayException e) {
            throw new DatabaseUnusableException(
                    "The version of the tables in %s cannot be told: %s"
                            .formatted(access, e.getMessage()),
                    e);
        }
    }

    private static boolean isUnknownHere(MigrationInfo migration) {
        return migration.getState().isApplied() && !migration.getState().isResolved();
    }

    private static DataSource direct(DatabaseAccess access) {
        // Not from the pool, whose time-outs suit a request and not a migration.
        PGSimpleDataSource direct = new PGSimpleDataSource();
        direct.setUrl(access.url());
        direct.setUser(access.user());
        direct.setPassword(access.password());
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

    private static void migrate(DatabaseAccess access, DataSource direct) {
        try {
            migrations(direct).migrate();
        } catch (FlywayException e) {
            throw new DatabaseUnusableException(
                    "The tables in %s cannot be brought up to date: %s"
                            .formatted(access, e.getMessage()),
                    e);
        }
    }

    private static Flyway migrations(DataSource direct) {
        return Flyway.configure(Database.class.getClassLoader())
                .dataSource(direct)
                .locations("classpath:dev/mooring/adapter/persistence/migration")
                .table("mooring_schema_history")
                // Other people's tables may be there before ours.
                .baselineOnMigrate(true)
                .baselineVersion("0")
                .load();
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

    /** Whether a statement gets an answer now. */
    boolean answers() {
        try {
            return unitOfWork
                    .statements(db -> db.createGet("select 1 as one").execute())
                    .isPresent();
        } catch (StoreUnavailableException e) {
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
