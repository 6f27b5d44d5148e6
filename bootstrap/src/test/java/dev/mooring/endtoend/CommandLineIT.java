package dev.mooring.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.adapter.persistence.DatabaseAccess;
import dev.mooring.adapter.persistence.embedded.EmbeddedPostgres;
import dev.mooring.endtoend.Mooring.Pending;
import dev.mooring.party.AuthorizationServerParty;
import dev.mooring.party.McpServerParty;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/** What an operator does beside a service that runs. */
final class CommandLineIT {

    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final String COME_FROM_THE_FUTURE =
            """
            insert into mooring_schema_history (installed_rank, version, description, type,
                script, installed_by, execution_time, success)
            values (999, '999', 'from the future', 'SQL', 'V999__x.sql', 'x', 1, true)
            """;

    private final Path data = SharedService.newDataDirectory();
    private final AuthorizationServerParty issuer = AuthorizationServerParty.start();
    private final McpServerParty server =
            McpServerParty.settings().protectedBy(issuer, "mcp:tools").start();

    @AfterEach
    void stop() {
        server.close();
        issuer.close();
    }

    @Test
    void keysAreChangedWhileTheServiceServes() throws IOException {
        try (ServiceProcess service = ServiceProcess.start(data, Map.of());
                Mooring mooring = new Mooring(service.address(), service.printedKey())) {
            Pending pending = mooring.connect(server.endpoint());
            Path file = data.resolve("encryption-keys");
            String before = Files.readString(file);

            assertThat(succeeding(service, "keys", "rotate", "--dry-run"))
                    .contains("secrets sealed with", "Nothing was written");
            assertThat(Files.readString(file)).isEqualTo(before);

            assertThat(succeeding(service, "keys", "rotate"))
                    .contains("Added the key key-", "from now on", "secrets sealed anew");
            assertThat(Files.readString(file)).startsWith(before).isNotEqualTo(before);
            String status = succeeding(service, "keys", "status");
            assertThat(status)
                    .contains("Every secret is sealed with the current key")
                    .contains("former     yes      0")
                    .contains("oauth_grant 2")
                    .contains("Not to be retired yet: ");

            assertThat(mooring.echo(pending.name(), "still here").status()).isEqualTo(200);
            issuer.expireAccessTokens();
            assertThat(mooring.echo(pending.name(), "refreshed").status()).isEqualTo(200);
            service.kill();
            service.startAgain();
            assertThat(mooring.echo(pending.name(), "back").status()).isEqualTo(200);
        }
    }

    @Test
    void aDatabaseOfANewerVersionIsLeftAlone() throws SQLException {
        try (ServiceProcess service = ServiceProcess.start(data, Map.of())) {
            execute(COME_FROM_THE_FUTURE);

            for (List<String> command :
                    List.of(
                            List.of("keys"),
                            List.of("keys", "status"),
                            List.of("keys", "rotate", "--dry-run"),
                            List.of("keys", "rotate"),
                            List.of("admin-key"))) {
                try (ChildProcess process = service.command(command.toArray(String[]::new))) {
                    assertThat(process.awaitExit(PATIENCE)).as(command.toString()).isEqualTo(3);
                    process.awaitLine(
                            Pattern.compile("^mooring: .*newer version.*Use the command of"),
                            PATIENCE);
                }
            }
        }
    }

    private void execute(String sql) throws SQLException {
        DatabaseAccess access = EmbeddedPostgres.runningOn(data.resolve("postgres")).orElseThrow();
        try (Connection connection =
                        DriverManager.getConnection(
                                access.url(), access.user(), access.password());
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    @Test
    void theAdminKeyIsMadeAnewAndTheOldOneIsWorthNothing() {
        try (ServiceProcess service = ServiceProcess.start(data, Map.of());
                Mooring before = new Mooring(service.address(), service.printedKey())) {
            assertThat(before.api().get("/api/keys").status()).isEqualTo(200);

            String printed = succeeding(service, "admin-key");

            String key = printed.replaceFirst("(?s).*(mrg_[A-Za-z0-9_-]{43}).*", "$1");
            try (Mooring after = new Mooring(service.address(), key)) {
                assertThat(after.api().get("/api/keys").status()).isEqualTo(200);
            }
            assertThat(before.api().get("/api/keys").status()).isEqualTo(401);
        }
    }

    @Test
    void anUnknownArgumentStartsNothing() {
        for (List<String> arguments : List.of(List.of("bogus"), List.of("serve", "--port=1"))) {
            try (ChildProcess process = ServiceProcess.commandOnly(data, arguments)) {
                assertThat(process.awaitExit(PATIENCE)).isEqualTo(2);
                process.awaitLine(Pattern.compile("^mooring: "), PATIENCE);
            }
        }
    }

    private static String succeeding(ServiceProcess service, String... arguments) {
        try (ChildProcess process = service.command(arguments)) {
            int code = process.awaitExit(PATIENCE);
            String output = String.join("\n", process.output());
            assertThat(code).as(output).isZero();
            return output;
        }
    }
}
