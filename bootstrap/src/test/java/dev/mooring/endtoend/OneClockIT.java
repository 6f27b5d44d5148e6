package dev.mooring.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.adapter.persistence.DatabaseAccess;
import dev.mooring.adapter.persistence.embedded.EmbeddedPostgres;
import dev.mooring.endtoend.ApiClient.Credential;
import dev.mooring.endtoend.ApiClient.Reply;

import org.junit.jupiter.api.Test;

import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;

/** A node goes by the clock of its database, whatever that of its machine says. */
final class OneClockIT {

    /** Names are looked for in this schema before they are in PostgreSQL's own. */
    private static final String AN_HOUR_AHEAD =
            """
            create schema ahead;
            create function ahead.clock_timestamp() returns timestamptz language sql volatile as
                'select pg_catalog.clock_timestamp() + interval ''1 hour'''
            """;

    @Test
    void aKeyHasEndedWhenItHasByTheDatabasesClock() throws SQLException {
        try (EmbeddedPostgres database =
                EmbeddedPostgres.start(SharedService.newDataDirectory(), new SecureRandom())) {
            execute(database.access(), AN_HOUR_AHEAD);
            try (TwoNodes nodes = TwoNodes.start(ahead(database.access()));
                    ApiClient one = admin(nodes.one());
                    ApiClient two = admin(nodes.two())) {
                Instant now = Instant.now();
                Reply made = make(one, "later", now.plus(Duration.ofMinutes(90)));

                assertThat(Instant.parse(made.text("/created_at")))
                        .isBetween(
                                now.plus(Duration.ofMinutes(55)), now.plus(Duration.ofMinutes(65)));
                try (ApiClient holder = caller(nodes.two(), made.text("/key"))) {
                    assertThat(holder.get("/api/mcp/clients").status()).isEqualTo(200);
                    execute(
                            database.access(),
                            "update ahead.api_key set expires_at = now() + interval '30 minutes'"
                                    + " where name = 'later'");
                    assertThat(holder.get("/api/mcp/clients").code())
                            .isEqualTo("credential_expired");
                }
                assertThat(make(two, "sooner", now.plus(Duration.ofMinutes(30))).status())
                        .isEqualTo(400);
            }
        }
    }

    private static Reply make(ApiClient admin, String name, Instant expires) {
        return admin.post(
                "/api/keys",
                ApiClient.object()
                        .put("name", name)
                        .put("role", "viewer")
                        .put("expires_at", expires.toString()));
    }

    private static ApiClient admin(ServiceProcess node) {
        return caller(node, TwoNodes.KEY);
    }

    private static ApiClient caller(ServiceProcess node, String key) {
        return new ApiClient(node.address(), new Credential.ApiKey(key));
    }

    private static DatabaseAccess ahead(DatabaseAccess access) {
        return new DatabaseAccess(
                access.url() + "?currentSchema=ahead,pg_catalog", access.user(), access.password());
    }

    private static void execute(DatabaseAccess access, String sql) throws SQLException {
        try (Connection connection =
                        DriverManager.getConnection(
                                access.url(), access.user(), access.password());
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }
}
