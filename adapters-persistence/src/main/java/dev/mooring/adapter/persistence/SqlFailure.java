package dev.mooring.adapter.persistence;

import dev.mooring.application.port.StoreFullException;
import dev.mooring.application.port.StoreUnavailableException;

import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;

import java.sql.SQLException;
import java.sql.SQLNonTransientConnectionException;
import java.sql.SQLRecoverableException;
import java.sql.SQLTransientConnectionException;
import java.util.Optional;

/**
 * What a failure of the database means to the caller of a store: is the database away, was it a
 * collision that another try may avoid, or is our code broken?
 */
enum SqlFailure {
    /** Two transactions stood in each other's way and this one was chosen to give in. */
    COLLISION,
    /**
     * Something was sealed with an encryption key that has been retired meanwhile; who has learnt
     * which one is current may do it again.
     */
    RETIRED_KEY,
    /**
     * Somebody was faster with a name that must be unique. Who looks again before writing, as a
     * unit of work does that is run anew, finds it taken.
     */
    DUPLICATE,
    /**
     * What the server had prepared for this connection fits no more: a newer version has changed a
     * table, or a pooler has given us another session. Nothing was done, and the driver lets go of
     * all that was prepared for the connection.
     */
    OUTDATED,
    /**
     * This connection is to a server that takes no changes: one that was the primary before a
     * failover, as a rule.
     */
    READ_ONLY,
    /** Somebody else has held what we need for longer than we wait. */
    LOCKED,
    /** The database is away, overloaded or too slow. */
    UNAVAILABLE,
    /** The database is there and has no room for what is to be stored. */
    FULL,
    /** Anything else: a statement of ours is wrong. */
    BUG;

    /** What the database calls the rule of {@link #RETIRED_KEY}. */
    private static final String NOT_RETIRED = "encryption_key_not_retired";

    /** Classifies a failure by the SQL exception among its causes. */
    static SqlFailure of(Throwable failure) {
        return sqlException(failure).map(SqlFailure::classify).orElse(BUG);
    }

    /** Whether the same work may succeed when it is done anew. */
    boolean isWorthAnotherTry() {
        return switch (this) {
            case COLLISION, RETIRED_KEY, DUPLICATE, OUTDATED -> true;
            case READ_ONLY, LOCKED, UNAVAILABLE, FULL, BUG -> false;
        };
    }

    /** The exception a port may throw in the place of this one. */
    static RuntimeException translate(RuntimeException failure) {
        if (failure instanceof StoreUnavailableException) {
            return failure;
        }
        return switch (of(failure)) {
            case COLLISION ->
                    new StoreUnavailableException(
                            "The database could not serialize this with other changes", failure);
            case OUTDATED -> new StoreUnavailableException("The tables are being changed", failure);
            case READ_ONLY ->
                    new StoreUnavailableException("The database takes no changes", failure);
            case RETIRED_KEY ->
                    new StoreUnavailableException(
                            "This node seals with a key that was retired, and has not got the"
                                    + " current one",
                            failure);
            case LOCKED, UNAVAILABLE ->
                    new StoreUnavailableException("The database is not available", failure);
            case FULL -> new StoreFullException("The disk of the database is full", failure);
            case DUPLICATE, BUG -> failure;
        };
    }

    private static SqlFailure classify(SQLException failure) {
        if (failure instanceof SQLTransientConnectionException
                || failure instanceof SQLNonTransientConnectionException
                || failure instanceof SQLRecoverableException) {
            return UNAVAILABLE;
        }
        String state = Optional.ofNullable(failure.getSQLState()).orElse("");
        return switch (state) {
            // serialization_failure, deadlock_detected
            case "40001", "40P01" -> isOfRetiredKey(failure) ? RETIRED_KEY : COLLISION;
            // unique_violation
            case "23505" -> DUPLICATE;
            // invalid_sql_statement_name, of a statement that the driver had named
            case "26000" -> OUTDATED;
            // feature_not_supported, which is mostly just that
            case "0A000" -> isOutdatedPlan(failure) ? OUTDATED : BUG;
            // disk_full
            case "53100" -> FULL;
            // read_only_sql_transaction
            case "25006" -> READ_ONLY;
            // lock_not_available, by lock_timeout
            case "55P03" -> LOCKED;
            // query_canceled by statement_timeout, idle_in_transaction_session_timeout
            case "57014", "25P03" -> UNAVAILABLE;
            default ->
                    switch (state.length() == 5 ? state.substring(0, 2) : "") {
                        // connection lost, authorization, out of resources, operator's
                        // intervention, system error
                        case "08", "28", "53", "57", "58" -> UNAVAILABLE;
                        default -> BUG;
                    };
        };
    }

    /** The words are in the server's language; the routine that says them is not. */
    private static boolean isOutdatedPlan(SQLException failure) {
        return failure instanceof PSQLException said
                && Optional.ofNullable(said.getServerErrorMessage())
                        .map(ServerErrorMessage::getRoutine)
                        .filter("RevalidateCachedQuery"::equals)
                        .isPresent();
    }

    /** Versions that do not know of this see a collision, and try again as well. */
    private static boolean isOfRetiredKey(SQLException failure) {
        return failure instanceof PSQLException told
                && Optional.ofNullable(told.getServerErrorMessage())
                        .map(ServerErrorMessage::getConstraint)
                        .filter(NOT_RETIRED::equals)
                        .isPresent();
    }

    private static Optional<SQLException> sqlException(Throwable failure) {
        Optional<SQLException> found = Optional.empty();
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            // The innermost one tells why; outer ones may only say that the transaction had failed.
            if (cause instanceof SQLException sql) {
                found = Optional.of(sql);
            }
        }
        return found;
    }
}
