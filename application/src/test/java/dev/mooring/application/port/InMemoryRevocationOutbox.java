package dev.mooring.application.port;

import dev.mooring.domain.lifecycle.Revocation;

import java.time.Duration;
import java.util.List;

/** Owed revocations in memory. */
public final class InMemoryRevocationOutbox implements RevocationOutbox {
    private final InMemoryDatabase database;

    public InMemoryRevocationOutbox(InMemoryDatabase database) {
        this.database = database;
    }

    @Override
    public void add(Revocation revocation) {
        database.run(() -> {
            InMemoryDatabase.Tables tables = database.tables();
            tables.lastNumber++;
            tables.owed.put(
                    tables.lastNumber,
                    new InMemoryDatabase.Owed(
                            new Entry(tables.lastNumber, revocation, 0), database.now()));
        });
    }

    @Override
    public List<Entry> take(int limit, Duration lease) {
        return database.execute(() -> {
            List<Entry> due =
                    database.tables().owed.values().stream()
                            .filter(owed -> !owed.dueAt().isAfter(database.now()))
                            .map(InMemoryDatabase.Owed::entry)
                            .limit(limit)
                            .map(entry ->
                                    new Entry(
                                            entry.number(),
                                            entry.revocation(),
                                            entry.attempts() + 1))
                            .toList();
            due.forEach(entry -> put(entry, lease));
            return due;
        });
    }

    @Override
    public void done(Entry entry) {
        database.run(() -> database.tables().owed.remove(entry.number()));
    }

    @Override
    public void postpone(Entry entry, Duration delay) {
        database.run(() -> {
            if (database.tables().owed.containsKey(entry.number())) {
                put(entry, delay);
            }
        });
    }

    private void put(Entry entry, Duration delay) {
        database.tables()
                .owed
                .put(entry.number(), new InMemoryDatabase.Owed(entry, database.now().plus(delay)));
    }
}
