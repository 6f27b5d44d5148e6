package dev.mooring.adapter.persistence;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.SQLExceptionOverride;

import dev.mooring.application.port.StoreUnavailableException;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/**
 * A bounded number of connections and an admission limit of the same size in front of them: with
 * virtual threads any number of callers may come at once, and they wait here in the order of their
 * arrival, for a bounded time, instead of fighting for the pool.
 */
final class ConnectionPool implements AutoCloseable {

    private static final Duration ADMISSION_LIMIT = Duration.ofSeconds(3);
    private static final Duration CONNECT_LIMIT = Duration.ofMillis(2500);

    /**
     * To be let in by a server that runs on the same busy machine, or is only just starting, may
     * take long; a caller who needs the connection does not wait for it longer than for any.
     */
    static final Duration LOGIN_LIMIT = Duration.ofSeconds(30);

    private static final Duration VALIDATION_LIMIT = Duration.ofSeconds(1);
    private static final Duration HELD_TOO_LONG = Duration.ofSeconds(30);
    private static final Duration KEEP_ALIVE = Duration.ofMinutes(2);

    /** Longer than any statement may take, so that the server's own answer comes first. */
    private static final int SOCKET_TIMEOUT_SECONDS = 20;

    private static final String SESSION_SETTINGS =
            """
            set statement_timeout = '10s';
            set lock_timeout = '5s';
            set idle_in_transaction_session_timeout = '30s'
            """;

    /** As text: the driver leaves out, without a word, what is given to it as anything else. */
    private static final Map<String, String> DRIVER_SETTINGS =
            Map.of(
                    "ApplicationName",
                    "mooring",
                    "connectTimeout",
                    Long.toString(CONNECT_LIMIT.toSeconds()),
                    "loginTimeout",
                    Long.toString(LOGIN_LIMIT.toSeconds()),
                    "socketTimeout",
                    Integer.toString(SOCKET_TIMEOUT_SECONDS),
                    "tcpKeepAlive",
                    "true",
                    // A name may for a while lead to the server that was primary before.
                    "targetServerType",
                    "primary",
                    // The details of a server's error quote values.
                    "logServerErrorDetail",
                    "false");

    private final HikariDataSource connections;
    private final Semaphore admission;

    ConnectionPool(DatabaseAccess access, int size) {
        HikariConfig config = new HikariConfig();
        config.setPoolName("mooring");
        config.setJdbcUrl(access.url());
        config.setUsername(access.user());
        config.setPassword(access.password());
        config.setMaximumPoolSize(size);
        config.setMinimumIdle(Math.min(2, size));
        config.setConnectionTimeout(CONNECT_LIMIT.toMillis());
        config.setValidationTimeout(VALIDATION_LIMIT.toMillis());
        config.setKeepaliveTime(KEEP_ALIVE.toMillis());
        config.setLeakDetectionThreshold(HELD_TOO_LONG.toMillis());
        config.setInitializationFailTimeout(-1);
        config.setTransactionIsolation("TRANSACTION_READ_COMMITTED");
        config.setExceptionOverride(new WhatEndsAConnection());
        config.setConnectionInitSql(SESSION_SETTINGS);
        DRIVER_SETTINGS.forEach(config::addDataSourceProperty);
        this.connections = new HikariDataSource(config);
        this.admission = new Semaphore(size, true);
    }

    /**
     * Waits for the first connection, longer than anybody waits for a later one.
     *
     * @throws StoreUnavailableException if there is none within {@link #LOGIN_LIMIT}
     */
    void awaitFirst() {
        long deadline = System.nanoTime() + LOGIN_LIMIT.toNanos();
        boolean connected = false;
        while (!connected) {
            try {
                connected = borrow(connection -> true);
            } catch (StoreUnavailableException e) {
                if (System.nanoTime() - deadline >= 0 || Thread.currentThread().isInterrupted()) {
                    throw e;
                }
            }
        }
    }

    /** What is done with a connection. */
    interface Work<T> {
        T with(Connection connection);
    }

    /**
     * Borrows a connection for the time of the work.
     *
     * @throws StoreUnavailableException if none is free or the database cannot be reached
     */
    <T> T borrow(Work<T> work) {
        admit();
        try (Connection connection = connections.getConnection()) {
            return work.with(connection);
        } catch (SQLException e) {
            throw new StoreUnavailableException("The database cannot be reached", e);
        } finally {
            admission.release();
        }
    }

    private void admit() {
        try {
            if (!admission.tryAcquire(ADMISSION_LIMIT.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new StoreUnavailableException(
                        "No database connection became free within %d s"
                                .formatted(ADMISSION_LIMIT.toSeconds()));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StoreUnavailableException("Interrupted while waiting for a connection", e);
        }
    }

    /** Takes a connection whose state nobody knows out of the pool. */
    void discard(Connection connection) {
        connections.evictConnection(connection);
    }

    /** How many connections are borrowed at this moment. */
    int borrowed() {
        return connections.getHikariPoolMXBean().getActiveConnections();
    }

    @Override
    public void close() {
        connections.close();
    }

    /** The pool's own opinion is right about everything else. */
    private static final class WhatEndsAConnection implements SQLExceptionOverride {

        @java.lang.Override
        public SQLExceptionOverride.Override adjudicate(SQLException failure) {
            return switch (SqlFailure.of(failure)) {
                case OUTDATED -> SQLExceptionOverride.Override.DO_NOT_EVICT;
                case READ_ONLY -> SQLExceptionOverride.Override.MUST_EVICT;
                case COLLISION, RETIRED_KEY, DUPLICATE, LOCKED, UNAVAILABLE, FULL, BUG ->
                        SQLExceptionOverride.Override.CONTINUE_EVICT;
            };
        }
    }
}
