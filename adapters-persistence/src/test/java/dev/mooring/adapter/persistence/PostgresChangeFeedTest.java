package dev.mooring.adapter.persistence;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.application.fixture.Clients;
import dev.mooring.application.fixture.Events;
import dev.mooring.application.fixture.Eventually;
import dev.mooring.application.port.ChangeFeed;
import dev.mooring.domain.client.ClientId;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.security.SecureRandom;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/** The feed over a real PostgreSQL: when its connection breaks, and when it cannot have one. */
class PostgresChangeFeedTest {
    private static final ClientId CLIENT = new ClientId("files");
    private static final String LISTENERS =
            "select pid from pg_stat_activity where application_name = 'mooring-changes'"
                    + " and datname = current_database()";

    @RegisterExtension static final TestDatabase DATABASE = new TestDatabase();

    private final List<ClientId> heard = new CopyOnWriteArrayList<>();
    private final AtomicInteger gaps = new AtomicInteger();
    private TestStores stores;

    @BeforeEach
    void open() {
        stores = TestStores.open(DATABASE);
    }

    @AfterEach
    void close() {
        stores.close();
    }

    @Test
    void aBrokenConnectionIsMadeAnewAndTheGapIsTold() {
        ChangeFeed feed = stores.persistence().changes();
        follow(feed);
        Eventually.holds("it listens", () -> feed.isLive() && gaps.get() == 1);
        String first = stores.query(LISTENERS).getFirst();

        stores.query("select pg_terminate_backend(" + first + ")");

        Eventually.holds("it listens again", () -> feed.isLive() && gaps.get() == 2);
        stores.stores().events().append(Events.removed(CLIENT, Clients.CREATED));
        Eventually.holds("changes are told again", () -> heard.equals(List.of(CLIENT)));
    }

    @Test
    void whatOthersNotifyIsPassedOver() {
        ChangeFeed feed = stores.persistence().changes();
        follow(feed);
        Eventually.holds("it listens", feed::isLive);

        stores.execute("notify " + PostgresChangeFeed.CHANNEL + ", '** no client **'");
        stores.stores().events().append(Events.removed(CLIENT, Clients.CREATED));

        Eventually.holds("changes are told", () -> heard.equals(List.of(CLIENT)));
        assertThat(gaps).hasValue(1);
    }

    @Test
    void ofSeveralHostsItGoesToTheOneThatServes() {
        DatabaseAccess access = DATABASE.access();
        String dead = access.url().replaceFirst("//", "//127.0.0.1:1,");
        try (PostgresChangeFeed feed =
                new PostgresChangeFeed(
                        new DatabaseAccess(dead, access.user(), access.password()),
                        new SecureRandom())) {
            follow(feed);
            Eventually.holds("it listens", feed::isLive);
        }
    }

    @Test
    void whileTheDatabaseIsAwayItTriesAndIsNotLive() throws IOException {
        DatabaseAccess access = DATABASE.access();
        List<Boolean> live = new CopyOnWriteArrayList<>();
        try (ServerSocket away = new ServerSocket(0, 8, InetAddress.getLoopbackAddress());
                PostgresChangeFeed feed =
                        new PostgresChangeFeed(
                                new DatabaseAccess(
                                        "jdbc:postgresql://127.0.0.1:%d/nothing"
                                                .formatted(away.getLocalPort()),
                                        access.user(),
                                        access.password()),
                                new SecureRandom())) {
            Thread.startVirtualThread(() -> {
                try {
                    while (true) {
                        Socket caller = away.accept();
                        live.add(feed.isLive());
                        caller.close();
                    }
                } catch (IOException closed) {
                    // The test is over.
                }
            });
            follow(feed);

            // The driver may dial more than once for one try.
            Eventually.holds("it has tried again", () -> live.size() >= 3);
            assertThat(live).containsOnly(false);
            assertThat(feed.isLive()).isFalse();
            assertThat(gaps).hasValue(0);
        }
    }

    @Test
    void behindAPoolerItListensToNothing() throws IOException {
        try (RenumberingPooler pooler = new RenumberingPooler(DATABASE.access());
                PostgresChangeFeed feed =
                        new PostgresChangeFeed(
                                pooler.access(DATABASE.access()), new SecureRandom())) {
            follow(feed);

            Eventually.holds("it has left again", () -> pooler.ended() == 1);
            assertThat(feed.isLive()).isFalse();
            assertThat(gaps).hasValue(0);
            assertThat(pooler.accepted()).isEqualTo(1);
        }
    }

    @Test
    void closingEndsItsConnection() {
        PostgresChangeFeed feed = new PostgresChangeFeed(DATABASE.access(), new SecureRandom());
        follow(feed);
        Eventually.holds("it listens", feed::isLive);

        feed.close();

        Eventually.holds("its connection is gone", () -> stores.query(LISTENERS).isEmpty());
        assertThat(feed.isLive()).isFalse();
    }

    private void follow(ChangeFeed feed) {
        feed.follow(
                new ChangeFeed.Listener() {
                    @Override
                    public void changed(ClientId client) {
                        heard.add(client);
                    }

                    @Override
                    public void mayHaveMissed() {
                        gaps.incrementAndGet();
                    }
                });
    }
}
