package dev.mooring.adapter.rest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.adapter.rest.RawHttp.Reply;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.stream.Stream;

/** Whatever goes wrong, on whichever layer, the answer has the envelope and the request's id. */
class EdgeTest {
    private static TestServer server;

    @BeforeAll
    static void start() {
        server = TestServer.start();
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    private static final String KEY = "x-api-key: operator-key\r\n";

    static Stream<Arguments> badRequests() {
        String host = "Host: localhost\r\n";
        return Stream.of(
                Arguments.of(
                        "nothing but noise",
                        "\u0016\u0003\u0001\r\n\r\n",
                        400,
                        "malformed_request"),
                Arguments.of(
                        "no version", "GET /open\r\n" + host + "\r\n", 400, "malformed_request"),
                Arguments.of(
                        "another protocol",
                        "GET /open SPDY/3\r\n" + host + "\r\n",
                        400,
                        "malformed_request"),
                Arguments.of(
                        "HTTP/1.0",
                        "GET /open HTTP/1.0\r\n" + host + "\r\n",
                        400,
                        "malformed_request"),
                Arguments.of(
                        "bare line feed",
                        "GET /open HTTP/1.1\n" + host + "\r\n",
                        400,
                        "malformed_request"),
                Arguments.of("no host", "GET /open HTTP/1.1\r\n\r\n", 400, "malformed_request"),
                Arguments.of(
                        "two hosts",
                        "GET /open HTTP/1.1\r\n" + host + host + "\r\n",
                        400,
                        "malformed_request"),
                Arguments.of(
                        "bad host",
                        "GET /open HTTP/1.1\r\nHost: a b\r\n\r\n",
                        400,
                        "malformed_request"),
                Arguments.of(
                        "escape in the host",
                        "GET /open HTTP/1.1\r\nHost: a%zz\r\n\r\n",
                        400,
                        "malformed_request"),
                Arguments.of(
                        "bad escape",
                        "GET /op%zzen HTTP/1.1\r\n" + host + "\r\n",
                        400,
                        "malformed_request"),
                Arguments.of(
                        "bad query",
                        "GET /open?script=%zz HTTP/1.1\r\n" + host + "\r\n",
                        400,
                        "malformed_request"),
                Arguments.of(
                        "no colon",
                        "GET /open HTTP/1.1\r\n" + host + "nonsense\r\n\r\n",
                        400,
                        "malformed_request"),
                Arguments.of(
                        "bad header name",
                        "GET /open HTTP/1.1\r\n" + host + "a b: c\r\n\r\n",
                        400,
                        "malformed_request"),
                Arguments.of(
                        "length in words",
                        "POST /api/item HTTP/1.1\r\n" + host + KEY + "Content-Length: ten\r\n\r\n",
                        400,
                        "malformed_request"),
                Arguments.of(
                        "negative length",
                        "POST /api/item HTTP/1.1\r\n" + host + KEY + "Content-Length: -1\r\n\r\n",
                        400,
                        "malformed_request"),
                Arguments.of(
                        "signed length",
                        "POST /api/item HTTP/1.1\r\n" + host + KEY + "Content-Length: +2\r\n\r\n{}",
                        400,
                        "malformed_request"),
                Arguments.of(
                        "two lengths",
                        "POST /api/item HTTP/1.1\r\n"
                                + host
                                + KEY
                                + "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
                        400,
                        "malformed_request"),
                Arguments.of(
                        "length and chunks",
                        "POST /api/item HTTP/1.1\r\n"
                                + host
                                + KEY
                                + "Content-Length: 2\r\n"
                                + "Transfer-Encoding: chunked\r\n\r\n"
                                + "0\r\n\r\n",
                        400,
                        "malformed_request"),
                Arguments.of(
                        "unknown transfer coding",
                        "POST /api/item HTTP/1.1\r\n"
                                + host
                                + KEY
                                + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
                        400,
                        "malformed_request"),
                Arguments.of(
                        "bad chunk size",
                        "POST /api/item HTTP/1.1\r\n"
                                + host
                                + KEY
                                + "Transfer-Encoding: chunked\r\n\r\nxyz\r\n\r\n",
                        400,
                        "malformed_request"),
                Arguments.of(
                        "compressed body",
                        "POST /api/item HTTP/1.1\r\n"
                                + host
                                + KEY
                                + "Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}",
                        400,
                        "malformed_request"),
                Arguments.of(
                        "long line",
                        "GET /" + "a".repeat(9000) + " HTTP/1.1\r\n" + host + "\r\n",
                        414,
                        "uri_too_long"),
                Arguments.of(
                        "large headers",
                        "GET /open HTTP/1.1\r\n" + host + "x: " + "a".repeat(40000) + "\r\n\r\n",
                        431,
                        "headers_too_large"),
                Arguments.of(
                        "huge length",
                        "POST /api/item HTTP/1.1\r\n"
                                + host
                                + KEY
                                + "Content-Length: 99999999\r\n\r\n",
                        413,
                        "body_too_large"),
                Arguments.of(
                        "huge chunk",
                        "POST /api/item HTTP/1.1\r\n"
                                + host
                                + KEY
                                + "Transfer-Encoding: chunked\r\n\r\nfffffff\r\n",
                        413,
                        "body_too_large"),
                Arguments.of(
                        "nothing there",
                        "GET /nowhere HTTP/1.1\r\n" + host + "\r\n",
                        404,
                        "route_not_found"),
                Arguments.of(
                        "trailing slash",
                        "GET /open/ HTTP/1.1\r\n" + host + "\r\n",
                        404,
                        "route_not_found"),
                Arguments.of(
                        "wrong method",
                        "DELETE /open HTTP/1.1\r\n" + host + "\r\n",
                        405,
                        "method_not_allowed"),
                Arguments.of(
                        "unknown method",
                        "BREW /open HTTP/1.1\r\n" + host + "\r\n",
                        405,
                        "method_not_allowed"),
                Arguments.of(
                        "form instead of JSON",
                        "POST /api/item HTTP/1.1\r\n"
                                + host
                                + KEY
                                + "Content-Type: application/x-www-form-urlencoded\r\n"
                                + "Content-Length: 2\r\n\r\n"
                                + "{}",
                        415,
                        "unsupported_media_type"),
                Arguments.of(
                        "nonsense type",
                        "POST /api/item HTTP/1.1\r\n"
                                + host
                                + KEY
                                + "Content-Type: ;;;\r\nContent-Length: 2\r\n\r\n{}",
                        415,
                        "unsupported_media_type"),
                Arguments.of(
                        "no body",
                        "POST /api/item HTTP/1.1\r\n" + host + KEY + "Content-Length: 0\r\n\r\n",
                        400,
                        "invalid_json"),
                Arguments.of(
                        "broken handler",
                        "GET /boom HTTP/1.1\r\n" + host + "\r\n",
                        500,
                        "internal_error"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("badRequests")
    void badRequestIsAnsweredWithTheEnvelope(String what, String request, int status, String code)
            throws IOException {
        Reply reply = RawHttp.exchange(server.port(), request);

        assertThat(reply.status()).isEqualTo(status);
        assertThat(Envelope.check(reply).get("code").asText()).isEqualTo(code);
        assertThat(reply.text()).doesNotContain("script", "nonsense", "hunter2", "Exception");
    }

    @Test
    void wrongMethodIsToldWhichMethodsThereAre() throws IOException {
        Reply reply = get("PUT /open HTTP/1.1");

        assertThat(reply.header("Allow")).isEqualTo("GET, HEAD, OPTIONS");
        assertThat(get("OPTIONS /api/item/7 HTTP/1.1").header("Allow"))
                .isEqualTo("DELETE, GET, HEAD, OPTIONS");
        assertThat(get("OPTIONS /open HTTP/1.1").status()).isEqualTo(204);
    }

    @Test
    void queryMayHaveWhatRealServersPutThere() throws IOException {
        String line = "GET /open?iss=https://issuer.example/a?b&x=[1]|{2}\"^`\\'<> HTTP/1.1";

        assertThat(get(line).status()).isEqualTo(200);
    }

    /** It decides nothing here, so it may be any. */
    @Test
    void oddHostIsNoReasonToFail() throws IOException {
        for (String host : List.of("localhost:99999999", "evil.example", "[::1]:80", "%41")) {
            String request = "GET /open HTTP/1.1\r\nHost: " + host + "\r\n\r\n";

            assertThat(RawHttp.exchange(server.port(), request).status()).isLessThan(500);
        }
    }

    @Test
    void headHasTheHeadersOfGetAndNoBody() throws IOException {
        Reply of = get("GET /open HTTP/1.1");
        try (RawHttp connection = new RawHttp(server.port())) {
            connection.send("HEAD /open HTTP/1.1\r\nHost: localhost\r\n\r\n");
            Reply head = connection.read(true);
            // If a body followed, this would not be a status line.
            connection.send("HEAD /nowhere HTTP/1.1\r\nHost: localhost\r\n\r\n");
            Reply missing = connection.read(true);

            assertThat(head.status()).isEqualTo(200);
            assertThat(head.header("Content-Length")).isEqualTo(String.valueOf(of.text().length()));
            assertThat(head.header("Content-Type")).isEqualTo("application/json");
            assertThat(missing.status()).isEqualTo(404);
            connection.send("GET /open HTTP/1.1\r\nHost: localhost\r\n\r\n");
            assertThat(connection.read(false).status()).isEqualTo(200);
        }
    }

    @Test
    void bodyThatIsALittleTooLargeIsRefusedAndTheConnectionLivesOn() throws IOException {
        String body = "{\"name\":\"" + "a".repeat(1100 * 1024) + "\"}";
        try (RawHttp connection = new RawHttp(server.port())) {
            connection.send(
                    "POST /api/item HTTP/1.1\r\nHost: localhost\r\n"
                            + KEY
                            + "Content-Type: application/json\r\nContent-Length: "
                            + body.length()
                            + "\r\n\r\n"
                            + body);
            Reply tooLarge = connection.read(false);
            connection.send("GET /open HTTP/1.1\r\nHost: localhost\r\n\r\n");

            assertThat(Envelope.check(tooLarge).get("code").asText()).isEqualTo("body_too_large");
            assertThat(connection.read(false).status()).isEqualTo(200);
        }
    }

    @Test
    void smuggledRequestIsNeverAnswered() throws IOException {
        try (RawHttp connection = new RawHttp(server.port())) {
            connection.send(
                    "POST /api/item HTTP/1.1\r\nHost: localhost\r\n"
                            + KEY
                            + "Content-Length: 60\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
            connection.send("GET /open HTTP/1.1\r\nHost: localhost\r\n\r\n");

            assertThat(connection.read(false).status()).isEqualTo(400);
            assertThat(connection.isClosedByServer()).isTrue();
        }
    }

    @Test
    void bodyIsAskedForWhenItIsWantedAndNotTakenForARequestWhenItIsNot() throws IOException {
        String post = "POST /api/item HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\n";
        String body = "{\"name\":\"a\"}";
        try (RawHttp welcome = new RawHttp(server.port());
                RawHttp refused = new RawHttp(server.port())) {
            welcome.send(post + KEY + "Content-Length: 12\r\n\r\n");
            assertThat(welcome.read(true).status()).isEqualTo(100);
            welcome.send(body);
            assertThat(welcome.read(false).status()).isEqualTo(200);

            refused.send(post + "Content-Length: 52\r\n\r\n");
            assertThat(refused.read(false).status()).isEqualTo(401);
            refused.send("GET /open HTTP/1.1\r\nHost: localhost\r\n\r\n");
            assertThat(refused.isClosedByServer()).isTrue();
        }
    }

    @Test
    void connectionIsClosedWhenTheClientAsksForIt() throws IOException {
        try (RawHttp connection = new RawHttp(server.port())) {
            connection.send("GET /open HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");

            assertThat(connection.read(false).header("Connection")).isEqualToIgnoringCase("close");
            assertThat(connection.isClosedByServer()).isTrue();
        }
    }

    @Test
    void saneRequestIdIsKeptAndAnyOtherReplaced() throws IOException {
        assertThat(requestId("GET /open HTTP/1.1", "abc-123.x_Y")).isEqualTo("abc-123.x_Y");
        assertThat(requestId("GET /nowhere HTTP/1.1", "abc-123")).isEqualTo("abc-123");
        assertThat(requestId("GET /boom HTTP/1.1", "abc-124")).isEqualTo("abc-124");
        assertThat(requestId("GET /open?%zz HTTP/1.1", "abc-125")).isNotBlank();
        assertThat(requestId("GET /open HTTP/1.1", "a b\"c")).matches("[0-9a-f-]{36}");
        assertThat(requestId("GET /open HTTP/1.1", "x".repeat(65))).matches("[0-9a-f-]{36}");
    }

    private static String requestId(String requestLine, String sent) throws IOException {
        return RawHttp.exchange(
                        server.port(),
                        requestLine + "\r\nHost: localhost\r\nX-Request-Id: " + sent + "\r\n\r\n")
                .header("X-Request-Id");
    }

    @Test
    void accessLogHasTheTemplateAndNeverTheQuery() throws IOException {
        List<String> lines = new CopyOnWriteArrayList<>();
        Handler collector =
                new Handler() {
                    @Override
                    public void publish(LogRecord line) {
                        lines.add(line.getMessage());
                    }

                    @Override
                    public void flush() {}

                    @Override
                    public void close() {}
                };
        Logger log = Logger.getLogger("dev.mooring.access");
        log.addHandler(collector);
        try {
            String line = "GET /api/item/forty-two?token=geheim HTTP/1.1\r\nHost: localhost\r\n";
            RawHttp.exchange(server.port(), line + "X-Request-Id: log-1\r\n" + KEY + "\r\n");
            RawHttp.exchange(server.port(), line + "X-Request-Id: log-2\r\n\r\n");
            // A line is written after its answer.
            Eventually.isTrue(() ->
                    lines.stream().anyMatch(at -> at.contains("=log-1"))
                            && lines.stream().anyMatch(at -> at.contains("=log-2")));
        } finally {
            log.removeHandler(collector);
        }

        String good = lineOf("log-1", lines);
        String bad = lineOf("log-2", lines);
        assertThat(good)
                .contains("method=GET", "route=/api/item/{id}", "status=200", "principal=otto")
                .contains("event_id=none")
                .containsPattern("bytes=[1-9]");
        assertThat(bad).contains("status=401", "principal=none").doesNotContain("event_id=none");
        assertThat(lines).noneMatch(line -> line.contains("geheim") || line.contains("forty"));
    }

    private static String lineOf(String requestId, List<String> lines) {
        return lines.stream()
                .filter(line -> line.contains("request_id=" + requestId))
                .findFirst()
                .orElseThrow();
    }

    private static Reply get(String requestLine) throws IOException {
        return RawHttp.exchange(server.port(), requestLine + "\r\nHost: localhost\r\n\r\n");
    }
}
