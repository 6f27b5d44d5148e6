package dev.mooring.application.port;

import dev.mooring.domain.client.ClientAuth;
import dev.mooring.domain.client.ClientId;
import dev.mooring.domain.client.ClientName;
import dev.mooring.domain.client.OAuthConfigId;
import dev.mooring.domain.lifecycle.ClientState;
import dev.mooring.domain.lifecycle.McpClient;
import dev.mooring.domain.lifecycle.Registration;

import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/** Clients in memory. */
public final class InMemoryClientStore implements ClientStore {
    private final InMemoryDatabase database;

    public InMemoryClientStore(InMemoryDatabase database) {
        this.database = database;
    }

    @Override
    public Optional<Stored<McpClient>> find(ClientId id) {
        return first(client -> client.id().equals(id));
    }

    @Override
    public Optional<Stored<McpClient>> find(OAuthConfigId id) {
        return first(client ->
                client.settings().oauth().map(ClientAuth.OAuth::id).equals(Optional.of(id)));
    }

    @Override
    public Optional<Stored<McpClient>> find(ClientName name) {
        return first(client -> client.settings().name().equals(name));
    }

    @Override
    public List<Stored<McpClient>> findAll(Set<ClientId> ids) {
        return ids.stream().flatMap(id -> find(id).stream()).toList();
    }

    @Override
    public Optional<Stored<McpClient>> lock(ClientId id) {
        if (!database.inUnitOfWork()) {
            throw new IllegalStateException("A client is locked only inside a unit of work");
        }
        return find(id);
    }

    @Override
    public Page list(Query query) {
        return database.execute(() -> {
            List<Stored<McpClient>> matching =
                    database.tables().clients.values().stream()
                            .filter(stored -> matches(stored.value(), query))
                            .toList();
            return new Page(
                    matching.stream().skip(query.offset()).limit(query.limit()).toList(),
                    matching.size());
        });
    }

    @Override
    public Optional<TakenField> taken(McpClient client) {
        return database.execute(() -> {
            if (database.tables().clients.containsKey(client.id())) {
                return Optional.of(TakenField.ID);
            }
            return takenByAnother(client);
        });
    }

    @Override
    public Insertion insert(McpClient client) {
        return database.execute(() ->
                taken(client)
                        .<Insertion>map(Insertion.Taken::new)
                        .orElseGet(() -> new Insertion.Inserted(put(client, 1))));
    }

    @Override
    public Replacement replace(Stored<McpClient> read, McpClient next) {
        return database.execute(() -> {
            Optional<Stored<McpClient>> current = find(next.id());
            if (current.isEmpty() || current.get().revision() != read.revision()) {
                return new Replacement.Stale();
            }
            return takenByAnother(next)
                    .<Replacement>map(Replacement.Taken::new)
                    .orElseGet(() -> new Replacement.Replaced(put(next, read.revision() + 1)));
        });
    }

    @Override
    public boolean delete(ClientId id) {
        return database.execute(() -> {
            InMemoryDatabase.Tables tables = database.tables();
            tables.attempts.values().removeIf(attempt -> attempt.client().equals(id));
            tables.grants.remove(id);
            tables.grantLeases.remove(id);
            tables.renewals.remove(id);
            tables.connections.remove(id);
            tables.clientPauses.remove(id);
            tables.runs.values().removeIf(run -> run.client().equals(id));
            tables.newestRun.remove(id);
            tables.registrations
                    .values()
                    .removeIf(registration ->
                            registration instanceof Registration.Given given
                                    && given.enteredFor().equals(id));
            return tables.clients.remove(id) != null;
        });
    }

    private Stored<McpClient> put(McpClient client, long revision) {
        Stored<McpClient> stored = new Stored<>(client, revision);
        database.tables().clients.put(client.id(), stored);
        makeDue(client);
        return stored;
    }

    private void makeDue(McpClient client) {
        database.tables().connections.remove(client.id());
        client.connectAt().ifPresent(at -> database.tables().connections.put(client.id(), at));
    }

    @Override
    public List<ClientId> takeDue(int most, Duration hold) {
        return database.execute(() -> {
            List<ClientId> due =
                    database.tables().connections.entrySet().stream()
                            .filter(entry -> !entry.getValue().isAfter(database.now()))
                            .sorted(Map.Entry.comparingByValue())
                            .map(Map.Entry::getKey)
                            .limit(most)
                            .toList();
            due.forEach(
                    taken -> database.tables().connections.put(taken, database.now().plus(hold)));
            return due;
        });
    }

    @Override
    public void connectLater(Stored<McpClient> read) {
        database.run(() ->
                find(read.value().id())
                        .filter(now -> now.revision() == read.revision())
                        .ifPresent(now -> makeDue(now.value())));
    }

    private Optional<TakenField> takenByAnother(McpClient client) {
        Predicate<McpClient> another = other -> !other.id().equals(client.id());
        if (first(another.and(other -> other.settings().name().equals(client.settings().name())))
                .isPresent()) {
            return Optional.of(TakenField.NAME);
        }
        return first(another.and(other -> other.settings().slug().equals(client.settings().slug())))
                .map(other -> TakenField.SLUG);
    }

    private Optional<Stored<McpClient>> first(Predicate<McpClient> wanted) {
        return database.execute(() ->
                database.tables().clients.values().stream()
                        .filter(stored -> wanted.test(stored.value()))
                        .findFirst());
    }

    private static boolean matches(McpClient client, Query query) {
        String name = client.settings().name().value().toLowerCase(Locale.ROOT);
        return query.search().map(part -> name.contains(part.toLowerCase(Locale.ROOT))).orElse(true)
                && query.state().map(state -> state == ClientState.of(client)).orElse(true)
                && query.authType()
                        .map(kind -> kind == client.settings().auth().kind())
                        .orElse(true)
                && query.transport()
                        .map(transport -> transport == client.settings().connection().transport())
                        .orElse(true);
    }
}
