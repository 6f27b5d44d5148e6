package dev.mooring.adapter.persistence;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.application.fixture.Clients;
import dev.mooring.application.fixture.Grants;
import dev.mooring.application.fixture.Registrations;
import dev.mooring.domain.client.ClientId;
import dev.mooring.domain.lifecycle.Grant;
import dev.mooring.domain.lifecycle.McpClient;
import dev.mooring.domain.lifecycle.Registration;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/**
 * To find what is due is asked each second on each node: it costs as much as there is to do, and
 * not as much as there is. What the database says that it did tells.
 */
class WhatIsDueTest {

    @RegisterExtension static final TestDatabase DATABASE = new TestDatabase();

    private static final int MANY = 20_000;

    /** A window of grants, each looked for in the tables of pauses. */
    private static final long SOME = 400;

    /** Of the plan's nodes that read a table; rows that a filter takes away are not in it. */
    private static final Pattern READ =
            Pattern.compile(
                    "(?m)^.*(Seq|Index|Bitmap).* on (\\w+).*actual.* rows=([\\d.]+)"
                            + " loops=(\\d+).*$");

    private static final Pattern FILTERED =
            Pattern.compile("Rows Removed by (?:Filter|Index Recheck): (\\d+)");

    private static final String TAKE_OWED = OutboxTable.TAKE.replace("{table}", "owed_revocation");

    private static final String DEAD = "https://dead.example";

    private static TestStores stores;

    @BeforeAll
    static void open() {
        stores = TestStores.open(DATABASE);
    }

    @AfterAll
    static void close() {
        stores.close();
    }

    @BeforeEach
    void empty() {
        // What they refer to is not there.
        stores.execute("truncate oauth_grant");
        stores.emptied();
    }

    @Test
    void whereNothingIsDueNothingIsRead() {
        manyGrants();
        stores.execute("update oauth_grant set renew_at = clock_timestamp() + interval '1 hour'");
        settle();

        assertThat(rowsRead(JdbcGrantStore.TAKE_DUE)).isZero();
        assertThat(rowsRead(JdbcGrantStore.TAKE_DUE_ELSEWHERE)).isZero();
    }

    @Test
    void ofVeryManyThatAreDueOnlySomeAreRead() {
        manyGrants();
        settle();

        assertThat(rowsRead(JdbcGrantStore.TAKE_DUE)).isBetween(8L, SOME);
    }

    @Test
    void whatIsDueAtAPausedEndpointIsNotRead() {
        manyGrants();
        stores.execute(
                """
                update oauth_grant set token_endpoint = 'https://other.example/token',
                    renew_at = clock_timestamp() where ordinal between 2 and 5
                """);
        settle();
        stores.stores()
                .pauses()
                .begin(
                        URI.create("https://as.example/token"),
                        Clients.UNREACHABLE,
                        Duration.ofMinutes(5));

        assertThat(rowsRead(JdbcGrantStore.TAKE_DUE)).isLessThan(SOME);
        assertThat(rowsRead(JdbcGrantStore.TAKE_DUE_ELSEWHERE)).isBetween(4L, SOME);
        assertThat(
                        stores.query(
                                """
                                select count(*) from oauth_grant
                                where token_endpoint like 'https://other%'
                                  and renew_at > clock_timestamp()
                                """))
                .containsExactly("4");
    }

    @Test
    void ofVeryManyOwedRevocationsOnlySomeAreRead() {
        manyOwedToADeadServer();
        stores.execute("update owed_revocation set due_at = clock_timestamp() + interval '1 hour'");
        stores.execute("vacuum analyze owed_revocation");
        assertThat(rowsRead(TAKE_OWED)).as("of each origin one, to step on from").isLessThan(8);

        stores.execute("update owed_revocation set due_at = clock_timestamp() - interval '1 hour'");
        stores.execute("vacuum analyze owed_revocation");
        assertThat(rowsRead(TAKE_OWED)).isBetween(4L, SOME);
        assertThat(tries()).containsExactly("4");
    }

    @Test
    void whatIsOwedToAServerWithoutRoomIsNotRead() {
        manyOwedToADeadServer();
        stores.stores()
                .revocations()
                .add(
                        Grants.revocation(
                                Grants.grant(new ClientId("gone"), Registrations.dynamic("reg_1")),
                                Registrations.dynamic("reg_1")));

        assertThat(rowsRead(TAKE_OWED, DEAD, DEAD, DEAD, DEAD)).isBetween(1L, SOME);
        assertThat(tries()).containsExactly("1");
    }

    private static void manyOwedToADeadServer() {
        stores.execute(
                """
                insert into owed_revocation (
                    number, grant_id, revocation_endpoint, client_id, auth_method, access_token,
                    scopes, attempts, due_at)
                select -n, 'grant', '%s/revoke', 'client', 'none', '\\x00', '', 0,
                    clock_timestamp() - interval '1 hour'
                from generate_series(1, %d) as n
                """
                        .formatted(DEAD, MANY));
        stores.execute("vacuum analyze owed_revocation");
    }

    private static List<String> tries() {
        return stores.query("select sum(attempts) from owed_revocation");
    }

    @Test
    void clientsWithNothingDueAreNotRead() {
        stores.stores().clients().insert(Clients.connected("files"));
        stores.execute("update mcp_client set connect_at = clock_timestamp() + interval '1 hour'");
        copy(
                "mcp_client",
                "'id', 'id_' || n, 'name', 'client_' || n, 'endpoint_slug', 'slug_' || n,"
                        + " 'oauth_config_id', 'config_' || n, 'ordinal', 1000000 + n",
                "overriding system value");
        stores.execute("vacuum analyze mcp_client");
        assertThat(rowsRead(JdbcClientStore.TAKE_DUE)).isZero();

        stores.execute(
                """
                update mcp_client set connect_at = clock_timestamp() - interval '1 minute'
                where ordinal <= 1000000 + 1000
                """);
        stores.execute("vacuum analyze mcp_client");
        assertThat(rowsRead(JdbcClientStore.TAKE_DUE)).isBetween(8L, SOME);
    }

    private static void manyGrants() {
        Registration registration =
                stores.stores().registrations().keep(Registrations.dynamic("reg_1"));
        McpClient client = Clients.pending("files");
        stores.stores().clients().insert(client);
        Grant grant = Grants.grant(client.id(), registration);
        stores.stores().grants().put(grant);
        stores.execute("update oauth_grant set renew_at = clock_timestamp() - interval '1 hour'");
        copy("oauth_grant", "'id', 'grant_' || n, 'client_id', 'client_' || n, 'ordinal', n");
    }

    /** Copies the one row of a table; what it refers to need not be there. */
    private static void copy(String table, String differences) {
        copy(table, differences, "");
    }

    private static void copy(String table, String differences, String overriding) {
        stores.execute(
                """
                set session_replication_role = replica;
                insert into %1$s %4$s
                select (jsonb_populate_record(one, jsonb_build_object(%2$s))).*
                from %1$s as one, generate_series(2, %3$d) as n;
                set session_replication_role = origin
                """
                        .formatted(table, differences, MANY, overriding));
    }

    private static void settle() {
        stores.execute("vacuum analyze oauth_grant");
    }

    private static Statements statements() {
        return new Statements((JdbcUnitOfWork) stores.persistence().unitOfWork());
    }

    /** How many rows of tables a statement reads, each time it does. */
    private static long rowsRead(String sql, String... underWay) {
        Columns columns =
                new Columns()
                        .with("most", 8)
                        .with("limit", 8)
                        .with("hold_ms", 60_000)
                        .with("lease_ms", 60_000)
                        .with("at_one_origin", 4)
                        .with("under_way", underWay)
                        .with("except", new String[] {"https://crowded.example"});
        String plan =
                String.join(
                        "\n",
                        statements().all("explain (analyze, buffers off) " + sql, columns).stream()
                                .map(row -> row.text("QUERY PLAN"))
                                .toList());
        assertThat(plan)
                .doesNotContain("Seq Scan on oauth_grant", "Seq Scan on owed_", "Seq Scan on mcp");
        long read = READ.matcher(plan).results().mapToLong(WhatIsDueTest::rows).sum();
        return read + sum(FILTERED, plan);
    }

    private static long rows(MatchResult node) {
        return Math.round(Double.parseDouble(node.group(3)) * Long.parseLong(node.group(4)));
    }

    private static long sum(Pattern pattern, String plan) {
        List<MatchResult> found = pattern.matcher(plan).results().toList();
        return found.stream().mapToLong(match -> Long.parseLong(match.group(1))).sum();
    }
}
