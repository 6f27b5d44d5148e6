package dev.mooring.application.port;

import dev.mooring.domain.Secret;
import dev.mooring.domain.client.ClientId;
import dev.mooring.domain.lifecycle.Grant;
import dev.mooring.domain.lifecycle.GrantId;
import dev.mooring.domain.lifecycle.RegistrationId;
import dev.mooring.domain.lifecycle.RunId;
import dev.mooring.domain.oauth.HttpUrl;

import org.jspecify.annotations.Nullable;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Grants in memory. */
public final class InMemoryGrantStore implements GrantStore {
    private final InMemoryDatabase database;

    public InMemoryGrantStore(InMemoryDatabase database) {
        this.database = database;
    }

    @Override
    public Optional<Grant> find(GrantId id) {
        return database.execute(() ->
                database.tables().grants.values().stream()
                        .filter(grant -> grant.id().equals(id))
                        .findFirst());
    }

    @Override
    public Optional<Grant> ofClient(ClientId client) {
        return database.execute(() -> Optional.ofNullable(database.tables().grants.get(client)));
    }

    @Override
    public boolean servedSince(RegistrationId registration, Instant since) {
        return database.execute(() ->
                database.tables().grants.values().stream()
                        .filter(grant -> grant.registration().equals(registration))
                        .anyMatch(grant -> !grant.issuedAt().isBefore(since)));
    }

    @Override
    public void put(Grant grant) {
        database.run(() -> {
            InMemoryDatabase.requireReferred(
                    database.tables().clients.containsKey(grant.client()), grant.client());
            InMemoryDatabase.requireReferred(
                    database.tables().registrations.containsKey(grant.registration()),
                    grant.registration());
            database.tables().grants.put(grant.client(), grant);
            database.tables().grantLeases.remove(grant.client());
            database.tables().renewals.remove(grant.client());
            // Any moment of the window will do; a test can tell the first.
            grant.renewalWindow()
                    .ifPresent(window ->
                            database.tables()
                                    .renewals
                                    .put(grant.client(), database.now().plus(window.opens())));
        });
    }

    @Override
    public boolean delete(GrantId id) {
        return database.execute(() -> {
            Optional<Grant> grant = find(id);
            grant.ifPresent(found -> {
                database.tables().grants.remove(found.client());
                database.tables().grantLeases.remove(found.client());
                database.tables().renewals.remove(found.client());
            });
            return grant.isPresent();
        });
    }

    @Override
    public Lease lease(Grant seen, Grant intended, Duration lease) {
        return database.execute(() -> {
            Optional<Grant> current = sameGeneration(intended);
            if (current.isEmpty()) {
                return new Lease.Outdated();
            }
            if (isLeased(intended.client())) {
                return new Lease.Busy();
            }
            if (!runOf(current.get()).equals(runOf(seen))) {
                return new Lease.Outdated();
            }
            database.tables().grants.put(intended.client(), intended);
            InMemoryDatabase.GrantLease taken =
                    new InMemoryDatabase.GrantLease(
                            intended.refresh().orElseThrow().run(), database.now().plus(lease));
            boolean dead = database.tables().grantLeases.put(intended.client(), taken) != null;
            return new Lease.Taken(dead);
        });
    }

    @Override
    public Storing storeRefreshed(Grant intended, Grant refreshed) {
        return database.execute(() -> {
            Optional<Grant> current = ofClient(intended.client());
            if (current.isEmpty()) {
                return new Storing.Gone();
            }
            boolean untouched =
                    sameGeneration(intended)
                            .map(grant -> grant.tokens().refreshToken())
                            .map(token -> token.map(Secret::sha256).orElse(""))
                            .filter(intended.refresh().orElseThrow().refreshTokenDigest()::equals)
                            .isPresent();
            if (!untouched) {
                return new Storing.Superseded();
            }
            put(refreshed);
            return new Storing.Stored();
        });
    }

    @Override
    public boolean release(Grant intended) {
        return endLease(intended, intended.notRefreshing());
    }

    @Override
    public boolean keepIntent(Grant intended) {
        return endLease(intended, intended);
    }

    private boolean endLease(Grant intended, Grant after) {
        return database.execute(() -> {
            boolean held = holdsLease(intended);
            if (held) {
                endLease(after);
            }
            return held;
        });
    }

    @Override
    public Optional<Grant> awaitRefresh(Grant seen, Duration patience) {
        database.await(patience, () -> sameGeneration(seen).isEmpty() || !isLeased(seen.client()));
        return ofClient(seen.client());
    }

    @Override
    public List<Due> takeDue(int most, Set<String> except, Duration hold) {
        return database.execute(() -> {
            List<Due> due =
                    database.tables().renewals.entrySet().stream()
                            .filter(entry -> !entry.getValue().isAfter(database.now()))
                            .sorted(Map.Entry.comparingByValue())
                            .map(entry -> database.tables().grants.get(entry.getKey()))
                            .filter(grant ->
                                    !except.contains(HttpUrl.origin(grant.tokenEndpoint())))
                            .filter(grant -> !pauses(grant))
                            .limit(most)
                            .map(InMemoryGrantStore::due)
                            .toList();
            due.forEach(taken ->
                    database.tables().renewals.put(taken.client(), database.now().plus(hold)));
            return due;
        });
    }

    /** An endpoint that paused gets its grants one by one, in the course of a minute. */
    private boolean pauses(Grant grant) {
        Duration late = Duration.ofSeconds(Math.floorMod(grant.id().hashCode(), 60));
        return runs(database.tables().endpointPauses.get(grant.tokenEndpoint()), late)
                || runs(database.tables().clientPauses.get(grant.client()), Duration.ZERO);
    }

    private boolean runs(InMemoryPauses.@Nullable Begun begun, Duration since) {
        return Optional.ofNullable(begun)
                .filter(pause -> pause.until().plus(since).isAfter(database.now()))
                .isPresent();
    }

    private static Due due(Grant grant) {
        return new Due(grant.id(), grant.generation(), grant.client(), grant.tokenEndpoint());
    }

    @Override
    public void renewLater(Due due, Optional<Duration> delay) {
        database.run(() -> {
            if (ofClient(due.client()).filter(due::isOf).isPresent()) {
                database.tables().renewals.remove(due.client());
                delay.ifPresent(later ->
                        database.tables().renewals.put(due.client(), database.now().plus(later)));
            }
        });
    }

    private void endLease(Grant grant) {
        database.tables().grants.put(grant.client(), grant);
        database.tables().grantLeases.remove(grant.client());
    }

    private Optional<Grant> sameGeneration(Grant seen) {
        return ofClient(seen.client())
                .filter(grant -> grant.id().equals(seen.id()))
                .filter(grant -> grant.generation() == seen.generation());
    }

    private static Optional<RunId> runOf(Grant grant) {
        return grant.refresh().map(Grant.RefreshIntent::run);
    }

    private boolean isLeased(ClientId client) {
        return database.execute(() ->
                Optional.ofNullable(database.tables().grantLeases.get(client))
                        .filter(lease -> lease.until().isAfter(database.now()))
                        .isPresent());
    }

    private boolean holdsLease(Grant intended) {
        return sameGeneration(intended).isPresent()
                && Optional.ofNullable(database.tables().grantLeases.get(intended.client()))
                        .filter(lease -> lease.run().equals(intended.refresh().orElseThrow().run()))
                        .isPresent();
    }
}
