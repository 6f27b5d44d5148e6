package dev.mooring.adapter.persistence;

import static java.lang.System.Logger.Level.INFO;
import static java.lang.System.Logger.Level.WARNING;

import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.flywaydb.core.api.MigrationInfo;
import org.flywaydb.core.api.MigrationInfoService;
import org.flywaydb.core.api.callback.BaseCallback;
import org.flywaydb.core.api.callback.Context;
import org.flywaydb.core.api.callback.Event;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;

import javax.sql.DataSource;

/**
 * Brings the tables up to date while others use them.
 *
 * <p>Who changes a table waits for everybody who reads it, were it a backup of hours, and everybody
 * who comes later waits behind. So a change waits for a moment only, lets the others pass, and is
 * tried again.
 *
 * @param connections not those of the pool, whose time-outs suit a request
 * @param longest how long to go on trying
 */
record Migrations(DatabaseAccess access, DataSource connections, Duration longest) {

    private static final System.Logger LOG = System.getLogger(Migrations.class.getName());

    /** Shorter than any request waits for a lock. */
    private static final String WAIT_FOR_A_MOMENT = "set lock_timeout = '1s'";

    private static final Duration PAUSE = Duration.ofSeconds(3);

    /**
     * Flyway's own lock comes too late for nodes that make its history table at once. This one ends
     * with the connection, however that ends.
     */
    private static final String LOCK =
            "select pg_try_advisory_lock(hashtext('mooring_schema_history'), 0)";

    /**
     * Waits for other nodes that do the same.
     *
     * @param turn holds the lock that keeps other nodes from it, until it is closed
     * @throws DatabaseUnusableException if the tables cannot be brought up to date
     */
    void apply(Connection turn) {
        takeTurn(turn);
        Flyway flyway = flyway();
        long deadline = System.nanoTime() + longest.toNanos();
        while (!migrated(flyway, deadline)) {
            LOG.log(
                    WARNING,
                    "The tables in {0} cannot be changed while somebody else is at them, such as a"
                            + " backup; this is tried again in {1} s",
                    access,
                    PAUSE.toSeconds());
            pause();
        }
    }

    /**
     * Changes nothing.
     *
     * @throws DatabaseOfAnotherVersionException if the tables are not those of this version
     * @throws DatabaseUnusableException if that cannot be told
     */
    void requireAllApplied() {
        try {
            MigrationInfoService tables = flyway().info();
            // Whoever is newer may have sealed what we do not know of, so this comes first.
            if (Arrays.stream(tables.all()).anyMatch(Migrations::isUnknownHere)) {
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

    private Flyway flyway() {
        return Flyway.configure(Migrations.class.getClassLoader())
                .dataSource(connections)
                .callbacks(new ShortWaits())
                .locations("classpath:dev/mooring/adapter/persistence/migration")
                .table("mooring_schema_history")
                // Migrations only add, so one that was finished after a later one may follow it.
                .outOfOrder(true)
                // Other people's tables may be there before ours.
                .baselineOnMigrate(true)
                .baselineVersion("0")
                .load();
    }

    private void takeTurn(Connection turn) {
        if (isTaken(turn)) {
            return;
        }
        LOG.log(INFO, "Waiting for another node that brings the tables in {0} up to date", access);
        // It may have begun to try only just before.
        Duration patience = longest.plus(longest);
        if (Patience.ask(patience, () -> Optional.of(turn).filter(this::isTaken)).isEmpty()) {
            throw new DatabaseUnusableException(
                    "Another node has not brought the tables in %s up to date in %d s"
                            .formatted(access, patience.toSeconds()));
        }
    }

    private boolean isTaken(Connection turn) {
        try (Statement statement = turn.createStatement();
                ResultSet taken = statement.executeQuery(LOCK)) {
            taken.next();
            return taken.getBoolean(1);
        } catch (SQLException e) {
            throw failed(String.valueOf(e.getMessage()), e);
        }
    }

    /** Whether nobody was in the way. */
    private boolean migrated(Flyway flyway, long deadline) {
        try {
            flyway.migrate();
            return true;
        } catch (FlywayException e) {
            SqlFailure failure = SqlFailure.of(e);
            if (failure != SqlFailure.LOCKED && failure != SqlFailure.COLLISION) {
                throw failed(String.valueOf(e.getMessage()), e);
            }
            if (System.nanoTime() - deadline >= 0) {
                throw failed(
                        "for %d s somebody else has been at them; pg_stat_activity tells who"
                                .formatted(longest.toSeconds()),
                        e);
            }
            return false;
        }
    }

    private void pause() {
        try {
            Thread.sleep(PAUSE);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw failed("interrupted", e);
        }
    }

    private DatabaseUnusableException failed(String why, Throwable cause) {
        return new DatabaseUnusableException(
                "The tables in %s cannot be brought up to date: %s".formatted(access, why), cause);
    }

    /** Of each migration, in its own transaction. */
    private static final class ShortWaits extends BaseCallback {

        @Override
        public boolean supports(Event event, Context context) {
            return event == Event.BEFORE_EACH_MIGRATE;
        }

        @Override
        public void handle(Event event, Context context) {
            try (Statement statement = context.getConnection().createStatement()) {
                statement.execute(WAIT_FOR_A_MOMENT);
            } catch (SQLException e) {
                throw new FlywayException(e);
            }
        }
    }
}
