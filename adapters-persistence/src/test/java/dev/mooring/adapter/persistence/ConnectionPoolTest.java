package dev.mooring.adapter.persistence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mooring.application.port.StoreUnavailableException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;

@Timeout(120)
class ConnectionPoolTest {

    @RegisterExtension static final TestDatabase DATABASE = new TestDatabase();

    /** Longer than anybody waits for a connection once the pool is at work. */
    private static final Duration SLOW = Duration.ofSeconds(5);

    @Test
    void theFirstConnectionMayTakeLongAndWhoNeedsALaterOneWaitsShortly() throws Exception {
        try (Bottleneck server = new Bottleneck();
                ConnectionPool pool = new ConnectionPool(server.access(), 1)) {
            assertThatThrownBy(() -> pool.borrow(connection -> true))
                    .isInstanceOf(StoreUnavailableException.class);
        }
        try (Bottleneck server = new Bottleneck();
                ConnectionPool pool = new ConnectionPool(server.access(), 1)) {
            pool.awaitFirst();
            assertThat(pool.<Boolean>borrow(connection -> true)).isTrue();
        }
    }

    @Test
    void aServerThatFallsSilentIsNotWaitedForForEver() throws Exception {
        try (ConnectionPool pool = new ConnectionPool(DATABASE.access(), 1)) {
            pool.awaitFirst();

            assertThat(pool.<Integer>borrow(ConnectionPoolTest::silence))
                    .isPositive()
                    .isLessThanOrEqualTo(30_000);
        }
    }

    @Test
    void theDetailsOfAnErrorWhichQuoteValuesAreLeftOut() {
        try (ConnectionPool pool = new ConnectionPool(DATABASE.access(), 1)) {
            pool.awaitFirst();

            assertThat(pool.<String>borrow(ConnectionPoolTest::wordsOfAnError))
                    .contains("duplicate key")
                    .doesNotContain("a secret");
        }
    }

    private static int silence(Connection connection) {
        try {
            return connection.getNetworkTimeout();
        } catch (SQLException broken) {
            throw new AssertionError(broken);
        }
    }

    private static String wordsOfAnError(Connection connection) {
        try (Statement statement = connection.createStatement()) {
            statement.execute("create temp table unique_once (value text primary key)");
            statement.execute("insert into unique_once values ('a secret')");
            statement.execute("insert into unique_once values ('a secret')");
            throw new AssertionError("It took the same value twice");
        } catch (SQLException refused) {
            return String.valueOf(refused.getMessage());
        }
    }

    /** A server that lets nobody in for a while. */
    private static final class Bottleneck implements AutoCloseable {
        private final ServerSocket door;
        private final URI behind = URI.create(DATABASE.access().url().substring("jdbc:".length()));

        Bottleneck() throws IOException {
            door = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
            Thread.startVirtualThread(this::letIn);
        }

        DatabaseAccess access() {
            DatabaseAccess real = DATABASE.access();
            return new DatabaseAccess(
                    "jdbc:postgresql://127.0.0.1:%d%s"
                            .formatted(door.getLocalPort(), behind.getPath()),
                    real.user(),
                    real.password());
        }

        private void letIn() {
            try {
                while (true) {
                    Socket client = door.accept();
                    Thread.startVirtualThread(() -> serve(client));
                }
            } catch (IOException e) {
                // The door is closed.
            }
        }

        private void serve(Socket client) {
            try (client;
                    Socket server = new Socket(behind.getHost(), behind.getPort())) {
                Thread.sleep(SLOW);
                Thread.startVirtualThread(() -> copy(server, client));
                copy(client, server);
            } catch (IOException | InterruptedException e) {
                // One of them is gone.
            }
        }

        private static void copy(Socket from, Socket to) {
            try (InputStream in = from.getInputStream()) {
                in.transferTo(to.getOutputStream());
            } catch (IOException e) {
                // One of them is gone.
            }
        }

        @Override
        public void close() throws IOException {
            door.close();
        }
    }
}
