package dev.mooring.application;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mooring.application.fixture.MutableClock;
import dev.mooring.application.fixture.SeededRandom;
import dev.mooring.application.port.ApiKeyStore;
import dev.mooring.application.port.InMemoryApiKeyStore;
import dev.mooring.application.port.InMemoryDatabase;
import dev.mooring.application.port.InMemoryEventLog;
import dev.mooring.domain.InvalidValueException;
import dev.mooring.domain.access.ApiKey;
import dev.mooring.domain.access.ApiKeySecret;
import dev.mooring.domain.access.Caller;
import dev.mooring.domain.access.Permission;
import dev.mooring.domain.access.Role;

import org.junit.jupiter.api.Test;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;

/** Making API keys, presenting them, and what is written down about that. */
class ApiKeysTest {
    private static final KeepApiKeys.Outcome BEYOND = new KeepApiKeys.Outcome.BeyondMaker();

    private final MutableClock clock = new MutableClock();
    private final InMemoryDatabase database = new InMemoryDatabase(clock);
    private final ApiKeyStore store = new InMemoryApiKeyStore(database);
    private final RecordKeyUse recordKeyUse = new RecordKeyUse(store);
    private final AuthenticateApiKey authenticate =
            new AuthenticateApiKey(store, recordKeyUse, clock);
    private final KeepApiKeys keep =
            new KeepApiKeys(
                    database, store, new InMemoryEventLog(database), clock, new SeededRandom(5));
    private final Caller admin = Caller.user("ada", "ada", Set.of(Role.ADMIN), false);

    @Test
    void theHolderMayWhatTheKeyMay() {
        KeepApiKeys.Created all = make("all", Role.OPERATOR, Optional.empty(), Optional.empty());
        KeepApiKeys.Created few =
                make(
                        "few",
                        Role.OPERATOR,
                        Optional.of(Set.of(Permission.EXECUTE_TOOLS)),
                        Optional.empty());

        assertThat(holder(all.secret()).permissions()).isEqualTo(Role.OPERATOR.permissions());
        Caller narrowed = holder(few.secret());
        assertThat(narrowed.permissions()).containsExactly(Permission.EXECUTE_TOOLS);
        assertThat(narrowed.may(Permission.READ_CLIENTS)).isFalse();
        assertThat(narrowed.mayByRole(Permission.READ_CLIENTS)).isTrue();
        assertThat(narrowed.mayByRole(Permission.CHANGE_KEYS)).isFalse();
        assertThat(narrowed.identity()).isEqualTo("API_KEY " + few.key().id());
    }

    @Test
    void aKeyMakesNoKeyThatMayMoreThanItself() {
        Set<Permission> few = Set.of(Permission.CHANGE_KEYS, Permission.READ_CLIENTS);
        Caller narrowed =
                holder(make("hr", Role.ADMIN, Optional.of(few), Optional.empty()).secret());

        assertThat(keep.create(wanted("boss", Role.ADMIN), narrowed)).isEqualTo(BEYOND);
        assertThat(keep.create(wanted("maker", Role.OPERATOR), narrowed)).isEqualTo(BEYOND);
        assertThat(
                        keep.create(
                                new KeepApiKeys.Wanted(
                                        "reader",
                                        Role.VIEWER,
                                        Optional.of(Set.of(Permission.READ_CLIENTS)),
                                        Optional.empty()),
                                narrowed))
                .isInstanceOf(KeepApiKeys.Outcome.Made.class);
        assertThat(store.list()).extracting(ApiKey::name).containsExactly("hr", "reader");
    }

    /** What a role may grows with the versions, and what a list of scopes may does not. */
    @Test
    void aKeyWithListedScopesMakesNoneWithout() {
        Optional<Set<Permission>> all = Optional.of(Role.ADMIN.permissions());
        Caller listed = holder(make("listed", Role.ADMIN, all, Optional.empty()).secret());

        assertThat(keep.create(wanted("open", Role.ADMIN), listed)).isEqualTo(BEYOND);
        assertThat(
                        keep.create(
                                new KeepApiKeys.Wanted("same", Role.ADMIN, all, Optional.empty()),
                                listed))
                .isInstanceOf(KeepApiKeys.Outcome.Made.class);
    }

    @Test
    void aKeyMakesNoneThatOutlivesIt() {
        Instant end = clock.instant().plusSeconds(60);
        Caller guest =
                holder(make("guest", Role.ADMIN, Optional.empty(), Optional.of(end)).secret());

        assertThat(keep.create(until("endless", Optional.empty()), guest)).isEqualTo(BEYOND);
        assertThat(keep.create(until("later", Optional.of(end.plusSeconds(1))), guest))
                .isEqualTo(BEYOND);
        assertThat(keep.create(until("same", Optional.of(end)), guest))
                .isInstanceOf(KeepApiKeys.Outcome.Made.class);
        assertThat(store.list()).extracting(ApiKey::name).containsExactly("guest", "same");
    }

    @Test
    void aKeyDeletesNoneThatMayMore() {
        KeepApiKeys.Created boss = make("boss", Role.ADMIN, Optional.empty(), Optional.empty());
        KeepApiKeys.Created hr =
                make(
                        "hr",
                        Role.ADMIN,
                        Optional.of(Set.of(Permission.CHANGE_KEYS)),
                        Optional.empty());
        Caller narrowed = holder(hr.secret());

        assertThat(keep.delete(boss.key().id(), narrowed))
                .isEqualTo(KeepApiKeys.Deletion.BEYOND_CALLER);
        assertThat(store.list()).extracting(ApiKey::name).containsExactly("boss", "hr");
        assertThat(keep.delete(hr.key().id(), narrowed)).isEqualTo(KeepApiKeys.Deletion.DELETED);
        assertThat(keep.delete(hr.key().id(), narrowed)).isEqualTo(KeepApiKeys.Deletion.NOT_FOUND);
    }

    private static KeepApiKeys.Wanted until(String name, Optional<Instant> end) {
        return new KeepApiKeys.Wanted(name, Role.VIEWER, Optional.empty(), end);
    }

    @Test
    void aNameIsGivenOnce() {
        make("one", Role.VIEWER, Optional.empty(), Optional.empty());
        assertThat(keep.create(wanted("one", Role.VIEWER), admin))
                .isInstanceOf(KeepApiKeys.Outcome.NameTaken.class);
    }

    @Test
    void anExpiredKeyIsToldApartFromAnUnknownOne() {
        Instant end = clock.instant().plusSeconds(60);
        ApiKeySecret secret =
                make("guest", Role.VIEWER, Optional.empty(), Optional.of(end)).secret();
        clock.advance(Duration.ofSeconds(60));

        assertThat(authenticate.handle(secret))
                .isInstanceOf(AuthenticateApiKey.Outcome.Expired.class);
        assertThat(authenticate.handle(new ApiKeySecret("guess")))
                .isInstanceOf(AuthenticateApiKey.Outcome.Unknown.class);
        recordKeyUse.handle();
        assertThat(store.list().getFirst().lastUsedAt()).isEmpty();
    }

    @Test
    void aKeyDoesNotEndBeforeItBegins() {
        Optional<Instant> now = Optional.of(clock.instant());
        assertThatThrownBy(() -> make("late", Role.VIEWER, Optional.empty(), now))
                .isInstanceOfSatisfying(
                        InvalidValueException.class,
                        e -> assertThat(e.field()).isEqualTo("expires_at"));
    }

    @Test
    void aKeyThatMayNothingIsNotMade() {
        assertThatThrownBy(() -> make("none", Role.VIEWER, Optional.of(Set.of()), Optional.empty()))
                .isInstanceOfSatisfying(
                        InvalidValueException.class,
                        e -> assertThat(e.field()).isEqualTo("scopes"));
    }

    @Test
    void aUseIsWrittenLaterAndOnce() {
        KeepApiKeys.Created made = make("busy", Role.VIEWER, Optional.empty(), Optional.empty());
        Instant first = clock.instant();
        holder(made.secret());
        assertThat(store.list()).containsExactly(made.key());

        recordKeyUse.handle();
        assertThat(store.list()).containsExactly(made.key().usedAt(first));

        clock.advance(ApiKeyStore.USE_GRAIN);
        recordKeyUse.handle();
        assertThat(store.list()).containsExactly(made.key().usedAt(first));

        holder(made.secret());
        recordKeyUse.handle();
        assertThat(store.list()).containsExactly(made.key().usedAt(clock.instant()));
    }

    private Caller holder(ApiKeySecret secret) {
        return ((AuthenticateApiKey.Outcome.Known) authenticate.handle(secret)).holder();
    }

    private static KeepApiKeys.Wanted wanted(String name, Role role) {
        return new KeepApiKeys.Wanted(name, role, Optional.empty(), Optional.empty());
    }

    private KeepApiKeys.Created make(
            String name, Role role, Optional<Set<Permission>> scopes, Optional<Instant> expiresAt) {
        KeepApiKeys.Outcome outcome =
                keep.create(new KeepApiKeys.Wanted(name, role, scopes, expiresAt), admin);
        return ((KeepApiKeys.Outcome.Made) outcome).created();
    }

    @Test
    void whatIsDoneToAKeyIsInTheTrailWithoutTheKey() {
        KeepApiKeys.Created made = make("all", Role.OPERATOR, Optional.empty(), Optional.empty());
        keep.delete(made.key().id(), admin);
        keep.delete(made.key().id(), admin);
        KeepApiKeys.Created first = keep.replaceFirst(Optional.empty());

        assertThat(database.trail())
                .extracting(each -> each.entry().type())
                .containsExactly("api_key_made", "api_key_deleted", "api_key_replaced");
        assertThat(database.trail().toString())
                .contains(made.key().id().value(), "all", "operator")
                .doesNotContain(
                        made.secret().value(), first.secret().value(), made.key().digest().value());
    }
}
