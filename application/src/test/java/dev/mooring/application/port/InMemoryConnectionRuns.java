package dev.mooring.application.port;

import dev.mooring.application.port.InMemoryDatabase.Run;
import dev.mooring.domain.client.ClientId;
import dev.mooring.domain.lifecycle.RunId;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/** Connection runs in memory. */
public final class InMemoryConnectionRuns implements ConnectionRuns {
    private final InMemoryDatabase database;

    public InMemoryConnectionRuns(InMemoryDatabase database) {
        this.database = database;
    }

    @Override
    public Start start(ClientId client, RunId run, Duration lease) {
        return database.execute(() -> {
            InMemoryDatabase.Tables tables = database.tables();
            if (!tables.clients.containsKey(client)) {
                return new Start.Gone();
            }
            Optional<RunId> newest = Optional.ofNullable(tables.newestRun.get(client));
            Optional<RunId> underway = newest.filter(this::isAlive);
            if (underway.isPresent()) {
                return new Start.Underway(underway.get());
            }
            // Whoever waits for an outcome loses patience before the lease that it was found under.
            tables.runs
                    .values()
                    .removeIf(old -> old.client().equals(client) && !lasts(old.leaseUntil()));
            put(new Run(client, run, database.now().plus(lease), Optional.empty()));
            tables.newestRun.put(client, run);
            return new Start.Started();
        });
    }

    @Override
    public boolean finish(ClientId client, RunId run, Outcome outcome) {
        return database.execute(() -> {
            Optional<Run> unfinished =
                    find(run)
                            .filter(found -> run.equals(database.tables().newestRun.get(client)))
                            .filter(found -> found.outcome().isEmpty());
            unfinished.ifPresent(
                    found -> put(new Run(client, run, found.leaseUntil(), Optional.of(outcome))));
            return unfinished.isPresent();
        });
    }

    @Override
    public Optional<Outcome> await(ClientId client, RunId run, Duration patience) {
        database.await(patience, () -> !isAlive(run));
        return find(run).flatMap(Run::outcome);
    }

    private void put(Run run) {
        database.tables().runs.put(run.id(), run);
    }

    private Optional<Run> find(RunId run) {
        return database.execute(() -> Optional.ofNullable(database.tables().runs.get(run)));
    }

    private boolean isAlive(RunId run) {
        return find(run)
                .filter(found -> found.outcome().isEmpty() && lasts(found.leaseUntil()))
                .isPresent();
    }

    private boolean lasts(Instant leaseUntil) {
        return leaseUntil.isAfter(database.now());
    }
}
