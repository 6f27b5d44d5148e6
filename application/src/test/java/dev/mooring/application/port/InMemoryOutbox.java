package dev.mooring.application.port;

import dev.mooring.application.port.InMemoryDatabase.Owed;
import dev.mooring.application.port.InMemoryDatabase.Tables;
import dev.mooring.domain.lifecycle.Debt;
import dev.mooring.domain.oauth.Origin;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/** Owed things in memory. */
abstract class InMemoryOutbox<T> implements Outbox<T> {
    private final InMemoryDatabase database;
    private final Function<Tables, Map<Long, Owed<T>>> table;
    private final Function<T, Debt> debt;

    InMemoryOutbox(
            InMemoryDatabase database,
            Function<Tables, Map<Long, Owed<T>>> table,
            Function<T, Debt> debt) {
        this.database = database;
        this.table = table;
        this.debt = debt;
    }

    @Override
    public void add(T owed) {
        database.run(() -> {
            Tables tables = database.tables();
            tables.lastNumber++;
            Instant now = database.now();
            rows().put(tables.lastNumber, new Owed<>(tables.lastNumber, owed, 0, 0, now, now));
        });
    }

    @Override
    public List<Entry> take(int most, int atOneOrigin, List<Origin> underWay, Duration lease) {
        return database.execute(() -> {
            List<Origin> busy = new ArrayList<>(underWay);
            List<Entry> taken = new ArrayList<>();
            for (Owed<T> owed : due()) {
                Origin origin = debt.apply(owed.owed()).creditor();
                long there = busy.stream().filter(origin::equals).count();
                if (taken.size() < most && there < atOneOrigin && !isPaused(origin)) {
                    busy.add(origin);
                    taken.add(entry(put(owed.attempted(database.now().plus(lease)))));
                }
            }
            return taken.stream().sorted(Comparator.comparingLong(Entry::number)).toList();
        });
    }

    private List<Owed<T>> due() {
        return rows().values().stream()
                .filter(owed -> !owed.dueAt().isAfter(database.now()))
                .sorted(Comparator.comparing(Owed::dueAt))
                .toList();
    }

    private boolean isPaused(Origin origin) {
        return database.tables()
                .owedPauses
                .getOrDefault(origin, Instant.MIN)
                .isAfter(database.now());
    }

    private Entry entry(Owed<T> owed) {
        return new Entry(
                owed.number(),
                debt.apply(owed.owed()),
                owed.attempts(),
                owed.excused(),
                Duration.between(owed.since(), database.now()));
    }

    @Override
    public Optional<T> open(Entry entry) {
        return database.execute(() -> taken(entry).map(Owed::owed));
    }

    @Override
    public boolean done(Entry entry) {
        return database.execute(() -> rows().remove(entry.number()) != null);
    }

    @Override
    public boolean giveUp(Entry entry) {
        return database.execute(() -> taken(entry).isPresent() && done(entry));
    }

    @Override
    public void postpone(Entry entry, Duration delay) {
        postpone(entry, delay, 0);
    }

    @Override
    public void excuse(Entry entry, Duration delay) {
        postpone(entry, delay, 1);
    }

    private void postpone(Entry entry, Duration delay, int excused) {
        database.run(() ->
                taken(entry)
                        .ifPresent(
                                owed -> put(owed.postponed(database.now().plus(delay), excused))));
    }

    @Override
    public void pause(Origin origin, Duration length) {
        database.run(() ->
                database.tables()
                        .owedPauses
                        .merge(
                                origin,
                                database.now().plus(length),
                                (one, other) -> one.isAfter(other) ? one : other));
    }

    @Override
    public Backlog backlog() {
        return database.execute(() ->
                new Backlog(
                        rows().size(),
                        rows().values().stream()
                                .map(owed -> Duration.between(owed.since(), database.now()))
                                .max(Comparator.naturalOrder())
                                .orElse(Duration.ZERO)));
    }

    /** Unless somebody else has taken it since. */
    private Optional<Owed<T>> taken(Entry entry) {
        return Optional.ofNullable(rows().get(entry.number()))
                .filter(owed -> owed.attempts() == entry.attempts());
    }

    private Owed<T> put(Owed<T> owed) {
        rows().put(owed.number(), owed);
        return owed;
    }

    private Map<Long, Owed<T>> rows() {
        return table.apply(database.tables());
    }
}
