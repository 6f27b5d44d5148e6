package dev.mooring.adapter.oauth;

import static dev.mooring.adapter.oauth.OAuthFixtures.CALLBACK;
import static dev.mooring.adapter.oauth.OAuthFixtures.PROOFS;
import static dev.mooring.adapter.oauth.OAuthFixtures.connection;
import static dev.mooring.adapter.oauth.OAuthFixtures.publicClient;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.adapter.http.CallLimits;
import dev.mooring.adapter.http.GuardedHttp;
import dev.mooring.adapter.http.NameResolver;
import dev.mooring.adapter.http.OutboundAllow;
import dev.mooring.adapter.http.OutboundException;
import dev.mooring.adapter.http.OutboundProxy;
import dev.mooring.adapter.http.OutboundRequest;
import dev.mooring.adapter.http.OutboundSettings;
import dev.mooring.adapter.http.RawServer;
import dev.mooring.adapter.mcp.ClientInfo;
import dev.mooring.adapter.mcp.McpHttpConnector;
import dev.mooring.application.port.AuthorizationServerDiscovery.ResourceAnswer;
import dev.mooring.application.port.AuthorizationServerDiscovery.ServerAnswer;
import dev.mooring.application.port.Budget;
import dev.mooring.application.port.ClientRegistrar;
import dev.mooring.application.port.McpConnector;
import dev.mooring.application.port.RevocationEndpoint;
import dev.mooring.application.port.TokenEndpoint;
import dev.mooring.domain.client.Connection;
import dev.mooring.domain.client.IdentityProvider;
import dev.mooring.domain.client.StaticHeaders;
import dev.mooring.domain.lifecycle.Deregistration;
import dev.mooring.domain.lifecycle.GrantId;
import dev.mooring.domain.lifecycle.Registration;
import dev.mooring.domain.lifecycle.RegistrationId;
import dev.mooring.domain.lifecycle.Revocation;
import dev.mooring.domain.mcp.ServerUri;
import dev.mooring.domain.mcp.Transport;
import dev.mooring.domain.oauth.AcceptedQuirks;
import dev.mooring.domain.oauth.AccessChallenge;
import dev.mooring.domain.oauth.AccessToken;
import dev.mooring.domain.oauth.AuthorizationCode;
import dev.mooring.domain.oauth.ClientMetadata;
import dev.mooring.domain.oauth.CodeVerifier;
import dev.mooring.domain.oauth.Issuer;
import dev.mooring.domain.oauth.RegistrationAccessToken;
import dev.mooring.domain.oauth.ResourceIdentifier;
import dev.mooring.domain.oauth.Scopes;
import dev.mooring.domain.oauth.SubjectToken;
import dev.mooring.domain.oauth.TokenEndpointAuthMethod;
import dev.mooring.domain.oauth.TokenSet;
import dev.mooring.domain.oauth.TokenType;

import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import java.io.IOException;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * Ways to make Mooring call where it must not, or to hold it there, one a row, each with what comes
 * of it. Two servers run on this machine: one at {@code outside.example}, which may be called, and
 * one inside, which may not, and which nobody ever reaches.
 */
@Timeout(120)
class GuardTricksTest {
    private static final String REFUSED = "REFUSED_BY_GUARD";
    private static final String NOT_ALLOWED = "ADDRESS_NOT_ALLOWED";
    private static final String NO_URL = "no URL";
    private static final String BROKEN = "BROKEN_ANSWER";
    private static final String TOO_LARGE = "TOO_LARGE";
    private static final String TIMED_OUT = "TIMED_OUT";
    private static final String FINE = "200";

    /** A trick, and what comes of it: the reason for no answer, a status, or a problem. */
    record Trick(String title, String answer, Play play) {
        @Override
        public String toString() {
            return title + " -> " + answer;
        }
    }

    /** Plays a trick and says what came of it. */
    @FunctionalInterface
    interface Play {
        String on(Scene scene);
    }

    /** {@code INSIDE} and {@code OUTSIDE} in a URL stand for the ports of the two servers. */
    private static Trick url(String title, String url, String answer) {
        return new Trick(title + ": " + url, answer, scene -> scene.get(url));
    }

    /** A name, and what it resolves to, one look-up after the other. */
    private static Trick name(String title, String answer, String... lookUps) {
        return new Trick(
                title,
                answer,
                scene -> {
                    scene.names("name.example", lookUps);
                    return scene.get("https://name.example:INSIDE/");
                });
    }

    private static Trick redirect(String title, String location, String answer) {
        return new Trick(
                title + ": " + location,
                answer,
                scene -> {
                    scene.outside(exchange ->
                            exchange.reply(302, "", "Location: " + scene.ports(location)));
                    return scene.follow("http://outside.example:OUTSIDE/a");
                });
    }

    private static Trick answer(String title, String answer, RawServer.Script script) {
        return new Trick(
                title,
                answer,
                scene -> {
                    scene.outside(script);
                    String url = "http://outside.example:OUTSIDE/";
                    return answer.equals(TIMED_OUT) ? scene.getSoon(url) : scene.get(url);
                });
    }

    static Stream<Trick> tricks() {
        return Stream.of(
                        addresses(),
                        urls(),
                        names(),
                        redirects(),
                        documents(),
                        answers(),
                        encodings(),
                        framing())
                .flatMap(tricks -> tricks);
    }

    private static Stream<Trick> addresses() {
        return Stream.of(
                url("loopback", "https://127.0.0.1:INSIDE/", REFUSED),
                url("plain http", "http://127.0.0.1:INSIDE/", REFUSED),
                url("decimal", "https://2130706433:INSIDE/", REFUSED),
                url("octal", "https://0177.0.0.1:INSIDE/", REFUSED),
                url("octal in one", "https://017700000001:INSIDE/", REFUSED),
                url("leading zeros", "https://127.000.000.001:INSIDE/", REFUSED),
                url("hexadecimal", "https://0x7f.0.0.1:INSIDE/", REFUSED),
                url("hexadecimal in one", "https://0x7f000001:INSIDE/", REFUSED),
                url("mixed", "https://0x7f.1:INSIDE/", REFUSED),
                url("short", "https://127.1:INSIDE/", REFUSED),
                url("shorter", "https://0:INSIDE/", REFUSED),
                url("too long", "https://127.0.0.0.1:INSIDE/", REFUSED),
                url("too large", "https://127.0.0.257:INSIDE/", REFUSED),
                url("unspecified", "https://0.0.0.0:INSIDE/", REFUSED),
                url("private", "https://10.0.0.1/", REFUSED),
                url("cloud metadata", "https://169.254.169.254/latest/meta-data/", REFUSED),
                url("carrier-grade NAT", "https://100.64.0.1/", REFUSED),
                url("broadcast", "https://255.255.255.255/", REFUSED),
                url("multicast", "https://224.0.0.1/", REFUSED),
                url("IPv6 loopback", "https://[::1]:INSIDE/", REFUSED),
                url("IPv6 unspecified", "https://[::]:INSIDE/", REFUSED),
                url("IPv6-mapped", "https://[::ffff:127.0.0.1]:INSIDE/", REFUSED),
                url("IPv6-mapped in hex", "https://[::ffff:7f00:1]:INSIDE/", REFUSED),
                url("IPv4-compatible", "https://[::127.0.0.1]:INSIDE/", REFUSED),
                url("IPv4-translated", "https://[::ffff:0:127.0.0.1]:INSIDE/", REFUSED),
                url("NAT64", "https://[64:ff9b::127.0.0.1]:INSIDE/", REFUSED),
                url("local NAT64", "https://[64:ff9b:1::7f00:1]:INSIDE/", REFUSED),
                url("6to4", "https://[2002:7f00:1::1]:INSIDE/", REFUSED),
                url("Teredo", "https://[2001:0:7f00:1::]:INSIDE/", REFUSED),
                url("unique local", "https://[fd00:ec2::254]/", REFUSED),
                url("link-local", "https://[fe80::1]/", REFUSED),
                url("site-local", "https://[fec0::1]/", REFUSED),
                url("IPv6 multicast", "https://[ff02::1]/", REFUSED),
                url("zone id", "https://[fe80::1%25lo]:INSIDE/", REFUSED),
                url("bare zone id", "https://[::1%lo]:INSIDE/", REFUSED));
    }

    private static Stream<Trick> urls() {
        return Stream.of(
                url(
                        "userinfo that looks like a host",
                        "https://outside.example@127.0.0.1/",
                        REFUSED),
                url(
                        "userinfo with a port",
                        "http://outside.example:OUTSIDE@127.0.0.1:INSIDE/",
                        REFUSED),
                url("empty userinfo", "http://@outside.example:OUTSIDE/", REFUSED),
                url("two at signs", "http://a@outside.example:OUTSIDE@127.0.0.1:INSIDE/", REFUSED),
                url("fragment", "http://outside.example:OUTSIDE#@127.0.0.1:INSIDE/", REFUSED),
                url("backslash", "http://outside.example:OUTSIDE\\@127.0.0.1:INSIDE/", NO_URL),
                url("blank", "http://outside.example:OUTSIDE /x", NO_URL),
                url("line end", "http://outside.example:OUTSIDE/\r\nHost: inside", NO_URL),
                url("percent-encoded digits", "https://%31%32%37.0.0.1:INSIDE/", REFUSED),
                url("percent-encoded dot", "https://127%2e0.0.1:INSIDE/", REFUSED),
                url("percent-encoded NUL", "http://outside.example%00.inside:OUTSIDE/", REFUSED),
                url("full-width digits", "https://\uFF11\uFF12\uFF17.0.0.1:INSIDE/", REFUSED),
                url("circled digits", "https://\u2460\u2461\u2466.0.0.1:INSIDE/", REFUSED),
                url("ideographic dots", "https://127\u30020\u30020\u30021:INSIDE/", REFUSED),
                url("full-width dots", "https://127\uFF0E0\uFF0E0\uFF0E1:INSIDE/", REFUSED),
                url("letters that fold", "https://\u24DBocalhost:INSIDE/", REFUSED),
                url("IDN", "https://b\u00FCcher.example:INSIDE/", REFUSED),
                url("soft hyphen", "https://local\u00ADhost:INSIDE/", REFUSED),
                url("trailing dot", "http://outside.example.:OUTSIDE/", REFUSED),
                url("trailing dot of an address", "https://127.0.0.1.:INSIDE/", REFUSED),
                url("localhost", "https://localhost:INSIDE/", REFUSED),
                url("capitals", "http://OUTSIDE.Example:OUTSIDE/", FINE),
                url("another port", "http://outside.example:INSIDE/", REFUSED),
                url("port 0", "https://outside.example:0/", REFUSED),
                url("port beyond all", "https://outside.example:65536/", REFUSED),
                url("negative port", "https://outside.example:-1/", REFUSED),
                url("file", "file:///etc/passwd", REFUSED),
                url("ftp", "ftp://outside.example/", REFUSED),
                url("gopher", "gopher://127.0.0.1:INSIDE/_x", REFUSED),
                url("jar", "jar:https://outside.example!/x", REFUSED),
                url("data", "data:text/plain,x", REFUSED),
                url("web socket", "ws://outside.example:OUTSIDE/", REFUSED),
                url("no scheme", "//outside.example:OUTSIDE/", REFUSED),
                url("no host", "https:///x", REFUSED));
    }

    private static Stream<Trick> names() {
        return Stream.of(
                name("name of loopback", REFUSED, "127.0.0.1"),
                name("name of a private address", REFUSED, "10.1.2.3"),
                name("name of cloud metadata", REFUSED, "169.254.169.254"),
                name("name of IPv6 loopback", REFUSED, "::1"),
                name("name of a mapped address", REFUSED, "::ffff:127.0.0.1"),
                name("name of a public and a private address", REFUSED, "1.1.1.1 127.0.0.1"),
                name("name of a private and a public address", REFUSED, "127.0.0.1 1.1.1.1"),
                name("name of a public and a private IPv6 address", REFUSED, "1.1.1.1 fd00::1"),
                name("name of more addresses than anybody has", REFUSED, "1.1.1.1 ".repeat(17)),
                name("name of nothing", "NAME_NOT_FOUND", ""),
                new Trick(
                        "name that changes between check and use",
                        REFUSED,
                        scene -> {
                            scene.names("outside.test", "127.0.0.1", "10.0.0.1", "127.0.0.1");
                            URI uri = URI.create(scene.ports("http://outside.test:OUTSIDE/"));
                            scene.http().requireAllowed(uri, Budget.of(Duration.ofSeconds(10)));
                            return scene.get(uri.toString());
                        }),
                new Trick(
                        "name that changes after its check is not asked again",
                        FINE + " after 1 look-up",
                        scene -> {
                            scene.names("outside.test", "127.0.0.1", "10.0.0.1");
                            String answer = scene.get("http://outside.test:OUTSIDE/");
                            return answer + " after " + scene.lookUps("outside.test") + " look-up";
                        }));
    }

    private static Stream<Trick> redirects() {
        return Stream.of(
                redirect("redirect inside", "http://127.0.0.1:INSIDE/", "302"),
                redirect("redirect to another port", "http://outside.example:INSIDE/", "302"),
                redirect("redirect to another origin", "https://name.example:INSIDE/", "302"),
                redirect("redirect without scheme", "//127.0.0.1:INSIDE/", "302"),
                redirect(
                        "redirect with userinfo",
                        "http://outside.example:OUTSIDE@127.0.0.1:INSIDE/",
                        "302"),
                redirect("redirect to a file", "file:///etc/passwd", "302"),
                redirect("redirect to nowhere", "http://[", "302"),
                redirect("redirects without end", "/a/a", "TOO_MANY_REDIRECTS"),
                new Trick(
                        "redirect of what is not followed",
                        "307",
                        scene -> {
                            scene.outside(exchange -> exchange.reply(307, "", "Location: /b"));
                            return scene.get("http://outside.example:OUTSIDE/");
                        }));
    }

    /** What one server says of where another one is. */
    private static Stream<Trick> documents() {
        return Stream.of(
                new Trick(
                        "resource_metadata that points inside",
                        NOT_ALLOWED,
                        scene -> {
                            AccessChallenge challenge =
                                    AccessChallenge.parse(
                                            List.of(
                                                    scene.ports(
                                                            "Bearer resource_metadata="
                                                                + "\"http://127.0.0.1:INSIDE/\"")));
                            return switch (scene.discovery()
                                    .protectedResource(
                                            connection(
                                                    scene.ports(
                                                            "http://outside.example:OUTSIDE/mcp")),
                                            challenge,
                                            AcceptedQuirks.NONE,
                                            OAuthFixtures.budget())) {
                                case ResourceAnswer.Found _ -> "found";
                                case ResourceAnswer.NotOffered _ -> "not offered";
                                case ResourceAnswer.Failed failed -> failed.problem().code().name();
                            };
                        }),
                new Trick(
                        "issuer inside",
                        NOT_ALLOWED,
                        scene ->
                                switch (scene.discovery()
                                        .authorizationServer(
                                                new Issuer(scene.ports("http://127.0.0.1:INSIDE")),
                                                connection(
                                                        scene.ports(
                                                                "http://outside.example:OUTSIDE/")),
                                                AcceptedQuirks.NONE,
                                                OAuthFixtures.budget())) {
                                    case ServerAnswer.Found _ -> "found";
                                    case ServerAnswer.Failed failed ->
                                            failed.problem().code().name();
                                }),
                new Trick(
                        "registration endpoint inside",
                        NOT_ALLOWED,
                        scene ->
                                switch (new DynamicClientRegistration(
                                                scene.http(), InstantSource.system())
                                        .register(
                                                scene.inside("/register"),
                                                ClientMetadata.authorizationCode(
                                                        "Mooring",
                                                        CALLBACK,
                                                        TokenEndpointAuthMethod.NONE),
                                                connection("https://outside.example/"),
                                                OAuthFixtures.budget())) {
                                    case ClientRegistrar.Answer.Registered _ -> "registered";
                                    case ClientRegistrar.Answer.RedirectUriRefused refused ->
                                            refused.problem().code().name();
                                    case ClientRegistrar.Answer.Useless useless ->
                                            useless.problem().code().name();
                                    case ClientRegistrar.Answer.Failed failed ->
                                            failed.problem().code().name();
                                }),
                new Trick(
                        "token endpoint inside",
                        "unavailable " + NOT_ALLOWED,
                        scene ->
                                switch (new HttpTokenEndpoint(
                                                scene.http(),
                                                PROOFS,
                                                OAuthFixtures.keyless(),
                                                InstantSource.system())
                                        .redeem(
                                                redemption(scene.inside("/token")),
                                                OAuthFixtures.budget())) {
                                    case TokenEndpoint.Answer.Issued _ -> "issued";
                                    case TokenEndpoint.Answer.Refused _ -> "refused";
                                    case TokenEndpoint.Answer.Unavailable unavailable ->
                                            "unavailable " + unavailable.problem().code();
                                    case TokenEndpoint.Answer.Doubtful doubtful ->
                                            "doubtful " + doubtful.problem().code();
                                    case TokenEndpoint.Answer.Lost lost ->
                                            "lost " + lost.problem().code();
                                }),
                new Trick(
                        "revocation endpoint inside",
                        "refused " + NOT_ALLOWED,
                        scene ->
                                switch (new HttpRevocationEndpoint(
                                                scene.http(),
                                                PROOFS,
                                                OAuthFixtures.keyless(),
                                                InstantSource.system())
                                        .revoke(
                                                revocation(scene.inside("/revoke")),
                                                OAuthFixtures.budget())) {
                                    case RevocationEndpoint.Answer.Revoked _ -> "revoked";
                                    case RevocationEndpoint.Answer.Refused refused ->
                                            "refused " + refused.problem().code();
                                    case RevocationEndpoint.Answer.Unavailable unavailable ->
                                            "unavailable " + unavailable.problem().code();
                                }),
                new Trick(
                        "registration_client_uri inside",
                        "refused " + NOT_ALLOWED,
                        scene ->
                                switch (new DynamicClientRegistration(
                                                scene.http(), InstantSource.system())
                                        .delete(
                                                new Deregistration(
                                                        new RegistrationId("reg_1"),
                                                        new Registration.Management(
                                                                scene.inside("/register/1"),
                                                                new RegistrationAccessToken("a"),
                                                                Optional.empty())),
                                                OAuthFixtures.budget())) {
                                    case ClientRegistrar.Deletion.Deleted _ -> "deleted";
                                    case ClientRegistrar.Deletion.Refused refused ->
                                            "refused " + refused.problem().code();
                                    case ClientRegistrar.Deletion.Unavailable unavailable ->
                                            "unavailable " + unavailable.problem().code();
                                }),
                new Trick(
                        "token URL of an identity provider inside",
                        NOT_ALLOWED,
                        scene ->
                                switch (new HttpTokenEndpoint(
                                                scene.http(),
                                                PROOFS,
                                                OAuthFixtures.keyless(),
                                                InstantSource.system())
                                        .exchange(
                                                exchange(scene.inside("/token")),
                                                OAuthFixtures.budget())) {
                                    case TokenEndpoint.ExchangeAnswer.Exchanged _ -> "exchanged";
                                    case TokenEndpoint.ExchangeAnswer.Refused _ -> "refused";
                                    case TokenEndpoint.ExchangeAnswer.Failed failed ->
                                            failed.problem().code().name();
                                }),
                new Trick(
                        "endpoint event of the legacy transport that points inside",
                        "SERVER_BROKEN",
                        scene -> {
                            scene.outside(exchange -> {
                                exchange.head("HTTP/1.1 200 OK", "Content-Type: text/event-stream");
                                exchange.write(
                                        scene.ports(
                                                """
                                                event: endpoint
                                                data: http://127.0.0.1:INSIDE/m

                                                """));
                                drip(exchange, ": still here\n");
                            });
                            try (McpHttpConnector connector = scene.connector()) {
                                return switch (connector.probe(
                                        scene.legacy(), OAuthFixtures.budget())) {
                                    case McpConnector.ConnectAnswer.Accepted _ -> "accepted";
                                    case McpConnector.ConnectAnswer.Challenged _ -> "challenged";
                                    case McpConnector.ConnectAnswer.Failed failed ->
                                            failed.problem().code().name();
                                };
                            }
                        }));
    }

    private static Revocation revocation(URI endpoint) {
        return new Revocation(
                Optional.empty(),
                new GrantId("grant_1"),
                endpoint,
                publicClient("client"),
                new TokenSet(
                        new AccessToken("a"),
                        TokenType.BEARER,
                        Optional.empty(),
                        Optional.empty(),
                        Scopes.NONE),
                Optional.empty(),
                Optional.empty());
    }

    private static TokenEndpoint.TokenExchange exchange(URI endpoint) {
        return new TokenEndpoint.TokenExchange(
                endpoint,
                publicClient("client"),
                new SubjectToken("token"),
                IdentityProvider.ID_TOKEN,
                new Issuer("https://as.example"),
                new ResourceIdentifier("https://outside.example/mcp"),
                Scopes.NONE,
                Optional.empty());
    }

    private static TokenEndpoint.CodeRedemption redemption(URI endpoint) {
        return new TokenEndpoint.CodeRedemption(
                endpoint,
                publicClient("client"),
                new AuthorizationCode("code"),
                CodeVerifier.random(new Random(1)),
                CALLBACK,
                Optional.of(new ResourceIdentifier("https://outside.example/mcp")),
                Scopes.NONE,
                Optional.empty(),
                Optional.empty());
    }

    private static Stream<Trick> answers() {
        return Stream.of(
                answer("silence", TIMED_OUT, exchange -> drip(exchange, "")),
                answer(
                        "status line that drips",
                        TIMED_OUT,
                        exchange -> drip(exchange, "HTTP/1.1 200 " + "x".repeat(5))),
                answer(
                        "header that drips",
                        TIMED_OUT,
                        exchange -> {
                            exchange.write("HTTP/1.1 200 OK\r\n");
                            drip(exchange, "X: y\r\n");
                        }),
                answer(
                        "body that drips",
                        TIMED_OUT,
                        exchange -> {
                            exchange.head("HTTP/1.1 200 OK", "Content-Length: 100000");
                            drip(exchange, "x");
                        }),
                answer(
                        "chunks that drip",
                        TIMED_OUT,
                        exchange -> {
                            exchange.head("HTTP/1.1 200 OK", "Transfer-Encoding: chunked");
                            drip(exchange, "1\r\nx\r\n");
                        }),
                answer(
                        "interim answers that drip",
                        TIMED_OUT,
                        exchange -> drip(exchange, "HTTP/1.1 102 Processing\r\n\r\n")),
                answer(
                        "interim answers without end",
                        TIMED_OUT,
                        exchange -> pour(exchange, "HTTP/1.1 103 X\r\nLink: <a>\r\n\r\n")),
                answer(
                        "more header lines than allowed",
                        TOO_LARGE,
                        exchange -> {
                            exchange.write("HTTP/1.1 200 OK\r\n" + "X: y\r\n".repeat(101));
                            exchange.write("Content-Length: 0\r\n\r\n");
                        }),
                answer(
                        "header line longer than allowed",
                        TOO_LARGE,
                        exchange -> {
                            exchange.write("HTTP/1.1 200 OK\r\nX: " + "y".repeat(17_000) + "\r\n");
                            exchange.write("Content-Length: 0\r\n\r\n");
                        }),
                answer(
                        "header lines without end",
                        TOO_LARGE,
                        exchange -> {
                            exchange.write("HTTP/1.1 200 OK\r\n");
                            pour(exchange, "X: y\r\n".repeat(1000));
                        }),
                answer(
                        "status line without end",
                        TOO_LARGE,
                        exchange -> pour(exchange, "HTTP/1.1 200 " + "x".repeat(10_000))),
                answer(
                        "more body than allowed",
                        TOO_LARGE,
                        exchange -> {
                            exchange.head("HTTP/1.1 200 OK", "Connection: close");
                            pour(exchange, "x".repeat(10_000));
                        }));
    }

    private static Stream<Trick> encodings() {
        return Stream.concat(
                Stream.of("gzip", "x-gzip", "deflate", "br", "zstd", "compress", "identity, gzip")
                        .map(coding ->
                                answer(
                                        "bomb: " + coding,
                                        BROKEN,
                                        exchange ->
                                                exchange.reply(
                                                        200,
                                                        "bomb",
                                                        "Content-Encoding: " + coding))),
                Stream.of(
                        answer(
                                "bomb in the transfer coding",
                                BROKEN,
                                exchange ->
                                        exchange.head(
                                                "HTTP/1.1 200 OK",
                                                "Transfer-Encoding: gzip, chunked")),
                        answer(
                                "plain bytes that are called so",
                                FINE,
                                exchange ->
                                        exchange.reply(200, "x", "Content-Encoding: identity"))));
    }

    private static Trick chunked(String title, String answer, String body) {
        return answer(
                title,
                answer,
                exchange -> {
                    exchange.head("HTTP/1.1 200 OK", "Transfer-Encoding: chunked");
                    exchange.write(body);
                    exchange.socket().close();
                });
    }

    private static Stream<Trick> framing() {
        return Stream.of(
                chunked("chunks", FINE, "1\r\nx\r\n0\r\n\r\n"),
                chunked("chunk size beyond all numbers", BROKEN, "FFFFFFFFFFFFFFFFF\r\nx\r\n"),
                chunked("huge chunk size", BROKEN, "7FFFFFFFFFFFFFFF\r\nx\r\n0\r\n\r\n"),
                chunked("negative chunk size", BROKEN, "-1\r\nx\r\n0\r\n\r\n"),
                chunked("chunk size that is no number", BROKEN, "zz\r\nx\r\n0\r\n\r\n"),
                chunked("empty chunk size", BROKEN, "\r\nx\r\n0\r\n\r\n"),
                chunked("chunk without its end", BROKEN, "1\r\nxyz\r\n0\r\n\r\n"),
                chunked("chunks that break off", BROKEN, "5\r\nx"),
                chunked(
                        "chunk extension without end",
                        TOO_LARGE,
                        "1;" + "e".repeat(20_000) + "\r\nx\r\n0\r\n\r\n"),
                chunked(
                        "trailers without end",
                        TOO_LARGE,
                        "1\r\nx\r\n0\r\n" + "X: y\r\n".repeat(200) + "\r\n"),
                answer(
                        "two lengths",
                        BROKEN,
                        exchange -> {
                            exchange.head(
                                    "HTTP/1.1 200 OK", "Content-Length: 1", "Content-Length: 2");
                            exchange.write("xy");
                        }),
                answer(
                        "negative length",
                        BROKEN,
                        exchange -> exchange.head("HTTP/1.1 200 OK", "Content-Length: -1")),
                answer(
                        "length beyond all numbers",
                        BROKEN,
                        exchange ->
                                exchange.head(
                                        "HTTP/1.1 200 OK", "Content-Length: " + "9".repeat(30))),
                answer(
                        "not HTTP",
                        BROKEN,
                        exchange -> {
                            exchange.write("SSH-2.0-OpenSSH_9.9\r\n\r\n");
                            exchange.socket().close();
                        }),
                answer(
                        "HTTP/0.9",
                        BROKEN,
                        exchange -> {
                            exchange.write("<html>hello</html>\r\n");
                            exchange.socket().close();
                        }),
                answer("nothing", BROKEN, exchange -> exchange.socket().close()),
                answer(
                        "protocol switch",
                        BROKEN,
                        exchange ->
                                exchange.head(
                                        "HTTP/1.1 101 X", "Upgrade: x", "Connection: Upgrade")));
    }

    @ParameterizedTest
    @MethodSource("tricks")
    void isAnsweredAsItMustBe(Trick trick) {
        try (Scene scene = new Scene(false)) {
            assertThat(trick.play().on(scene)).isEqualTo(trick.answer());
            assertThat(scene.reachedInside()).as("connections inside").isZero();
        }
    }

    /** The proxy is not even asked: who may not be called is refused before. */
    @ParameterizedTest
    @MethodSource("tricks")
    void isAnsweredTheSameBehindAProxy(Trick trick) {
        try (Scene scene = new Scene(true)) {
            assertThat(trick.play().on(scene)).isEqualTo(trick.answer());
            assertThat(scene.reachedInside()).as("connections inside").isZero();
            assertThat(scene.reachedProxy()).as("connections to the proxy").isZero();
        }
    }

    private static void drip(RawServer.Exchange exchange, String drop) throws IOException {
        try {
            while (!exchange.socket().isClosed()) {
                TimeUnit.MILLISECONDS.sleep(20);
                exchange.write(drop);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Until the other side has had enough. */
    private static void pour(RawServer.Exchange exchange, String part) throws IOException {
        for (long left = 100 << 20; left > 0; left -= part.length()) {
            exchange.write(part);
        }
    }

    /** The two servers, the names that there are, and the client that is to be tricked. */
    static final class Scene implements AutoCloseable {
        /** For who lets us wait; anybody else has the time that a busy machine takes. */
        private static final CallLimits SHORT =
                CallLimits.DEFAULT
                        .withRead(Duration.ofMillis(400))
                        .withWhole(Duration.ofMillis(800));

        private final RawServer inside = RawServer.start(exchange -> exchange.reply(200, "secret"));
        private volatile RawServer.Script script = exchange -> exchange.reply(200, "fine");
        private final RawServer outside = RawServer.start(exchange -> this.script.answer(exchange));
        private final RawServer proxy = RawServer.start(exchange -> exchange.reply(200, "tunnel"));
        private final Map<String, Deque<String>> names = new ConcurrentHashMap<>();
        private final Map<String, Integer> asked = new ConcurrentHashMap<>();
        private final GuardedHttp http;

        /**
         * @param proxied whether all that is not listed goes through a proxy
         */
        Scene(boolean proxied) {
            names("outside.example", "127.0.0.1");
            NameResolver resolver = this::resolve;
            OutboundSettings direct =
                    OutboundSettings.of(
                            OutboundAllow.parse(
                                    ports("outside.example:OUTSIDE," + "127.0.0.1:OUTSIDE")),
                            "Mooring/test");
            http = new GuardedHttp(proxied ? through(direct) : direct, resolver);
        }

        private OutboundSettings through(OutboundSettings direct) {
            return new OutboundSettings(
                    direct.allow(),
                    Optional.of(
                            new OutboundProxy("127.0.0.1", proxy.port(), Optional.empty(), false)),
                    direct.trust(),
                    direct.userAgent(),
                    direct.calls(),
                    direct.streams());
        }

        private List<InetAddress> resolve(String host) throws UnknownHostException {
            asked.merge(host, 1, Integer::sum);
            Deque<String> answers = names.get(host);
            if (answers == null) {
                // As the platform would; no name of a test is looked up anywhere.
                if (host.equals("localhost")) {
                    return List.of(InetAddress.ofLiteral("127.0.0.1"));
                }
                throw new UnknownHostException(host);
            }
            String answer = answers.size() > 1 ? answers.removeFirst() : answers.getFirst();
            if (answer.isEmpty()) {
                throw new UnknownHostException(host);
            }
            return Stream.of(answer.strip().split(" ")).map(InetAddress::ofLiteral).toList();
        }

        void names(String host, String... lookUps) {
            names.put(host, new ArrayDeque<>(List.of(lookUps)));
        }

        int lookUps(String host) {
            return asked.getOrDefault(host, 0);
        }

        void outside(RawServer.Script other) {
            script = other;
        }

        GuardedHttp http() {
            return http;
        }

        McpHttpConnector connector() {
            return new McpHttpConnector(
                    http, PROOFS, new ClientInfo("Mooring", "test"), InstantSource.system());
        }

        /** To the server outside, by the transport of 2024-11-05. */
        Connection legacy() {
            return new Connection(
                    new ServerUri(ports("http://outside.example:OUTSIDE/sse")),
                    Transport.HTTP_WITH_SSE,
                    Optional.empty(),
                    Optional.empty(),
                    StaticHeaders.NONE);
        }

        HttpAuthorizationServerDiscovery discovery() {
            return new HttpAuthorizationServerDiscovery(http, Duration.ZERO);
        }

        URI inside(String path) {
            return URI.create(ports("http://127.0.0.1:INSIDE" + path));
        }

        String ports(String text) {
            return text.replace(":INSIDE", ":" + inside.port())
                    .replace(":OUTSIDE", ":" + outside.port());
        }

        String get(String url) {
            return send(url, false, CallLimits.DEFAULT);
        }

        String getSoon(String url) {
            return send(url, false, SHORT);
        }

        String follow(String url) {
            return send(url, true, CallLimits.DEFAULT);
        }

        private String send(String url, boolean following, CallLimits limits) {
            try {
                OutboundRequest request =
                        OutboundRequest.get(URI.create(ports(url))).withLimits(limits);
                return String.valueOf(
                        http.send(following ? request.followingSameOriginRedirects() : request)
                                .status());
            } catch (OutboundException e) {
                return e.reason().name();
            } catch (IllegalArgumentException notEvenAUrl) {
                return NO_URL;
            }
        }

        int reachedInside() {
            return inside.connections();
        }

        int reachedProxy() {
            return proxy.connections();
        }

        @Override
        public void close() {
            http.close();
            outside.close();
            inside.close();
            proxy.close();
        }
    }
}
