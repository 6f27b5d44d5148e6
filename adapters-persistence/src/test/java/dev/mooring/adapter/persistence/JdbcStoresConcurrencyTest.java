package dev.mooring.adapter.persistence;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.application.fixture.Attempts;
import dev.mooring.application.fixture.Clients;
import dev.mooring.application.fixture.Eventually;
import dev.mooring.application.fixture.Grants;
import dev.mooring.application.fixture.Race;
import dev.mooring.application.fixture.Registrations;
import dev.mooring.application.fixture.SettingsBuilder;
import dev.mooring.application.port.ClientStore.Insertion;
import dev.mooring.application.port.ClientStore.Replacement;
import dev.mooring.application.port.ClientStore.TakenField;
import dev.mooring.application.port.ConnectionRuns.Outcome;
import dev.mooring.application.port.ConnectionRuns.Start;
import dev.mooring.application.port.Outbox;
import dev.mooring.application.port.Stored;
import dev.mooring.application.port.StoresUnderTest;
import dev.mooring.domain.client.ClientId;
import dev.mooring.domain.lifecycle.AuthorizationAttempt;
import dev.mooring.domain.lifecycle.AuthorizationAttempt.Redeeming;
import dev.mooring.domain.lifecycle.FlowId;
import dev.mooring.domain.lifecycle.McpClient;
import dev.mooring.domain.lifecycle.Registration;
import dev.mooring.domain.lifecycle.RunId;
import dev.mooring.domain.mcp.Inventory;
import dev.mooring.domain.mcp.ProtocolVersion;
import dev.mooring.domain.mcp.ServerProfile;
import dev.mooring.domain.mcp.Tool;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;

/** What only a real database with several connections, and real foreign text, can show. */
@Timeout(60)
class JdbcStoresConcurrencyTest {

    private static final Duration LEASE = Duration.ofMinutes(1);

    private static final String WAITING =
            """
            select count(*) from pg_stat_activity
            where datname = current_database() and wait_event_type = 'Lock'
            """;

    @RegisterExtension static final TestDatabase DATABASE = new TestDatabase();

    private TestStores first;
    private TestStores second;
    private StoresUnderTest stores;

    @BeforeEach
    void openTwoNodes() {
        first = TestStores.open(DATABASE);
        second = TestStores.open(DATABASE);
        stores = first.emptied();
    }

    @AfterEach
    void close() {
        first.close();
        second.close();
    }

    @Test
    void grantsThatCameTogetherAreRenewedAtDifferentMomentsOfTheirWindow() {
        Registration registration = stores.registrations().keep(Registrations.dynamic("reg_1"));
        for (int n = 0; n < 40; n++) {
            Stored<McpClient> client =
                    ((Insertion.Inserted) stores.clients().insert(Clients.pending("client_" + n)))
                            .client();
            stores.unitOfWork()
                    .run(() ->
                            stores.grants().put(Grants.grant(client.value().id(), registration)));
        }

        // An hour's life: a fifth of it before the end, and by chance up to half as much more.
        assertThat(
                        first.query(
                                """
                                select count(distinct renew_at) from oauth_grant
                                where renew_at - clock_timestamp()
                                    between interval '41 minutes' and interval '48 minutes'
                                """))
                .containsExactly("40");
    }

    @Test
    void ofTwoNodesThatClaimOneResponseOneWins() {
        for (int round = 1; round <= 10; round++) {
            ClientId client = insert("client" + round);
            Registration registration = stores.registrations().keep(Registrations.dynamic("reg"));
            AuthorizationAttempt.Started started = Attempts.started(client, 1, registration);
            stores.attempts().insert(started);
            List<Boolean> claims =
                    Race.of(
                            8,
                            runner ->
                                    node(runner)
                                            .stores()
                                            .attempts()
                                            .claim(Attempts.claimed(started, "run_" + runner)));
            assertThat(claims).containsOnlyOnce(true);
            Redeeming claimed =
                    (Redeeming) second.stores().attempts().find(started.flowId()).orElseThrow();
            assertThat(claimed.run()).isEqualTo(new RunId("run_" + claims.indexOf(true)));
        }
    }

    @Test
    void callsThatComeWhileARunEndsDoNotDeadlock() throws Exception {
        ClientId client = insert("files");
        RunId ending = new RunId("run_0");
        stores.connectionRuns().start(client, ending, LEASE);
        List<Future<Start>> starts = new ArrayList<>();
        try (ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor()) {
            stores.unitOfWork()
                    .execute(() -> {
                        Stored<McpClient> locked = stores.clients().lock(client).orElseThrow();
                        stores.connectionRuns().finish(client, ending, new Outcome.Connected());
                        for (int caller = 1; caller <= 6; caller++) {
                            RunId run = new RunId("run_" + caller);
                            starts.add(
                                    callers.submit(() ->
                                            second.stores()
                                                    .connectionRuns()
                                                    .start(client, run, LEASE)));
                        }
                        Eventually.holds(
                                "the calls wait", () -> first.query(WAITING).equals(List.of("6")));
                        return stores.clients().replace(locked, locked.value());
                    });
        }
        assertThat(starts)
                .extracting(Future::get)
                .filteredOn(Start.Started.class::isInstance)
                .hasSize(1);
    }

    @Test
    void ofManyThatWantOneNameOneGetsIt() {
        List<Insertion> insertions =
                Race.of(
                        8,
                        runner ->
                                node(runner)
                                        .stores()
                                        .clients()
                                        .insert(
                                                Clients.fresh(
                                                        SettingsBuilder.open("same")
                                                                .slug("slug-" + runner)
                                                                .build())));
        assertThat(insertions).filteredOn(Insertion.Inserted.class::isInstance).hasSize(1);
        assertThat(insertions)
                .filteredOn(Insertion.Taken.class::isInstance)
                .hasSize(7)
                .allMatch(taken ->
                        taken.equals(new Insertion.Taken(TakenField.ID))
                                || taken.equals(new Insertion.Taken(TakenField.NAME)));
    }

    @Test
    void ofManyThatAreRenamedAlikeOneIs() {
        for (int runner = 0; runner < 8; runner++) {
            insert("client" + runner);
        }
        List<Replacement> replacements =
                Race.of(
                        8,
                        runner -> {
                            StoresUnderTest node = node(runner).stores();
                            return node.unitOfWork()
                                    .execute(() -> {
                                        Stored<McpClient> read =
                                                node.clients()
                                                        .lock(id("client" + runner))
                                                        .orElseThrow();
                                        return node.clients().replace(read, renamed(read.value()));
                                    });
                        });
        assertThat(replacements).filteredOn(Replacement.Replaced.class::isInstance).hasSize(1);
        assertThat(replacements)
                .filteredOn(new Replacement.Taken(TakenField.NAME)::equals)
                .hasSize(7);
    }

    @Test
    void unitsThatLockInTheFixedOrderNeverHaveToBeRunAgain() {
        ClientId client = insert("files");
        Registration registration = stores.registrations().keep(Registrations.dynamic("reg"));
        AtomicInteger units = new AtomicInteger();
        AtomicInteger ordinal = new AtomicInteger();
        Race.of(
                12,
                runner -> {
                    StoresUnderTest node = node(runner).stores();
                    for (int round = 0; round < 5; round++) {
                        node.unitOfWork()
                                .run(() -> {
                                    units.incrementAndGet();
                                    consent(node, client, registration, ordinal);
                                });
                        node.connectionRuns()
                                .start(
                                        client,
                                        new RunId("run_" + runner + "_" + round),
                                        Duration.ofMillis(1));
                        node.grants().ofClient(client);
                    }
                    return true;
                });
        assertThat(units.get()).isEqualTo(60);
        assertThat(stores.clients().find(client).orElseThrow().revision()).isEqualTo(61);
    }

    @Test
    void whoLostTheLeaseOfARevocationCannotPostponeWhatAnotherTook() {
        Registration registration = Registrations.dynamic("reg");
        stores.revocations()
                .add(
                        Grants.revocation(
                                Grants.grant(new ClientId("gone"), registration), registration));
        Outbox.Entry slow =
                first.stores().revocations().take(1, 1, List.of(), Duration.ZERO).getFirst();
        Outbox.Entry quick =
                second.stores()
                        .revocations()
                        .take(1, 1, List.of(), Duration.ofMinutes(1))
                        .getFirst();
        assertThat(quick.attempts()).isEqualTo(2);
        stores.revocations().postpone(slow, Duration.ZERO);
        assertThat(stores.revocations().take(1, 1, List.of(), Duration.ZERO)).isEmpty();
        stores.revocations().postpone(quick, Duration.ZERO);
        assertThat(stores.revocations().take(1, 1, List.of(), Duration.ZERO)).hasSize(1);
    }

    @Test
    void everyCharacterOfForeignTextComesBack() {
        String foreign =
                "NUL \0, bell \u0007, \uD83D\uDD11, lone \uD800, \u2028, \\u0000, 'quoted'";
        Inventory inventory =
                new Inventory(
                        new ServerProfile(
                                foreign,
                                foreign,
                                ProtocolVersion.V2026_07_28,
                                Optional.of(foreign)),
                        List.of(
                                new Tool(
                                        foreign,
                                        Optional.of(foreign),
                                        Optional.of(foreign),
                                        "{\"description\":\"" + foreign + "\"}")),
                        Clients.LATER);
        McpClient client = Clients.authorized("foreign").connected(inventory, Clients.LATER);
        stores.clients().insert(client);
        assertThat(stores.clients().find(client.id()).orElseThrow().value()).isEqualTo(client);
    }

    @Test
    void whatCannotBeStoredIsNotFound() {
        assertThat(stores.attempts().find(new FlowId("flow_\0"))).isEmpty();
        assertThat(stores.idempotencyKeys().find("\0")).isEmpty();
    }

    private void consent(
            StoresUnderTest node, ClientId id, Registration registration, AtomicInteger ordinal) {
        Stored<McpClient> client = node.clients().lock(id).orElseThrow();
        int next = ordinal.incrementAndGet();
        AuthorizationAttempt.Started started = Attempts.started(id, next, registration);
        node.attempts().insert(started);
        Redeeming claimed = Attempts.claimed(started);
        node.attempts().claim(claimed);
        node.grants()
                .put(Grants.grant("grant_" + next, id, next, registration, Grants.tokens(next)));
        node.attempts().end(claimed, claimed.loseAnswer(Attempts.ENDED));
        node.clients()
                .replace(client, client.value().grantStored(Clients.grantOf("grant_" + next)));
    }

    private TestStores node(int runner) {
        return runner % 2 == 0 ? first : second;
    }

    private ClientId insert(String name) {
        stores.clients().insert(Clients.pending(name));
        return id(name);
    }

    private static ClientId id(String name) {
        return Clients.pending(name).id();
    }

    private static McpClient renamed(McpClient client) {
        return client.withSettings(SettingsBuilder.from(client.settings()).name("wanted").build());
    }
}
