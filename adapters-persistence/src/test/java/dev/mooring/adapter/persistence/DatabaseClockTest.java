package dev.mooring.adapter.persistence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.mooring.application.port.StoreUnavailableException;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicLong;

/** The time of day is the database's, here one whose clock is not that of this machine. */
class DatabaseClockTest {

    @RegisterExtension static final TestDatabase DATABASE = new TestDatabase();

    private static final Duration HOUR = Duration.ofHours(1);

    /** The machine's clock, which goes on by so much whenever somebody looks at it. */
    private final AtomicLong machine = new AtomicLong(-5_000);

    private final AtomicLong step = new AtomicLong();

    private ConnectionPool pool;
    private DatabaseClock clock;

    /** Names are looked for in the first schema before they are in PostgreSQL's own. */
    @BeforeEach
    void open() throws SQLException {
        setAhead(HOUR);
        DatabaseAccess access = DATABASE.access();
        pool =
                new ConnectionPool(
                        new DatabaseAccess(
                                access.url() + "?currentSchema=elsewhere,pg_catalog",
                                access.user(),
                                access.password()),
                        1);
        pool.awaitFirst();
        clock =
                new DatabaseClock(
                        new JdbcUnitOfWork(pool, new SecureRandom()),
                        () -> machine.getAndAdd(step.get()));
    }

    @AfterEach
    void close() {
        pool.close();
    }

    @Test
    void itIsWhatTheDatabaseSays() {
        Instant now = Instant.now();
        assertThat(clock.instant())
                .isBetween(now.plus(HOUR).minusSeconds(60), now.plus(HOUR).plusSeconds(1));
    }

    @Test
    void betweenTwoReadingsItGoesOnWithTheMachine() {
        Instant first = clock.instant();
        machine.addAndGet(Duration.ofSeconds(3).toNanos());
        assertThat(clock.instant()).isEqualTo(first.plusSeconds(3));
    }

    @Test
    void afterTheMachineStoodStillItIsPutRight() throws SQLException {
        Instant first = clock.instant();
        setAhead(HOUR.multipliedBy(2));
        assertThat(clock.instant()).isEqualTo(first);

        clock.set();
        assertThat(clock.instant()).isBetween(first.plus(HOUR), first.plus(HOUR).plusSeconds(60));
    }

    @Test
    void anotherDatabaseMayBeBehind() throws SQLException {
        Instant first = clock.instant();
        setAhead(Duration.ZERO);
        clock.set();
        assertThat(clock.instant()).isBetween(first.minus(HOUR), first.minus(HOUR).plusSeconds(60));
    }

    @Test
    void aSlowAnswerPutsNothingWrong() {
        Instant first = clock.instant();
        // The question comes at once, and the answer after ten minutes.
        step.set(Duration.ofMinutes(10).toNanos());
        clock.set();
        step.set(0);
        assertThat(clock.instant()).isEqualTo(first.plus(Duration.ofMinutes(20)));
    }

    @Test
    void whileTheDatabaseIsAwayItGoesOn() {
        Instant first = clock.instant();
        pool.close();
        machine.addAndGet(Duration.ofSeconds(3).toNanos());
        assertThatExceptionOfType(StoreUnavailableException.class).isThrownBy(clock::set);
        assertThat(clock.instant()).isEqualTo(first.plusSeconds(3));
    }

    private static void setAhead(Duration ahead) throws SQLException {
        try (Connection connection = DATABASE.connect();
                Statement statement = connection.createStatement()) {
            statement.execute(
                    """
                    create schema if not exists elsewhere;
                    create or replace function elsewhere.clock_timestamp() returns timestamptz
                        language sql volatile as
                        $$select pg_catalog.clock_timestamp() + interval '%d seconds'$$
                    """
                            .formatted(ahead.toSeconds()));
        }
    }
}
