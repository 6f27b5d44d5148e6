package dev.mooring.adapter.persistence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mooring.application.fixture.Attempts;
import dev.mooring.application.fixture.Clients;
import dev.mooring.application.fixture.Grants;
import dev.mooring.application.fixture.OAuthSettingsBuilder;
import dev.mooring.application.fixture.Registrations;
import dev.mooring.application.fixture.SettingsBuilder;
import dev.mooring.application.port.ClientStore;
import dev.mooring.application.port.ConnectionRuns.Outcome;
import dev.mooring.application.port.GrantStore;
import dev.mooring.application.port.Outbox;
import dev.mooring.application.port.Stored;
import dev.mooring.application.port.StoresUnderTest;
import dev.mooring.domain.access.ApiKey;
import dev.mooring.domain.access.ApiKeyId;
import dev.mooring.domain.access.ApiKeySecret;
import dev.mooring.domain.access.Permission;
import dev.mooring.domain.access.Role;
import dev.mooring.domain.client.ClientId;
import dev.mooring.domain.client.OAuthSettings;
import dev.mooring.domain.lifecycle.AttemptFailure;
import dev.mooring.domain.lifecycle.AuthorizationAttempt;
import dev.mooring.domain.lifecycle.Debt;
import dev.mooring.domain.lifecycle.Grant;
import dev.mooring.domain.lifecycle.GrantId;
import dev.mooring.domain.lifecycle.McpClient;
import dev.mooring.domain.lifecycle.Problem;
import dev.mooring.domain.lifecycle.ReauthorizationCause;
import dev.mooring.domain.lifecycle.Registration;
import dev.mooring.domain.lifecycle.Revocation;
import dev.mooring.domain.lifecycle.RunId;
import dev.mooring.domain.oauth.DpopKey;
import dev.mooring.domain.oauth.DpopPolicy;
import dev.mooring.domain.oauth.OAuthError;
import dev.mooring.domain.oauth.Origin;
import dev.mooring.domain.oauth.Quirk;
import dev.mooring.domain.oauth.Scopes;
import dev.mooring.domain.oauth.TokenBinding;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Two versions on one database: what the first one writes, with its own statements, over rows of
 * this one, and what a later one may write that this one does not know.
 */
class PreviousVersionTest {

    @RegisterExtension static final TestDatabase DATABASE = new TestDatabase();

    /** Of the first version; the values are those of a grant that was made elsewhere. */
    private static final String PUT_GRANT =
            """
            insert into oauth_grant (
                id, client_id, ordinal, generation, issuer, resource, registration_id,
                token_endpoint, revocation_endpoint, access_token, refresh_token,
                refresh_token_digest, expires_at, scopes, issued_at, refresh_run,
                refresh_sent_digest, refresh_since, lease_until)
            select
                id, :client_id, ordinal, generation, issuer, resource, registration_id,
                token_endpoint, revocation_endpoint, access_token, refresh_token,
                refresh_token_digest, expires_at, scopes, issued_at, refresh_run,
                refresh_sent_digest, refresh_since, null
            from made_elsewhere
            on conflict (client_id) do update set
                id = excluded.id, ordinal = excluded.ordinal, generation = excluded.generation,
                issuer = excluded.issuer, resource = excluded.resource,
                registration_id = excluded.registration_id,
                token_endpoint = excluded.token_endpoint,
                revocation_endpoint = excluded.revocation_endpoint,
                access_token = excluded.access_token, refresh_token = excluded.refresh_token,
                refresh_token_digest = excluded.refresh_token_digest,
                expires_at = excluded.expires_at, scopes = excluded.scopes,
                issued_at = excluded.issued_at, refresh_run = excluded.refresh_run,
                refresh_sent_digest = excluded.refresh_sent_digest,
                refresh_since = excluded.refresh_since, lease_until = null
            """;

    /** Of the first version. */
    private static final String STORE_REFRESHED =
            """
            update oauth_grant set
                generation = generation + 1, access_token = access_token,
                refresh_token = refresh_token, refresh_token_digest = refresh_token_digest,
                expires_at = expires_at, scopes = scopes, issued_at = issued_at,
                refresh_run = null, refresh_sent_digest = null,
                refresh_since = null, lease_until = null
            where id = 'grant_1'
            """;

    /** Of the first version, as it ends a link. */
    private static final String END_ATTEMPT =
            """
            update authorization_attempt set
                state = 'expired', code_verifier = null, issuer = null,
                issuer_in_response = null, redirect_uri = null,
                resource = null, request_scopes = null,
                registration_id = null, token_endpoint = null,
                revocation_endpoint = null, authorize_url = null,
                run_id = null, code_digest = null, redeeming_since = null,
                grant_id = null, ended_at = deadline, failure = null,
                failure_error = null, failure_code = null,
                failure_message = null
            where state = 'started'
            """;

    /** Of the first version, which writes of the settings what it knows. */
    private static final String REPLACE_CLIENT =
            """
            update mcp_client set
                revision = revision + 1, server_uri = '%s', oauth_settings = (
                    select json_object_agg(key, value) from json_each(cast(oauth_settings as json))
                    where key in ('issuer', 'client_id', 'authorize_url', 'token_url',
                        'registration_url', 'revocation_url', 'scopes', 'resource',
                        'authorize_params')
                      or key = 'token_endpoint_auth_method' and value #>> '{}' in (
                        'none', 'client_secret_basic', 'client_secret_post'))
            where id = '%s'
            """;

    /** Of the first version, of what it writes the part that is another state. */
    private static final String LOSE_SERVER =
            """
            update mcp_client set
                revision = revision + 1, state = 'disconnected', since = null,
                failure_code = 'server_unreachable', failure_message = 'm',
                failure_at = clock_timestamp()
            """;

    /** Of a token that lives for an hour: a fifth of that before its end, or half as much more. */
    private static final String IS_RENEWED_IN_TIME =
            """
            select renew_at between expires_at - interval '18 minutes'
                                and expires_at - interval '12 minutes'
            from oauth_grant
            """;

    private static final String KEYS_AND_MORE_SECRETS =
            """
            select exists (select from client_registration where assertion_key is not null)
            union all
            select exists (select from mcp_client where oauth_more_secrets is not null)
            """;

    private static TestStores database;

    private StoresUnderTest stores;

    @BeforeAll
    static void open() {
        database = TestStores.open(DATABASE);
    }

    @AfterAll
    static void close() {
        database.close();
    }

    @BeforeEach
    void empty() {
        stores = database.emptied();
    }

    @Test
    void aConsentThatThePreviousVersionStoresLeavesNothingOfTheBoundGrant() {
        ClientId client = insert("files").value().id();
        Registration registration = stores.registrations().keep(Registrations.dynamic("reg_1"));
        stores.grants().put(Grants.boundGrant("grant_1", client, 1, registration, 1));
        Grant next = Grants.grant("grant_2", client, 2, registration, Grants.tokens(2));
        putByPreviousVersion(next);

        assertThat(stores.grants().ofClient(client)).contains(next);
        assertThat(database.query("select id from oauth_grant where dpop_key is not null"))
                .isEmpty();

        Grant last = Grants.boundGrant("grant_3", client, 3, registration, 3);
        stores.grants().put(last);
        assertThat(stores.grants().ofClient(client)).contains(last);
        assertThat(stores.grants().delete(last.id())).isTrue();
        putByPreviousVersion(next);
        assertThat(stores.grants().ofClient(client)).contains(next);
    }

    @Test
    void whatAFormerGrantWasAskedForIsNotTakenForWhatThePreviousVersionAskedFor() {
        ClientId client = insert("files").value().id();
        Registration registration = stores.registrations().keep(Registrations.dynamic("reg_1"));
        Grant first = Grants.grant("grant_1", client, 1, registration, Grants.tokens(1));
        stores.grants().put(first.renewed(Grants.tokens(2), Scopes.of("admin"), Grants.EXPIRES));
        database.execute(STORE_REFRESHED);
        assertThat(stores.grants().ofClient(client)).map(Grant::asked).contains(Scopes.of("admin"));

        Grant next = Grants.grant("grant_2", client, 2, registration, Grants.tokens(2));
        putByPreviousVersion(next);
        assertThat(stores.grants().ofClient(client)).contains(next);
    }

    @Test
    void whatThePreviousVersionStoresIsRenewedAheadAsWell() {
        ClientId client = insert("files").value().id();
        Registration registration = stores.registrations().keep(Registrations.dynamic("reg_1"));
        putByPreviousVersion(Grants.grant("grant_1", client, 1, registration, Grants.tokens(1)));
        assertThat(database.query(IS_RENEWED_IN_TIME)).containsExactly("t");

        database.execute("update oauth_grant set renew_at = null");
        database.execute(STORE_REFRESHED);
        assertThat(database.query(IS_RENEWED_IN_TIME)).containsExactly("t");

        putByPreviousVersion(Grants.grant("grant_2", client, 2, registration, Grants.bareTokens()));
        stores.grants()
                .renewLater(
                        new GrantStore.Due(
                                new GrantId("grant_2"),
                                1,
                                client,
                                URI.create("https://as.example/token")),
                        Optional.empty());
        assertThat(database.query("select renew_at is null from oauth_grant")).containsExactly("t");
    }

    @Test
    void tokensThatThePreviousVersionRefreshedAreNotTakenForBoundOnesAndTheNextOnesMayBe() {
        ClientId client = insert("files").value().id();
        Registration registration = stores.registrations().keep(Registrations.dynamic("reg_1"));
        Grant bound = Grants.boundGrant("grant_1", client, 1, registration, 1);
        stores.grants().put(bound);
        database.execute(STORE_REFRESHED);

        Grant read = stores.grants().ofClient(client).orElseThrow();
        assertThat(read.tokens()).isEqualTo(Grants.tokens(1));
        assertThat(read.binding()).isEqualTo(new TokenBinding.Offered(new DpopKey("dpop-key-1")));

        Grant intended = Grants.refreshing(read, "run_1");
        stores.grants().lease(read, intended, Duration.ofMinutes(1));
        Grant refreshed =
                intended.refreshed(Grants.bound(Grants.tokens(2)), read.issuedAt().plusSeconds(60));
        stores.grants().storeRefreshed(intended, refreshed);
        assertThat(stores.grants().ofClient(client)).contains(refreshed);
    }

    @Test
    void aLinkThatThePreviousVersionEndsKeepsNoKey() {
        ClientId client = insert("files").value().id();
        Registration registration = stores.registrations().keep(Registrations.dynamic("reg_1"));
        stores.attempts()
                .insert(
                        Attempts.started(
                                client,
                                1,
                                registration,
                                new TokenBinding.Required(new DpopKey("dpop-key-1"))));
        database.execute(END_ATTEMPT);

        assertThat(database.query("select state from authorization_attempt where dpop_key is null"))
                .containsExactly("expired");
        assertThat(stores.attempts().newest(client))
                .containsInstanceOf(AuthorizationAttempt.Expired.class);
    }

    @Test
    void settingsThatThePreviousVersionDoesNotKnowOutliveItsChangeOfState() {
        Stored<McpClient> before = insert("files");
        replaceByPreviousVersion(before);
        replaceByPreviousVersion(before);
        assertThat(oauth(before.value().id())).isEqualTo(oauth(before));
    }

    @Test
    void anExceptionIsNotKeptForAnotherServerThatThePreviousVersionEnters() {
        Stored<McpClient> before = insert("files");
        database.execute(
                REPLACE_CLIENT.formatted("https://other.example/mcp", before.value().id().value()));
        OAuthSettings after = oauth(before.value().id());
        assertThat(after.exceptions().words()).isEmpty();
        assertThat(after.dpop()).isEqualTo(DpopPolicy.ALWAYS);
    }

    @Test
    void whatThePreviousVersionMakesOfAKeyOrOfOAuthTakesTheSecretsOfTheseWithIt() {
        new FilledStores(stores);
        assertThat(database.query(KEYS_AND_MORE_SECRETS)).containsOnly("t");
        database.execute(
                """
                update client_registration set auth_method = 'client_secret_basic',
                    client_secret = coalesce(client_secret, '\\x00');
                update mcp_client set auth_type = 'none', oauth_config_id = null,
                    oauth_settings = null, oauth_client_secret = null
                """);
        assertThat(database.query(KEYS_AND_MORE_SECRETS)).containsOnly("f");
    }

    @Test
    void whatThisVersionTakesOutOfTheSettingsIsGone() {
        Stored<McpClient> before = insert("files");
        McpClient.Pending plain =
                new McpClient.Pending(
                        Clients.details(
                                SettingsBuilder.oauth("files")
                                        .oauthSettings(OAuthSettings.DISCOVERED)
                                        .build()));
        assertThat(stores.clients().replace(before, plain))
                .isInstanceOf(ClientStore.Replacement.Replaced.class);
        assertThat(oauth(plain.id())).isEqualTo(OAuthSettings.DISCOVERED);
    }

    @Test
    void settingsOfALaterVersionOutliveEveryWrite() {
        Stored<McpClient> before = insert("files");
        setInSettings("member_of_tomorrow", "{\"deep\": [1]}");
        setInSettings("token_endpoint_auth_method", "\"word_of_tomorrow\"");
        setInSettings("exceptions", "\"omit_resource word_of_tomorrow\"");

        Stored<McpClient> read = stores.clients().find(before.value().id()).orElseThrow();
        stores.clients().replace(read, read.value());

        assertThat(inSettings("member_of_tomorrow")).contains("[1]");
        assertThat(inSettings("token_endpoint_auth_method")).contains("word_of_tomorrow");
        assertThat(inSettings("exceptions")).contains("omit_resource", "word_of_tomorrow");
    }

    @Test
    void everyMemberThatIsWrittenIsOneThatItsWriterSaysItKnows() {
        Clients.everySettings()
                .forEach(settings -> stores.clients().insert(Clients.fresh(settings)));
        assertThat(
                        database.query(
                                """
                                select key from mcp_client,
                                    lateral json_each(cast(oauth_settings as json)) as member
                                where key <> 'writer' and position(' ' || key || ' ' in ' ' ||
                                    (cast(oauth_settings as json) #>> '{writer,members}') || ' ') = 0
                                """))
                .isEmpty();
    }

    @Test
    void aProblemOfALaterVersionIsListedAndItsWordIsWrittenBack() {
        McpClient.Disconnected client = Clients.disconnected("files");
        stores.clients().insert(client);
        database.execute("update mcp_client set failure_code = 'word_of_tomorrow'");

        Stored<McpClient> read = stores.clients().find(client.id()).orElseThrow();
        McpClient.Disconnected found = (McpClient.Disconnected) read.value();
        Problem problem = found.lastFailure().orElseThrow().problem();
        assertThat(problem)
                .isEqualTo(new Problem(Problem.Code.SERVER_BROKEN, Clients.UNREACHABLE.message()));

        stores.clients().replace(read, found.disable());
        assertThat(database.query("select failure_code from mcp_client"))
                .containsExactly("word_of_tomorrow");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    REFRESH_REFUSED | cause_error = 'e', cause_scopes = null
                    SCOPE_NEEDED    | cause_error = null, cause_scopes = 'read'
                    TOKEN_REFUSED   | cause_error = null, cause_scopes = null
                    """)
    void aCauseOfALaterVersionCountsAsTheNearestAndIsWrittenBack(
            ClientRow.Cause.Kind nearest, String columns) {
        McpClient.NeedsReauthorization client =
                Clients.needsReauthorization("files", new ReauthorizationCause.Revoked());
        stores.clients().insert(client);
        asIfMigrated(
                "mcp_client",
                "mcp_client_cause",
                () -> {
                    database.execute(
                            "update mcp_client set cause = 'word_of_tomorrow', " + columns);
                    Stored<McpClient> read = stores.clients().find(client.id()).orElseThrow();
                    McpClient.NeedsReauthorization found =
                            (McpClient.NeedsReauthorization) read.value();
                    assertThat(ClientRow.Cause.of(found.cause()).kind()).isEqualTo(nearest);

                    stores.clients().replace(read, found.disable());
                    assertThat(database.query("select cause from mcp_client"))
                            .containsExactly("word_of_tomorrow");
                    database.execute("delete from mcp_client");
                });
    }

    @Test
    void aFailureOfALaterVersionCountsAsTheNearest() {
        ClientId client = insert("files").value().id();
        Registration registration = stores.registrations().keep(Registrations.dynamic("reg_1"));
        AuthorizationAttempt.Started started = Attempts.started(client, 1, registration);
        stores.attempts().insert(started);
        AuthorizationAttempt.Redeeming redeeming = Attempts.claimed(started);
        stores.attempts().claim(redeeming);
        stores.attempts()
                .end(
                        redeeming,
                        redeeming.fail(
                                new AttemptFailure.RedemptionRefused(OAuthError.ACCESS_DENIED),
                                Attempts.ENDED));
        asIfMigrated(
                "authorization_attempt",
                "authorization_attempt_failure",
                () -> {
                    database.execute(
                            "update authorization_attempt set failure = 'word_of_tomorrow'");
                    assertThat(reason(client))
                            .isEqualTo(
                                    new AttemptFailure.RedemptionRefused(OAuthError.ACCESS_DENIED));
                    database.execute("update authorization_attempt set failure_error = null");
                    assertThat(reason(client)).isInstanceOf(AttemptFailure.RedemptionFailed.class);
                    database.execute(
                            "update authorization_attempt set failure = 'redemption_failed',"
                                    + " failure_code = 'word_of_tomorrow', failure_message = 'm'");
                    assertThat(reason(client))
                            .isEqualTo(
                                    new AttemptFailure.RedemptionFailed(
                                            new Problem(
                                                    Problem.Code.AUTHORIZATION_SERVER_BROKEN,
                                                    "m")));
                    database.execute("delete from authorization_attempt");
                });
    }

    @Test
    void whatThePreviousVersionOwesIsBroughtToItsOriginToo() {
        Revocation owed =
                Grants.revocation(
                        Grants.grant(new ClientId("gone"), Registrations.dynamic("reg_1")),
                        Registrations.dynamic("reg_1"));
        stores.revocations().add(owed);
        database.execute(
                """
                create temporary table before as select * from owed_revocation;
                delete from owed_revocation;
                insert into owed_revocation (
                    number, grant_id, revocation_endpoint, client_id, client_secret, auth_method,
                    access_token, refresh_token, expires_at, scopes, attempts, due_at)
                select number, grant_id, revocation_endpoint, client_id, client_secret, auth_method,
                    access_token, refresh_token, expires_at, scopes, 0, clock_timestamp()
                from before;
                drop table before
                """);
        Outbox.Entry taken =
                stores.revocations().take(1, 1, List.of(), Duration.ofMinutes(1)).getFirst();
        assertThat(taken.debt())
                .isEqualTo(
                        new Debt.OfTokens(
                                Optional.empty(),
                                owed.grant(),
                                Origin.of(owed.revocationEndpoint())));
        assertThat(stores.revocations().open(taken))
                .hasValueSatisfying(opened -> assertThat(opened.tokens()).isEqualTo(owed.tokens()));
    }

    @Test
    void whoWaitsForARunOfALaterVersionLearnsOfItsProblem() {
        ClientId client = insert("files").value().id();
        RunId run = new RunId("run_1");
        stores.connectionRuns().start(client, run, Duration.ofMinutes(1));
        stores.connectionRuns().finish(client, run, new Outcome.Failed(Clients.UNREACHABLE));
        database.execute("update connection_run set failure_code = 'word_of_tomorrow'");
        assertThat(stores.connectionRuns().await(client, run, Duration.ZERO))
                .contains(
                        new Outcome.Failed(
                                new Problem(
                                        Problem.Code.SERVER_BROKEN,
                                        Clients.UNREACHABLE.message())));
    }

    @Test
    void aClientThatThePreviousVersionWritesIsLookedAtAndSaysWhenItIsDue() {
        McpClient.Connected client = Clients.connected("files");
        stores.clients().insert(client);
        assertThat(stores.clients().takeDue(8, Duration.ofMinutes(1))).isEmpty();
        database.execute(LOSE_SERVER);
        assertThat(stores.clients().takeDue(8, Duration.ofMinutes(1))).containsExactly(client.id());

        Stored<McpClient> read = stores.clients().find(client.id()).orElseThrow();
        stores.clients().connectLater(read);
        assertThat(database.query("select connect_at - failure_at from mcp_client").getFirst())
                .matches("00:0[01].*");

        database.execute(
                """
                create temp table made_elsewhere_client as select * from mcp_client;
                delete from mcp_client;
                insert into mcp_client overriding system value
                select (jsonb_populate_record(made, '{"connect_at": null}')).*
                from made_elsewhere_client as made;
                drop table made_elsewhere_client
                """);
        assertThat(stores.clients().takeDue(8, Duration.ofMinutes(1))).containsExactly(client.id());
    }

    /** It looks a key up by its digest, and knows three roles. */
    @Test
    void aKeyThatMayLessIsNotTakenForMoreByThePreviousVersion() {
        putKey("all", Role.OPERATOR, Optional.empty());
        putKey("few", Role.OPERATOR, Optional.of(Set.of(Permission.EXECUTE_TOOLS)));
        putKey("seer", Role.AUDITOR, Optional.empty());

        assertThat(roleByPreviousVersion("all")).containsExactly("operator");
        assertThat(roleByPreviousVersion("few")).isEmpty();
        assertThat(roleByPreviousVersion("seer")).containsExactly("viewer");
    }

    @Test
    void aScopeThatOnlyALaterVersionKnowsAllowsNothingHere() {
        putKey("few", Role.OPERATOR, Optional.of(Set.of(Permission.EXECUTE_TOOLS)));
        database.execute("update api_key set scopes = 'tools:execute prompts:read'");

        assertThat(stores.apiKeys().list().getFirst().permissions())
                .containsExactly(Permission.EXECUTE_TOOLS);
    }

    private void putKey(String name, Role role, Optional<Set<Permission>> scopes) {
        stores.apiKeys()
                .insert(
                        ApiKey.made(
                                new ApiKeyId("key_" + name),
                                name,
                                role,
                                scopes,
                                new ApiKeySecret(name).digest(),
                                Clients.CREATED,
                                Optional.empty()));
    }

    private static List<String> roleByPreviousVersion(String secret) {
        return database.query(
                "select role from api_key where digest = '%s'"
                        .formatted(new ApiKeySecret(secret).digest().value()));
    }

    /** A word that says what a row is, is for a release that all nodes already read it in. */
    @ParameterizedTest
    @CsvSource({
        "mcp_client, state",
        "mcp_client, auth_type",
        "mcp_client, transport",
        "authorization_attempt, state",
        "oauth_grant, token_type",
        "client_registration, kind",
        "client_registration, auth_method",
        "connection_run, outcome",
        "owed_revocation, auth_method",
        "owed_revocation, token_type",
        "api_key, role",
    })
    void aWordThatSaysWhatARowIsCannotBeStoredBeforeTheTableAllowsIt(String table, String column) {
        new FilledStores(stores);
        assertThatThrownBy(() ->
                        database.execute(
                                "update %s set %s = 'word_of_tomorrow'".formatted(table, column)))
                .hasMessageContaining("violates check constraint");
    }

    private Stored<McpClient> insert(String name) {
        McpClient.Pending client =
                new McpClient.Pending(
                        Clients.details(
                                SettingsBuilder.oauth(name)
                                        .oauthSettings(
                                                OAuthSettingsBuilder.everythingGiven()
                                                        .dpop(DpopPolicy.ALWAYS)
                                                        .exceptions(Quirk.OMIT_RESOURCE)
                                                        .build())
                                        .build()));
        assertThat(stores.clients().insert(client))
                .isInstanceOf(ClientStore.Insertion.Inserted.class);
        return stores.clients().find(client.id()).orElseThrow();
    }

    private void putByPreviousVersion(Grant grant) {
        ClientId elsewhere = insert("elsewhere").value().id();
        Registration registration = stores.registrations().find(grant.registration()).orElseThrow();
        stores.grants()
                .put(
                        Grants.grant(
                                grant.id().value(),
                                elsewhere,
                                grant.ordinal(),
                                registration,
                                grant.tokens()));
        database.execute(
                """
                drop table if exists made_elsewhere;
                create temp table made_elsewhere as
                    select * from oauth_grant where client_id = '%1$s';
                delete from mcp_client where id = '%1$s'
                """
                        .formatted(elsewhere.value()));
        database.execute(PUT_GRANT.replace(":client_id", "'" + grant.client().value() + "'"));
    }

    private void replaceByPreviousVersion(Stored<McpClient> client) {
        database.execute(
                REPLACE_CLIENT.formatted(
                        client.value().settings().connection().server().value(),
                        client.value().id().value()));
    }

    private OAuthSettings oauth(ClientId client) {
        return oauth(stores.clients().find(client).orElseThrow());
    }

    private static OAuthSettings oauth(Stored<McpClient> client) {
        return client.value().settings().oauth().orElseThrow().settings();
    }

    private static void setInSettings(String member, String json) {
        database.execute(
                """
                alter table mcp_client disable trigger mcp_client_settings;
                update mcp_client set oauth_settings = jsonb_set(
                    cast(oauth_settings as jsonb), '{%s}', '%s');
                alter table mcp_client enable trigger mcp_client_settings
                """
                        .formatted(member, json));
    }

    private static String inSettings(String member) {
        return database.query(
                        "select coalesce(cast(oauth_settings as json) ->> '%s', '') from mcp_client"
                                .formatted(member))
                .getFirst();
    }

    private AttemptFailure reason(ClientId client) {
        Optional<AuthorizationAttempt> newest = stores.attempts().newest(client);
        return ((AuthorizationAttempt.Failed) newest.orElseThrow()).reason();
    }

    /** Without a CHECK that a later version has made wider. */
    private static void asIfMigrated(String table, String constraint, Runnable work) {
        String definition =
                database.query(
                                "select pg_get_constraintdef(oid) from pg_constraint where conname = '%s'"
                                        .formatted(constraint))
                        .getFirst();
        database.execute("alter table %s drop constraint %s".formatted(table, constraint));
        try {
            work.run();
        } finally {
            database.execute("delete from " + table);
            database.execute(
                    "alter table %s add constraint %s %s".formatted(table, constraint, definition));
        }
    }
}
