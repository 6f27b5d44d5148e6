package dev.mooring.application.port;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mooring.application.fixture.Clients;
import dev.mooring.application.fixture.Eventually;
import dev.mooring.application.fixture.Grants;
import dev.mooring.application.fixture.Race;
import dev.mooring.application.fixture.Registrations;
import dev.mooring.application.fixture.SettingsBuilder;
import dev.mooring.application.port.ClientStore.Insertion;
import dev.mooring.application.port.ClientStore.Query;
import dev.mooring.application.port.ClientStore.Replacement;
import dev.mooring.application.port.ClientStore.TakenField;
import dev.mooring.domain.client.ClientAuth;
import dev.mooring.domain.client.ClientAuth.Kind;
import dev.mooring.domain.client.ClientId;
import dev.mooring.domain.client.ClientName;
import dev.mooring.domain.client.ClientSettings;
import dev.mooring.domain.client.OAuthConfigId;
import dev.mooring.domain.lifecycle.AuthorizationAttempt.Started;
import dev.mooring.domain.lifecycle.ClientDetails;
import dev.mooring.domain.lifecycle.ClientState;
import dev.mooring.domain.lifecycle.Grant;
import dev.mooring.domain.lifecycle.GrantId;
import dev.mooring.domain.lifecycle.McpClient;
import dev.mooring.domain.lifecycle.Registration;
import dev.mooring.domain.lifecycle.RunId;
import dev.mooring.domain.mcp.Inventory;
import dev.mooring.domain.mcp.Transport;

import org.junit.jupiter.api.Test;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;

/** What every {@link ClientStore} must keep. */
public abstract class ClientStoreContract extends StoreContract {
    private static final Duration HOUR = Duration.ofHours(1);

    private static final Query ALL =
            new Query(
                    100, 0, Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty());

    @Test
    void whoseServerIsAwayIsDueAfterAPauseAndTakenOnce() {
        ClientId due = insert(failed("files", HOUR)).value().id();
        insert(failed("mail", Duration.ZERO));
        assertThat(clients().takeDue(8, LONG)).containsExactly(due);
        assertThat(clients().takeDue(8, LONG)).isEmpty();
    }

    @Test
    void whatWasNeverTriedIsDueAtOnce() {
        ClientId open = insert(Clients.open("files")).value().id();
        assertThat(clients().takeDue(8, LONG)).containsExactly(open);
    }

    @Test
    void whoseToolsAreToBeListedAnewIsDueAfterTheInterval() {
        ClientId due = insert(listed("files", HOUR.multipliedBy(2))).value().id();
        insert(listed("mail", HOUR.dividedBy(2)));
        insert(Clients.connected("never"));
        insert(Clients.authorized("waiting"));
        assertThat(clients().takeDue(8, LONG)).containsExactly(due);
    }

    @Test
    void whatIsSwitchedOffIsNotDue() {
        Stored<McpClient> stored = insert(failed("files", HOUR));
        clients().replace(stored, failed("files", HOUR).disable());
        assertThat(clients().takeDue(8, LONG)).isEmpty();
    }

    @Test
    void theLongestDueComesFirst() {
        insert(failed("files", HOUR.multipliedBy(2)));
        ClientId first = insert(failed("mail", HOUR.multipliedBy(9))).value().id();
        assertThat(clients().takeDue(1, LONG)).containsExactly(first);
    }

    @Test
    void whomNobodyFinishedIsDueAgain() {
        ClientId due = insert(failed("files", HOUR)).value().id();
        assertThat(clients().takeDue(8, SHORT)).containsExactly(due);
        Eventually.holds(
                "the client is due again", () -> clients().takeDue(8, LONG).equals(List.of(due)));
    }

    @Test
    void whoWasChangedIsDueWhenItSaysSoItself() {
        Stored<McpClient> stored = insert(failed("files", HOUR));
        clients().takeDue(8, LONG);
        clients().replace(stored, failed("files", HOUR.multipliedBy(2)));
        assertThat(clients().takeDue(8, LONG)).containsExactly(stored.value().id());
    }

    @Test
    void whoWasTakenTooEarlyIsDueWhenItSaysSoItself() {
        Stored<McpClient> stored = insert(failed("files", HOUR));
        clients().takeDue(8, LONG);
        clients().connectLater(stored);
        assertThat(clients().takeDue(8, LONG)).containsExactly(stored.value().id());

        clients().replace(stored, failed("files", Duration.ZERO));
        clients().connectLater(stored);
        assertThat(clients().takeDue(8, LONG)).isEmpty();
    }

    private McpClient.Disconnected failed(String name, Duration ago) {
        return Clients.connected(name).connectionFailed(Clients.UNREACHABLE, now().minus(ago));
    }

    /** Whose tools are listed every hour. */
    private McpClient.Connected listed(String name, Duration ago) {
        Inventory found = Clients.inventory();
        return new McpClient.Pending(
                        Clients.details(SettingsBuilder.oauth(name).toolSyncInterval(HOUR).build()))
                .grantStored(new GrantId("grant_of_" + name))
                .connected(
                        new Inventory(found.server(), found.tools(), now().minus(ago)),
                        Clients.CREATED);
    }

    private Instant now() {
        return stores().clocks().of(Duration.ZERO).instant();
    }

    @Test
    void aClientInAnyStateComesBackAsItWas() {
        for (McpClient client : Clients.everyState()) {
            assertThat(insert(client)).isEqualTo(new Stored<>(client, 1));
            assertThat(clients().find(client.id())).contains(new Stored<>(client, 1));
        }
    }

    @Test
    void settingsOfAnyKindComeBackAsTheyWere() {
        for (ClientSettings settings : Clients.everySettings()) {
            McpClient client = Clients.fresh(settings);
            insert(client);
            assertThat(found(client.id()).value()).isEqualTo(client);
        }
    }

    @Test
    void noStateLeavesATraceInTheNext() {
        Map<Boolean, List<McpClient.Enabled>> byKind =
                Clients.everyState().stream()
                        .filter(McpClient.Enabled.class::isInstance)
                        .map(McpClient.Enabled.class::cast)
                        .collect(
                                Collectors.partitioningBy(
                                        client -> client.settings().oauth().isPresent()));
        for (List<McpClient.Enabled> states : byKind.values()) {
            Stored<McpClient> current = insert(states.getFirst());
            ClientDetails details = current.value().details();
            for (McpClient.Enabled from : states) {
                for (McpClient.Enabled to : states) {
                    current = replaced(current, Clients.of(details, from).disable());
                    current = replaced(current, Clients.of(details, to));
                    assertThat(found(details.id())).isEqualTo(current);
                }
            }
        }
    }

    @Test
    void noSettingsLeaveATraceInTheNext() {
        Stored<McpClient> current = insert(Clients.pending("files"));
        List<ClientSettings> settings =
                Clients.everySettings().stream()
                        .filter(each -> each.oauth().isPresent())
                        .map(each -> SettingsBuilder.from(each).name("files").slug("files").build())
                        .toList();
        for (ClientSettings from : settings) {
            for (ClientSettings to : settings) {
                current = replaced(current, current.value().withSettings(from));
                current = replaced(current, current.value().withSettings(to));
                assertThat(found(current.value().id())).isEqualTo(current);
            }
        }
    }

    @Test
    void aClientIsFoundByEachOfItsNames() {
        McpClient client = Clients.pending("files");
        insert(client);
        insert(Clients.pending("other"));

        assertThat(clients().find(new ClientName("files"))).contains(new Stored<>(client, 1));
        assertThat(clients().find(configOf(client))).contains(new Stored<>(client, 1));
        assertThat(clients().find(new ClientName("nobody"))).isEmpty();
        assertThat(clients().find(new ClientId("nobody"))).isEmpty();
        assertThat(clients().find(new OAuthConfigId("oauth_nobody"))).isEmpty();
    }

    @Test
    void theRevisionGrowsWithEveryChange() {
        Stored<McpClient> first = insert(Clients.pending("files"));
        Stored<McpClient> second = replaced(first, Clients.authorized("files"));
        assertThat(second.revision()).isGreaterThan(first.revision());
        assertThat(found(first.value().id())).isEqualTo(second);
    }

    @Test
    void aChangeOfWhatWasReadTooLongAgoIsStale() {
        Stored<McpClient> read = insert(Clients.pending("files"));
        Stored<McpClient> newer = replaced(read, Clients.authorized("files"));

        assertThat(clients().replace(read, Clients.connected("files")))
                .isEqualTo(new Replacement.Stale());
        assertThat(found(read.value().id())).isEqualTo(newer);
    }

    @Test
    void aChangeOfAClientThatIsGoneIsStale() {
        Stored<McpClient> read = insert(Clients.pending("files"));
        clients().delete(read.value().id());
        assertThat(clients().replace(read, Clients.authorized("files")))
                .isEqualTo(new Replacement.Stale());
        assertThat(clients().find(read.value().id())).isEmpty();
    }

    @Test
    void ofManyWhoChangeTheSameRevisionOneWins() {
        Stored<McpClient> read = insert(Clients.pending("files"));
        List<Replacement> outcomes =
                Race.of(16, runner -> clients().replace(read, Clients.authorized("files")));
        assertThat(outcomes).filteredOn(Replacement.Replaced.class::isInstance).hasSize(1);
        assertThat(outcomes).filteredOn(Replacement.Stale.class::isInstance).hasSize(15);
    }

    @Test
    void eachUniqueFieldThatIsTakenIsNamed() {
        insert(Clients.pending("files"));
        McpClient sameId = with(Clients.pending("other"), "id_of_files", "other", "other");
        McpClient sameName = with(Clients.pending("other"), "id_2", "files", "other");
        McpClient sameSlug = with(Clients.pending("other"), "id_2", "other", "files");

        assertTaken(sameId, TakenField.ID);
        assertTaken(sameName, TakenField.NAME);
        assertTaken(sameSlug, TakenField.SLUG);
        assertThat(clients().taken(Clients.pending("other"))).isEmpty();
        assertThat(clients().list(ALL).totalCount()).isEqualTo(1);
    }

    @Test
    void aClientCannotTakeANameOrSlugThatAnotherHas() {
        insert(Clients.pending("files"));
        Stored<McpClient> other = insert(Clients.pending("other"));
        ClientSettings settings = other.value().settings();

        assertThat(
                        clients()
                                .replace(
                                        other,
                                        other.value()
                                                .withSettings(
                                                        SettingsBuilder.from(settings)
                                                                .name("files")
                                                                .build())))
                .isEqualTo(new Replacement.Taken(TakenField.NAME));
        assertThat(
                        clients()
                                .replace(
                                        other,
                                        other.value()
                                                .withSettings(
                                                        SettingsBuilder.from(settings)
                                                                .slug("files")
                                                                .build())))
                .isEqualTo(new Replacement.Taken(TakenField.SLUG));
        assertThat(found(other.value().id())).isEqualTo(other);
    }

    @Test
    void ofManyWhoWantTheSameNameOneGetsIt() {
        List<Insertion> outcomes =
                Race.of(
                        16,
                        runner ->
                                clients()
                                        .insert(
                                                with(
                                                        Clients.pending("files"),
                                                        "id_" + runner,
                                                        "files",
                                                        "slug-" + runner)));
        assertThat(outcomes).filteredOn(Insertion.Inserted.class::isInstance).hasSize(1);
        assertThat(outcomes).filteredOn(new Insertion.Taken(TakenField.NAME)::equals).hasSize(15);
    }

    @Test
    void aClientIsLockedOnlyInsideAUnitOfWork() {
        ClientId id = insertClient("files");
        assertThatIllegalStateException().isThrownBy(() -> clients().lock(id));
    }

    @Test
    void whoeverLocksAClientWaitsForTheOneBefore() {
        Stored<McpClient> read = insert(Clients.pending("files"));
        ClientId id = read.value().id();
        CompletableFuture<Optional<Stored<McpClient>>> second =
                stores().unitOfWork()
                        .execute(() -> {
                            Stored<McpClient> locked = clients().lock(id).orElseThrow();
                            CompletableFuture<Optional<Stored<McpClient>>> other =
                                    Race.start(() ->
                                            stores().unitOfWork()
                                                    .execute(() -> clients().lock(id)));
                            assertThatThrownBy(() -> other.get(150, TimeUnit.MILLISECONDS))
                                    .isInstanceOf(TimeoutException.class);
                            replaced(locked, Clients.authorized("files"));
                            return other;
                        });
        assertThat(Race.finish(second).map(Stored::value)).contains(Clients.authorized("files"));
    }

    @Test
    void noClientToLockIsNoClient() {
        assertThat(stores().unitOfWork().execute(() -> clients().lock(new ClientId("nobody"))))
                .isEmpty();
    }

    @Test
    void clientsAreListedInTheOrderInWhichTheyWereMade() {
        List<String> names = List.of("zebra", "ape", "mule", "cat", "dog");
        names.forEach(this::insertClient);

        assertThat(names(ALL)).isEqualTo(names);
        assertThat(names(page(2, 0))).containsExactly("zebra", "ape");
        assertThat(names(page(2, 2))).containsExactly("mule", "cat");
        assertThat(names(page(2, 4))).containsExactly("dog");
        assertThat(names(page(2, 6))).isEmpty();
        assertThat(clients().list(page(2, 6)).totalCount()).isEqualTo(5);
    }

    @Test
    void aChangedClientKeepsItsPlaceInTheList() {
        insertClient("zebra");
        Stored<McpClient> second = insert(Clients.pending("ape"));
        insertClient("mule");
        replaced(second, Clients.authorized("ape"));
        assertThat(names(ALL)).containsExactly("zebra", "ape", "mule");
    }

    @Test
    void clientsAreFoundByPartOfTheirNameInAnyCase() {
        List.of("My_Files", "myXfiles", "other%").forEach(this::insertClient);

        assertThat(names(search("FILES"))).containsExactly("My_Files", "myXfiles");
        assertThat(names(search("y_f"))).containsExactly("My_Files");
        assertThat(names(search("%"))).containsExactly("other%");
        assertThat(names(search("\\"))).isEmpty();
        assertThat(clients().list(search("files")).totalCount()).isEqualTo(2);
    }

    @Test
    void clientsAreFoundByEachState() {
        List<McpClient> all = Clients.everyState();
        all.forEach(this::insert);
        for (ClientState state : ClientState.values()) {
            Query query =
                    new Query(
                            100,
                            0,
                            Optional.empty(),
                            Optional.of(state),
                            Optional.empty(),
                            Optional.empty());
            assertThat(clients().list(query).clients().stream().map(Stored::value).toList())
                    .isNotEmpty()
                    .isEqualTo(all.stream().filter(each -> ClientState.of(each) == state).toList());
        }
    }

    @Test
    void clientsAreFoundByTheirKind() {
        insert(Clients.open("open"));
        insert(Clients.headers("headers"));
        insert(Clients.pending("oauth"));
        insert(
                new McpClient.Pending(
                        Clients.details(
                                SettingsBuilder.oauth("sse")
                                        .transport(Transport.HTTP_WITH_SSE)
                                        .build())));

        assertThat(names(kind(Optional.of(Kind.NONE), Optional.empty()))).containsExactly("open");
        assertThat(names(kind(Optional.of(Kind.HEADERS), Optional.empty())))
                .containsExactly("headers");
        assertThat(names(kind(Optional.of(Kind.OAUTH), Optional.of(Transport.STREAMABLE_HTTP))))
                .containsExactly("oauth");
        assertThat(names(kind(Optional.empty(), Optional.of(Transport.HTTP_WITH_SSE))))
                .containsExactly("sse");
    }

    @Test
    void aClientGoesWithAllThatIsItsOwn() {
        Started started = insertAttempt();
        ClientId id = started.client();
        Registration.Given given = Registrations.given("reg_given", id);
        stores().registrations().keep(given);
        Registration shared = keepRegistration();
        Grant grant = Grants.grant(id, given);
        stores().grants().put(grant);
        stores().connectionRuns().start(id, new RunId("run_1"), LONG);
        stores().revocations().add(Grants.revocation(grant, given));
        ClientId other = insertClient("other");

        assertThat(clients().delete(id)).isTrue();

        assertThat(clients().find(id)).isEmpty();
        assertThat(stores().attempts().find(started.flowId())).isEmpty();
        assertThat(stores().attempts().newest(id)).isEmpty();
        assertThat(stores().grants().find(grant.id())).isEmpty();
        assertThat(stores().registrations().find(given.id())).isEmpty();
        assertThat(stores().connectionRuns().start(id, new RunId("run_2"), LONG))
                .isEqualTo(new ConnectionRuns.Start.Gone());
        // What is not its own stays.
        assertThat(stores().registrations().find(shared.id())).contains(shared);
        assertThat(stores().revocations().take(9, 9, List.of(), LONG)).hasSize(1);
        assertThat(clients().find(other)).isPresent();
        assertThat(clients().delete(id)).isFalse();
    }

    @Test
    void theNameOfAClientThatIsGoneIsFree() {
        clients().delete(insertClient("files"));
        assertThat(clients().taken(Clients.pending("files"))).isEmpty();
        insertClient("files");
    }

    private ClientStore clients() {
        return stores().clients();
    }

    private Stored<McpClient> found(ClientId id) {
        return clients().find(id).orElseThrow();
    }

    private Stored<McpClient> replaced(Stored<McpClient> read, McpClient next) {
        return switch (clients().replace(read, next)) {
            case Replacement.Replaced replaced -> replaced.client();
            case Replacement.Stale stale -> throw new AssertionError("Stale");
            case Replacement.Taken taken -> throw new AssertionError("Taken: " + taken.field());
        };
    }

    private void assertTaken(McpClient client, TakenField field) {
        assertThat(clients().taken(client)).contains(field);
        assertThat(clients().insert(client)).isEqualTo(new Insertion.Taken(field));
    }

    private static McpClient with(McpClient client, String id, String name, String slug) {
        ClientSettings settings =
                SettingsBuilder.from(client.settings())
                        .name(name)
                        .slug(slug)
                        .auth(
                                new ClientAuth.OAuth(
                                        new OAuthConfigId("oauth_of_" + id),
                                        client.settings().oauth().orElseThrow().settings()))
                        .build();
        return new McpClient.Pending(
                new ClientDetails(new ClientId(id), settings, client.details().createdAt()));
    }

    private static OAuthConfigId configOf(McpClient client) {
        return client.settings().oauth().orElseThrow().id();
    }

    private List<String> names(Query query) {
        return clients().list(query).clients().stream()
                .map(stored -> stored.value().settings().name().value())
                .toList();
    }

    private static Query page(int limit, int offset) {
        return new Query(
                limit,
                offset,
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty());
    }

    private static Query search(String part) {
        return new Query(
                100, 0, Optional.of(part), Optional.empty(), Optional.empty(), Optional.empty());
    }

    private static Query kind(Optional<Kind> authType, Optional<Transport> transport) {
        return new Query(100, 0, Optional.empty(), Optional.empty(), authType, transport);
    }
}
