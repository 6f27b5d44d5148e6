package dev.mooring.adapter.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;

import org.junit.jupiter.api.Test;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;

class GuardedHttpTest {

    @Test
    void answersAreReadWhole() throws Exception {
        HttpServer server =
                HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext(
                "/",
                exchange -> {
                    byte[] body =
                            (exchange.getRequestMethod()
                                            + " "
                                            + exchange.getRequestURI()
                                            + " "
                                            + exchange.getRequestHeaders().entrySet())
                                    .getBytes(java.nio.charset.StandardCharsets.UTF_8);
                    exchange.sendResponseHeaders(200, body.length);
                    exchange.getResponseBody().write(body);
                    exchange.close();
                });
        server.start();
        try (GuardedHttp http =
                new GuardedHttp(
                        OutboundSettings.of(OutboundAllow.parse("localhost"), "Mooring/test"))) {
            OutboundAnswer answer =
                    http.send(
                            OutboundRequest.get(
                                    URI.create(
                                            "http://localhost:"
                                                    + server.getAddress().getPort()
                                                    + "/a%2Fb;v=1//c?x=a+b&y=%20")));
            System.err.println(answer.body().text());
            assertThat(answer.status()).isEqualTo(200);
        } finally {
            server.stop(0);
        }
    }
}
