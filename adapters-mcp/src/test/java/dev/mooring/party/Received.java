package dev.mooring.party;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;

import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/** A request as a party received it, with the moment its body was complete. */
public record Received(String method, URI uri, Headers headers, String body, Instant at) {

    static Received from(HttpExchange exchange) throws IOException {
        return new Received(
                exchange.getRequestMethod(),
                exchange.getRequestURI(),
                exchange.getRequestHeaders(),
                new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8),
                Instant.now());
    }

    /** The decoded path. */
    public String path() {
        return uri.getPath();
    }

    /** The parameters of the query. */
    public Parameters query() {
        return Parameters.parse(Objects.requireNonNullElse(uri.getRawQuery(), ""));
    }

    /** The parameters of a form body. */
    public Parameters form() {
        return Parameters.parse(body);
    }

    /** The first value of this header, whose name is case-insensitive. */
    public Optional<String> header(String name) {
        return headers(name).stream().findFirst();
    }

    /** Every value of this header. */
    public List<String> headers(String name) {
        return Objects.requireNonNullElse(headers.get(name), List.of());
    }

    /** Whether the body has this media type, whatever its parameters. */
    public boolean hasMediaType(String mediaType) {
        return header("Content-Type")
                .orElse("")
                .split(";", 2)[0]
                .strip()
                .equalsIgnoreCase(mediaType);
    }

    /** The body as JSON; empty when it is none. */
    public Optional<JsonNode> json() {
        try {
            return Optional.of(Answer.JSON.readTree(body)).filter(node -> !node.isMissingNode());
        } catch (JsonProcessingException malformed) {
            return Optional.empty();
        }
    }
}
