package dev.mooring.adapter.persistence;

import io.helidon.dbclient.DbRow;

import java.sql.Timestamp;
import java.time.Instant;
import java.util.Optional;

/** One row of a result, by column name. The plain accessors are for columns that are never NULL. */
record Row(DbRow columns) {

    String text(String column) {
        return optionalText(column).orElseThrow();
    }

    Optional<String> optionalText(String column) {
        return value(column, String.class);
    }

    byte[] bytes(String column) {
        return optionalBytes(column).orElseThrow();
    }

    Optional<byte[]> optionalBytes(String column) {
        return value(column, byte[].class);
    }

    Instant time(String column) {
        return optionalTime(column).orElseThrow();
    }

    Optional<Instant> optionalTime(String column) {
        return value(column, Timestamp.class).map(Timestamp::toInstant);
    }

    long number(String column) {
        return optionalNumber(column).orElseThrow();
    }

    Optional<Long> optionalNumber(String column) {
        return value(column, Number.class).map(Number::longValue);
    }

    boolean flag(String column) {
        return optionalFlag(column).orElseThrow();
    }

    Optional<Boolean> optionalFlag(String column) {
        return value(column, Boolean.class);
    }

    /** DbClient says null for NULL. */
    private <T> Optional<T> value(String column, Class<T> type) {
        return Optional.ofNullable(columns.column(column).get(type));
    }
}
