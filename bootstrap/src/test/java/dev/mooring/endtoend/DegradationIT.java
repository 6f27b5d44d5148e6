package dev.mooring.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.endtoend.ApiClient.Reply;
import dev.mooring.endtoend.Mooring.Pending;
import dev.mooring.party.AuthorizationServerParty;
import dev.mooring.party.AuthorizationServerParty.Endpoint;
import dev.mooring.party.McpServerParty;
import dev.mooring.party.Mischief;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Supplier;

/** What is left of the service while something that it needs is away, slow or hanging. */
final class DegradationIT {

    private static final int CALLERS = 64;

    /** What a busy machine may keep one call from. */
    private static final Duration A_HICCUP = Duration.ofMillis(100);

    private static final String CONNECTIONS_AT_WORK =
            """
            select count(*) from pg_stat_activity
            where application_name = 'mooring' and state <> 'idle'
            """;

    private static final String EXPIRED_ATTEMPTS =
            "select count(*) from client_event"
                    + " where type = 'authorization_expired' and client_id = ?";

    /** An answer, and how long its caller waited for it. */
    private record Answered(Reply reply, Duration taken) {}

    private static MortalDatabase database;
    private static TwoNodes nodes;

    private final ServiceProcess node = nodes.one();
    private final Mooring mooring = new Mooring(node.address(), TwoNodes.KEY);
    private final AuthorizationServerParty issuer = AuthorizationServerParty.start();
    private final McpServerParty server =
            McpServerParty.settings().protectedBy(issuer, "mcp:tools").start();
    private final ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor();

    @BeforeAll
    static void start() {
        database = MortalDatabase.start();
        nodes = TwoNodes.start(database.access());
    }

    @AfterAll
    static void end() {
        nodes.close();
        database.close();
    }

    @AfterEach
    void stop() {
        callers.shutdownNow();
        mooring.close();
        server.close();
        issuer.close();
    }

    @Test
    void aDatabaseThatDiesIsSaidAndIsMissedNoLongerThanItIsAway() throws Exception {
        Pending pending = mooring.connect(server.endpoint());

        database.kill();
        List<Answered> meanwhile = atOnce(() -> mooring.echo(pending.name(), "anybody there?"));
        Reply alive = mooring.api().get("/health/live");
        // What was found out a moment ago is answered again for a second.
        Eventually.holds(
                "it is not ready", () -> mooring.api().get("/health/ready").status() != 200);
        Reply ready = mooring.api().get("/health/ready");
        database.startAgain();

        assertThat(meanwhile).allSatisfy(each -> isHonest(each, Duration.ofSeconds(20)));
        assertThat(alive.status()).isEqualTo(200);
        Envelope.isError(ready, 503, "not_ready");
        assertThat(ready.header("Retry-After")).isPresent();
        assertThat(ready.body()).contains("\"database\":\"down\"");
        isAllRightAgain(pending);
    }

    /** Takes as long as we wait for a silent database, more than once. */
    @Test
    @Tag("faults")
    void aDatabaseThatHangsKeepsNobodyForLongAndIsMissedNoLongerThanThat() throws Exception {
        Pending pending = mooring.connect(server.endpoint());

        database.freeze();
        List<Answered> meanwhile;
        Answered alive;
        try {
            Future<List<Answered>> asking =
                    callers.submit(() -> atOnce(() -> mooring.client(pending.id())));
            alive = timed(() -> mooring.api().get("/health/live"));
            Eventually.holds(
                    "it says that it is not ready",
                    Duration.ofSeconds(45),
                    () -> mooring.api().get("/health/ready").status() == 503);
            meanwhile = asking.get();
        } finally {
            database.thaw();
        }

        assertThat(meanwhile).allSatisfy(each -> isHonest(each, Duration.ofSeconds(45)));
        assertThat(alive.reply().status()).isEqualTo(200);
        assertThat(alive.taken()).isLessThan(Duration.ofSeconds(5));
        isAllRightAgain(pending);
    }

    /** The deadline is moved, as it is a quarter of an hour away. */
    @Test
    @Tag("faults")
    void aLinkThatNobodyOpensExpiresThoughTheNodeThatMadeItDied() {
        Pending pending = mooring.register(server.endpoint());
        nodes.one().kill();
        database.execute(
                "update authorization_attempt set deadline = now() - interval '1 second'"
                        + " where state = 'started'");
        nodes.one().startAgain();

        Eventually.holds(
                "the attempt is swept",
                Duration.ofSeconds(90),
                () -> database.text(EXPIRED_ATTEMPTS, pending.id()).equals("1"));
        assertThat(mooring.status(pending.configId())).isEqualTo("expired");
        Pending again = Mooring.pending(pending.name(), mooring.reauthorize(pending.id()));
        mooring.consent(again);
        assertThat(mooring.complete(pending.id()).status()).isEqualTo(200);
    }

    @Test
    void anEmbeddedDatabaseThatIsKilledComesBackByItself() {
        Path data = SharedService.newDataDirectory();
        try (ServiceProcess service = ServiceProcess.start(data, Map.of());
                Mooring own = new Mooring(service.address(), service.printedKey())) {
            Pending pending = own.connect(server.endpoint());
            for (int kill = 0; kill < 3; kill++) {
                Postmaster.of(data.resolve("postgres")).kill();

                Eventually.holds(
                        "the database is back",
                        Duration.ofSeconds(60),
                        () -> own.echo(pending.name(), "again").status() == 200);
            }

            assertThat(service.process().isAlive()).isTrue();
            assertThat(String.join("\n", service.log()))
                    .contains("The embedded PostgreSQL")
                    .contains("ended unexpectedly")
                    .contains("The embedded PostgreSQL runs again");
        }
    }

    @Test
    void deadServersDoNotSlowCallsToOthers() throws Exception {
        CountDownLatch never = new CountDownLatch(1);
        try (McpServerParty deadServer =
                        McpServerParty.settings().protectedBy(issuer, "mcp:tools").start();
                AuthorizationServerParty deadIssuer = AuthorizationServerParty.start();
                McpServerParty itsServer =
                        McpServerParty.settings().protectedBy(deadIssuer, "mcp:tools").start()) {
            Pending stuck =
                    mooring.connect(
                            Mooring.request(deadServer.endpoint())
                                    .put("tool_execution_timeout", 12));
            Pending healthy = mooring.connect(server.endpoint());
            List<Duration> alone = latencies(healthy);
            deadServer.misbehave("tools/call", Mischief.waitingFor(never));
            deadIssuer.misbehave(Endpoint.METADATA, Mischief.waitingFor(never));
            List<Future<Answered>> waiting = begin(() -> mooring.echo(stuck.name(), "hello?"));
            waiting.addAll(
                    begin(() ->
                            mooring.api()
                                    .post(
                                            "/api/mcp/client",
                                            Mooring.request(itsServer.endpoint()))));
            Eventually.holds(
                    "both keep their callers",
                    Duration.ofSeconds(60),
                    () ->
                            deadServer.received("tools/call").size() >= CALLERS / 2
                                    && deadIssuer.received(Endpoint.METADATA).size()
                                            >= CALLERS / 2);

            List<Duration> besideTheDead = latencies(healthy);

            for (Future<Answered> each : waiting) {
                assertThat(each.get().reply().status()).isEqualTo(504);
                assertThat(each.get().taken()).isLessThan(Duration.ofSeconds(55));
            }
            // Before and after, as the machine may have become busier meanwhile.
            List<Duration> aloneAgain = latencies(healthy);
            System.out.printf(
                    "p99 of a healthy server: %d ms alone, %d ms beside two dead ones with %d"
                            + " callers each, %d ms alone again%n",
                    percentile(99, alone).toMillis(),
                    percentile(99, besideTheDead).toMillis(),
                    CALLERS,
                    percentile(99, aloneAgain).toMillis());
            for (int percent : List.of(50, 90)) {
                assertThat(percentile(percent, besideTheDead))
                        .isLessThan(
                                longer(percentile(percent, alone), percentile(percent, aloneAgain))
                                        .multipliedBy(5)
                                        .plus(A_HICCUP));
            }
        }
    }

    private void isAllRightAgain(Pending pending) throws Exception {
        node.awaitReady();
        assertThat(atOnce(() -> mooring.echo(pending.name(), "all of us")))
                .allSatisfy(each ->
                        assertThat(each.reply().status()).as(each.reply().body()).isEqualTo(200));
        Eventually.holds(
                "every borrowed connection was given back",
                () -> database.text(CONNECTIONS_AT_WORK).equals("0"));
    }

    private static void isHonest(Answered answered, Duration limit) {
        Envelope.isError(answered.reply(), 503, "store_unavailable");
        assertThat(answered.reply().header("Retry-After")).isPresent();
        assertThat(answered.taken()).isLessThan(limit);
    }

    private List<Duration> latencies(Pending client) {
        List<Duration> taken = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            Answered answered = timed(() -> mooring.echo(client.name(), "quick"));
            assertThat(answered.reply().status()).as(answered.reply().body()).isEqualTo(200);
            taken.add(answered.taken());
        }
        return taken;
    }

    private static Duration percentile(int percent, List<Duration> taken) {
        return taken.stream().sorted().toList().get(taken.size() * percent / 100);
    }

    private static Duration longer(Duration one, Duration other) {
        return one.compareTo(other) > 0 ? one : other;
    }

    private List<Answered> atOnce(Supplier<Reply> question) throws Exception {
        List<Answered> answered = new ArrayList<>();
        for (Future<Answered> each : begin(question)) {
            answered.add(each.get());
        }
        return answered;
    }

    private List<Future<Answered>> begin(Supplier<Reply> question) {
        List<Future<Answered>> asking = new ArrayList<>();
        for (int i = 0; i < CALLERS; i++) {
            asking.add(callers.submit(() -> timed(question)));
        }
        return asking;
    }

    private static Answered timed(Supplier<Reply> question) {
        long began = System.nanoTime();
        Reply reply = question.get();
        return new Answered(reply, Duration.ofNanos(System.nanoTime() - began));
    }
}
