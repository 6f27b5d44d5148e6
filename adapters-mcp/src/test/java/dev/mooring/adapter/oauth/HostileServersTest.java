package dev.mooring.adapter.oauth;

import static dev.mooring.adapter.oauth.OAuthFixtures.CALLBACK;
import static dev.mooring.adapter.oauth.OAuthFixtures.PROOFS;
import static dev.mooring.adapter.oauth.OAuthFixtures.connection;
import static dev.mooring.adapter.oauth.OAuthFixtures.publicClient;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.adapter.http.GuardedHttp;
import dev.mooring.adapter.http.RawServer;
import dev.mooring.adapter.http.RawServer.Exchange;
import dev.mooring.application.port.AuthorizationServerDiscovery.ResourceAnswer;
import dev.mooring.application.port.AuthorizationServerDiscovery.ServerAnswer;
import dev.mooring.application.port.Budget;
import dev.mooring.application.port.ClientRegistrar;
import dev.mooring.application.port.TokenEndpoint;
import dev.mooring.application.port.TokenEndpoint.CodeRedemption;
import dev.mooring.domain.client.Connection;
import dev.mooring.domain.oauth.AcceptedQuirks;
import dev.mooring.domain.oauth.AccessChallenge;
import dev.mooring.domain.oauth.AuthorizationCode;
import dev.mooring.domain.oauth.ClientMetadata;
import dev.mooring.domain.oauth.CodeVerifier;
import dev.mooring.domain.oauth.Issuer;
import dev.mooring.domain.oauth.ResourceIdentifier;
import dev.mooring.domain.oauth.Scopes;
import dev.mooring.domain.oauth.TokenEndpointAuthMethod;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;

/**
 * What a hostile or broken server can do to whoever asks it, one trick a row, at each of the four
 * places where we ask: for the metadata of a resource and of an authorization server, at the
 * registration and at the token endpoint. Whatever it does, we have a word for it, soon, and took
 * little of what it poured out.
 */
@Timeout(120)
class HostileServersTest {
    private static final int HUGE = 100 << 20;
    private static final long TAKEN_AT_MOST = 48 << 20;
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final Duration SHORT = Duration.ofMillis(800);
    private static final CodeVerifier VERIFIER =
            CodeVerifier.random(RandomGenerator.of("L64X128MixRandom"));

    private static final String NOT_OFFERED = "NOT_OFFERED";
    private static final String FOUND = "FOUND";
    private static final String RESOURCE_BROKEN = "SERVER_BROKEN";
    private static final String BROKEN = "AUTHORIZATION_SERVER_BROKEN";
    private static final String INVALID = "METADATA_INVALID";

    /**
     * One trick, and the word for it at each place.
     *
     * @param budget what the caller allows for it
     * @param resource a problem code, or that the resource offers no metadata
     * @param server a problem code
     * @param registration a problem code
     * @param token lost where the code may be used up, unavailable where it certainly is not
     */
    record Trick(
            String title,
            Duration budget,
            String resource,
            String server,
            String registration,
            String token,
            Play play) {

        /** Breaks the answer to everything. */
        static Trick broken(String title, Play play) {
            return new Trick(
                    title, PATIENCE, RESOURCE_BROKEN, BROKEN, BROKEN, "Lost " + BROKEN, play);
        }

        /** Answers something that is no document. */
        static Trick noDocument(String title, Play play) {
            return new Trick(title, PATIENCE, NOT_OFFERED, INVALID, BROKEN, "Lost " + BROKEN, play);
        }

        /** Redirects, where nobody follows. */
        static Trick redirect(String title, String location) {
            return new Trick(
                    title,
                    PATIENCE,
                    NOT_OFFERED,
                    INVALID,
                    "REGISTRATION_REFUSED",
                    "Unavailable " + BROKEN,
                    (exchange, self) -> exchange.reply(302, "", "Location: " + location));
        }

        /** Takes longer than anybody waits. */
        static Trick slow(String title, Play play) {
            return new Trick(
                    title,
                    SHORT,
                    "SERVER_TOO_SLOW",
                    "AUTHORIZATION_SERVER_TOO_SLOW",
                    "AUTHORIZATION_SERVER_TOO_SLOW",
                    "Lost AUTHORIZATION_SERVER_TOO_SLOW",
                    play);
        }

        /** Odd, but a document. */
        static Trick harmless(String title, Play play) {
            return new Trick(title, PATIENCE, FOUND, FOUND, FOUND, "Issued", play);
        }

        @Override
        public String toString() {
            return title;
        }
    }

    /** What the server does with one request. */
    @FunctionalInterface
    interface Play {
        void answer(Exchange exchange, HostileServersTest self) throws IOException;
    }

    private final AtomicLong poured = new AtomicLong();
    private volatile String origin = "";
    private final CountDownLatch end = new CountDownLatch(1);
    private final GuardedHttp http = OAuthFixtures.loopbackHttp();

    @AfterEach
    void closeAll() {
        end.countDown();
        http.close();
    }

    static Stream<Trick> tricks() {
        return Stream.of(
                // more than anybody needs
                Trick.broken(
                        "100 MB that are announced",
                        (exchange, self) -> {
                            exchange.head("HTTP/1.1 200 X", "Content-Length: " + HUGE);
                            self.pour(exchange, "x".repeat(64 << 10));
                        }),
                Trick.broken(
                        "100 MB in chunks",
                        (exchange, self) -> {
                            exchange.head("HTTP/1.1 200 X", "Transfer-Encoding: chunked");
                            self.pour(exchange, "10000\r\n" + "x".repeat(64 << 10) + "\r\n");
                        }),
                Trick.broken(
                        "a header line that never ends",
                        (exchange, self) -> {
                            exchange.write("HTTP/1.1 200 X\r\nX-Flood: ");
                            self.pour(exchange, "x".repeat(64 << 10));
                        }),
                Trick.broken(
                        "header lines without end",
                        (exchange, self) -> {
                            exchange.write("HTTP/1.1 200 X\r\n");
                            self.pour(exchange, "X-Flood: x\r\n".repeat(4 << 10));
                        }),
                // bytes that stand for more bytes
                Trick.broken(
                        "a bomb",
                        (exchange, self) ->
                                exchange.reply(200, self.document(), "Content-Encoding: gzip")),
                Trick.broken(
                        "a bomb in the transfer coding",
                        (exchange, self) ->
                                exchange.head(
                                        "HTTP/1.1 200 X", "Transfer-Encoding: gzip, chunked")),
                Trick.broken(
                        "an encoding that nobody knows",
                        (exchange, self) ->
                                exchange.reply(200, self.document(), "Content-Encoding: br, x")),
                // time
                Trick.slow(
                        "bytes that drip",
                        (exchange, self) -> {
                            exchange.head("HTTP/1.1 200 X", "Content-Length: " + HUGE);
                            self.drip(exchange, " ");
                        }),
                Trick.slow(
                        "a header that drips",
                        (exchange, self) -> {
                            exchange.write("HTTP/1.1 200 X\r\n");
                            self.drip(exchange, "X: y\r\n");
                        }),
                Trick.slow("silence", (exchange, self) -> self.drip(exchange, "")),
                // redirects
                new Trick(
                        "redirects without end",
                        PATIENCE,
                        RESOURCE_BROKEN,
                        BROKEN,
                        "REGISTRATION_REFUSED",
                        "Unavailable " + BROKEN,
                        (exchange, self) ->
                                exchange.reply(
                                        307, "", "Location: " + exchange.target() + "/again")),
                Trick.redirect("a redirect to another origin", "https://evil.example/"),
                Trick.redirect("a redirect to another port", "http://localhost:1/"),
                Trick.redirect("a redirect into a private network", "http://10.0.0.1/"),
                Trick.redirect("a redirect to cloud metadata", "http://169.254.169.254/latest"),
                Trick.redirect("a redirect to a file", "file:///etc/passwd"),
                Trick.redirect("a redirect to a script", "javascript:alert(1)"),
                Trick.redirect("a redirect with credentials", "http://a:b@localhost/"),
                // what is no JSON object, or not one object only
                Trick.noDocument(
                        "a page", (exchange, self) -> exchange.reply(200, "<html>Hello</html>")),
                Trick.noDocument("nothing", (exchange, self) -> exchange.reply(200, "")),
                Trick.noDocument(
                        "two documents",
                        (exchange, self) -> exchange.reply(200, self.document() + self.document())),
                Trick.noDocument(
                        "a key given twice",
                        (exchange, self) ->
                                exchange.reply(
                                        200,
                                        self.document()
                                                .replaceFirst("\\{", "{\"issuer\":\"x\",")
                                                .replaceFirst("\\{", "{\"access_token\":\"x\","))),
                Trick.noDocument(
                        "nesting without end",
                        (exchange, self) ->
                                exchange.reply(
                                        200,
                                        self.document()
                                                .replaceFirst(
                                                        "\\{", "{\"x\":" + "[".repeat(100_000)))),
                Trick.noDocument(
                        "nesting that closes again",
                        (exchange, self) ->
                                exchange.reply(
                                        200,
                                        self.documentWith(
                                                "\"x\":" + "[".repeat(1000) + "]".repeat(1000)))),
                Trick.noDocument(
                        "a number without end",
                        (exchange, self) ->
                                exchange.reply(
                                        200, self.documentWith("\"x\":" + "9".repeat(100_000)))),
                Trick.noDocument(
                        "bytes that are no UTF-8",
                        (exchange, self) -> {
                            String body = self.documentWith("\"x\":\"\u00C3(\"");
                            exchange.head(
                                    "HTTP/1.1 200 X",
                                    "Content-Type: application/json; charset=utf-8",
                                    "Content-Length: " + body.length());
                            exchange.write(body);
                        }),
                // HTTP that is none
                Trick.broken(
                        "two lengths",
                        (exchange, self) ->
                                exchange.reply(200, self.document(), "Content-Length: 7")),
                Trick.broken(
                        "a length that is no number",
                        (exchange, self) -> exchange.head("HTTP/1.1 200 X", "Content-Length: -1")),
                Trick.broken(
                        "an end that comes early",
                        (exchange, self) -> {
                            exchange.head("HTTP/1.1 200 X", "Content-Length: 4096");
                            exchange.write(self.document());
                            exchange.socket().close();
                        }),
                Trick.broken(
                        "no HTTP at all",
                        (exchange, self) -> {
                            exchange.write("SSH-2.0-OpenSSH_9.9\r\n\r\n");
                            exchange.socket().close();
                        }),
                Trick.broken("a connection that is dropped", (exchange, self) -> close(exchange)),
                // odd, and no reason to give up
                Trick.harmless(
                        "another content type",
                        (exchange, self) ->
                                exchange.reply(200, self.document(), "Content-Type: text/html")),
                Trick.harmless(
                        "no content type",
                        (exchange, self) -> exchange.reply(200, self.document())),
                Trick.harmless(
                        "a byte order mark",
                        (exchange, self) -> exchange.reply(200, "\uFEFF" + self.document())),
                Trick.harmless(
                        "interim answers",
                        (exchange, self) -> {
                            exchange.write("HTTP/1.1 103 X\r\nLink: </x>\r\n\r\n".repeat(5));
                            exchange.reply(200, self.document());
                        }),
                Trick.harmless(
                        "members that nobody asked for",
                        (exchange, self) ->
                                exchange.reply(
                                        200, self.documentWith("\"__proto__\":{\"x\":[1]}"))));
    }

    @ParameterizedTest
    @MethodSource("tricks")
    void isMetWhereTheResourceIsAskedFor(Trick trick) {
        try (RawServer server = play(trick)) {
            HttpAuthorizationServerDiscovery discovery =
                    new HttpAuthorizationServerDiscovery(http, Duration.ZERO);

            String word =
                    inTime(
                            trick,
                            budget ->
                                    switch (discovery.protectedResource(
                                            at(server),
                                            AccessChallenge.SILENT,
                                            AcceptedQuirks.NONE,
                                            budget)) {
                                        case ResourceAnswer.Found _ -> FOUND;
                                        case ResourceAnswer.NotOffered _ -> NOT_OFFERED;
                                        case ResourceAnswer.Failed failed ->
                                                failed.problem().code().name();
                                    });

            assertThat(word).isEqualTo(trick.resource());
        }
    }

    @ParameterizedTest
    @MethodSource("tricks")
    void isMetWhereTheAuthorizationServerIsAskedFor(Trick trick) {
        try (RawServer server = play(trick)) {
            HttpAuthorizationServerDiscovery discovery =
                    new HttpAuthorizationServerDiscovery(http, Duration.ZERO);

            String word =
                    inTime(
                            trick,
                            budget ->
                                    switch (discovery.authorizationServer(
                                            new Issuer(origin(server)),
                                            at(server),
                                            AcceptedQuirks.NONE,
                                            budget)) {
                                        case ServerAnswer.Found _ -> FOUND;
                                        case ServerAnswer.Failed failed ->
                                                failed.problem().code().name();
                                    });

            assertThat(word).isEqualTo(trick.server());
        }
    }

    @ParameterizedTest
    @MethodSource("tricks")
    void isMetAtTheRegistration(Trick trick) {
        try (RawServer server = play(trick)) {
            DynamicClientRegistration registrar =
                    new DynamicClientRegistration(http, InstantSource.system());

            String word =
                    inTime(
                            trick,
                            budget ->
                                    switch (registrar.register(
                                            server.uri("/register"),
                                            ClientMetadata.authorizationCode(
                                                    "Mooring",
                                                    CALLBACK,
                                                    TokenEndpointAuthMethod.NONE),
                                            at(server),
                                            budget)) {
                                        case ClientRegistrar.Answer.Registered _ -> FOUND;
                                        case ClientRegistrar.Answer.RedirectUriRefused refused ->
                                                refused.problem().code().name();
                                        case ClientRegistrar.Answer.Useless useless ->
                                                useless.problem().code().name();
                                        case ClientRegistrar.Answer.Failed failed ->
                                                failed.problem().code().name();
                                    });

            assertThat(word).isEqualTo(trick.registration());
            assertThat(server.exchanges()).as("never sent again").hasSize(1);
        }
    }

    @ParameterizedTest
    @MethodSource("tricks")
    void isMetAtTheTokenEndpoint(Trick trick) {
        try (RawServer server = play(trick)) {
            HttpTokenEndpoint tokens =
                    new HttpTokenEndpoint(
                            http, PROOFS, OAuthFixtures.keyless(), InstantSource.system());

            String word =
                    inTime(
                            trick,
                            budget ->
                                    switch (tokens.redeem(redemption(server), budget)) {
                                        case TokenEndpoint.Answer.Issued _ -> "Issued";
                                        case TokenEndpoint.Answer.Refused refused ->
                                                "Refused " + refused.error();
                                        case TokenEndpoint.Answer.Unavailable unavailable ->
                                                "Unavailable " + unavailable.problem().code();
                                        case TokenEndpoint.Answer.Doubtful doubtful ->
                                                "Doubtful " + doubtful.problem().code();
                                        case TokenEndpoint.Answer.Lost lost ->
                                                "Lost " + lost.problem().code();
                                    });

            assertThat(word).isEqualTo(trick.token());
            assertThat(server.exchanges()).as("a code is never sent again").hasSize(1);
        }
    }

    /** A question to the server, within a budget. */
    @FunctionalInterface
    private interface Question {
        String ask(Budget budget);
    }

    private String inTime(Trick trick, Question question) {
        long start = System.nanoTime();
        String word = question.ask(Budget.of(trick.budget()));
        Duration took = Duration.ofNanos(System.nanoTime() - start);

        assertThat(took).isLessThan(trick.budget().plus(PATIENCE));
        assertThat(poured.get())
                .as("what the kernel took along included")
                .isLessThan(TAKEN_AT_MOST);
        return word;
    }

    private RawServer play(Trick trick) {
        RawServer server = RawServer.start(exchange -> trick.play().answer(exchange, this));
        origin = origin(server);
        return server;
    }

    private static CodeRedemption redemption(RawServer server) {
        return new CodeRedemption(
                server.uri("/token"),
                publicClient("client"),
                new AuthorizationCode("code"),
                VERIFIER,
                CALLBACK,
                Optional.of(new ResourceIdentifier(origin(server))),
                Scopes.NONE,
                Optional.empty(),
                Optional.empty());
    }

    private static Connection at(RawServer server) {
        return connection(origin(server));
    }

    private static String origin(RawServer server) {
        return server.uri("").toString();
    }

    /** Writes until the other side has had enough. */
    private void pour(Exchange exchange, String part) throws IOException {
        for (long left = HUGE; left > 0; left -= part.length()) {
            exchange.write(part);
            poured.addAndGet(part.length());
        }
    }

    /** Writes a little now and then, until the other side goes or the test ends. */
    private void drip(Exchange exchange, String drop) throws IOException {
        try {
            while (!end.await(50, TimeUnit.MILLISECONDS)) {
                exchange.write(drop);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void close(Exchange exchange) throws IOException {
        exchange.socket().close();
    }

    /** A good document for whatever is asked: metadata, registration and token in one. */
    private String document() {
        return documentWith("\"scopes_supported\":[]");
    }

    private String documentWith(String member) {
        return """
        {"resource":"ORIGIN","authorization_servers":["ORIGIN"],
         "issuer":"ORIGIN","authorization_endpoint":"ORIGIN/authorize",
         "token_endpoint":"ORIGIN/token","code_challenge_methods_supported":["S256"],
         "client_id":"client","access_token":"token","token_type":"Bearer",MEMBER}
        """
                .replace("ORIGIN", origin)
                .replace("MEMBER", member);
    }
}
