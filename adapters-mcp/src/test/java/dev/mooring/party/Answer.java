package dev.mooring.party;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** What a party answers, and how it delivers that. */
public record Answer(int status, List<Header> headers, String body, Delivery delivery) {

    static final ObjectMapper JSON = new ObjectMapper();

    /** One header line. */
    public record Header(String name, String value) {}

    /** How an answer reaches the client. */
    public sealed interface Delivery {

        /** As fast as the socket takes it. */
        record AtOnce() implements Delivery {}

        /** Not at all: the connection is closed without a byte. */
        record Dropped() implements Delivery {}

        /** One byte at a time, with this pause before each. */
        record Trickled(Duration pause) implements Delivery {}

        /** Cut off: only this many bytes of the announced body, then the connection is closed. */
        record CutOff(int bytes) implements Delivery {}

        /** By a writer that may keep the connection open as long as it likes. */
        record Streamed(Writer writer) implements Delivery {}
    }

    /** Writes the body of a streamed answer; the stream ends when it returns. */
    @FunctionalInterface
    public interface Writer {
        void write(OutputStream body) throws IOException, InterruptedException;
    }

    /** This JSON document. */
    public static Answer json(int status, JsonNode document) {
        return text(status, "application/json", document.toString());
    }

    /** This text. */
    public static Answer text(int status, String contentType, String text) {
        return new Answer(
                status,
                List.of(new Header("Content-Type", contentType)),
                text,
                new Delivery.AtOnce());
    }

    /** No body. */
    public static Answer empty(int status) {
        return new Answer(status, List.of(), "", new Delivery.AtOnce());
    }

    /** A redirect. */
    public static Answer redirect(String location) {
        return empty(302).with("Location", location);
    }

    /** An open stream of server-sent events. */
    public static Answer stream(Writer writer) {
        return text(200, "text/event-stream", "").delivered(new Delivery.Streamed(writer));
    }

    /** The same with one more header line. */
    public Answer with(String header, String value) {
        List<Header> more =
                Stream.concat(headers.stream(), Stream.of(new Header(header, value))).toList();
        return new Answer(status, more, body, delivery);
    }

    /** The same with this header instead of any of its name. */
    public Answer replacing(String header, String value) {
        List<Header> others =
                headers.stream().filter(each -> !each.name().equalsIgnoreCase(header)).toList();
        return new Answer(status, others, body, delivery).with(header, value);
    }

    /** The same, delivered another way. */
    public Answer delivered(Delivery another) {
        return new Answer(status, headers, body, another);
    }

    /** The first value of this header. */
    public Optional<String> header(String name) {
        return headers.stream()
                .filter(each -> each.name().equalsIgnoreCase(name))
                .map(Header::value)
                .findFirst();
    }

    /** The body as JSON. */
    public JsonNode json() {
        try {
            return JSON.readTree(body);
        } catch (JsonProcessingException malformed) {
            throw new IllegalStateException("This answer is not JSON: " + body, malformed);
        }
    }

    void send(HttpExchange exchange) throws IOException, InterruptedException {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        try (exchange) {
            headers.forEach(
                    header -> exchange.getResponseHeaders().add(header.name(), header.value()));
            switch (delivery) {
                case Delivery.Dropped() -> {}
                case Delivery.AtOnce() -> {
                    announce(exchange, bytes);
                    exchange.getResponseBody().write(bytes);
                }
                case Delivery.CutOff(int length) -> {
                    announce(exchange, bytes);
                    exchange.getResponseBody().write(bytes, 0, length);
                    exchange.getResponseBody().flush();
                }
                case Delivery.Trickled(Duration pause) -> {
                    announce(exchange, bytes);
                    for (byte each : bytes) {
                        Thread.sleep(pause);
                        exchange.getResponseBody().write(each);
                        exchange.getResponseBody().flush();
                    }
                }
                case Delivery.Streamed(Writer writer) -> {
                    exchange.sendResponseHeaders(status, 0);
                    exchange.getResponseBody().flush();
                    writer.write(exchange.getResponseBody());
                }
            }
        }
    }

    private void announce(HttpExchange exchange, byte[] bytes) throws IOException {
        exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
    }
}
