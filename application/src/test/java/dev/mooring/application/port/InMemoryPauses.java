package dev.mooring.application.port;

import dev.mooring.domain.client.ClientId;
import dev.mooring.domain.lifecycle.Problem;

import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.Optional;
import java.util.stream.Stream;

/** Pauses in memory. */
public final class InMemoryPauses implements Pauses {
    private final InMemoryDatabase database;

    public InMemoryPauses(InMemoryDatabase database) {
        this.database = database;
    }

    /** A pause, over or not. */
    record Begun(int failures, Problem problem, Instant until) {}

    @Override
    public Optional<Pause> running(ClientId client, URI tokenEndpoint) {
        return database.execute(() ->
                Stream.concat(
                                running(client).stream(),
                                Optional.ofNullable(
                                        database.tables().endpointPauses.get(tokenEndpoint))
                                        .flatMap(this::running)
                                        .stream())
                        .max(Comparator.comparing(Pause::left)));
    }

    @Override
    public Optional<Pause> running(ClientId client) {
        return database.execute(() ->
                Optional.ofNullable(database.tables().clientPauses.get(client))
                        .flatMap(this::running));
    }

    private Optional<Pause> running(Begun begun) {
        Duration left = Duration.between(database.now(), begun.until());
        return left.isPositive() ? Optional.of(new Pause(begun.problem(), left)) : Optional.empty();
    }

    @Override
    public int failures(ClientId client) {
        return database.execute(() ->
                Optional.ofNullable(database.tables().clientPauses.get(client))
                        .map(Begun::failures)
                        .orElse(0));
    }

    @Override
    public Optional<Problem> last(ClientId client) {
        return database.execute(() ->
                Optional.ofNullable(database.tables().clientPauses.get(client))
                        .map(Begun::problem));
    }

    @Override
    public void begin(ClientId client, int failures, Problem problem, Duration length) {
        database.run(() -> {
            if (database.tables().clients.containsKey(client)) {
                database.tables()
                        .clientPauses
                        .put(client, new Begun(failures, problem, database.now().plus(length)));
            }
        });
    }

    @Override
    public void begin(URI tokenEndpoint, Problem problem, Duration length) {
        database.run(() ->
                database.tables()
                        .endpointPauses
                        .merge(
                                tokenEndpoint,
                                new Begun(1, problem, database.now().plus(length)),
                                (one, other) -> one.until().isAfter(other.until()) ? one : other));
    }

    @Override
    public void forget(ClientId client) {
        database.run(() -> database.tables().clientPauses.remove(client));
    }
}
