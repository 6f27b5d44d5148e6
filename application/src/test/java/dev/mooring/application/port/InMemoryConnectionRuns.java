package dev.mooring.application.port;

import dev.mooring.domain.client.ClientId;
import dev.mooring.domain.lifecycle.RunId;

import java.time.Duration;
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
            if (!database.tables().clients.containsKey(client)) {
                return new Start.Gone();
            }
            Optional<InMemoryDatabase.Run> alive = find(client).filter(this::isAlive);
            if (alive.isPresent()) {
                return new Start.Underway(alive.get().id());
            }
            database.tables()
                    .runs
                    .put(
                            client,
                            new InMemoryDatabase.Run(
                                    run, database.now().plus(lease), Optional.empty()));
            return new Start.Started();
        });
    }

    @Override
    public boolean finish(ClientId client, RunId run, Outcome outcome) {
        return database.execute(() -> {
            Optional<InMemoryDatabase.Run> mine =
                    find(client)
                            .filter(found -> found.id().equals(run))
                            .filter(found -> found.outcome().isEmpty());
            mine.ifPresent(found ->
                    database.tables()
                            .runs
                            .put(
                                    client,
                                    new InMemoryDatabase.Run(
                                            run, found.leaseUntil(), Optional.of(outcome))));
            return mine.isPresent();
        });
    }

    @Override
    public Optional<Outcome> await(ClientId client, RunId run, Duration patience) {
        database.await(
                patience,
                () ->
                        Optional.of(true)
                                .filter(yes -> !of(client, run).filter(this::isAlive).isPresent()));
        return of(client, run).flatMap(InMemoryDatabase.Run::outcome);
    }

    private Optional<InMemoryDatabase.Run> of(ClientId client, RunId run) {
        return find(client).filter(found -> found.id().equals(run));
    }

    private Optional<InMemoryDatabase.Run> find(ClientId client) {
        return database.execute(() -> Optional.ofNullable(database.tables().runs.get(client)));
    }

    private boolean isAlive(InMemoryDatabase.Run run) {
        return run.outcome().isEmpty() && run.leaseUntil().isAfter(database.now());
    }
}
