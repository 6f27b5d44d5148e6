package dev.mooring.adapter.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.mooring.adapter.http.OutboundException.Reason;
import dev.mooring.adapter.http.OutboundSettings.Share;
import dev.mooring.application.port.Budget;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;

@Timeout(30)
class GuardedHttpTest {

    private final List<AutoCloseable> opened = new ArrayList<>();
    private final GuardedHttp http = client("localhost,127.0.0.0/8");

    @AfterEach
    void closeAll() throws Exception {
        http.close();
        for (AutoCloseable each : opened) {
            each.close();
        }
    }

    @Test
    void aRequestArrivesAsItWasMadeAndTheAnswerIsReadWhole() {
        RawServer server =
                server(exchange ->
                        exchange.reply(
                                201,
                                "{\"é\":1}",
                                "Content-Type: Application/JSON; charset=utf-8",
                                "X-Twice: a",
                                "x-twice: b"));
        URI uri = server.uri("/a%2Fb;v=1//c?x=a+b&y=%20&z=");

        OutboundAnswer answer =
                http.send(
                        OutboundRequest.post(uri, "application/json", Body.of("{\"ü\":2}"))
                                .withHeader("Accept", "application/json"));

        assertThat(answer.status()).isEqualTo(201);
        assertThat(answer.body().text()).isEqualTo("{\"é\":1}");
        assertThat(answer.mediaType()).contains("application/json");
        assertThat(answer.headers().all("X-TWICE")).containsExactly("a", "b");
        RawServer.Exchange received = server.exchanges().getFirst();
        assertThat(received.head()).startsWith("POST /a%2Fb;v=1//c?x=a+b&y=%20&z= HTTP/1.1\r\n");
        assertThat(received.body()).isEqualTo("{\"ü\":2}");
        assertThat(received.header("Content-Type")).isEqualTo("application/json");
        assertThat(received.header("Host")).isEqualTo("localhost:" + server.port());
        assertThat(received.header("User-Agent")).isEqualTo("Mooring/test");
        assertThat(received.header("Accept-Encoding")).isEqualTo("identity");
        assertThat(received.header("Upgrade")).isEmpty();
        assertThat(received.header("Expect")).isEmpty();
    }

    @Test
    void everyStatusIsAnAnswer() {
        RawServer server =
                server(exchange ->
                        exchange.reply(Integer.parseInt(exchange.target().substring(1)), ""));

        for (int status : new int[] {200, 204, 301, 400, 401, 403, 407, 421, 500, 503}) {
            assertThat(http.send(OutboundRequest.get(server.uri("/" + status))).status())
                    .isEqualTo(status);
        }
        assertThat(http.send(OutboundRequest.delete(server.uri("/202"))).status()).isEqualTo(202);
    }

    @Test
    void challengesCookiesAndRetryAfterAreLeftToTheCaller() {
        RawServer server =
                server(exchange ->
                        exchange.reply(
                                exchange.target().equals("/a") ? 401 : 503,
                                "",
                                "WWW-Authenticate: Basic realm=\"x\"",
                                "WWW-Authenticate: Bearer error=\"invalid_token\"",
                                "Set-Cookie: session=1",
                                "Retry-After: 0"));

        OutboundAnswer answer = http.send(OutboundRequest.get(server.uri("/a")));
        http.send(OutboundRequest.get(server.uri("/b")));

        assertThat(answer.headers().all("www-authenticate")).hasSize(2);
        assertThat(server.exchanges()).hasSize(2);
        assertThat(server.exchanges().getLast().header("Cookie")).isEmpty();
    }

    @Test
    void connectionsAreKeptAndReused() {
        RawServer server = server(exchange -> exchange.reply(200, "x"));

        for (int i = 0; i < 20; i++) {
            http.send(OutboundRequest.get(server.uri("/")));
        }

        assertThat(server.connections()).isEqualTo(1);
    }

    @Test
    void aFreshConnectionIsNeitherAKeptOneNorKept() {
        RawServer server = server(exchange -> exchange.reply(200, "x"));

        http.send(OutboundRequest.get(server.uri("/")));
        http.send(OutboundRequest.get(server.uri("/")).onFreshConnection());
        http.send(OutboundRequest.get(server.uri("/")).onFreshConnection());
        http.send(OutboundRequest.get(server.uri("/")));

        assertThat(server.exchanges())
                .extracting(RawServer.Exchange::connection)
                .containsExactly(1, 2, 3, 1);
        assertThat(http.openConnections()).isEqualTo(1);
    }

    @Test
    void aKeptConnectionThatTheServerClosedMeanwhileIsNotUsedAgain() throws Exception {
        CountDownLatch closed = new CountDownLatch(1);
        RawServer server =
                server(exchange -> {
                    exchange.reply(200, "x");
                    if (exchange.connection() == 1) {
                        exchange.socket().close();
                        closed.countDown();
                    }
                });
        http.send(OutboundRequest.get(server.uri("/")));
        closed.await();
        // A connection is looked at again once it was idle for a second.
        long idleSince = System.nanoTime();
        await(() -> System.nanoTime() - idleSince > Duration.ofMillis(1100).toNanos());

        assertThat(
                        http.send(OutboundRequest.post(server.uri("/"), "text/plain", Body.of("y")))
                                .status())
                .isEqualTo(200);
        assertThat(server.connections()).isEqualTo(2);
    }

    @Test
    void sameOriginRedirectsAreFollowedWhereAsked() {
        RawServer server =
                server(exchange -> {
                    switch (exchange.target()) {
                        case "/a" -> exchange.reply(301, "", "Location: /b?c");
                        case "/b?c" ->
                                exchange.reply(
                                        307,
                                        "",
                                        "Location: http://LOCALHOST:"
                                                + exchange.socket().getLocalPort()
                                                + "/d");
                        default -> exchange.reply(200, "there");
                    }
                });

        assertThat(
                        http.send(
                                        OutboundRequest.get(server.uri("/a"))
                                                .followingSameOriginRedirects())
                                .body()
                                .text())
                .isEqualTo("there");
        assertThat(http.send(OutboundRequest.get(server.uri("/a"))).status()).isEqualTo(301);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "http://127.0.0.1/x",
                "https://localhost/x",
                "//localhost:1/x",
                "http://169.254.169.254/",
                "http://%%",
                "file:///etc/passwd"
            })
    void redirectsToAnywhereElseAreAnAnswerLikeAnyOther(String location) {
        RawServer server = server(exchange -> exchange.reply(302, "", "Location: " + location));

        OutboundAnswer answer =
                http.send(OutboundRequest.get(server.uri("/a")).followingSameOriginRedirects());

        assertThat(answer.status()).isEqualTo(302);
        assertThat(server.exchanges().stream().map(RawServer.Exchange::target).distinct())
                .containsExactly("/a");
    }

    @Test
    void redirectsInACircleEnd() {
        RawServer server = server(exchange -> exchange.reply(302, "", "Location: /again"));

        OutboundException e =
                failure(OutboundRequest.get(server.uri("/a")).followingSameOriginRedirects());

        assertThat(e.reason()).isEqualTo(Reason.TOO_MANY_REDIRECTS);
        assertThat(server.exchanges()).hasSize(4);
    }

    @Test
    void aPostNeverFollowsRedirects() {
        OutboundRequest post =
                OutboundRequest.post(
                        URI.create("https://host.example"), "text/plain", Body.of("x"));

        assertThatThrownBy(post::followingSameOriginRedirects)
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void anAnswerOfExactlyTheAllowedSizeIsReadAndOneByteMoreIsNot() {
        RawServer server = server(exchange -> exchange.reply(200, "x".repeat(1000)));
        OutboundRequest request = OutboundRequest.get(server.uri("/"));

        assertThat(
                        http.send(request.withLimits(CallLimits.DEFAULT.withBodyBytes(1000)))
                                .body()
                                .length())
                .isEqualTo(1000);
        OutboundException e = failure(request.withLimits(CallLimits.DEFAULT.withBodyBytes(999)));
        assertThat(e.reason()).isEqualTo(Reason.TOO_LARGE);
        assertThat(e.mayHaveBeenSent()).isTrue();
    }

    @Test
    void anEndlessBodyIsCutOffAtTheLimit() {
        RawServer server =
                server(exchange -> {
                    exchange.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
                    while (true) {
                        exchange.write("1000\r\n" + "x".repeat(0x1000) + "\r\n");
                    }
                });

        assertThat(failure(OutboundRequest.get(server.uri("/"))).reason())
                .isEqualTo(Reason.TOO_LARGE);
        assertThat(http.openConnections()).isZero();
    }

    @Test
    void floodsOfHeadersAreCutOff() {
        RawServer many =
                server(exchange -> {
                    exchange.write("HTTP/1.1 200 OK\r\n");
                    for (int i = 0; ; i++) {
                        exchange.write("X-" + i + ": x\r\n");
                    }
                });
        RawServer long_ =
                server(exchange -> {
                    exchange.write("HTTP/1.1 200 OK\r\nX: ");
                    while (true) {
                        exchange.write("x".repeat(1000));
                    }
                });

        assertThat(failure(OutboundRequest.get(many.uri("/"))).reason())
                .isEqualTo(Reason.TOO_LARGE);
        assertThat(failure(OutboundRequest.get(long_.uri("/"))).reason())
                .isEqualTo(Reason.TOO_LARGE);
    }

    @Test
    void interimAnswersCannotHoldACallBeyondItsDeadline() {
        RawServer server =
                server(exchange -> {
                    while (true) {
                        exchange.write("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n");
                    }
                });

        assertThat(failure(OutboundRequest.get(server.uri("/")).withLimits(whole(300))).reason())
                .isEqualTo(Reason.TIMED_OUT);
    }

    @ParameterizedTest
    @ValueSource(strings = {"gzip", "br", "deflate, gzip", "nonsense"})
    void encodedAnswersAreRefusedAsWeNeverAskForThem(String coding) {
        RawServer server =
                server(exchange -> exchange.reply(200, "xx", "Content-Encoding: " + coding));

        assertThat(failure(OutboundRequest.get(server.uri("/"))).reason())
                .isEqualTo(Reason.BROKEN_ANSWER);
        assertThat(http.openConnections()).isZero();
    }

    @Test
    void aBodyThatDripsIsCutOffAtTheDeadline() {
        RawServer server =
                server(exchange -> {
                    exchange.write("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n");
                    drip(exchange);
                });

        assertDeadlineHolds(server);
    }

    @Test
    void aHeaderThatDripsIsCutOffAtTheDeadline() {
        RawServer server =
                server(exchange -> {
                    exchange.write("HTTP/1.1 200 OK\r\nX: ");
                    drip(exchange);
                });

        assertDeadlineHolds(server);
    }

    private void assertDeadlineHolds(RawServer server) {
        long start = System.nanoTime();

        OutboundException e = failure(OutboundRequest.get(server.uri("/")).withLimits(whole(400)));

        assertThat(e.reason()).isEqualTo(Reason.TIMED_OUT);
        assertThat(e.mayHaveBeenSent()).isTrue();
        assertThat(Duration.ofNanos(System.nanoTime() - start))
                .isBetween(Duration.ofMillis(390), Duration.ofSeconds(5));
        assertThat(http.openConnections()).isZero();
    }

    @Test
    void silenceEndsACallAtTheReadTimeout() {
        RawServer server = server(exchange -> awaitEnd(exchange));
        CallLimits limits = CallLimits.DEFAULT.withRead(Duration.ofMillis(200));

        OutboundException e = failure(OutboundRequest.get(server.uri("/")).withLimits(limits));

        assertThat(e.reason()).isEqualTo(Reason.TIMED_OUT);
        assertThat(e.mayHaveBeenSent()).isTrue();
        assertThat(e).hasMessageContaining("silent");
    }

    @Test
    void aDeadlineAtAnyMomentOfACallIsATimeOut() {
        RawServer server = server(exchange -> exchange.reply(200, "ok"));
        http.send(OutboundRequest.get(server.uri("/")));

        int late = 0;
        for (int i = 0; i < 1500; i++) {
            Duration whole = Duration.ofNanos(1_000 + i * 1_000L % 900_000);
            OutboundRequest request =
                    OutboundRequest.get(server.uri("/"))
                            .withLimits(CallLimits.DEFAULT.withWhole(whole));
            try {
                http.send(i % 2 == 0 ? request : request.onFreshConnection());
            } catch (OutboundException e) {
                assertThat(e.reason()).isEqualTo(Reason.TIMED_OUT);
                late++;
            }
        }
        assertThat(late).isPositive();
        assertThat(http.openConnections()).isLessThanOrEqualTo(1);
    }

    @Test
    void aBudgetIsSharedByTheCallsThatUseIt() {
        RawServer server = server(exchange -> awaitEnd(exchange));
        Budget budget = Budget.of(Duration.ofMillis(300));

        OutboundException first = failure(OutboundRequest.get(server.uri("/")).withBudget(budget));
        OutboundException second = failure(OutboundRequest.get(server.uri("/")).withBudget(budget));

        assertThat(first.reason()).isEqualTo(Reason.TIMED_OUT);
        assertThat(first.mayHaveBeenSent()).isTrue();
        assertThat(second.reason()).isEqualTo(Reason.TIMED_OUT);
        assertThat(second.mayHaveBeenSent()).isFalse();
        assertThat(server.exchanges()).hasSize(1);
    }

    @Test
    void redirectsShareTheDeadlineOfTheCall() {
        RawServer server =
                server(exchange -> {
                    pause(exchange, 150);
                    exchange.reply(302, "", "Location: /again");
                });

        OutboundException e =
                failure(
                        OutboundRequest.get(server.uri("/"))
                                .withLimits(whole(350))
                                .followingSameOriginRedirects());

        assertThat(e.reason()).isEqualTo(Reason.TIMED_OUT);
    }

    @Test
    void nobodyListeningMeansThatNothingWasSent() throws IOException {
        int port;
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.ofLiteral("127.0.0.1"))) {
            port = free.getLocalPort();
        }

        OutboundException e =
                failure(OutboundRequest.get(URI.create("http://127.0.0.1:" + port + "/")));

        assertThat(e.reason()).isEqualTo(Reason.CONNECT_FAILED);
        assertThat(e.mayHaveBeenSent()).isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "garbage",
                "SSH-2.0-OpenSSH\r\n",
                "HTTP/1.1 abc OK\r\n\r\n",
                "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc",
                "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc",
                "HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n"
            })
    void anAnswerThatBreaksOffOrIsNoHttpIsLostAfterSending(String text) {
        RawServer server =
                server(exchange -> {
                    exchange.write(text);
                    exchange.socket().close();
                });

        OutboundException e =
                failure(OutboundRequest.post(server.uri("/"), "text/plain", Body.of("x")));

        assertThat(e.reason()).isEqualTo(Reason.BROKEN_ANSWER);
        assertThat(e.mayHaveBeenSent()).isTrue();
        assertThat(server.exchanges()).as("never repeated").hasSize(1);
        assertThat(http.openConnections()).isZero();
    }

    @Test
    void messagesNameTheHostButNothingOfPathHeadersOrBody() {
        RawServer server =
                server(exchange -> {
                    exchange.write("HTTP/1.1 leaked-text 200\r\n\r\n");
                    exchange.socket().close();
                });
        OutboundRequest request =
                OutboundRequest.post(
                                server.uri("/secret-path?secret-query"),
                                "text/plain",
                                Body.of("secret-body"))
                        .withHeader("Authorization", "Bearer secret-token");

        assertThat(failure(request)).hasMessageContaining("localhost:" + server.port());
        assertThat(failure(request).getMessage()).doesNotContain("secret", "leaked");
        assertThat(
                        request.toString()
                                + request.headers()
                                + request.body()
                                + request.headers().fields())
                .doesNotContain("secret");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Host",
                "content-length",
                "Transfer-Encoding",
                "Connection",
                "Accept-Encoding",
                "bad name",
                "",
                "a\r\nb"
            })
    void headersThatBelongToTheClientAreRefused(String name) {
        OutboundRequest get = OutboundRequest.get(URI.create("https://host.example"));

        assertThat(OutboundRequest.mayCarry(name)).isFalse();
        assertThatThrownBy(() -> get.withHeader(name, "x"))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"a\r\nX-Injected: 1", "a\nb", "a\u0000", "ü"})
    void headerValuesCannotSmuggleLines(String value) {
        OutboundRequest get = OutboundRequest.get(URI.create("https://host.example"));

        assertThatThrownBy(() -> get.withHeader("X-Header", value))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("X-Header")
                .hasMessageNotContaining("Injected");
    }

    @Test
    void aResolverThatChangesItsAnswerIsAskedOnceForEachConnection() {
        RawServer server = server(exchange -> exchange.reply(200, "x"));
        AtomicInteger asked = new AtomicInteger();
        NameResolver rebinding =
                host ->
                        List.of(
                                InetAddress.ofLiteral(
                                        asked.incrementAndGet() == 1
                                                ? "127.0.0.1"
                                                : "169.254.169.254"));
        GuardedHttp client = open(new GuardedHttp(settings("127.0.0.0/8"), rebinding));
        URI uri = URI.create("http://rebinding.example:" + server.port() + "/");

        assertThat(client.send(OutboundRequest.get(uri)).status()).isEqualTo(200);
        assertThat(client.send(OutboundRequest.get(uri)).status())
                .as("kept connection")
                .isEqualTo(200);
        assertThat(asked).hasValue(1);
        OutboundException e =
                catchThrowableOfType(
                        OutboundException.class,
                        () -> client.send(OutboundRequest.get(uri).onFreshConnection()));

        assertThat(e.reason()).isEqualTo(Reason.REFUSED_BY_GUARD);
        assertThat(server.connections()).isEqualTo(1);
        assertThat(server.exchanges().getFirst().header("Host"))
                .isEqualTo("rebinding.example:" + server.port());
    }

    @Test
    void theNextAddressIsTriedWhereOneDoesNotAccept() {
        RawServer server = server(exchange -> exchange.reply(200, "x"));
        NameResolver two =
                host ->
                        List.of(
                                InetAddress.ofLiteral("127.0.0.99"),
                                InetAddress.ofLiteral("127.0.0.1"));
        GuardedHttp client = open(new GuardedHttp(settings("127.0.0.0/8"), two));

        assertThat(
                        client.send(
                                        OutboundRequest.get(
                                                URI.create(
                                                        "http://two.example:"
                                                                + server.port()
                                                                + "/")))
                                .status())
                .isEqualTo(200);
    }

    @Test
    void refusalsAndUnknownNamesLeaveNoConnectionBehind() {
        NameResolver resolver =
                host -> {
                    if (host.equals("unknown.example")) {
                        throw new UnknownHostException(host);
                    }
                    return List.of(InetAddress.ofLiteral("10.0.0.1"));
                };
        GuardedHttp client =
                open(
                        new GuardedHttp(
                                new OutboundSettings(
                                        OutboundAllow.NOTHING,
                                        Optional.empty(),
                                        Optional.empty(),
                                        "x",
                                        new Share(2, 2),
                                        new Share(2, 2)),
                                resolver));

        for (int i = 0; i < 5; i++) {
            for (String host : List.of("unknown.example", "private.example")) {
                OutboundException e =
                        catchThrowableOfType(
                                OutboundException.class,
                                () ->
                                        client.send(
                                                OutboundRequest.get(
                                                        URI.create("https://" + host + "/"))));
                assertThat(e.reason()).isIn(Reason.NAME_NOT_FOUND, Reason.REFUSED_BY_GUARD);
                assertThat(e.mayHaveBeenSent()).isFalse();
            }
        }
        assertThat(client.openConnections()).isZero();
    }

    @Test
    void waitingForAConnectionIsBounded() throws Exception {
        RawServer server = server(exchange -> awaitEnd(exchange));
        GuardedHttp client =
                open(
                        new GuardedHttp(
                                new OutboundSettings(
                                        OutboundAllow.parse("localhost"),
                                        Optional.empty(),
                                        Optional.empty(),
                                        "x",
                                        new Share(1, 1),
                                        new Share(1, 1))));
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<?> first =
                    threads.submit(() ->
                            client.send(
                                    OutboundRequest.get(server.uri("/")).withLimits(whole(2000))));
            await(() -> server.exchanges().size() == 1);

            OutboundException e =
                    catchThrowableOfType(
                            OutboundException.class,
                            () ->
                                    client.send(
                                            OutboundRequest.get(server.uri("/"))
                                                    .withLimits(whole(200))));

            assertThat(e.reason()).isEqualTo(Reason.TIMED_OUT);
            assertThat(e.mayHaveBeenSent()).isFalse();
            assertThatThrownBy(first::get).isNotNull();
        }
    }

    @Test
    void streamsThatAreHeldTakeNoConnectionFromCallsNorFromStreamsOfOtherHosts() {
        RawServer server =
                server(exchange -> {
                    if (exchange.target().equals("/call")) {
                        exchange.reply(200, "ok");
                    } else {
                        hold(exchange);
                    }
                });
        RawServer other = server(GuardedHttpTest::hold);
        GuardedHttp client =
                open(
                        new GuardedHttp(
                                new OutboundSettings(
                                        OutboundAllow.parse("localhost"),
                                        Optional.empty(),
                                        Optional.empty(),
                                        "x",
                                        new Share(1, 1),
                                        new Share(2, 3))));
        CallLimits held = CallLimits.DEFAULT.withoutWhole();
        CallLimits impatient =
                new CallLimits(Duration.ofMillis(500), held.read(), held.whole(), 1024);
        OutboundRequest stream = OutboundRequest.get(server.uri("/stream"));

        open(client.stream(stream.withLimits(held)));
        open(client.stream(stream.withLimits(held)));
        OutboundException e =
                catchThrowableOfType(
                        OutboundException.class, () -> client.stream(stream.withLimits(impatient)));

        assertThat(e.reason()).isEqualTo(Reason.TIMED_OUT);
        assertThat(client.send(OutboundRequest.get(server.uri("/call"))).status()).isEqualTo(200);
        open(client.stream(OutboundRequest.get(other.uri("/stream")).withLimits(held)));
    }

    @Test
    void aStreamIsReadAsItComes() throws Exception {
        CountDownLatch seen = new CountDownLatch(1);
        RawServer server =
                server(exchange -> {
                    exchange.head(
                            "HTTP/1.1 200 OK",
                            "Content-Type: text/event-stream",
                            "Transfer-Encoding: chunked");
                    exchange.write("8\r\ndata: 1\n\r\n");
                    await(seen);
                    exchange.write("8\r\ndata: 2\n\r\n0\r\n\r\n");
                });

        try (OutboundStream stream =
                http.stream(
                        OutboundRequest.get(server.uri("/"))
                                .withLimits(CallLimits.DEFAULT.withoutWhole()))) {
            assertThat(stream.status()).isEqualTo(200);
            assertThat(stream.mediaType()).contains("text/event-stream");
            BufferedReader lines =
                    new BufferedReader(
                            new InputStreamReader(stream.body(), StandardCharsets.UTF_8));
            assertThat(lines.readLine()).isEqualTo("data: 1");
            seen.countDown();
            assertThat(lines.readLine()).isEqualTo("data: 2");
            assertThat(lines.readLine()).isNull();
        }
        assertThat(http.openConnections()).as("kept").isEqualTo(1);
    }

    @Test
    void closingAStreamEarlyEndsItsConnectionAtOnce() throws Exception {
        CountDownLatch gone = new CountDownLatch(1);
        RawServer server =
                server(exchange -> {
                    exchange.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
                    awaitEnd(exchange);
                    gone.countDown();
                });

        http.stream(OutboundRequest.get(server.uri("/"))).close();

        gone.await();
        assertThat(http.openConnections()).isZero();
    }

    @Test
    void closingAStreamFromAnotherThreadEndsABlockedRead() throws Exception {
        RawServer server =
                server(exchange -> {
                    exchange.write(
                            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n");
                    awaitEnd(exchange);
                });
        OutboundStream stream = http.stream(OutboundRequest.get(server.uri("/")));
        AtomicReference<Throwable> end = new AtomicReference<>();
        Thread reader =
                Thread.ofVirtual()
                        .start(() -> {
                            try {
                                stream.body().readAllBytes();
                            } catch (IOException | RuntimeException e) {
                                end.set(e);
                            }
                        });
        await(() ->
                reader.getState() == Thread.State.WAITING
                        || reader.getState() == Thread.State.TIMED_WAITING);

        stream.close();
        reader.join();

        assertThat(end.get())
                .isInstanceOfSatisfying(
                        OutboundException.class,
                        e -> assertThat(e.reason()).isEqualTo(Reason.CANCELLED));
    }

    @Test
    void interruptingTheCallerEndsTheCall() throws Exception {
        RawServer server = server(exchange -> awaitEnd(exchange));
        AtomicReference<Throwable> end = new AtomicReference<>();
        Thread caller =
                Thread.ofVirtual()
                        .start(() -> {
                            try {
                                http.send(OutboundRequest.get(server.uri("/")));
                            } catch (RuntimeException e) {
                                end.set(e);
                            }
                        });
        await(() -> server.exchanges().size() == 1);

        caller.interrupt();
        caller.join();

        assertThat(end.get())
                .isInstanceOfSatisfying(
                        OutboundException.class,
                        e -> assertThat(e.reason()).isEqualTo(Reason.CANCELLED));
    }

    @Test
    void afterClosingNothingIsCalledAnyMore() {
        RawServer server = server(exchange -> exchange.reply(200, ""));
        http.close();

        assertThat(failure(OutboundRequest.get(server.uri("/"))).reason())
                .isEqualTo(Reason.CANCELLED);
        assertThat(server.connections()).isZero();
    }

    @Test
    void closingEndsRunningCalls() throws Exception {
        RawServer server = server(exchange -> awaitEnd(exchange));
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<?> running =
                    threads.submit(() -> http.send(OutboundRequest.get(server.uri("/"))));
            await(() -> server.exchanges().size() == 1);

            http.close();

            assertThatThrownBy(running::get).hasCauseInstanceOf(OutboundException.class);
        }
    }

    @Test
    void threadsDoNotGrowWithCallsOrHosts() throws Exception {
        List<RawServer> servers = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            servers.add(server(exchange -> exchange.reply(200, "x")));
        }
        http.send(OutboundRequest.get(servers.getFirst().uri("/")));
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < 1000; i++) {
                RawServer server = servers.get(i % servers.size());
                URI uri = URI.create("http://127.0.0.1:" + server.port() + "/");
                var _ = threads.submit(() -> http.send(OutboundRequest.get(uri)));
            }
        }

        assertThat(Thread.getAllStackTraces().keySet())
                .filteredOn(thread -> thread.getName().startsWith("mooring-http"))
                .hasSize(1);
        assertThat(Thread.getAllStackTraces().keySet())
                .filteredOn(thread -> thread.getName().startsWith("mooring-lookup"))
                .as("address literals need no look-up")
                .hasSizeLessThanOrEqualTo(1);
    }

    private OutboundException failure(OutboundRequest request) {
        return catchThrowableOfType(OutboundException.class, () -> http.send(request));
    }

    private RawServer server(RawServer.Script script) {
        return open(RawServer.start(script));
    }

    private <T extends AutoCloseable> T open(T closeable) {
        opened.add(closeable);
        return closeable;
    }

    private static GuardedHttp client(String allow) {
        return new GuardedHttp(settings(allow));
    }

    private static OutboundSettings settings(String allow) {
        return OutboundSettings.of(OutboundAllow.parse(allow), "Mooring/test");
    }

    private static CallLimits whole(long millis) {
        return CallLimits.DEFAULT.withWhole(Duration.ofMillis(millis));
    }

    /** A byte every now and then, until the client has had enough. */
    private static void drip(RawServer.Exchange exchange) throws IOException {
        while (true) {
            pause(exchange, 20);
            exchange.write("x");
        }
    }

    /** Waits on the connection, so that the end of the client ends the wait. */
    private static void pause(RawServer.Exchange exchange, int millis) throws IOException {
        exchange.socket().setSoTimeout(millis);
        try {
            if (exchange.socket().getInputStream().read() < 0) {
                throw new IOException("the client went away");
            }
        } catch (SocketTimeoutException e) {
            exchange.socket().setSoTimeout(0);
        }
    }

    private static void hold(RawServer.Exchange exchange) throws IOException {
        exchange.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        awaitEnd(exchange);
    }

    private static void awaitEnd(RawServer.Exchange exchange) {
        try {
            exchange.socket().getInputStream().readAllBytes();
        } catch (IOException e) {
            // reset by the client: the end as well
        }
    }

    private static void await(CountDownLatch latch) throws IOException {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
    }

    private static void await(BooleanSupplier condition) {
        long deadline = System.nanoTime() + Duration.ofSeconds(10).toNanos();
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as("time is up").isLessThan(deadline);
            Thread.onSpinWait();
        }
    }
}
