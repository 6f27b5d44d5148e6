package dev.mooring.application.port;

import dev.mooring.application.port.InMemoryDatabase.Owed;
import dev.mooring.application.port.InMemoryDatabase.Tables;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** Owed things in memory. */
abstract class InMemoryOutbox<T> implements Outbox<T> {
    private final InMemoryDatabase database;
    private final Function<Tables, Map<Long, Owed<T>>> table;

    InMemoryOutbox(InMemoryDatabase database, Function<Tables, Map<Long, Owed<T>>> table) {
        this.database = database;
        this.table = table;
    }

    @Override
    public void add(T owed) {
        database.run(() -> {
            Tables tables = database.tables();
            tables.lastNumber++;
            put(new Entry<>(tables.lastNumber, owed, 0), Duration.ZERO);
        });
    }

    @Override
    public List<Entry<T>> take(int limit, Duration lease) {
        return database.execute(() -> {
            List<Entry<T>> due =
                    rows().values().stream()
                            .filter(owed -> !owed.dueAt().isAfter(database.now()))
                            .map(Owed::entry)
                            .limit(limit)
                            .map(entry ->
                                    new Entry<>(entry.number(), entry.owed(), entry.attempts() + 1))
                            .toList();
            due.forEach(entry -> put(entry, lease));
            return due;
        });
    }

    @Override
    public void done(Entry<T> entry) {
        database.run(() -> rows().remove(entry.number()));
    }

    @Override
    public void postpone(Entry<T> entry, Duration delay) {
        database.run(() -> {
            if (rows().containsKey(entry.number())) {
                put(entry, delay);
            }
        });
    }

    private void put(Entry<T> entry, Duration delay) {
        rows().put(entry.number(), new Owed<>(entry, database.now().plus(delay)));
    }

    private Map<Long, Owed<T>> rows() {
        return table.apply(database.tables());
    }
}
