package dev.mooring.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.adapter.persistence.DatabaseAccess;
import dev.mooring.adapter.persistence.KeyFile;
import dev.mooring.adapter.persistence.KeyRing;
import dev.mooring.adapter.persistence.Persistence;
import dev.mooring.adapter.persistence.embedded.EmbeddedPostgres;
import dev.mooring.application.fixture.Clients;
import dev.mooring.application.fixture.Registrations;
import dev.mooring.domain.client.ClientId;
import dev.mooring.domain.lifecycle.Grant;
import dev.mooring.domain.lifecycle.GrantId;
import dev.mooring.domain.lifecycle.McpClient;
import dev.mooring.domain.lifecycle.Registration;
import dev.mooring.domain.oauth.AccessToken;
import dev.mooring.domain.oauth.Issuer;
import dev.mooring.domain.oauth.RefreshToken;
import dev.mooring.domain.oauth.ResourceIdentifier;
import dev.mooring.domain.oauth.Scopes;
import dev.mooring.domain.oauth.TokenBinding;
import dev.mooring.domain.oauth.TokenSet;
import dev.mooring.domain.oauth.TokenType;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Very many grants that are due at once: two nodes of little memory renew each of them exactly
 * once.
 */
final class DrainIT {

    /** What a node may use in all, measured by the operating system; its heap has 256 MB. */
    private static final long MOST_KILOBYTES = 640 * 1024;

    private static final int FILLERS = 8;
    private static final int UNIT = 100;

    private final SecureRandom random = new SecureRandom();
    private final Instant now = Instant.now().truncatedTo(ChronoUnit.MICROS);

    @Test
    void twoNodesRenewEachOfManyGrantsOnce() throws Exception {
        drain(2_000, Duration.ofMinutes(4));
    }

    @Test
    @Tag("faults")
    void twoNodesRenewEachOfAHundredThousandGrantsOnce() throws Exception {
        drain(100_000, Duration.ofMinutes(60));
    }

    private void drain(int number, Duration patience) throws Exception {
        Path keys = newKeys();
        try (EmbeddedPostgres database = EmbeddedPostgres.start(newDirectory(), random);
                CountingTokenEndpoint endpoint = CountingTokenEndpoint.start();
                Connection connection = connect(database.access())) {
            fill(database.access(), keys, endpoint, number);
            execute(connection, "update oauth_grant set renew_at = clock_timestamp()");
            execute(connection, "analyze");

            long start = System.nanoTime();
            try (ServiceProcess one = node(database.access(), keys);
                    ServiceProcess two = node(database.access(), keys)) {
                Eventually.holds(
                        number + " grants are renewed",
                        patience,
                        () ->
                                endpoint.different() == number
                                        && count(connection, "where generation > 1") == number);
                double seconds = (System.nanoTime() - start) / 1e9;
                long memory = Math.max(peakKilobytes(one), peakKilobytes(two));
                System.out.printf(
                        "Drain: %,d grants by two nodes in %.1f s with their start (%.0f/s),"
                                + " %,d redemptions, peak memory of a node %,d MB%n",
                        number, seconds, number / seconds, endpoint.requests(), memory / 1024);

                assertThat(memory).isLessThan(MOST_KILOBYTES);
                assertThat(one.log()).noneMatch(line -> line.contains("OutOfMemoryError"));
                assertThat(two.log()).noneMatch(line -> line.contains("OutOfMemoryError"));
            }
            assertThat(endpoint.different()).isEqualTo(number);
            assertThat(endpoint.requests()).isEqualTo(number);
            assertThat(endpoint.reused()).isZero();
            assertThat(count(connection, "where generation = 2")).isEqualTo(number);
            assertThat(count(connection, "where renew_at < clock_timestamp()")).isZero();
        }
    }

    /** By the stores, as the tokens are sealed; each unit of work takes some. */
    private void fill(DatabaseAccess access, Path keys, CountingTokenEndpoint endpoint, int number)
            throws Exception {
        try (Persistence persistence =
                        Persistence.open(
                                access,
                                FILLERS,
                                KeyRing.read(new KeyFile("the test", keys)),
                                random);
                ExecutorService fillers = Executors.newFixedThreadPool(FILLERS)) {
            Registration registration =
                    persistence
                            .registrations()
                            .keep(
                                    Registrations.dynamic(
                                            "reg_drain", new Issuer(endpoint.issuer())));
            List<Future<?>> units = new ArrayList<>();
            for (int from = 0; from < number; from += UNIT) {
                int first = from;
                units.add(
                        fillers.submit(() ->
                                persistence
                                        .unitOfWork()
                                        .run(() -> {
                                            int end = Math.min(first + UNIT, number);
                                            for (int n = first; n < end; n++) {
                                                put(persistence, registration, endpoint, n);
                                            }
                                        })));
            }
            for (Future<?> unit : units) {
                unit.get();
            }
        }
    }

    private void put(
            Persistence persistence,
            Registration registration,
            CountingTokenEndpoint endpoint,
            int number) {
        McpClient client = Clients.connected("drain" + number);
        persistence.clients().insert(client);
        persistence
                .grants()
                .put(
                        grant(
                                client.id(),
                                client.grant().orElseThrow(),
                                registration,
                                endpoint,
                                number));
    }

    private Grant grant(
            ClientId client,
            GrantId id,
            Registration registration,
            CountingTokenEndpoint endpoint,
            int number) {
        return new Grant(
                id,
                client,
                1,
                1,
                registration.issuer(),
                new ResourceIdentifier("https://mcp.example/mcp"),
                registration.id(),
                new TokenBinding.Unbound(),
                URI.create(endpoint.address()),
                Optional.empty(),
                new TokenSet(
                        new AccessToken("access-" + number),
                        TokenType.BEARER,
                        Optional.of(new RefreshToken("refresh-" + number)),
                        Optional.of(now.plus(Duration.ofHours(1))),
                        Scopes.NONE),
                Scopes.NONE,
                Optional.empty(),
                now);
    }

    /** Not by way of the service that others share, which would start. */
    private static Path newDirectory() throws IOException {
        Path parent = Files.createDirectories(Path.of("target", "end-to-end"));
        return Files.createTempDirectory(parent.toAbsolutePath(), "drain");
    }

    private Path newKeys() throws IOException {
        byte[] key = new byte[32];
        random.nextBytes(key);
        Path keys = newDirectory().resolve("keys");
        Files.writeString(keys, "k1 " + Base64.getEncoder().encodeToString(key) + "\n");
        Files.setPosixFilePermissions(keys, PosixFilePermissions.fromString("rw-------"));
        return keys;
    }

    private static ServiceProcess node(DatabaseAccess access, Path keys) throws IOException {
        int port = FreePorts.next();
        return ServiceProcess.start(
                newDirectory(),
                Map.of(
                        "MOORING_PORT", "" + port,
                        "MOORING_PUBLIC_URL", "http://localhost:" + port,
                        "MOORING_DATABASE_URL", access.url(),
                        "MOORING_DATABASE_USER", access.user(),
                        "MOORING_DATABASE_PASSWORD", access.password(),
                        "MOORING_ENCRYPTION_KEY_FILE", keys.toString()),
                List.of("-Xmx256m"));
    }

    /** The most that was ever resident. */
    private static long peakKilobytes(ServiceProcess node) throws IOException {
        return Files.readAllLines(Path.of("/proc/" + node.process().pid() + "/status")).stream()
                .filter(line -> line.startsWith("VmHWM:"))
                .map(line -> line.replaceAll("\\D", ""))
                .mapToLong(Long::parseLong)
                .findFirst()
                .orElseThrow();
    }

    private static Connection connect(DatabaseAccess access) throws SQLException {
        return DriverManager.getConnection(access.url(), access.user(), access.password());
    }

    private static void execute(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private static int count(Connection connection, String condition) {
        try (Statement statement = connection.createStatement();
                ResultSet count =
                        statement.executeQuery("select count(*) from oauth_grant " + condition)) {
            count.next();
            return count.getInt(1);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }
}
