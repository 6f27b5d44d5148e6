package dev.mooring.adapter.persistence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mooring.application.port.StoreUnavailableException;

import io.helidon.dbclient.DbExecute;
import io.helidon.dbclient.DbRow;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

@Timeout(60)
class JdbcUnitOfWorkTest {

    @RegisterExtension static final TestDatabase DATABASE = new TestDatabase();

    private static final int POOL_SIZE = 4;

    private Database database;
    private JdbcUnitOfWork unit;

    @BeforeEach
    void open() {
        database = Database.open(DATABASE.access(), POOL_SIZE, new SecureRandom());
        unit = database.unitOfWork();
        execute("create table if not exists note (id integer primary key, text text)");
        execute("truncate note");
    }

    @AfterEach
    void everyConnectionIsBack() {
        assertThat(database.connectionsInUse()).isZero();
        database.close();
    }

    @Test
    void theStatementsOfAUnitHappenTogether() {
        long seenInside =
                unit.execute(() -> {
                    insert(1);
                    insert(2);
                    assertThat(countElsewhere()).isZero();
                    return count();
                });
        assertThat(seenInside).isEqualTo(2);
        assertThat(countElsewhere()).isEqualTo(2);
    }

    @Test
    void nothingStaysOfAUnitThatThrowsAndTheExceptionIsTheOneThatWasThrown() {
        RuntimeException thrown = new RuntimeException("ours");
        assertThatThrownBy(() ->
                        unit.run(() -> {
                            insert(1);
                            throw thrown;
                        }))
                .isSameAs(thrown);
        Error error = new AssertionError("also ours");
        assertThatThrownBy(() ->
                        unit.run(() -> {
                            insert(1);
                            throw error;
                        }))
                .isSameAs(error);
        assertThat(count()).isZero();
    }

    @Test
    void aUnitInsideAUnitJoinsIt() {
        assertThatThrownBy(() ->
                        unit.run(() -> {
                            unit.run(() -> insert(1));
                            assertThat(count()).isEqualTo(1);
                            assertThat(countElsewhere()).isZero();
                            throw new IllegalArgumentException();
                        }))
                .isInstanceOf(IllegalArgumentException.class);
        assertThat(count()).isZero();
    }

    @Test
    void aFailedInnerUnitDoomsTheOuterOneEvenIfItsExceptionIsSwallowed() {
        assertThatThrownBy(() ->
                        unit.run(() -> {
                            insert(1);
                            try {
                                unit.run(() -> {
                                    insert(2);
                                    throw new IllegalArgumentException();
                                });
                            } catch (IllegalArgumentException e) {
                                insert(3);
                            }
                        }))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("inside this one failed");
        assertThat(count()).isZero();
    }

    @Test
    void outsideOfAUnitEachStatementIsItsOwn() {
        insert(1);
        assertThat(countElsewhere()).isEqualTo(1);
        assertThatThrownBy(() -> insert(1)).hasRootCauseInstanceOf(SQLException.class);
        assertThat(count()).isEqualTo(1);
    }

    @Test
    void aUnitCannotBeginInsideAStatement() {
        assertThatThrownBy(() ->
                        unit.statements(db -> {
                            unit.run(() -> insert(1));
                            return true;
                        }))
                .isInstanceOf(IllegalStateException.class);
    }

    @Test
    void whatNeedsAUnitSaysSo() {
        assertThatThrownBy(() -> unit.requireUnit())
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("Only inside a unit of work");
        assertThatCode(() -> unit.run(unit::requireUnit)).doesNotThrowAnyException();
    }

    @Test
    void parametersThatCannotBeBoundLeakNothing() {
        for (int i = 0; i < 20; i++) {
            assertThatThrownBy(() ->
                            unit.statements(db ->
                                    db.createQuery("select cast(? as timestamptz)")
                                            .addParam(Instant.EPOCH)
                                            .execute()
                                            .toList()))
                    .isNotInstanceOf(StoreUnavailableException.class);
            assertThatThrownBy(() ->
                            unit.statements(db ->
                                    db.createQuery("select cast(:missing as text)")
                                            .addParam("other", 1)
                                            .execute()
                                            .toList()))
                    .isNotInstanceOf(StoreUnavailableException.class);
        }
        assertThat(database.connectionsInUse()).isZero();
    }

    @Test
    void abandonedResultsLeakNothing() {
        for (int i = 0; i < 20; i++) {
            unit.statements(
                    db -> db.createQuery("select generate_series(1, 1000)").execute().iterator());
            unit.run(() ->
                    unit.statements(db ->
                            db.createQuery("select generate_series(1, 1000)")
                                    .execute()
                                    .iterator()
                                    .next()));
        }
        assertThat(database.connectionsInUse()).isZero();
    }

    @Test
    void anErrorInAQueryOfAUnitKeepsItsOwnCause() {
        for (int i = 0; i < 20; i++) {
            assertThatThrownBy(() ->
                            unit.run(() -> {
                                insert(1);
                                query("select 1 / 0 as one");
                            }))
                    .hasStackTraceContaining("division by zero")
                    .satisfies(
                            e -> assertThat(e.toString()).doesNotContain("Connection is closed"));
        }
        assertThat(count()).isZero();
    }

    @Test
    void aSwallowedErrorNeverEndsInACommitThatWritesNothing() {
        assertThatThrownBy(() ->
                        unit.run(() -> {
                            insert(1);
                            try {
                                insert(1);
                            } catch (RuntimeException swallowed) {
                                assertThat(swallowed).hasStackTraceContaining("duplicate key");
                            }
                        }))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("A statement of this unit of work failed");
        assertThat(count()).isZero();
    }

    @Test
    void aDeadlockIsTriedAgain() throws Exception {
        insert(1);
        insert(2);
        CyclicBarrier bothHoldOne = new CyclicBarrier(2);
        AtomicInteger runs = new AtomicInteger();
        List<Integer> orders = List.of(1, 2);
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<?>> both = new ArrayList<>();
            for (int first : orders) {
                both.add(
                        threads.submit(() ->
                                unit.run(() -> {
                                    update(first);
                                    if (runs.incrementAndGet() <= 2) {
                                        await(bothHoldOne);
                                    }
                                    update(3 - first);
                                })));
            }
            for (Future<?> one : both) {
                one.get();
            }
        }
        assertThat(runs.get()).isEqualTo(3);
        assertThat(text(1)).isEqualTo("xx");
        assertThat(text(2)).isEqualTo("xx");
    }

    @Test
    void unitsWhoseStatementsWerePreparedBeforeATableChangedAreRunAnew() throws Exception {
        insert(1);
        // Often enough on each connection for the server to keep the plan.
        onEachConnection(() -> {
            for (int i = 0; i < 10; i++) {
                wholeNote();
            }
        });
        try (Connection another = DATABASE.connect();
                Statement statement = another.createStatement()) {
            statement.execute("alter table note add column more text");
        }
        try {
            AtomicInteger runs = new AtomicInteger();
            onEachConnection(() -> {
                runs.incrementAndGet();
                update(1);
                wholeNote();
            });

            assertThat(runs.get()).isEqualTo(2 * POOL_SIZE);
            assertThat(text(1)).as("nothing of what failed is left").isEqualTo("xxxx");
        } finally {
            execute("drop table note");
        }
    }

    @Test
    void aCollisionThatNeverEndsIsUnavailability() {
        AtomicInteger runs = new AtomicInteger();
        assertThatThrownBy(() ->
                        unit.run(() -> {
                            runs.incrementAndGet();
                            query("select 1 as one from (select pg_temp.collide()) c");
                        }))
                .isNotInstanceOf(StoreUnavailableException.class);
        assertThat(runs.get()).as("a bug is not tried again").isEqualTo(1);
        execute(
                """
                create or replace function collide() returns integer language plpgsql as
                'begin raise exception using errcode = ''40001''; end'
                """);
        runs.set(0);
        assertThatThrownBy(() ->
                        unit.run(() -> {
                            runs.incrementAndGet();
                            query("select collide() as one");
                        }))
                .isInstanceOf(StoreUnavailableException.class);
        assertThat(runs.get()).isEqualTo(4);
    }

    @Test
    void manyMoreCallersThanConnectionsAllGetTheirTurn() throws Exception {
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<?>> all = new ArrayList<>();
            for (int i = 0; i < 60; i++) {
                all.add(threads.submit(() -> query("select pg_sleep(0.1)")));
            }
            for (Future<?> one : all) {
                one.get();
            }
        }
    }

    @Test
    void whoeverFindsNoConnectionForTooLongIsToldSo() throws Exception {
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            CyclicBarrier taken = new CyclicBarrier(POOL_SIZE + 1);
            CyclicBarrier over = new CyclicBarrier(POOL_SIZE + 1);
            for (int i = 0; i < POOL_SIZE; i++) {
                threads.execute(() ->
                        unit.run(() -> {
                            await(taken);
                            await(over);
                        }));
            }
            taken.await();
            assertThatThrownBy(this::count)
                    .isInstanceOf(StoreUnavailableException.class)
                    .hasMessageContaining("No database connection became free");
            over.await();
        }
    }

    @Test
    void aConnectionThatTheServerEndsIsUnavailabilityAndTheNextOneWorks() {
        assertThatThrownBy(() ->
                        unit.run(() -> {
                            insert(1);
                            query("select pg_terminate_backend(pg_backend_pid())");
                        }))
                .isInstanceOf(StoreUnavailableException.class);
        assertThat(count()).isZero();
    }

    @Test
    void aLockThatIsNotGivenBackInTimeIsUnavailability() throws Exception {
        insert(1);
        CyclicBarrier locked = new CyclicBarrier(2);
        CyclicBarrier over = new CyclicBarrier(2);
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<?> holder =
                    threads.submit(() ->
                            unit.run(() -> {
                                update(1);
                                await(locked);
                                await(over);
                            }));
            locked.await();
            assertThatThrownBy(() -> update(1)).isInstanceOf(StoreUnavailableException.class);
            over.await();
            holder.get();
        }
    }

    @Test
    void whatTheDatabaseSaysIsTranslatedByItsState() {
        for (String unavailable : List.of("08006", "53300", "57P01", "57P03", "57014")) {
            assertThat(SqlFailure.of(new RuntimeException(new SQLException("", unavailable))))
                    .as(unavailable)
                    .isEqualTo(SqlFailure.UNAVAILABLE);
        }
        for (String bug : List.of("23503", "0A000", "42601", "22P02", "25P02", "XX000", "")) {
            assertThat(SqlFailure.of(new RuntimeException(new SQLException("", bug))))
                    .as(bug)
                    .isEqualTo(SqlFailure.BUG);
        }
        assertThat(SqlFailure.of(new SQLException("", "53100"))).isEqualTo(SqlFailure.FULL);
        assertThat(SqlFailure.of(new SQLException("", "23505"))).isEqualTo(SqlFailure.DUPLICATE);
        assertThat(SqlFailure.of(new SQLException("", "40P01"))).isEqualTo(SqlFailure.COLLISION);
        assertThat(SqlFailure.of(new SQLException("", "25006"))).isEqualTo(SqlFailure.READ_ONLY);
        assertThat(SqlFailure.of(new SQLException("", "55P03"))).isEqualTo(SqlFailure.LOCKED);
        assertThat(SqlFailure.of(new SQLException("", "26000"))).isEqualTo(SqlFailure.OUTDATED);
        assertThat(SqlFailure.of(new IllegalStateException())).isEqualTo(SqlFailure.BUG);
    }

    private void insert(int id) {
        unit.statements(
                db -> db.createInsert("insert into note values (?, '')").addParam(id).execute());
    }

    private void update(int id) {
        unit.statements(db ->
                db.createUpdate("update note set text = text || 'x' where id = ?")
                        .addParam(id)
                        .execute());
    }

    private String text(int id) {
        return query("select text as one from note where id = " + id).column("one").getString();
    }

    private long count() {
        return query("select count(*) as one from note").column("one").getLong();
    }

    /** What another connection sees. */
    private long countElsewhere() {
        try (ExecutorService thread = Executors.newVirtualThreadPerTaskExecutor()) {
            return thread.submit(this::count).get();
        } catch (InterruptedException | ExecutionException e) {
            throw new AssertionError(e);
        }
    }

    private void wholeNote() {
        query("select *, id as one from note where id = 1");
    }

    /** A unit of work on each connection; none is run before all of them have one. */
    private void onEachConnection(Runnable work) throws Exception {
        CyclicBarrier allBegun = new CyclicBarrier(POOL_SIZE);
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<?>> all = new ArrayList<>();
            for (int i = 0; i < POOL_SIZE; i++) {
                AtomicBoolean begun = new AtomicBoolean();
                all.add(
                        threads.submit(() ->
                                unit.run(() -> {
                                    if (!begun.getAndSet(true)) {
                                        await(allBegun);
                                    }
                                    work.run();
                                })));
            }
            for (Future<?> one : all) {
                one.get();
            }
        }
    }

    private DbRow query(String sql) {
        return unit.statements(db -> {
            try (Stream<DbRow> rows = db.createQuery(sql).execute()) {
                return rows.findFirst().orElseThrow();
            }
        });
    }

    private void execute(String sql) {
        unit.statements((DbExecute db) -> db.createDmlStatement(sql).execute());
    }

    private static void await(CyclicBarrier barrier) {
        try {
            barrier.await();
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }
}
