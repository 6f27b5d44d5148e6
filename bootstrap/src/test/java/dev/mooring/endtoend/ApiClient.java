package dev.mooring.endtoend;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.mooring.party.KnownSecrets;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * A caller of the service's HTTP API. Every request has a time-out of 60 seconds. A secret in an
 * answer, be it the caller's own or anybody else's, fails the test.
 */
final class ApiClient implements AutoCloseable {

    static final ObjectMapper JSON = new ObjectMapper();

    /** How a caller shows who it is: the three schemes of the API, or not at all. */
    sealed interface Credential {
        record Nobody() implements Credential {}

        record Bearer(String token) implements Credential {}

        record Basic(String name, String password) implements Credential {}

        record ApiKey(String key) implements Credential {}
    }

    /** An answer of the API. */
    record Reply(HttpResponse<String> response) {
        int status() {
            return response.statusCode();
        }

        String body() {
            return response.body();
        }

        Optional<String> header(String name) {
            return response.headers().firstValue(name);
        }

        JsonNode json() {
            try {
                return JSON.readTree(response.body());
            } catch (JsonProcessingException malformed) {
                throw new AssertionError("Not JSON: " + response.body(), malformed);
            }
        }

        /** The text at this JSON pointer, empty when there is none. */
        String text(String pointer) {
            return json().at(pointer).asText();
        }

        /** The stable code of an error answer. */
        String code() {
            return text("/error/code");
        }
    }

    private static final Pattern MAKES_WEBHOOK_SECRET =
            Pattern.compile("/api/webhooks(/[^/]+/rotate-secret)?");

    private final HttpClient http =
            HttpClient.newBuilder()
                    .version(HttpClient.Version.HTTP_1_1)
                    .connectTimeout(Duration.ofSeconds(5))
                    .build();
    private final String base;
    private final Credential credential;

    ApiClient(String base, Credential credential) {
        this.base = base;
        this.credential = credential;
        switch (credential) {
            case Credential.Nobody() -> {}
            case Credential.Bearer(String token) -> KnownSecrets.remember(token);
            case Credential.Basic(String name, String password) -> {
                KnownSecrets.remember(password);
                KnownSecrets.remember(base64(name + ":" + password));
            }
            case Credential.ApiKey(String key) -> KnownSecrets.remember(key);
        }
    }

    /** The service's address, without a trailing slash. */
    String base() {
        return base;
    }

    static ObjectNode object() {
        return JSON.createObjectNode();
    }

    Reply get(String path) {
        return send(request(path).GET());
    }

    Reply post(String path) {
        return send(request(path).POST(BodyPublishers.noBody()));
    }

    /** Posts JSON, with these extra headers given as names and values in turn. */
    Reply post(String path, JsonNode body, String... headers) {
        return send(withHeaders(json(path).POST(text(body)), headers));
    }

    /** Puts JSON, with these extra headers given as names and values in turn. */
    Reply put(String path, JsonNode body, String... headers) {
        return send(withHeaders(json(path).PUT(text(body)), headers));
    }

    Reply delete(String path) {
        return send(request(path).DELETE());
    }

    /** Sends a request of the caller's own making to this path. */
    Reply send(String path, String method, BodyPublisher body, String... headers) {
        return send(withHeaders(request(path).method(method, body), headers));
    }

    @Override
    public void close() {
        http.close();
    }

    private HttpRequest.Builder json(String path) {
        return request(path).header("Content-Type", "application/json");
    }

    private HttpRequest.Builder request(String path) {
        HttpRequest.Builder request =
                HttpRequest.newBuilder(URI.create(path.startsWith("http") ? path : base + path))
                        .timeout(Duration.ofSeconds(60));
        return switch (credential) {
            case Credential.Nobody() -> request;
            case Credential.Bearer(String token) ->
                    request.header("Authorization", "Bearer " + token);
            case Credential.Basic(String name, String password) ->
                    request.header("Authorization", "Basic " + base64(name + ":" + password));
            case Credential.ApiKey(String key) -> request.header("x-api-key", key);
        };
    }

    private Reply send(HttpRequest.Builder request) {
        try {
            Reply reply = new Reply(http.send(request.build(), BodyHandlers.ofString()));
            SaidSecrets.areNotIn(whatMustHoldNoSecret(reply));
            return reply;
        } catch (IOException broken) {
            throw new UncheckedIOException(broken);
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(stopped);
        }
    }

    /**
     * The answer without what may be secret in it: a key or a webhook's secret just made, which is
     * known from now on; and links for a person to open, for the {@code state} is in them. The
     * description of the API, which is the same for all, has samples of both.
     */
    private static List<String> whatMustHoldNoSecret(Reply reply) {
        HttpRequest request = reply.response().request();
        String path = request.uri().getPath();
        boolean making = request.method().equals("POST") && reply.status() == 200;
        String body = reply.body();
        if (path.equals("/openapi")) {
            body = "";
        } else if (making && path.equals("/api/keys")) {
            body = body.replace(KnownSecrets.remember(reply.text("/key")), "");
        } else if (making && MAKES_WEBHOOK_SECRET.matcher(path).matches()) {
            body = body.replace(KnownSecrets.remember(reply.text("/secret")), "");
        } else if (body.contains("\"authorize_url\"")) {
            for (String link : reply.json().findValuesAsText("authorize_url")) {
                body = body.replace(link, "");
            }
        }
        List<String> said = new ArrayList<>(body.lines().toList());
        reply.response().headers().map().forEach((name, values) -> said.add(name + ": " + values));
        return said;
    }

    private static HttpRequest.Builder withHeaders(HttpRequest.Builder request, String... headers) {
        for (int i = 0; i < headers.length; i += 2) {
            request.setHeader(headers[i], headers[i + 1]);
        }
        return request;
    }

    private static BodyPublisher text(JsonNode body) {
        KnownSecrets.rememberThoseOf(body);
        return BodyPublishers.ofString(body.toString());
    }

    private static String base64(String text) {
        return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }
}
