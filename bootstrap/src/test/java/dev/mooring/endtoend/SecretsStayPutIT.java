package dev.mooring.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.US_ASCII;

import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.mooring.adapter.persistence.DatabaseAccess;
import dev.mooring.adapter.persistence.embedded.EmbeddedPostgres;
import dev.mooring.endtoend.ApiClient.Credential;
import dev.mooring.endtoend.Mooring.Pending;
import dev.mooring.party.Answer;
import dev.mooring.party.AuthorizationServerParty;
import dev.mooring.party.AuthorizationServerParty.Endpoint;
import dev.mooring.party.LoopbackServer;
import dev.mooring.party.McpServerParty;
import dev.mooring.party.Received;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;

/**
 * A whole life of a client whose secrets are known, and a look for them wherever they could have
 * gone: answers, log, metrics, every table, and the memory of the process. All but the last two are
 * searched in all other tests too, by {@link SaidSecrets}.
 */
final class SecretsStayPutIT {

    private static final String KEY = "the-admin-key-" + UUID.randomUUID();
    private static final String CLIENT_SECRET = "client-secret-" + UUID.randomUUID();
    private static final int CHUNK = 1 << 20;

    private final Path data = SharedService.newDataDirectory();
    private final AuthorizationServerParty issuer =
            AuthorizationServerParty.settings().withoutRegistration().start();
    private final McpServerParty server =
            McpServerParty.settings().protectedBy(issuer, "mcp:tools").start();
    private final List<String> said = new ArrayList<>();
    private final LoopbackServer receiver = LoopbackServer.start(request -> Answer.empty(204));
    private ServiceProcess service;

    @BeforeEach
    void start() {
        service =
                ServiceProcess.start(
                        data, Map.of("MOORING_ADMIN_KEY", KEY, "MOORING_LOG_LEVEL", "debug"));
        issuer.preregister(
                "marked",
                CLIENT_SECRET,
                "client_secret_basic",
                service.address() + "/api/oauth/callback");
    }

    @AfterEach
    void stop() {
        service.close();
        receiver.close();
        server.close();
        issuer.close();
    }

    @Test
    void noSecretLeavesTheServiceAndOnlyLiveTokensAreInItsMemory() throws Exception {
        String webhookSecret = makeWebhook();
        Pending pending = liveAndLetRefresh();

        Map<String, String> spent = spent();
        assertThat(spent).hasSizeGreaterThan(5);
        // Connections to the parties, with what was last read and written, are kept for a while.
        Eventually.holds(
                "only what is needed is in memory",
                Duration.ofMinutes(3),
                () -> found(spent, heap("while-it-lives")).isEmpty());
        List<String> rowsOfItsLife = everyRow();
        assertThat(rowsOfItsLife).anyMatch(row -> row.contains(pending.id()));

        try (Mooring admin = new Mooring(service.address(), KEY)) {
            said.add(admin.delete(pending.id()).body());
            Eventually.holds(
                    "both tokens are given back",
                    Duration.ofMinutes(2),
                    () -> !issuer.received(Endpoint.REVOCATION).isEmpty());
            Eventually.holds(
                    "the webhook is told of its end",
                    Duration.ofMinutes(1),
                    () ->
                            receiver.received().stream()
                                    .anyMatch(each -> each.body().contains("client_removed")));
            receiver.received().forEach(each -> said.add(each.headers() + each.body()));
            said.add(admin.api().get("/api/webhooks").body());
            said.add(admin.api().get("/api/audit?limit=1000").body());
            said.add(
                    admin.api()
                            .send(
                                    "/api/audit?order=oldest",
                                    "GET",
                                    BodyPublishers.noBody(),
                                    "Accept",
                                    "application/x-ndjson")
                            .body());
            try (EventStream events = new EventStream(service.address(), KEY, "0")) {
                Eventually.holds(
                        "the stream tells of its end",
                        Duration.ofMinutes(1),
                        () -> events.lines().toString().contains("client_removed"));
                said.addAll(events.lines());
            }
        }

        Map<String, String> all = all();
        assertThat(all).hasSizeGreaterThan(spent.size());
        Eventually.holds(
                "nothing is left in memory",
                Duration.ofMinutes(3),
                () -> found(all, heap("after-the-removal")).isEmpty());
        try (ApiClient anyone = new ApiClient(service.adminAddress(), new Credential.Nobody())) {
            said.add(anyone.get("/metrics").body());
        }
        said.addAll(rowsOfItsLife);
        said.addAll(everyRow());
        said.addAll(service.log());
        assertThat(said).hasSizeGreaterThan(50);
        String everything = String.join("\n", said);
        all.put("webhook secret", webhookSecret);
        all.forEach((what, secret) -> {
            assertThat(everything.contains(secret)).as(what).isFalse();
            assertThat(everything.contains(hex(secret))).as("%s in a bytea", what).isFalse();
        });
    }

    /** Its secret is used for as long as it is there, so it is in memory. */
    private String makeWebhook() {
        try (Mooring admin = new Mooring(service.address(), KEY)) {
            ObjectNode webhook =
                    ApiClient.object().put("name", "all").put("url", receiver.origin() + "/hook");
            return admin.api().post("/api/webhooks", webhook).text("/secret");
        }
    }

    private Pending liveAndLetRefresh() {
        try (Mooring admin = new Mooring(service.address(), KEY)) {
            ObjectNode request = Mooring.request(server.endpoint());
            request.putObject("oauth_config")
                    .put("client_id", "marked")
                    .put("client_secret", CLIENT_SECRET);
            Pending pending = admin.connect(request);
            said.add(admin.api().post("/api/mcp/client", request).body());
            said.add(admin.client(pending.id()).body());
            said.add(admin.echo(pending.name(), "before").body());
            issuer.expireAccessTokens();
            said.add(admin.echo(pending.name(), "after").body());
            said.add(admin.execute(pending.name(), "no-such-tool", ApiClient.object()).body());
            said.add(admin.complete("nobody").body());
            said.add(admin.complete(pending.id()).body());
            said.add(admin.api().get("/api/mcp/clients").body());
            said.add(admin.browser().open(pending.authorizeUrl()).body());
            assertThat(admin.state(pending.id())).isEqualTo("connected");
            return pending;
        }
    }

    /** What nobody needs any more while the client is connected. */
    private Map<String, String> spent() {
        Map<String, String> spent = new HashMap<>();
        for (Received request : issuer.received(Endpoint.TOKEN)) {
            for (String name : List.of("code", "code_verifier", "refresh_token")) {
                String value = request.form().text(name);
                if (!value.isEmpty()) {
                    spent.put(name + " " + spent.size(), value);
                }
            }
        }
        List<String> used = new ArrayList<>(accessTokens());
        used.removeLast();
        used.forEach(token -> spent.put("access token " + spent.size(), token));
        spent.put("client secret", CLIENT_SECRET);
        spent.put("client credentials", base64("marked:" + CLIENT_SECRET));
        return spent;
    }

    private Map<String, String> all() {
        Map<String, String> all = new HashMap<>(spent());
        accessTokens().forEach(token -> all.put("access token " + all.size(), token));
        issuer.received(Endpoint.REVOCATION)
                .forEach(request ->
                        all.put("revoked token " + all.size(), request.form().text("token")));
        return all;
    }

    /** In the order in which they were first used. */
    private List<String> accessTokens() {
        return server.received().stream()
                .flatMap(request -> request.header("authorization").stream())
                .map(header -> header.replaceFirst("^Bearer ", ""))
                .distinct()
                .toList();
    }

    private Path heap(String name) {
        Path file = data.resolve(name + ".hprof");
        List<String> jcmd =
                List.of(
                        Path.of(System.getProperty("java.home"), "bin", "jcmd").toString(),
                        "" + service.process().pid(),
                        "GC.heap_dump",
                        file.toString());
        try (ChildProcess dump = ChildProcess.start(jcmd, data, Map.of())) {
            int exit = dump.awaitExit(Duration.ofMinutes(2));
            assertThat(exit).as(String.join("\n", dump.output())).isZero();
        }
        return file;
    }

    /** Which of the secrets are in a file, as text or in base64. */
    private static Set<String> found(Map<String, String> secrets, Path file) {
        Set<String> found = new TreeSet<>();
        int overlap = 4096;
        try (InputStream in = Files.newInputStream(file)) {
            String before = "";
            for (byte[] next = in.readNBytes(CHUNK); next.length > 0; next = in.readNBytes(CHUNK)) {
                String chunk = before + new String(next, ISO_8859_1);
                secrets.forEach((what, secret) -> {
                    if (chunk.contains(secret) || chunk.contains(base64(secret))) {
                        found.add(what);
                    }
                });
                before = chunk.substring(Math.max(0, chunk.length() - overlap));
            }
            Files.delete(file);
            return found;
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }

    private static String base64(String secret) {
        return Base64.getEncoder().withoutPadding().encodeToString(secret.getBytes(US_ASCII));
    }

    private static String hex(String secret) {
        return HexFormat.of().formatHex(secret.getBytes(US_ASCII));
    }

    /** As text; a bytea is in hexadecimal. */
    private List<String> everyRow() throws SQLException {
        DatabaseAccess access = EmbeddedPostgres.runningOn(data.resolve("postgres")).orElseThrow();
        List<String> rows = new ArrayList<>();
        try (Connection connection =
                        DriverManager.getConnection(
                                access.url(), access.user(), access.password());
                Statement statement = connection.createStatement()) {
            for (String table :
                    column(
                            statement,
                            "select table_name from information_schema.tables"
                                    + " where table_schema = 'public'")) {
                rows.addAll(column(statement, "select cast(t as text) from " + table + " t"));
            }
        }
        return rows;
    }

    private static List<String> column(Statement statement, String sql) throws SQLException {
        List<String> column = new ArrayList<>();
        try (ResultSet rows = statement.executeQuery(sql)) {
            while (rows.next()) {
                column.add(rows.getString(1));
            }
        }
        return column;
    }
}
