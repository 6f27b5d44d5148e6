package dev.mooring.adapter.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.mooring.adapter.http.OutboundException.Reason;
import dev.mooring.adapter.http.OutboundSettings.Share;
import dev.mooring.application.port.Budget;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

@Timeout(30)
class GuardedHttpProxyTest {

    private static TestCertificate certificate;

    private final List<AutoCloseable> opened = new ArrayList<>();
    private RawServer target;

    @BeforeAll
    static void makeCertificate() {
        certificate = TestCertificate.of("dns:public.example,dns:private.example");
    }

    @AfterEach
    void closeAll() throws Exception {
        for (AutoCloseable each : opened.reversed()) {
            each.close();
        }
    }

    @Test
    void theProxyIsAskedForTheAddressThatWasChecked() {
        RawServer proxy = proxy();
        GuardedHttp http = client(proxy, Optional.empty(), false, "");

        OutboundAnswer answer = http.send(get("https://public.example/path"));
        http.send(get("https://public.example/path"));

        assertThat(answer.body().text()).isEqualTo("public.example /path");
        assertThat(proxy.exchanges()).as("one tunnel for both").hasSize(1);
        assertThat(proxy.exchanges().getFirst().head())
                .startsWith("CONNECT 93.184.215.14:443 HTTP/1.1")
                .doesNotContain("path");
    }

    @Test
    void privateTargetsAreRefusedBeforeTheProxyIsAsked() {
        RawServer proxy = proxy();
        GuardedHttp http = client(proxy, Optional.empty(), false, "");

        assertThat(failure(http, "https://private.example/").reason())
                .isEqualTo(Reason.REFUSED_BY_GUARD);
        assertThat(failure(http, "http://public.example/").reason())
                .isEqualTo(Reason.REFUSED_BY_GUARD);
        assertThat(proxy.connections()).isZero();
    }

    @Test
    void aProxyThatConnectsByNameIsGivenTheNameAndDecidesItself() {
        RawServer proxy = proxy();
        GuardedHttp http = client(proxy, Optional.empty(), true, "");

        assertThat(http.send(get("https://private.example/x")).body().text())
                .isEqualTo("private.example /x");
        assertThat(failure(http, "http://public.example/").reason())
                .isEqualTo(Reason.REFUSED_BY_GUARD);
        assertThat(proxy.exchanges()).hasSize(1);
        assertThat(proxy.exchanges().getFirst().head())
                .startsWith("CONNECT private.example:443 HTTP/1.1");
    }

    @Test
    void allowListedTargetsAreDialledDirectly() {
        RawServer plain = open(RawServer.start(exchange -> exchange.reply(200, "direct")));
        RawServer proxy = proxy();

        for (boolean byName : new boolean[] {false, true}) {
            GuardedHttp http = client(proxy, Optional.empty(), byName, "127.0.0.1,private.example");

            assertThat(http.send(get("http://127.0.0.1:" + plain.port() + "/")).body().text())
                    .isEqualTo("direct");
            assertThat(http.send(get("http://private.example:" + plain.port() + "/")).body().text())
                    .isEqualTo("direct");
        }
        assertThat(proxy.connections()).isZero();
    }

    @Test
    void whatIsAllowedCanBeAskedWithoutCallingAnybody() {
        RawServer proxy = proxy();
        Budget budget = Budget.of(Duration.ofSeconds(5));
        GuardedHttp checking = client(proxy, Optional.empty(), false, "");
        GuardedHttp trusting = client(proxy, Optional.empty(), true, "");

        checking.requireAllowed(URI.create("https://public.example/"), budget);
        trusting.requireAllowed(URI.create("https://private.example/"), budget);
        assertThatThrownBy(() ->
                        checking.requireAllowed(URI.create("https://private.example/"), budget))
                .isInstanceOf(OutboundException.class);
        for (GuardedHttp http : new GuardedHttp[] {checking, trusting}) {
            assertThatThrownBy(
                            () -> http.requireAllowed(URI.create("http://public.example/"), budget))
                    .isInstanceOf(OutboundException.class);
        }
        assertThat(proxy.connections()).isZero();
    }

    @Test
    void aProxyThatRefusesTheTunnelIsNotTakenForTheTarget() {
        RawServer proxy =
                open(RawServer.start(exchange -> exchange.reply(403, "{\"issuer\":\"evil\"}")));
        GuardedHttp http = client(proxy, Optional.empty(), true, "");

        OutboundException e = failure(http, "https://public.example/");

        assertThat(e.reason()).isEqualTo(Reason.CONNECT_FAILED);
        assertThat(e.mayHaveBeenSent()).isFalse();
        assertThat(e).hasMessageContaining("proxy").hasMessageContaining("403");
        assertThat(http.openConnections()).isZero();
    }

    @Test
    void credentialsGoToTheProxyThatAsksAndToNobodyElse() {
        RawServer proxy =
                open(
                        RawServer.start(exchange -> {
                            if (exchange.header("Proxy-Authorization").isEmpty()) {
                                exchange.reply(407, "", "Proxy-Authenticate: Basic realm=\"p\"");
                            } else {
                                tunnel(exchange);
                            }
                        }));
        GuardedHttp http =
                client(proxy, Optional.of(new OutboundProxy.Credentials("user", "pass")), true, "");

        OutboundAnswer answer = http.send(get("https://public.example/challenge"));

        assertThat(answer.status()).isEqualTo(401);
        assertThat(proxy.exchanges().getLast().header("Proxy-Authorization"))
                .isEqualTo("Basic dXNlcjpwYXNz");
        assertThat(target.exchanges()).hasSize(1);
        assertThat(target.exchanges().getFirst().head())
                .doesNotContainIgnoringCase("authorization");
    }

    @Test
    void aProxyThatIsAwayIsAConnectFailure() {
        RawServer proxy = proxy();
        proxy.close();

        OutboundException e =
                failure(client(proxy, Optional.empty(), true, ""), "https://public.example/");

        assertThat(e.reason()).isEqualTo(Reason.CONNECT_FAILED);
        assertThat(e.mayHaveBeenSent()).isFalse();
    }

    private RawServer proxy() {
        return open(RawServer.start(this::tunnel));
    }

    /** Wherever the client wants to go, it gets to the one target of this test. */
    private void tunnel(RawServer.Exchange exchange) throws IOException {
        if (target == null) {
            target =
                    open(
                            RawServer.start(
                                    certificate.listen(),
                                    asked ->
                                            asked.reply(
                                                    asked.target().equals("/challenge") ? 401 : 200,
                                                    asked.header("Host") + " " + asked.target(),
                                                    "WWW-Authenticate: Basic realm=\"t\"")));
        }
        try (Socket onwards = new Socket(InetAddress.ofLiteral("127.0.0.1"), target.port())) {
            exchange.head("HTTP/1.1 200 Connection established");
            Thread back =
                    Thread.ofVirtual()
                            .start(() -> {
                                try {
                                    onwards.getInputStream()
                                            .transferTo(exchange.socket().getOutputStream());
                                } catch (IOException e) {
                                    // one side went away
                                }
                            });
            exchange.socket().getInputStream().transferTo(onwards.getOutputStream());
            back.interrupt();
        }
        exchange.socket().close();
    }

    private GuardedHttp client(
            RawServer proxy,
            Optional<OutboundProxy.Credentials> credentials,
            boolean byName,
            String allow) {
        NameResolver resolver =
                host ->
                        switch (host) {
                            case "proxy.internal" -> List.of(InetAddress.ofLiteral("127.0.0.1"));
                            case "private.example" -> List.of(InetAddress.ofLiteral("127.0.0.1"));
                            case "public.example" ->
                                    List.of(InetAddress.ofLiteral("93.184.215.14"));
                            default -> throw new UnknownHostException(host);
                        };
        return open(
                new GuardedHttp(
                        new OutboundSettings(
                                OutboundAllow.parse(allow),
                                Optional.of(
                                        new OutboundProxy(
                                                "proxy.internal",
                                                proxy.port(),
                                                credentials,
                                                byName)),
                                Optional.of(certificate.authority()),
                                "Mooring/test",
                                new Share(4, 4),
                                new Share(4, 4)),
                        resolver));
    }

    private static OutboundRequest get(String url) {
        return OutboundRequest.get(URI.create(url));
    }

    private static OutboundException failure(GuardedHttp http, String url) {
        return catchThrowableOfType(OutboundException.class, () -> http.send(get(url)));
    }

    private <T extends AutoCloseable> T open(T closeable) {
        opened.add(closeable);
        return closeable;
    }
}
