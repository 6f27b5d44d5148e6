package dev.mooring.application.port;

import dev.mooring.domain.client.ClientId;
import dev.mooring.domain.lifecycle.AuthorizationAttempt;
import dev.mooring.domain.lifecycle.AuthorizationAttempt.Redeeming;
import dev.mooring.domain.lifecycle.AuthorizationAttempt.Started;
import dev.mooring.domain.lifecycle.Registration;
import dev.mooring.domain.lifecycle.RegistrationId;
import dev.mooring.domain.oauth.Issuer;
import dev.mooring.domain.oauth.RedirectUri;

import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/** Registrations in memory. */
public final class InMemoryRegistrationStore implements RegistrationStore {
    private final InMemoryDatabase database;

    public InMemoryRegistrationStore(InMemoryDatabase database) {
        this.database = database;
    }

    @Override
    public Optional<Registration> find(RegistrationId id) {
        return database.execute(() -> Optional.ofNullable(database.tables().registrations.get(id)));
    }

    @Override
    public Optional<Registration> hold(RegistrationId id) {
        return find(id);
    }

    @Override
    public Optional<Registration.Given> given(
            ClientId client, Issuer issuer, RedirectUri redirectUri) {
        return first(
                Registration.Given.class,
                issuer,
                redirectUri,
                given -> given.enteredFor().equals(client));
    }

    @Override
    public List<Registration.Given> givenFor(ClientId client) {
        return database.execute(() ->
                database.tables().registrations.values().stream()
                        .filter(Registration.Given.class::isInstance)
                        .map(Registration.Given.class::cast)
                        .filter(given -> given.enteredFor().equals(client))
                        .sorted(Comparator.comparing(given -> given.id().value()))
                        .toList());
    }

    @Override
    public Optional<Registration.Dynamic> dynamic(Issuer issuer, RedirectUri redirectUri) {
        return first(
                Registration.Dynamic.class,
                issuer,
                redirectUri,
                dynamic -> !database.tables().retired.containsKey(dynamic.id()));
    }

    @Override
    public Optional<Registration.MetadataDocument> metadataDocument(
            Issuer issuer, RedirectUri redirectUri) {
        return first(Registration.MetadataDocument.class, issuer, redirectUri, document -> true);
    }

    @Override
    public Registration keep(Registration registration) {
        return database.execute(() ->
                sameKey(registration)
                        .orElseGet(() -> {
                            replace(registration);
                            return registration;
                        }));
    }

    @Override
    public void replace(Registration registration) {
        database.run(() -> {
            if (registration instanceof Registration.Given given) {
                InMemoryDatabase.requireReferred(
                        database.tables().clients.containsKey(given.enteredFor()),
                        given.enteredFor());
            }
            database.tables().registrations.put(registration.id(), registration);
        });
    }

    @Override
    public boolean retire(RegistrationId id) {
        return database.execute(() ->
                database.tables().registrations.containsKey(id)
                        && database.tables().retired.putIfAbsent(id, database.now()) == null);
    }

    @Override
    public List<Retired> retireIdle(Duration idleFor) {
        return database.execute(() -> {
            Map<RegistrationId, Instant> idle = database.tables().idle;
            List<RegistrationId> own =
                    database.tables().registrations.values().stream()
                            .filter(Registration.Dynamic.class::isInstance)
                            .map(Registration::id)
                            .toList();
            idle.keySet().removeIf(this::isReferenced);
            own.stream()
                    .filter(id -> !isReferenced(id))
                    .forEach(id -> idle.putIfAbsent(id, database.now()));
            return own.stream()
                    .filter(idle::containsKey)
                    .filter(id -> !idle.get(id).plus(idleFor).isAfter(database.now()))
                    .filter(this::retire)
                    .map(database.tables().registrations::get)
                    .map(retired -> new Retired(retired.id(), retired.issuer()))
                    .toList();
        });
    }

    @Override
    public List<RegistrationId> forgettable(Duration retiredFor, int limit) {
        return database.execute(() -> {
            Instant latest = database.now().minus(retiredFor);
            return database.tables().retired.entrySet().stream()
                    .filter(entry -> !entry.getValue().isAfter(latest))
                    .sorted(Map.Entry.comparingByValue())
                    .map(Map.Entry::getKey)
                    .filter(id -> database.tables().registrations.containsKey(id))
                    .filter(id -> !isReferenced(id))
                    .limit(limit)
                    .toList();
        });
    }

    @Override
    public boolean deleteUnreferenced(RegistrationId id) {
        return database.execute(
                () -> !isReferenced(id) && database.tables().registrations.remove(id) != null);
    }

    private boolean isReferenced(RegistrationId id) {
        return database.tables().grants.values().stream()
                        .anyMatch(grant -> grant.registration().equals(id))
                || database.tables().attempts.values().stream()
                        .anyMatch(attempt -> refersTo(attempt, id));
    }

    private static boolean refersTo(AuthorizationAttempt attempt, RegistrationId id) {
        return switch (attempt) {
            case Started started -> started.request().registration().equals(id);
            case Redeeming redeeming -> redeeming.request().registration().equals(id);
            case AuthorizationAttempt.Ended ended -> false;
        };
    }

    private Optional<? extends Registration> same(Registration registration) {
        return switch (registration) {
            case Registration.Given given ->
                    given(given.enteredFor(), given.issuer(), given.redirectUri());
            case Registration.Dynamic dynamic -> dynamic(dynamic.issuer(), dynamic.redirectUri());
            case Registration.MetadataDocument document ->
                    metadataDocument(document.issuer(), document.redirectUri());
        };
    }

    private Optional<Registration> sameKey(Registration registration) {
        return same(registration).map(Registration.class::cast);
    }

    private <R extends Registration> Optional<R> first(
            Class<R> kind, Issuer issuer, RedirectUri redirectUri, Predicate<R> wanted) {
        return database.execute(() ->
                database.tables().registrations.values().stream()
                        .filter(kind::isInstance)
                        .map(kind::cast)
                        .filter(found -> found.issuer().equals(issuer))
                        .filter(found -> found.redirectUri().equals(redirectUri))
                        .filter(wanted)
                        .findFirst());
    }
}
