package dev.mooring.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.endtoend.ApiClient.Reply;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;

/** What the web server itself answers, and what operators look at. */
final class EdgesIT {

    private final Mooring mooring = SharedService.mooring();

    @AfterEach
    void stop() {
        mooring.close();
    }

    @Test
    void anUnknownPathIsNotFound() {
        Envelope.isError(mooring.api().get("/api/mcp/nothing"), 404, "route_not_found");
    }

    @ParameterizedTest
    @CsvSource({
        "DELETE, /api/mcp/clients",
        "PATCH, /api/mcp/client/any",
        "GET, /api/mcp/client/any/complete-oauth",
        "POST, /api/oauth/callback"
    })
    void aWrongMethodIsNotAllowedAndTheRightOnesAreNamed(String method, String path) {
        Reply reply = mooring.api().send(path, method, BodyPublishers.noBody());

        Envelope.isError(reply, 405, "method_not_allowed");
        assertThat(reply.header("Allow").orElse("")).isNotEmpty().doesNotContain(method);
    }

    @Test
    void aBodyThatIsNotJsonIsRefused() {
        Reply type =
                mooring.api()
                        .send(
                                "/api/mcp/client",
                                "POST",
                                BodyPublishers.ofString("name=x"),
                                "Content-Type",
                                "application/x-www-form-urlencoded");
        Reply syntax =
                mooring.api()
                        .send(
                                "/api/mcp/client",
                                "POST",
                                BodyPublishers.ofString("{\"name\": "),
                                "Content-Type",
                                "application/json");

        Envelope.isError(type, 415);
        Envelope.isError(syntax, 400, "invalid_json");
    }

    @Test
    void aHugeBodyIsRefused() {
        Reply reply =
                mooring.api()
                        .post(
                                "/api/mcp/client",
                                ApiClient.object().put("name", "x".repeat(20_000_000)));

        Envelope.isError(reply, 413, "body_too_large");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "nonsense\r\n\r\n",
                "GET /health HTTP/9.9\r\nHost: localhost\r\n\r\n",
                "GET /h%zz HTTP/1.1\r\nHost: localhost\r\n\r\n",
                "GET /health HTTP/1.1\r\nHost: localhost\r\nbad header\r\n\r\n"
            })
    void aMalformedRequestGetsTheEnvelopeToo(String request) throws IOException {
        URI address = URI.create(SharedService.get().address());
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), address.getPort())) {
            socket.setSoTimeout(10_000);
            OutputStream out = socket.getOutputStream();
            out.write(request.getBytes(StandardCharsets.US_ASCII));
            out.flush();
            socket.shutdownOutput();

            String answer =
                    new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

            assertThat(answer).startsWith("HTTP/1.1 4").contains("\"event_id\"");
        }
    }

    @Test
    void anErrorCanBeFoundInTheLogByItsEventId() {
        Reply reply = mooring.client("nobody");

        String eventId = reply.text("/event_id");
        assertThat(eventId).isNotEmpty();
        Eventually.holds(
                "the event is in the log",
                () -> SharedService.get().log().stream().anyMatch(line -> line.contains(eventId)));
    }

    @Test
    void aRequestIdIsKeptAndOneIsMadeWhereThereIsNone() {
        Reply given =
                mooring.api()
                        .send(
                                "/api/mcp/clients",
                                "GET",
                                BodyPublishers.noBody(),
                                "X-Request-Id",
                                "mine-42");
        Reply made = mooring.api().get("/api/mcp/nothing");

        assertThat(given.header("X-Request-Id")).hasValue("mine-42");
        assertThat(made.header("X-Request-Id").orElse("")).isNotEmpty();
    }

    @Test
    void metricsAreOnTheAdminSocketOnly() {
        Reply metrics = mooring.api().get(SharedService.get().adminAddress() + "/metrics");

        assertThat(metrics.status()).isEqualTo(200);
        assertThat(metrics.header("Content-Type").orElse("")).startsWith("text/plain");
        assertThat(metrics.body()).contains("# TYPE");
        Envelope.isError(mooring.api().get("/metrics"), 404);
    }

    @Test
    void healthIsOnBothSockets() {
        for (String path : new String[] {"/health/live", "/health/ready"}) {
            assertThat(mooring.api().get(path).status()).isEqualTo(200);
            assertThat(mooring.api().get(SharedService.get().adminAddress() + path).status())
                    .isEqualTo(200);
        }
    }

    @Test
    void theOpenApiDocumentIsServed() {
        Reply reply = mooring.api().get("/openapi");

        assertThat(reply.body())
                .contains("3.1", "/api/mcp/client/{id}/complete-oauth", "completeMCPClientOAuth");
    }

    @Test
    void aClientMetadataDocumentNeedsAnHttpsAddress() {
        Envelope.isError(
                mooring.api().get("/.well-known/oauth-client"),
                404,
                "metadata_document_not_published");
    }
}
