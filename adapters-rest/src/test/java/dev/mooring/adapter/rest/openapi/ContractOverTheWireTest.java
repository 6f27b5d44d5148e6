package dev.mooring.adapter.rest.openapi;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.adapter.rest.Eventually;
import dev.mooring.adapter.rest.TestServer;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;

/** What a real server sends fits the document that it serves. */
class ContractOverTheWireTest {
    private static final OpenApiContract CONTRACT = OpenApiContract.served();
    private static final HttpClient HTTP = HttpClient.newHttpClient();

    private static TestServer server;

    @BeforeAll
    static void start() {
        server = TestServer.start();
    }

    @AfterAll
    static void stop() {
        server.close();
        HTTP.close();
    }

    @Test
    void documentIsServedAsItIs() throws Exception {
        byte[] document;
        try (var in = getClass().getResourceAsStream("/META-INF/openapi.yaml")) {
            document = in.readAllBytes();
        }

        assertThat(ask("GET", server.port(), "/openapi").body())
                .isEqualTo(new String(document, StandardCharsets.UTF_8));
    }

    @Test
    void healthFitsOnBothSockets() throws Exception {
        for (int port : new int[] {server.port(), server.adminPort()}) {
            for (String path : new String[] {"/health", "/health/live", "/health/ready"}) {
                assertThat(ask("GET", port, path).statusCode()).isEqualTo(200);
                ask("HEAD", port, path);
            }
        }
    }

    @Test
    void notBeingReadyFits() throws Exception {
        server.databaseUp.set(false);
        try {
            // What was found is told for a second.
            Eventually.isTrue(() -> readiness() == 503);
            assertThat(ask("GET", server.port(), "/health/live").statusCode()).isEqualTo(200);
        } finally {
            server.databaseUp.set(true);
            Eventually.isTrue(() -> readiness() == 200);
        }
    }

    private static int readiness() {
        try {
            return ask("GET", server.port(), "/health/ready").statusCode();
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void metricsFit() throws Exception {
        assertThat(ask("GET", server.adminPort(), "/metrics").statusCode()).isEqualTo(200);
    }

    @Test
    void whatTheWebServerRefusesFits() throws Exception {
        assertThat(ask("GET", server.port(), "/nowhere").statusCode()).isEqualTo(404);
        assertThat(ask("POST", server.port(), "/health").statusCode()).isEqualTo(405);
        assertThat(ask("GET", server.port(), "/boom").statusCode()).isEqualTo(500);
        assertThat(ask("GET", server.port(), "/health?" + "x".repeat(9000)).statusCode())
                .isEqualTo(414);
    }

    private static HttpResponse<String> ask(String method, int port, String target)
            throws IOException, InterruptedException {
        HttpRequest request =
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + target))
                        .method(method, BodyPublishers.noBody())
                        .build();
        HttpResponse<String> response = HTTP.send(request, BodyHandlers.ofString());
        CONTRACT.check(Exchange.of(request, "", response));
        return response;
    }
}
