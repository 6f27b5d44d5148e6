package dev.mooring.application.port;

import dev.mooring.domain.client.ClientId;
import dev.mooring.domain.lifecycle.AuthorizationAttempt;
import dev.mooring.domain.lifecycle.AuthorizationAttempt.Ended;
import dev.mooring.domain.lifecycle.AuthorizationAttempt.Redeeming;
import dev.mooring.domain.lifecycle.AuthorizationAttempt.Started;
import dev.mooring.domain.lifecycle.AuthorizationAttempt.Succeeded;
import dev.mooring.domain.lifecycle.AuthorizationAttempt.Unknown;
import dev.mooring.domain.lifecycle.FlowId;
import dev.mooring.domain.lifecycle.RegistrationId;
import dev.mooring.domain.oauth.StateDigest;

import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Attempts in memory. */
public final class InMemoryAttemptStore implements AttemptStore {
    private final InMemoryDatabase database;

    public InMemoryAttemptStore(InMemoryDatabase database) {
        this.database = database;
    }

    @Override
    public Optional<AuthorizationAttempt> find(FlowId id) {
        return database.execute(() -> Optional.ofNullable(database.tables().attempts.get(id)));
    }

    @Override
    public Optional<AuthorizationAttempt> find(StateDigest state) {
        return database.execute(() ->
                database.tables().attempts.values().stream()
                        .filter(attempt -> attempt.details().state().equals(state))
                        .findFirst());
    }

    @Override
    public Optional<AuthorizationAttempt> newest(ClientId client) {
        return database.execute(() ->
                database.tables().attempts.values().stream()
                        .filter(attempt -> attempt.client().equals(client))
                        .max(Comparator.comparingInt(attempt -> attempt.details().ordinal())));
    }

    @Override
    public Optional<AuthorizationAttempt> newestAskingFor(ClientId client, String scope) {
        return database.execute(() ->
                database.tables().attempts.values().stream()
                        .filter(attempt -> attempt.client().equals(client))
                        .filter(attempt -> attempt.details().scopes().contains(scope))
                        .max(Comparator.comparingInt(attempt -> attempt.details().ordinal())));
    }

    @Override
    public Optional<Succeeded> consented(ClientId client) {
        return database.execute(() ->
                database.tables().attempts.values().stream()
                        .filter(Succeeded.class::isInstance)
                        .map(Succeeded.class::cast)
                        .filter(attempt -> attempt.client().equals(client))
                        .max(Comparator.comparingInt(attempt -> attempt.details().ordinal())));
    }

    @Override
    public List<AuthorizationAttempt> open(ClientId client) {
        return database.execute(() ->
                database.tables().attempts.values().stream()
                        .filter(attempt -> attempt.client().equals(client))
                        .filter(AuthorizationAttempt::isOpen)
                        .sorted(Comparator.comparingInt(attempt -> attempt.details().ordinal()))
                        .toList());
    }

    @Override
    public List<Unknown> givenUp(ClientId client) {
        return database.execute(() ->
                database.tables().attempts.values().stream()
                        .filter(Unknown.class::isInstance)
                        .map(Unknown.class::cast)
                        .filter(attempt -> attempt.client().equals(client))
                        .sorted(Comparator.comparingInt(attempt -> attempt.details().ordinal()))
                        .toList());
    }

    @Override
    public int stepUps(ClientId client, String operation, Instant since) {
        return database.execute(() ->
                (int)
                        database.tables().attempts.values().stream()
                                .filter(AuthorizationAttempt.Succeeded.class::isInstance)
                                .map(AuthorizationAttempt::details)
                                .filter(details -> details.client().equals(client))
                                .filter(details ->
                                        details.operation().equals(Optional.of(operation)))
                                .filter(details -> !details.startedAt().isBefore(since))
                                .count());
    }

    @Override
    public void insert(Started attempt) {
        database.run(() -> {
            InMemoryDatabase.requireReferred(
                    database.tables().clients.containsKey(attempt.client()), attempt.client());
            RegistrationId registration = attempt.request().registration();
            InMemoryDatabase.requireReferred(
                    database.tables().registrations.containsKey(registration), registration);
            database.tables().attempts.put(attempt.flowId(), attempt);
        });
    }

    @Override
    public boolean claim(Redeeming claimed) {
        return database.execute(() ->
                find(claimed.flowId()).filter(Started.class::isInstance).isPresent()
                        && put(claimed));
    }

    @Override
    public boolean end(Started started, AuthorizationAttempt.Ended ended) {
        return database.execute(() ->
                find(started.flowId()).filter(Started.class::isInstance).isPresent() && put(ended));
    }

    @Override
    public boolean end(Redeeming redeeming, AuthorizationAttempt.Ended ended) {
        return database.execute(() ->
                find(redeeming.flowId()).filter(now -> mayEnd(now, redeeming, ended)).isPresent()
                        && put(ended));
    }

    @Override
    public boolean end(Unknown unknown, AuthorizationAttempt.Superseded superseded) {
        return database.execute(() ->
                find(unknown.flowId()).filter(Unknown.class::isInstance).isPresent()
                        && put(superseded));
    }

    private static boolean mayEnd(
            AuthorizationAttempt now, Redeeming redeeming, AuthorizationAttempt.Ended ended) {
        return switch (now) {
            case Redeeming current -> current.run().equals(redeeming.run());
            case Unknown unknown ->
                    unknown.code().equals(redeeming.code()) && ended instanceof Succeeded;
            case Started started -> false;
            case AuthorizationAttempt.Ended other -> false;
        };
    }

    @Override
    public Optional<AuthorizationAttempt> awaitEnd(FlowId id, Duration patience) {
        database.await(patience, () -> find(id).filter(AuthorizationAttempt::isOpen).isEmpty());
        return find(id);
    }

    @Override
    public List<Started> overdue(Instant now, int limit) {
        return database.execute(() ->
                database.tables().attempts.values().stream()
                        .filter(Started.class::isInstance)
                        .map(Started.class::cast)
                        .filter(attempt -> attempt.isPast(now))
                        .sorted(Comparator.comparing(a -> a.details().deadline()))
                        .limit(limit)
                        .toList());
    }

    @Override
    public List<Redeeming> abandoned(Instant since, int limit) {
        return database.execute(() ->
                database.tables().attempts.values().stream()
                        .filter(Redeeming.class::isInstance)
                        .map(Redeeming.class::cast)
                        .filter(attempt -> attempt.since().isBefore(since))
                        .limit(limit)
                        .toList());
    }

    @Override
    public int forget(Instant before, String scope, int limit) {
        return database.execute(() -> {
            List<Ended> forgotten =
                    database.tables().attempts.values().stream()
                            .filter(Ended.class::isInstance)
                            .map(Ended.class::cast)
                            .filter(attempt -> attempt.at().isBefore(before))
                            .filter(attempt -> !isKept(attempt, scope))
                            .sorted(Comparator.comparing(Ended::at))
                            .limit(limit)
                            .toList();
            forgotten.forEach(attempt -> database.tables().attempts.remove(attempt.flowId()));
            return forgotten.size();
        });
    }

    private boolean isKept(Ended attempt, String scope) {
        ClientId client = attempt.client();
        return Stream.of(newest(client), consented(client), newestAskingFor(client, scope))
                .flatMap(Optional::stream)
                .anyMatch(attempt::equals);
    }

    private boolean put(AuthorizationAttempt attempt) {
        database.tables().attempts.put(attempt.flowId(), attempt);
        return true;
    }
}
