package dev.mooring.adapter.rest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;

import dev.mooring.adapter.rest.RawHttp.Reply;
import dev.mooring.adapter.rest.security.IssuerParty;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

class HealthTest {
    private final ExecutorService others = Executors.newVirtualThreadPerTaskExecutor();
    private final AtomicLong now = new AtomicLong();
    private TestServer server;

    @BeforeEach
    void start() {
        server = TestServer.start();
    }

    @AfterEach
    void stop() {
        server.close();
        others.close();
    }

    @Test
    void healthIsToldOnBothSocketsWithoutACredential() throws IOException {
        for (int port : new int[] {server.port(), server.adminPort()}) {
            assertThat(get(port, "/health/live").status()).isEqualTo(200);
            Reply ready = get(port, "/health/ready");
            assertThat(ready.status()).isEqualTo(200);
            assertThat(Envelope.read(ready.text()).at("/components/database").asText())
                    .isEqualTo("ok");
            assertThat(get(port, "/health").text()).isEqualTo(ready.text());
        }
    }

    @Test
    void serviceWithoutItsDatabaseIsAliveAndNotReady() throws IOException {
        server.databaseUp.set(false);

        Reply ready = get(server.adminPort(), "/health/ready");

        assertThat(ready.status()).isEqualTo(503);
        assertThat(ready.header("Retry-After")).isEqualTo("2");
        JsonNode error = Envelope.check(ready);
        assertThat(error.get("code").asText()).isEqualTo("not_ready");
        assertThat(Envelope.read(ready.text()).at("/extra_fields/components/database").asText())
                .isEqualTo("down");
        assertThat(get(server.adminPort(), "/health/live").status()).isEqualTo(200);
    }

    @Test
    void whileOneLooksWhetherWeAreReadyTheOthersTakeTheLastWord() throws Exception {
        try (TestServer still = TestServer.startStingy(Optional.empty(), now)) {
            assertThat(get(still.port(), "/health/ready").status()).isEqualTo(200);
            CountDownLatch gate = new CountDownLatch(1);
            still.databaseGate = gate;
            now.addAndGet(TimeUnit.SECONDS.toNanos(1));

            Future<Reply> looking = others.submit(() -> get(still.port(), "/health/ready"));
            Eventually.isTrue(() -> still.databaseAsked.get() == 2);
            assertThat(get(still.port(), "/health/ready").status()).isEqualTo(200);

            still.databaseUp.set(false);
            gate.countDown();
            assertThat(looking.get().status()).isEqualTo(503);
            assertThat(get(still.port(), "/health/ready").status()).isEqualTo(503);
            assertThat(still.databaseAsked).hasValue(2);
        }
    }

    @Test
    void metricsAreOnTheAdminSocketOnly() throws IOException {
        get(server.port(), "/open");
        get(server.port(), "/nowhere/" + System.nanoTime());

        Reply metrics = get(server.adminPort(), "/metrics");

        assertThat(metrics.header("Content-Type")).startsWith("text/plain; version=0.0.4");
        Eventually.isTrue(() -> metric().contains("route=\"/open\""));
        assertThat(metric().lines().filter(line -> line.startsWith("mooring_http_requests")))
                .anyMatch(line ->
                        line.startsWith("mooring_http_requests_seconds_count{")
                                && line.contains("method=\"GET\"")
                                && line.contains("route=\"/open\"")
                                && line.contains("status=\"200\""))
                .anyMatch(line -> line.contains("route=\"none\"") && line.contains("\"404\""))
                .noneMatch(line -> line.contains("nowhere"));
        assertThat(get(server.port(), "/metrics").status()).isEqualTo(404);
    }

    private String metric() {
        try {
            return get(server.adminPort(), "/metrics").text();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void openApiDocumentIsPublic() throws IOException {
        Reply document = get(server.port(), "/openapi");

        assertThat(document.header("Content-Type")).isEqualTo("application/yaml");
        assertThat(document.text()).startsWith("openapi: 3.1.0");
    }

    @Test
    void overloadedApiAnswers503AndHealthStillAnswers() throws Exception {
        try (TestServer narrow = TestServer.startNarrow()) {
            Future<Reply> first = others.submit(() -> slow(narrow));
            Eventually.isTrue(() -> narrow.waiting.get() == 1);

            Reply refused = get(narrow.port(), "/open");
            assertThat(refused.status()).isEqualTo(503);
            assertThat(refused.header("Retry-After")).isEqualTo("2");
            assertThat(Envelope.check(refused).get("code").asText()).isEqualTo("overloaded");
            for (int port : new int[] {narrow.port(), narrow.adminPort()}) {
                assertThat(get(port, "/health/ready").status()).isEqualTo(200);
            }
            assertThat(get(narrow.adminPort(), "/metrics").status()).isEqualTo(200);

            narrow.slow.countDown();
            assertThat(first.get().status()).isEqualTo(200);
        }
    }

    @Test
    void callerThatSendsTooMuchIsSlowedDownAndHealthIsNot() throws Exception {
        try (TestServer stingy = TestServer.startStingy(Optional.empty(), now)) {
            assertThat(get(stingy.port(), "/open").status()).isEqualTo(200);

            for (int i = 1; i < TestServer.BURST; i++) {
                assertThat(get(stingy.port(), "/open").status()).isEqualTo(200);
            }

            Reply refused = get(stingy.port(), "/open");

            assertThat(refused.status()).isEqualTo(429);
            assertThat(refused.header("Retry-After")).isEqualTo("1");
            assertThat(Envelope.check(refused).get("code").asText()).isEqualTo("too_many_requests");
            for (int i = 0; i < 100; i++) {
                assertThat(get(stingy.port(), "/health/ready").status()).isEqualTo(200);
                assertThat(get(stingy.adminPort(), "/health/live").status()).isEqualTo(200);
            }
            assertThat(stingy.databaseAsked).as("within one second").hasValue(1);
        }
    }

    /** Behind a proxy all have one address, so whoever is known is counted by name. */
    @Test
    void callersOfOneAddressAreCountedApart() throws Exception {
        try (TestServer stingy = TestServer.startStingy(Optional.empty(), now)) {
            for (int i = 0; i < TestServer.BURST; i++) {
                assertThat(item(stingy, TestServer.VIEWER).status()).isEqualTo(200);
            }
            assertThat(item(stingy, TestServer.VIEWER).status()).isEqualTo(429);

            assertThat(item(stingy, TestServer.OPERATOR).status()).isEqualTo(200);
        }
    }

    @Test
    void guessesAreSlowedDownAndGoodCredentialsFromThereAreNot() throws Exception {
        try (TestServer stingy = TestServer.startStingy(Optional.empty(), now)) {
            for (int i = 0; i < TestServer.BURST; i++) {
                assertThat(item(stingy, "guess-" + i).status()).isEqualTo(401);
            }

            Reply refused = item(stingy, "one-more");
            assertThat(refused.status()).isEqualTo(429);
            assertThat(refused.header("Retry-After")).isEqualTo("1");
            assertThat(item(stingy, TestServer.OPERATOR).status()).isEqualTo(200);
            assertThat(get(stingy.port(), "/open").status()).isEqualTo(200);
            assertThat(get(stingy.port(), "/api/item/7").status()).isEqualTo(401);
            now.addAndGet(TimeUnit.SECONDS.toNanos(1));
            assertThat(item(stingy, "one-more").status()).isEqualTo(401);
        }
    }

    @Test
    void guessesAreSlowedWithoutALimitToo() throws Exception {
        try (TestServer unlimited = TestServer.startWithoutLimit(now)) {
            for (int i = 0; i < 1000; i++) {
                assertThat(item(unlimited, "guess-" + i).status()).isEqualTo(401);
            }

            assertThat(item(unlimited, "one-more").status()).isEqualTo(429);
            assertThat(item(unlimited, TestServer.VIEWER).status()).isEqualTo(200);
        }
    }

    @Test
    void whoSendsNoCredentialIsNoGuess() throws Exception {
        try (TestServer stingy = TestServer.startStingy(Optional.empty(), now)) {
            for (int i = 0; i < TestServer.BURST; i++) {
                assertThat(get(stingy.port(), "/api/item/7").status()).isEqualTo(401);
            }
            assertThat(get(stingy.port(), "/api/item/7").status()).isEqualTo(429);
            assertThat(item(stingy, "guess").status()).isEqualTo(401);
            assertThat(item(stingy, TestServer.VIEWER).status()).isEqualTo(200);
        }
    }

    /** Also with what looks like a credential, where nobody would look at it. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "GET /nowhere",
                "GET /api/nowhere",
                "DELETE /open",
                "GET /open",
                "GET /openapi",
                "OPTIONS /api/item/7",
                "PUT /api/item/7",
                "GET /"
            })
    void whereverItGoesARequestOfAStrangerIsCounted(String line) throws Exception {
        try (TestServer stingy = TestServer.startStingy(Optional.empty(), now)) {
            assertStrangersAreCounted(stingy, line);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"GET /sign-in", "GET /oidc/redirect?code=a&state=b"})
    void signingInIsCountedToo(String line) throws Exception {
        try (IssuerParty issuer = new IssuerParty();
                TestServer stingy =
                        TestServer.startStingy(
                                Optional.of(issuer.forBrowsers(Duration.ofMinutes(1))), now)) {
            assertStrangersAreCounted(stingy, line);
        }
    }

    private static void assertStrangersAreCounted(TestServer stingy, String line)
            throws IOException {
        String request = line + " HTTP/1.1\r\nHost: localhost\r\n";
        for (int i = 0; i < TestServer.BURST; i++) {
            assertThat(RawHttp.exchange(stingy.port(), request + "\r\n").status())
                    .isNotEqualTo(429);
        }

        for (String shown : List.of("", "x-api-key: a\r\n", "Cookie: mooring_access=a\r\n")) {
            Reply refused = RawHttp.exchange(stingy.port(), request + shown + "\r\n");
            assertThat(refused.status()).as(shown).isEqualTo(429);
            assertThat(refused.header("Retry-After")).isEqualTo("1");
        }
        assertThat(item(stingy, TestServer.VIEWER).status()).isEqualTo(200);
    }

    @Test
    void cookieThatIsNoCredentialHidesNobody() throws Exception {
        try (TestServer stingy = TestServer.startStingy(Optional.empty(), now)) {
            String request = "GET /api/item/7 HTTP/1.1\r\nHost: localhost\r\nCookie: a=b\r\n\r\n";
            for (int i = 0; i < TestServer.BURST; i++) {
                assertThat(RawHttp.exchange(stingy.port(), request).status()).isEqualTo(401);
            }

            assertThat(RawHttp.exchange(stingy.port(), request).status()).isEqualTo(429);
        }
    }

    @Test
    void standardLimitsLetThroughWhatANodeIsAskedOnAGoodDay() throws Exception {
        for (int i = 0; i < 300; i++) {
            assertThat(get(server.port(), "/open").status()).isEqualTo(200);
            assertThat(item(server, TestServer.VIEWER).status()).isEqualTo(200);
        }
    }

    private static Reply item(TestServer server, String key) throws IOException {
        return RawHttp.exchange(
                server.port(),
                "GET /api/item/7 HTTP/1.1\r\nHost: localhost\r\nx-api-key: " + key + "\r\n\r\n");
    }

    @Test
    void takenPortStopsTheStart() {
        assertThatThrownBy(() -> TestServer.startOn(server.port()))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("127.0.0.1:" + server.port());
    }

    @Test
    void requestsThatAreBeingWorkedOnAreFinishedOnStop() throws Exception {
        Future<Reply> first = others.submit(() -> slow(server));
        Eventually.isTrue(() -> server.waiting.get() == 1);
        Future<?> stop = others.submit(server::stop);
        Eventually.isTrue(() -> refusesConnections(server.apiPort));

        server.slow.countDown();

        assertThat(first.get().status()).isEqualTo(200);
        stop.get();
    }

    @Test
    void idleConnectionsDoNotDelayTheStop() throws IOException {
        try (RawHttp idle = new RawHttp(server.port())) {
            idle.send("GET /open HTTP/1.1\r\nHost: localhost\r\n\r\n");
            assertThat(idle.read(false).status()).isEqualTo(200);

            long started = System.nanoTime();
            server.stop();

            assertThat(Duration.ofNanos(System.nanoTime() - started))
                    .isLessThan(RestLimits.DEFAULT.shutdownGrace().minusSeconds(5));
        }
    }

    @Test
    void requestThatArrivesTooSlowlyLosesItsConnection() throws IOException {
        try (TestServer narrow = TestServer.startNarrow();
                RawHttp headers = new RawHttp(narrow.port());
                RawHttp body = new RawHttp(narrow.port());
                RawHttp unread = new RawHttp(narrow.port())) {
            headers.send("GET /open HTTP/1.1\r\nHost: loc");
            assertThat(headers.isClosedByServer()).isTrue();

            String post = "POST /api/item HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n";
            body.send(post + "x-api-key: operator-key\r\n\r\n{");
            assertThat(body.rest()).isEmpty();

            unread.send(post + "\r\n{");
            assertThat(unread.read(false).status()).isEqualTo(401);
            assertThat(unread.isClosedByServer()).isTrue();

            assertThat(get(narrow.port(), "/open").status()).isEqualTo(200);
        }
    }

    @Test
    void answerThatNobodyReadsFreesItsPlace() throws IOException {
        try (TestServer narrow = TestServer.startNarrow();
                RawHttp reader = new RawHttp(narrow.port())) {
            reader.send("GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n");

            assertThat(reader.isClosedByServer()).as("the answer has begun").isFalse();
            // Only one request is worked on at a time.
            Eventually.isTrue(() -> isFree(narrow));
            assertThat(reader.rest().length()).isLessThan(TestServer.LARGE);
        }
    }

    private static boolean isFree(TestServer server) {
        try {
            return get(server.port(), "/open").status() == 200;
        } catch (IOException tooSlowOurselves) {
            return false;
        }
    }

    private static boolean refusesConnections(int port) {
        try {
            get(port, "/health/live");
            return false;
        } catch (IOException refused) {
            return true;
        }
    }

    private static Reply slow(TestServer server) {
        try {
            return get(server.apiPort, "/slow");
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static Reply get(int port, String path) throws IOException {
        return RawHttp.exchange(port, "GET " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
    }
}
