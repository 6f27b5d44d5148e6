package dev.mooring.application.port;

import dev.mooring.application.Acting;
import dev.mooring.domain.audit.AdministrativeEvent;
import dev.mooring.domain.audit.AuditEntry;
import dev.mooring.domain.audit.AuditFilter;
import dev.mooring.domain.audit.AuditRecord;
import dev.mooring.domain.lifecycle.ClientEvent;
import dev.mooring.domain.lifecycle.UpstreamEvent;

import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** Events in memory. One unit of work at a time: what is stored is settled. */
public final class InMemoryEventLog implements EventLog, EventHistory {
    private final InMemoryDatabase database;

    public InMemoryEventLog(InMemoryDatabase database) {
        this.database = database;
    }

    @Override
    public void append(ClientEvent event) {
        database.run(() -> {
            database.tables().events.add(event);
            append(AuditEntry.of(event));
        });
    }

    @Override
    public void append(UpstreamEvent event) {
        database.run(() -> append(AuditEntry.of(event)));
    }

    @Override
    public void append(AdministrativeEvent event) {
        database.run(() -> append(AuditEntry.of(event)));
    }

    private void append(AuditEntry entry) {
        InMemoryDatabase.Tables tables = database.tables();
        tables.lastNumber++;
        tables.trail.add(new AuditRecord(tables.lastNumber, entry, Acting.current()));
    }

    @Override
    public Page after(long number, AuditFilter filter, int limit) {
        return database.execute(() -> {
            List<AuditRecord> found =
                    matching(filter, candidate -> candidate.number() > number)
                            .limit(limit)
                            .toList();
            return new Page(
                    found,
                    found.size() == limit ? found.getLast().number() : Math.max(number, settled()));
        });
    }

    @Override
    public List<AuditRecord> before(long number, AuditFilter filter, int limit) {
        return database.execute(() ->
                matching(filter, candidate -> candidate.number() < number)
                        .sorted(Comparator.comparingLong(AuditRecord::number).reversed())
                        .limit(limit)
                        .toList());
    }

    private Stream<AuditRecord> matching(AuditFilter filter, Predicate<AuditRecord> place) {
        return database.tables().trail.stream().filter(place).filter(filter::matches);
    }

    @Override
    public long settled() {
        return database.execute(() -> database.tables().lastNumber);
    }

    @Override
    public long certain() {
        return settled();
    }

    private Stream<AuditRecord> before(Instant end) {
        return database.tables().trail.stream()
                .filter(candidate -> candidate.entry().at().isBefore(end));
    }

    @Override
    public int forget(Instant before, int limit) {
        return database.execute(() -> {
            List<AuditRecord> old = before(before).limit(limit).toList();
            database.tables().trail.removeAll(old);
            return old.size();
        });
    }
}
