package dev.mooring.adapter.persistence;

import static java.lang.System.Logger.Level.DEBUG;
import static java.lang.System.Logger.Level.INFO;
import static java.lang.System.Logger.Level.WARNING;

import dev.mooring.application.port.ChangeFeed;
import dev.mooring.domain.InvalidValueException;
import dev.mooring.domain.client.ClientId;

import org.postgresql.PGConnection;
import org.postgresql.PGNotification;
import org.postgresql.ds.PGSimpleDataSource;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;

/**
 * Notifications of the database (LISTEN), over one connection of its own that is not of the pool
 * and is made anew whenever it breaks. With several hosts in the URL it goes to the primary, the
 * only one that notifies.
 *
 * <p>A pooler in between would hand the session that listens to somebody else, so there nothing
 * listens at all.
 */
final class PostgresChangeFeed implements ChangeFeed, AutoCloseable {

    private static final System.Logger LOG = System.getLogger(PostgresChangeFeed.class.getName());

    /** What {@link NotifyingEventLog} notifies; the payload is the id of a client. */
    static final String CHANNEL = "mooring_client_changed";

    private static final String LISTEN = "listen " + CHANNEL;
    private static final String BACKEND = "select pg_backend_pid()";

    private static final int CONNECT_LIMIT_SECONDS = 5;
    private static final int ANSWER_LIMIT_SECONDS = 5;

    /** After so much silence the connection has to show that it is alive. */
    private static final Duration LONGEST_SILENCE = Duration.ofSeconds(2);

    private static final Duration FIRST_PAUSE = Duration.ofMillis(500);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(30);

    private final PGSimpleDataSource database;
    private final String address;
    private final RandomGenerator jitter;
    private final CountDownLatch closed = new CountDownLatch(1);
    private volatile boolean live;
    private volatile Optional<Connection> current = Optional.empty();
    private volatile Optional<Thread> thread = Optional.empty();

    /** What became of one connection. */
    private enum End {
        BROKEN,
        POOLED
    }

    PostgresChangeFeed(DatabaseAccess access, RandomGenerator jitter) {
        this.database = new PGSimpleDataSource();
        this.address = access.address();
        this.jitter = jitter;
        database.setUrl(access.url());
        database.setUser(access.user());
        database.setPassword(access.password());
        database.setApplicationName("mooring-changes");
        database.setTargetServerType("primary");
        database.setConnectTimeout(CONNECT_LIMIT_SECONDS);
        database.setLoginTimeout(Math.toIntExact(ConnectionPool.LOGIN_LIMIT.toSeconds()));
        database.setSocketTimeout(ANSWER_LIMIT_SECONDS);
        database.setTcpKeepAlive(true);
        database.setLogServerErrorDetail(false);
    }

    @Override
    public synchronized void follow(Listener listener) {
        if (thread.isPresent()) {
            throw new IllegalStateException("Somebody follows already");
        }
        thread = Optional.of(Thread.ofVirtual().name("changes").start(() -> run(listener)));
    }

    @Override
    public boolean isLive() {
        return live;
    }

    /** Ends it at once. */
    @Override
    public void close() {
        closed.countDown();
        current.ifPresent(PostgresChangeFeed::cut);
    }

    private static void cut(Connection connection) {
        try {
            connection.abort(Runnable::run);
        } catch (SQLException e) {
            LOG.log(DEBUG, "The connection was gone already", e);
        }
    }

    private void run(Listener listener) {
        Duration pause = FIRST_PAUSE;
        while (!pausedUntilClosed(pause)) {
            boolean wasLive = false;
            try (Connection connection = database.getConnection()) {
                current = Optional.of(connection);
                if (follow(connection, listener) == End.POOLED) {
                    LOG.log(
                            INFO,
                            "There is a pooler before the database {0}: changes that other nodes"
                                    + " make are looked for instead of being notified",
                            address);
                    return;
                }
            } catch (SQLException e) {
                wasLive = live;
                if (closed.getCount() > 0) {
                    LOG.log(
                            wasLive ? WARNING : DEBUG,
                            "No notifications of the database {0} for now: {1}",
                            address,
                            e.getMessage());
                }
            } finally {
                live = false;
                current = Optional.empty();
            }
            pause = wasLive ? FIRST_PAUSE : shorter(pause.multipliedBy(2), LONGEST_PAUSE);
        }
    }

    private End follow(Connection connection, Listener listener) throws SQLException {
        PGConnection postgres = connection.unwrap(PGConnection.class);
        try (Statement statement = connection.createStatement()) {
            // A pooler makes up the number that it tells its own clients.
            if (backend(statement) != postgres.getBackendPID()) {
                return End.POOLED;
            }
            statement.execute(LISTEN);
            live = true;
            listener.mayHaveMissed();
            while (closed.getCount() > 0) {
                PGNotification[] heard =
                        postgres.getNotifications(Math.toIntExact(LONGEST_SILENCE.toMillis()));
                if (heard == null || heard.length == 0) {
                    backend(statement);
                } else {
                    for (PGNotification notification : heard) {
                        tell(listener, notification.getParameter());
                    }
                }
            }
        }
        return End.BROKEN;
    }

    private static int backend(Statement statement) throws SQLException {
        try (ResultSet backend = statement.executeQuery(BACKEND)) {
            backend.next();
            return backend.getInt(1);
        }
    }

    private static void tell(Listener listener, String payload) {
        ClientId client;
        try {
            client = new ClientId(payload);
        } catch (InvalidValueException e) {
            LOG.log(DEBUG, "A notification that is not ours");
            return;
        }
        try {
            listener.changed(client);
        } catch (RuntimeException e) {
            LOG.log(WARNING, "A change that was notified could not be followed", e);
        }
    }

    private boolean pausedUntilClosed(Duration pause) {
        try {
            long millis = jitter.nextLong(pause.toMillis() / 2, pause.toMillis());
            return closed.await(millis, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return true;
        }
    }

    private static Duration shorter(Duration one, Duration other) {
        return one.compareTo(other) < 0 ? one : other;
    }
}
