package dev.mooring.endtoend;

import dev.mooring.endtoend.FaultPoint.Place;
import dev.mooring.endtoend.Mooring.Pending;
import dev.mooring.endtoend.Ordeal.Target;
import dev.mooring.endtoend.Ordeal.Verdict;
import dev.mooring.party.AuthorizationServerParty;
import dev.mooring.party.McpServerParty;

import java.io.UncheckedIOException;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Kills a node, PostgreSQL or both, again and again, each time while several clients stand at a
 * {@link FaultPoint}; lets everything start again; and has each client's call repeated until it is
 * done. The kills of one batch come shortly after each other, so that the leases of all the dead
 * run out at the same time.
 *
 * <p>Points, targets, victims and pauses follow from the seed; what the scheduler does, does not.
 */
final class KillSweep implements AutoCloseable {

    /** How a dead worker's lease is got over. */
    enum Leases {
        /** Waited for, as in real life. */
        AWAITED,
        /** Ended in the database, where the test would only wait. */
        ENDED
    }

    private static final List<Target> TARGETS = List.of(Target.values());

    private static final String END_LEASES =
            """
            update oauth_grant set lease_until = clock_timestamp() where lease_until is not null;
            update connection_run set lease_until = clock_timestamp() where outcome is null;
            update owed_revocation set due_at = clock_timestamp();
            update authorization_attempt set redeeming_since = redeeming_since - interval '2 minutes'
                where state = 'redeeming'
            """;

    private static final Duration TO_STAND = Duration.ofSeconds(20);

    /** What is done each minute. */
    private static final Duration TO_STAND_IN_TURN = Duration.ofSeconds(70);

    /** How often what has its turn each minute is waited for. */
    private static final int RARE = 3;

    /** One of so many databases that die stays away for a while. */
    private static final int LONG_AWAY = 4;

    private static final Duration AWAY = Duration.ofSeconds(12);

    /** Less than the nodes' {@code lock_timeout}, after which a statement stands no more. */
    private static final Duration TO_STAND_IN_THE_DATABASE = Duration.ofSeconds(3);

    private static final Duration TO_ANSWER_AFTER_ALL = Duration.ofSeconds(20);

    /** Leases, the sweep of attempts and the next turn of the outbox, one after the other. */
    private static final Duration TO_FINISH = Duration.ofMinutes(4);

    private final Random random;
    private final Leases leases;
    private final int atOnce;
    private final MortalDatabase database = MortalDatabase.start();
    private final TwoNodes nodes = TwoNodes.start(database.access());
    private final Mooring atOne = new Mooring(nodes.one().address(), TwoNodes.KEY);
    private final Mooring atTwo = new Mooring(nodes.two().address(), TwoNodes.KEY);
    private final StandingStatements statements;
    private final ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor();
    private final Deque<FaultPoint> points = new ArrayDeque<>();
    private int rounds;
    private final FaultTable table = new FaultTable();
    private final AuthorizationServerParty bystandersIssuer = AuthorizationServerParty.start();
    private final McpServerParty bystandersServer =
            McpServerParty.settings().protectedBy(bystandersIssuer, "mcp:tools").start();
    private final Pending bystander;

    KillSweep(long seed, int atOnce, Leases leases) throws SQLException {
        this.random = new Random(seed);
        this.atOnce = atOnce;
        this.leases = leases;
        this.statements = new StandingStatements(database);
        this.bystander = atOne.connect(bystandersServer.endpoint());
    }

    /** Kills this often, and judges all that was under way meanwhile. */
    FaultTable run(int kills, int killsOfABatch) throws Exception {
        for (int done = 0; done < kills; done += killsOfABatch) {
            List<Ordeal> batch = new ArrayList<>();
            for (int kill = done; kill < Math.min(kills, done + killsOfABatch); kill++) {
                batch.addAll(kill(TARGETS.get(kill % TARGETS.size()), kill / TARGETS.size()));
            }
            if (leases == Leases.ENDED) {
                database.execute(END_LEASES);
            }
            for (Verdict verdict : finish(batch)) {
                if (!verdict.good()) {
                    table.addTrouble(verdict.story());
                }
            }
            batch.forEach(Ordeal::close);
            System.out.printf(
                    "%d of %d kills, troubles: %s%n", table.kills(), kills, table.troubles());
        }
        return table;
    }

    /**
     * @param number how many processes of this kind died before
     */
    private List<Ordeal> kill(Target target, int number) throws Exception {
        List<Ordeal> ordeals = new ArrayList<>();
        for (int i = 0; i < atOnce; i++) {
            ordeals.add(new Ordeal(nextPoint(), target, database));
        }
        boolean first = random.nextBoolean();
        ServiceProcess victim = first ? nodes.one() : nodes.two();
        ServiceProcess neighbour = first ? nodes.two() : nodes.one();
        Mooring there = first ? atOne : atTwo;
        Mooring elsewhere = first ? atTwo : atOne;
        all(ordeals, ordeal -> ordeal.prepare(random.nextBoolean() ? there : elsewhere));

        begin(there, neighbour, ordeals);
        ordeals.forEach(Ordeal::releaseBeforeTheKill);
        LockSupport.parkNanos(TimeUnit.MICROSECONDS.toNanos(random.nextInt(40_000)));

        long killed = System.nanoTime();
        if (target.killsTheNode()) {
            victim.kill();
        }
        if (target.killsTheDatabase()) {
            database.kill();
        }
        ordeals.forEach(Ordeal::releaseAfterTheKill);
        if (target.killsTheDatabase()) {
            if (leases == Leases.AWAITED && number % LONG_AWAY == 0) {
                LockSupport.parkNanos(AWAY.toNanos());
                killed += AWAY.toNanos();
            }
            database.startAgain();
        } else {
            statements.release();
            table.addBystander(serves(elsewhere));
        }
        if (target.killsTheNode()) {
            victim.startAgain();
        }
        nodes.one().awaitReady();
        nodes.two().awaitReady();
        table.addRecovery(target, Duration.ofNanos(System.nanoTime() - killed));
        if (!target.killsTheNode()) {
            // A node that lives holds tokens until the database takes them.
            await(TO_ANSWER_AFTER_ALL, () -> ordeals.stream().allMatch(Ordeal::over));
        }
        return ordeals;
    }

    /** While the neighbour stands still, what is due by a schedule is done at the victim. */
    private void begin(Mooring there, ServiceProcess neighbour, List<Ordeal> ordeals)
            throws SQLException {
        boolean scheduled = ordeals.stream().anyMatch(each -> each.point().step().isScheduled());
        if (scheduled) {
            neighbour.freeze();
        }
        try {
            beginAt(there, ordeals);
        } finally {
            if (scheduled) {
                neighbour.thaw();
            }
        }
    }

    /**
     * What has to wait for its turn comes first; those that the database will hold come last, as it
     * holds them for a short time only.
     */
    private void beginAt(Mooring there, List<Ordeal> ordeals) throws SQLException {
        Map<Integer, Ordeal> inTheDatabase = new HashMap<>();
        List<Ordeal> anywhere = new ArrayList<>();
        List<Ordeal> atParties = new ArrayList<>();
        List<Ordeal> inTurn =
                ordeals.stream().filter(ordeal -> ordeal.point().step().isRare()).toList();
        statements.begin();
        for (Ordeal ordeal : ordeals) {
            switch (ordeal.point().place()) {
                case Place.Change change ->
                        inTheDatabase.put(statements.add(change, key(change, ordeal)), ordeal);
                case Place.Anywhere any -> anywhere.add(ordeal);
                case Place.AtIssuer at -> atParties.add(ordeal);
                case Place.AtServer at -> atParties.add(ordeal);
            }
        }
        atParties.removeAll(inTurn);
        inTurn.forEach(ordeal -> ordeal.begin(there, callers));
        await(TO_STAND_IN_TURN, () -> inTurn.stream().allMatch(o -> o.stands() || o.over()));
        atParties.forEach(ordeal -> ordeal.begin(there, callers));
        await(TO_STAND, () -> atParties.stream().allMatch(o -> o.stands() || o.over()));
        inTheDatabase.values().forEach(ordeal -> ordeal.begin(there, callers));
        await(
                TO_STAND_IN_THE_DATABASE,
                () -> {
                    Set<Integer> standing = statements.standing();
                    inTheDatabase.forEach(
                            (number, ordeal) -> ordeal.stands(standing.contains(number)));
                    return inTheDatabase.values().stream()
                            .allMatch(ordeal -> ordeal.stands() || ordeal.over());
                });
        anywhere.forEach(ordeal -> ordeal.begin(there, callers));
        if (!anywhere.isEmpty()) {
            LockSupport.parkNanos(TimeUnit.MICROSECONDS.toNanos(random.nextInt(150_000)));
        }
    }

    /** What is owed is known by the grant that it was. */
    private String key(Place.Change change, Ordeal ordeal) {
        return switch (change.table()) {
            case "owed_revocation" ->
                    database.text("select id from oauth_grant where client_id = ?", ordeal.id());
            case "token_endpoint_pause" -> ordeal.tokenEndpoint();
            default -> ordeal.id();
        };
    }

    /** The points for which one must wait long come all at once, and not each time. */
    private FaultPoint nextPoint() {
        if (points.isEmpty()) {
            List<FaultPoint> all = new ArrayList<>(Arrays.asList(FaultPoint.values()));
            List<FaultPoint> rare = all.stream().filter(point -> point.step().isRare()).toList();
            all.removeAll(rare);
            Collections.shuffle(all, random);
            points.addAll(all);
            rounds++;
            if (rounds % RARE == 0) {
                points.addAll(rare);
            }
        }
        return points.remove();
    }

    private boolean serves(Mooring elsewhere) {
        try {
            return elsewhere.echo(bystander.name(), "meanwhile").status() == 200;
        } catch (UncheckedIOException broken) {
            return false;
        }
    }

    private List<Verdict> finish(List<Ordeal> batch) throws Exception {
        List<Future<Verdict>> verdicts = new ArrayList<>();
        for (Ordeal ordeal : batch) {
            Random nodesToAsk = new Random(random.nextLong());
            verdicts.add(
                    callers.submit(() -> {
                        Verdict verdict =
                                ordeal.finish(
                                        () -> nodesToAsk.nextBoolean() ? atOne : atTwo, TO_FINISH);
                        table.add(ordeal.point(), ordeal.stands(), verdict);
                        return verdict;
                    }));
        }
        List<Verdict> all = new ArrayList<>();
        for (Future<Verdict> verdict : verdicts) {
            all.add(verdict.get());
        }
        return all;
    }

    private interface Part {
        void of(Ordeal ordeal);
    }

    private void all(List<Ordeal> ordeals, Part part)
            throws ExecutionException, InterruptedException {
        List<Future<?>> parts = new ArrayList<>();
        for (Ordeal ordeal : ordeals) {
            parts.add(callers.submit(() -> part.of(ordeal)));
        }
        for (Future<?> done : parts) {
            done.get();
        }
    }

    private interface Condition {
        boolean holds() throws SQLException;
    }

    /** Goes on after this time even if it does not hold. */
    private static void await(Duration atMost, Condition condition) throws SQLException {
        long deadline = System.nanoTime() + atMost.toNanos();
        while (!condition.holds() && System.nanoTime() < deadline) {
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
        }
    }

    @Override
    public void close() {
        callers.shutdownNow();
        atOne.close();
        atTwo.close();
        nodes.close();
        closeQuietly(statements);
        database.close();
        bystandersServer.close();
        bystandersIssuer.close();
    }

    private static void closeQuietly(StandingStatements statements) {
        try {
            statements.close();
        } catch (SQLException alreadyGone) {
            // The database may have been killed under it.
        }
    }
}
