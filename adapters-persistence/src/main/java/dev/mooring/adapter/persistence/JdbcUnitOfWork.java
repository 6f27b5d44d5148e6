package dev.mooring.adapter.persistence;

import dev.mooring.application.port.StoreFullException;
import dev.mooring.application.port.StoreUnavailableException;
import dev.mooring.application.port.UnitOfWork;

import io.helidon.dbclient.DbClient;
import io.helidon.dbclient.DbExecute;
import io.helidon.dbclient.jdbc.JdbcClientBuilder;

import org.postgresql.core.BaseConnection;
import org.postgresql.core.TransactionState;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;

/**
 * Binds one connection to the calling thread, so that all statements of a unit of work, from
 * whatever store, run in one transaction (READ COMMITTED).
 *
 * <p>DbClient has no such notion: it takes a connection for every statement, switches it to
 * autocommit and closes it, unless a parameter cannot be bound or a result stays unread; then it
 * keeps it for ever. Here DbClient only ever gets a view of the bound connection on which closing
 * and committing do nothing, and the connection itself goes back to the pool in any case.
 */
final class JdbcUnitOfWork implements UnitOfWork {

    private static final int MAX_ATTEMPTS = 4;
    private static final long FIRST_PAUSE_MILLIS = 10;

    private final ConnectionPool pool;
    private final RandomGenerator jitter;
    private final RoomAlarm room = new RoomAlarm(System::nanoTime);
    private final ScopedValue<Session> current = ScopedValue.newInstance();
    private final DbClient client;
    private volatile Runnable takeUpCurrentKey = () -> {};

    JdbcUnitOfWork(ConnectionPool pool, RandomGenerator jitter) {
        this.pool = pool;
        this.jitter = jitter;
        this.client = JdbcClientBuilder.create().connectionPool(() -> current.get().view()).build();
    }

    /**
     * What to do when the database refuses a secret because its key was retired: whatever lets
     * secrets be sealed with the current one from then on. Runs without a connection.
     */
    void whenKeyIsRetired(Runnable takeUp) {
        takeUpCurrentKey = takeUp;
    }

    @Override
    public <T> T execute(Supplier<T> work) {
        if (current.isBound()) {
            return join(current.get(), work);
        }
        for (int attempt = 1; ; attempt++) {
            try {
                return pool.borrow(connection -> transactAsPrepared(connection, work));
            } catch (RuntimeException e) {
                SqlFailure failure = SqlFailure.of(e);
                if (!failure.isWorthAnotherTry() || attempt == MAX_ATTEMPTS) {
                    throw failed(e);
                }
                if (failure == SqlFailure.RETIRED_KEY) {
                    takeUpCurrentKey.run();
                }
                pauseAfter(attempt);
            }
        }
    }

    /**
     * Runs statements: inside the unit of work if there is one, else each on its own. What comes
     * back must not be a stream that still reads from the connection.
     */
    <T> T statements(Function<DbExecute, T> statements) {
        if (current.isBound()) {
            return statements.apply(client.execute());
        }
        try {
            return pool.borrow(connection ->
                    ScopedValue.where(current, new Session(connection, false))
                            .call(() -> statements.apply(client.execute())));
        } catch (RuntimeException e) {
            if (SqlFailure.of(e) == SqlFailure.RETIRED_KEY) {
                takeUpCurrentKey.run();
            }
            throw failed(e);
        }
    }

    private RuntimeException failed(RuntimeException failure) {
        RuntimeException translated = SqlFailure.translate(failure);
        if (translated instanceof StoreFullException) {
            room.ring();
        }
        return translated;
    }

    /** Whether nothing failed for want of room lately. */
    boolean hasRoom() {
        return !room.rings();
    }

    /** For what makes sense only together with other statements, such as taking a lock. */
    void requireUnit() {
        if (!current.isBound() || !current.get().transactional) {
            throw new IllegalStateException("Only inside a unit of work");
        }
    }

    private static <T> T join(Session session, Supplier<T> work) {
        if (!session.transactional) {
            throw new IllegalStateException("A unit of work cannot begin inside a statement");
        }
        boolean done = false;
        try {
            T result = work.get();
            done = true;
            return result;
        } finally {
            if (!done) {
                session.doomed = true;
            }
        }
    }

    /**
     * Once more on the same connection, where it now fits: another one may have the same still to
     * come, and there are as many of those as the pool holds.
     */
    private <T> T transactAsPrepared(Connection connection, Supplier<T> work) {
        try {
            return transact(connection, work);
        } catch (RuntimeException e) {
            if (SqlFailure.of(e) != SqlFailure.OUTDATED) {
                throw e;
            }
            return transact(connection, work);
        }
    }

    private <T> T transact(Connection connection, Supplier<T> work) {
        Session session = new Session(connection, true);
        boolean done = false;
        try {
            connection.setAutoCommit(false);
            T result = ScopedValue.where(current, session).call(work::get);
            if (session.doomed) {
                throw new IllegalStateException(
                        "A unit of work inside this one failed, so this one cannot succeed");
            }
            commit(connection);
            done = true;
            return result;
        } catch (SQLException e) {
            throw new StoreUnavailableException("The database cannot be reached", e);
        } finally {
            if (!done) {
                rollBack(connection);
            }
        }
    }

    private static void commit(Connection connection) throws SQLException {
        // After a failed statement PostgreSQL answers COMMIT by silently writing nothing, which the
        // driver does not tell. The work may have swallowed that failure.
        if (connection.unwrap(BaseConnection.class).getTransactionState()
                == TransactionState.FAILED) {
            throw new IllegalStateException(
                    "A statement of this unit of work failed, so it cannot succeed");
        }
        try {
            connection.commit();
        } catch (SQLException e) {
            throw switch (SqlFailure.of(e)) {
                case COLLISION, RETIRED_KEY, UNAVAILABLE ->
                        new StoreUnavailableException(
                                "The commit failed; if its answer was lost, the change may be"
                                        + " durable",
                                e);
                case FULL -> new StoreFullException("The disk of the database is full", e);
                case DUPLICATE, OUTDATED, READ_ONLY, LOCKED, BUG ->
                        new IllegalStateException("The commit was refused", e);
            };
        }
    }

    private void rollBack(Connection connection) {
        try {
            connection.rollback();
        } catch (SQLException e) {
            // What failed before is on its way to the caller. The server rolls back by itself when
            // it loses the connection.
            pool.discard(connection);
        }
    }

    private void pauseAfter(int attempt) {
        try {
            long most = FIRST_PAUSE_MILLIS << attempt;
            Thread.sleep(jitter.nextLong(FIRST_PAUSE_MILLIS, most));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StoreUnavailableException("Interrupted between two attempts", e);
        }
    }

    /** The connection that a thread works on, and whether its statements belong together. */
    private static final class Session {

        private final Connection connection;
        private final boolean transactional;
        private boolean doomed;

        Session(Connection connection, boolean transactional) {
            this.connection = connection;
            this.transactional = transactional;
        }

        /** The connection as DbClient may see it. */
        Connection view() {
            return (Connection)
                    Proxy.newProxyInstance(
                            Connection.class.getClassLoader(),
                            new Class<?>[] {Connection.class},
                            (proxy, method, arguments) ->
                                    switch (method.getName()) {
                                        case "close", "commit", "rollback", "setAutoCommit" -> null;
                                        default -> call(method, arguments);
                                    });
        }

        private Object call(Method method, Object[] arguments) throws Throwable {
            try {
                return method.invoke(connection, arguments);
            } catch (InvocationTargetException e) {
                throw e.getCause();
            }
        }
    }
}
