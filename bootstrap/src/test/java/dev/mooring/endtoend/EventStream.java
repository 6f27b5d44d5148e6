package dev.mooring.endtoend;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Somebody who follows the events of a node until the connection is cut. */
final class EventStream implements AutoCloseable {

    private final HttpClient http = HttpClient.newHttpClient();
    private final List<String> lines = new CopyOnWriteArrayList<>();
    private final InputStream body;

    /**
     * Opens it.
     *
     * @param lastSeen the id of the last event that was seen; empty for none
     */
    EventStream(String address, String key, String lastSeen) {
        HttpRequest.Builder request =
                HttpRequest.newBuilder(URI.create(address + "/api/mcp/events"))
                        .header("x-api-key", key);
        if (!lastSeen.isEmpty()) {
            request.header("Last-Event-ID", lastSeen);
        }
        try {
            body = http.send(request.build(), BodyHandlers.ofInputStream()).body();
        } catch (IOException broken) {
            throw new UncheckedIOException(broken);
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(stopped);
        }
        Thread.ofVirtual().start(this::read);
    }

    private void read() {
        try (BufferedReader reader =
                new BufferedReader(new InputStreamReader(body, StandardCharsets.UTF_8))) {
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                lines.add(line);
            }
        } catch (IOException cut) {
            lines.add(": cut");
        }
    }

    /** All that was read so far. */
    List<String> lines() {
        return List.copyOf(lines);
    }

    /** The events about a client that were read so far. */
    List<JsonNode> of(String clientId) {
        return lines.stream()
                .filter(line -> line.startsWith("data: "))
                .map(line -> json(line.substring(6)))
                .filter(event -> event.path("client_id").asText().equals(clientId))
                .toList();
    }

    private static JsonNode json(String text) {
        try {
            return ApiClient.JSON.readTree(text);
        } catch (JsonProcessingException malformed) {
            throw new AssertionError("Not JSON: " + text, malformed);
        }
    }

    /** Cuts the connection; what was told is searched for secrets. */
    @Override
    public void close() {
        http.shutdownNow();
        http.close();
        SaidSecrets.areNotIn(lines());
    }
}
