package dev.mooring.adapter.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.mooring.adapter.http.OutboundException.Reason;
import dev.mooring.domain.client.TrustedCa;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

import javax.net.ssl.ExtendedSSLSession;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLSocket;

@Timeout(30)
class GuardedHttpTlsTest {

    private static TestCertificate localhost;
    private static TestCertificate other;
    private static TestCertificate expired;

    private final List<AutoCloseable> opened = new ArrayList<>();
    private final GuardedHttp http = open(new GuardedHttp(settings(Optional.empty())));

    @BeforeAll
    static void makeCertificates() {
        localhost = TestCertificate.of("dns:localhost,dns:named.example");
        other = TestCertificate.of("dns:other.example");
        expired = TestCertificate.of("dns:localhost", "-10d", 5);
    }

    @AfterEach
    void closeAll() throws Exception {
        for (AutoCloseable each : opened.reversed()) {
            each.close();
        }
    }

    @Test
    void aPrivateAuthorityIsTrustedByTheCallThatNamesIt() {
        RawServer server = server(localhost);

        assertThat(http.send(get(server).withTrust(Optional.of(localhost.authority()))).status())
                .isEqualTo(200);
    }

    @Test
    void aPrivateAuthorityIsTrustedByEveryCallWhereTheOperatorSaysSo() {
        RawServer server = server(localhost);
        GuardedHttp trusting = open(new GuardedHttp(settings(Optional.of(localhost.authority()))));

        assertThat(trusting.send(get(server)).status()).isEqualTo(200);
        assertThat(trusting.send(get(server).withTrust(Optional.of(other.authority()))).status())
                .isEqualTo(200);
    }

    @Test
    void withoutItNothingIsSent() {
        RawServer server = server(localhost);

        OutboundException e = failure(get(server));

        assertThat(e.reason()).isEqualTo(Reason.TLS_FAILED);
        assertThat(e.mayHaveBeenSent()).isFalse();
        assertThat(e).hasMessageContaining("localhost").hasMessageContaining("not trusted");
        assertThat(server.exchanges()).isEmpty();
    }

    @Test
    void anotherPrivateAuthorityDoesNotHelp() {
        assertThat(
                        failure(get(server(localhost)).withTrust(Optional.of(other.authority())))
                                .reason())
                .isEqualTo(Reason.TLS_FAILED);
    }

    @Test
    void aKeptConnectionIsNotLentToACallWithOtherTrust() {
        RawServer server = server(localhost);
        OutboundRequest trusting = get(server).withTrust(Optional.of(localhost.authority()));

        http.send(trusting);
        assertThat(failure(get(server)).reason()).isEqualTo(Reason.TLS_FAILED);
        http.send(trusting);

        assertThat(server.exchanges())
                .extracting(RawServer.Exchange::connection)
                .containsExactly(1, 1);
    }

    @Test
    void aTrustedCertificateForAnotherNameIsRefused() {
        OutboundException e = failure(get(server(other)).withTrust(Optional.of(other.authority())));

        assertThat(e.reason()).isEqualTo(Reason.TLS_FAILED);
        assertThat(e).hasMessageContaining("not for this host");
    }

    @Test
    void anExpiredCertificateIsRefused() {
        OutboundException e =
                failure(get(server(expired)).withTrust(Optional.of(expired.authority())));

        assertThat(e.reason()).isEqualTo(Reason.TLS_FAILED);
        assertThat(e).hasMessageContaining("expired");
    }

    @Test
    void theServerIsToldTheNameAlthoughAnAddressIsDialled() throws Exception {
        List<String> names = new ArrayList<>();
        RawServer server =
                open(
                        RawServer.start(
                                localhost.listen(),
                                exchange -> {
                                    SSLSocket socket = (SSLSocket) exchange.socket();
                                    ((ExtendedSSLSession) socket.getSession())
                                            .getRequestedServerNames()
                                            .forEach(name ->
                                                    names.add(((SNIHostName) name).getAsciiName()));
                                    exchange.reply(200, exchange.header("Host"));
                                }));
        GuardedHttp client =
                open(
                        new GuardedHttp(
                                settings(Optional.of(localhost.authority())),
                                host -> List.of(InetAddress.ofLiteral("127.0.0.1"))));

        OutboundAnswer answer =
                client.send(
                        OutboundRequest.get(
                                URI.create("https://named.example:" + server.port() + "/")));

        assertThat(names).containsExactly("named.example");
        assertThat(answer.body().text()).isEqualTo("named.example:" + server.port());
    }

    @Test
    void aServerThatDoesNotSpeakTlsIsATlsFailure() {
        RawServer plain = open(RawServer.start(exchange -> exchange.reply(200, "")));
        // A plain server answers the handshake with something else, or with silence.
        OutboundException e =
                failure(
                        OutboundRequest.get(URI.create("https://localhost:" + plain.port() + "/"))
                                .withLimits(
                                        new CallLimits(
                                                Duration.ofMillis(300),
                                                Duration.ofSeconds(1),
                                                Optional.of(Duration.ofSeconds(2)),
                                                1)));

        assertThat(e.reason()).isIn(Reason.TLS_FAILED, Reason.TIMED_OUT);
        assertThat(e.mayHaveBeenSent()).isFalse();
    }

    @Test
    void aServerThatAnswersTheHandshakeInPlainTextIsATlsFailure() {
        OutboundException e = failure(get(handshake("HTTP/1.1 400 Bad Request\r\n\r\n")));

        assertThat(e.reason()).isEqualTo(Reason.TLS_FAILED);
        assertThat(e.mayHaveBeenSent()).isFalse();
    }

    @Test
    void aHandshakeThatNeverEndsIsCutOff() {
        OutboundException e =
                failure(
                        get(handshake(""))
                                .withLimits(CallLimits.DEFAULT.withWhole(Duration.ofMillis(300))));

        assertThat(e.reason()).isEqualTo(Reason.TIMED_OUT);
        assertThat(e.mayHaveBeenSent()).isFalse();
        assertThat(http.openConnections()).isZero();
    }

    @Test
    void anEncryptedBodyThatNeverEndsIsCutOff() {
        RawServer server =
                open(
                        RawServer.start(
                                localhost.listen(),
                                exchange -> {
                                    exchange.head("HTTP/1.1 200 OK", "Content-Length: 10");
                                    exchange.write("x");
                                    exchange.socket().getInputStream().readAllBytes();
                                }));
        long start = System.nanoTime();

        OutboundException e =
                failure(
                        get(server)
                                .withTrust(Optional.of(localhost.authority()))
                                .withLimits(CallLimits.DEFAULT.withWhole(Duration.ofMillis(500))));

        assertThat(e.reason()).isEqualTo(Reason.TIMED_OUT);
        assertThat(e.mayHaveBeenSent()).isTrue();
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(5));
    }

    @Test
    void anAuthorityThatIsNoCertificateIsSaidSo() {
        TrustedCa broken =
                new TrustedCa("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----");

        OutboundException e = failure(get(server(localhost)).withTrust(Optional.of(broken)));

        assertThat(e.reason()).isEqualTo(Reason.TLS_FAILED);
        assertThat(e).hasMessageContaining("private authority");
        assertThatThrownBy(() -> new GuardedHttp(settings(Optional.of(broken))))
                .isInstanceOf(IllegalArgumentException.class);
        assertThat(http.openConnections()).isZero();
    }

    private OutboundException failure(OutboundRequest request) {
        return catchThrowableOfType(OutboundException.class, () -> http.send(request));
    }

    private RawServer server(TestCertificate certificate) {
        return open(RawServer.start(certificate.listen(), exchange -> exchange.reply(200, "x")));
    }

    private static OutboundRequest get(RawServer server) {
        return get(server.port());
    }

    private static OutboundRequest get(int port) {
        return OutboundRequest.get(URI.create("https://localhost:" + port + "/"));
    }

    /**
     * A port whose every connection is answered with the text, whatever it says, and then stays
     * open.
     */
    private int handshake(String text) {
        try {
            ServerSocket listener =
                    open(new ServerSocket(0, 5, InetAddress.ofLiteral("127.0.0.1")));
            Thread.ofVirtual()
                    .start(() -> {
                        try (Socket socket = listener.accept()) {
                            socket.getOutputStream()
                                    .write(text.getBytes(StandardCharsets.US_ASCII));
                            socket.getInputStream().readAllBytes();
                        } catch (IOException e) {
                            // the client went away
                        }
                    });
            return listener.getLocalPort();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private <T extends AutoCloseable> T open(T closeable) {
        opened.add(closeable);
        return closeable;
    }

    private static OutboundSettings settings(Optional<TrustedCa> trust) {
        OutboundSettings plain =
                OutboundSettings.of(OutboundAllow.parse("127.0.0.0/8"), "Mooring/test");
        return new OutboundSettings(
                plain.allow(),
                plain.proxy(),
                trust,
                plain.userAgent(),
                plain.calls(),
                plain.streams());
    }
}
