package dev.mooring.party;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The least that a correct client does, by hand: it shows that the parties are satisfied by the
 * standards alone, and reads as a walk through them.
 */
public final class ConformantClient implements AutoCloseable {

    public static final String REDIRECT_URI = "http://localhost:1/callback";
    static final String VERIFIER = "a-code-verifier-of-at-least-forty-three-characters";

    private final HttpClient http =
            HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(5)).build();

    @Override
    public void close() {
        http.close();
    }

    /** The challenge that the server gives to somebody without a token, at the latest to a call. */
    public String challenge(String endpoint) {
        HttpResponse<String> answer = modern(endpoint, "", "tools/call", JsonRpc.object());
        return answer.headers().firstValue("WWW-Authenticate").orElseThrow();
    }

    /** RFC 9728 §5.1: the metadata that the challenge points to. */
    public JsonNode resourceMetadata(String endpoint) {
        Matcher address =
                Pattern.compile("resource_metadata=\"([^\"]+)\"").matcher(challenge(endpoint));
        if (!address.find()) {
            throw new AssertionError("The challenge names no metadata.");
        }
        return json(get(address.group(1)));
    }

    /** RFC 8414 §3: the metadata of an issuer without a path. */
    public JsonNode serverMetadata(String issuer) {
        String base = issuer.endsWith("/") ? issuer.substring(0, issuer.length() - 1) : issuer;
        return json(get(base + "/.well-known/oauth-authorization-server"));
    }

    /** RFC 7591: registers with this authentication method. */
    public JsonNode register(JsonNode metadata, String authMethod) {
        ObjectNode request = JsonRpc.object();
        request.putArray("redirect_uris").add(REDIRECT_URI);
        request.putArray("grant_types").add("authorization_code").add("refresh_token");
        request.put("application_type", "native").put("token_endpoint_auth_method", authMethod);
        return json(
                send(
                        request(metadata.path("registration_endpoint").asText())
                                .header("Content-Type", "application/json")
                                .POST(BodyPublishers.ofString(request.toString()))));
    }

    /** The parameters of a good authorization request, to be spoiled. */
    public Map<String, String> authorization(String clientId, String resource) {
        Map<String, String> parameters = new LinkedHashMap<>();
        parameters.put("response_type", "code");
        parameters.put("client_id", clientId);
        parameters.put("redirect_uri", REDIRECT_URI);
        parameters.put("scope", "mcp:tools");
        parameters.put("state", "a-state");
        parameters.put("code_challenge", s256(VERIFIER));
        parameters.put("code_challenge_method", "S256");
        parameters.put("resource", resource);
        return parameters;
    }

    /** What comes back to the redirect URI. */
    public Parameters authorize(JsonNode metadata, Map<String, String> parameters) {
        HttpResponse<String> answer =
                get(metadata.path("authorization_endpoint").asText() + "?" + form(parameters));
        String location = answer.headers().firstValue("Location").orElseThrow();
        return Parameters.parse(URI.create(location).getRawQuery());
    }

    /** The parameters of a good token request for a code, to be spoiled. */
    public Map<String, String> redemption(String clientId, String code, String resource) {
        Map<String, String> parameters = new LinkedHashMap<>();
        parameters.put("grant_type", "authorization_code");
        parameters.put("client_id", clientId);
        parameters.put("code", code);
        parameters.put("redirect_uri", REDIRECT_URI);
        parameters.put("code_verifier", VERIFIER);
        parameters.put("resource", resource);
        return parameters;
    }

    /** The parameters of a good token request for a refresh. */
    public Map<String, String> refresh(String clientId, String refreshToken, String resource) {
        Map<String, String> parameters = new LinkedHashMap<>();
        parameters.put("grant_type", "refresh_token");
        parameters.put("client_id", clientId);
        parameters.put("refresh_token", refreshToken);
        parameters.put("resource", resource);
        return parameters;
    }

    /** The parameters of a good token request of a machine, to be spoiled or completed. */
    public Map<String, String> machine(String grantType, String clientId, String resource) {
        Map<String, String> parameters = new LinkedHashMap<>();
        parameters.put("grant_type", grantType);
        parameters.put("client_id", clientId);
        parameters.put("scope", "mcp:tools");
        parameters.put("resource", resource);
        return parameters;
    }

    /** Posts a form, with these extra headers given as names and values in turn. */
    public HttpResponse<String> post(
            String address, Map<String, String> parameters, String... headers) {
        HttpRequest.Builder request =
                request(address)
                        .header("Content-Type", "application/x-www-form-urlencoded")
                        .POST(BodyPublishers.ofString(form(parameters)));
        for (int i = 0; i < headers.length; i += 2) {
            request.header(headers[i], headers[i + 1]);
        }
        return send(request);
    }

    /** RFC 7592 §2.3: removes the client by its registration access token. */
    public HttpResponse<String> unregister(JsonNode registration) {
        return send(
                request(registration.path("registration_client_uri").asText())
                        .header(
                                "Authorization",
                                "Bearer " + registration.path("registration_access_token").asText())
                        .DELETE());
    }

    /** A token for this server by the whole flow, from its challenge on. */
    public String token(String endpoint) {
        JsonNode resource = resourceMetadata(endpoint);
        JsonNode metadata = serverMetadata(resource.path("authorization_servers").path(0).asText());
        String identifier = resource.path("resource").asText();
        String clientId = register(metadata, "none").path("client_id").asText();
        Parameters answer = authorize(metadata, authorization(clientId, identifier));
        HttpResponse<String> tokens =
                post(
                        metadata.path("token_endpoint").asText(),
                        redemption(clientId, answer.text("code"), identifier));
        return json(tokens).path("access_token").asText();
    }

    /** A request of the modern era; an empty token is not sent. */
    public HttpResponse<String> modern(
            String endpoint, String token, String method, ObjectNode params) {
        return modern(endpoint, token, method, params, Map.of());
    }

    /** A request of the modern era, some of whose headers are replaced; empty ones are left out. */
    public HttpResponse<String> modern(
            String endpoint,
            String token,
            String method,
            ObjectNode params,
            Map<String, String> replaced) {
        ObjectNode meta = params.withObject("/_meta");
        meta.put(ModernEra.META + "protocolVersion", "2026-07-28");
        if (!meta.has(ModernEra.META + "clientCapabilities")) {
            meta.putObject(ModernEra.META + "clientCapabilities");
        }
        Map<String, String> headers = new LinkedHashMap<>();
        headers.put("Accept", "application/json, text/event-stream");
        headers.put("MCP-Protocol-Version", "2026-07-28");
        headers.put("Mcp-Method", method);
        headers.put("Mcp-Name", params.path("name").asText());
        headers.put("Authorization", token.isEmpty() ? "" : "Bearer " + token);
        headers.putAll(replaced);
        return rpc(endpoint, message(7, method, params), headers);
    }

    /** A request of the legacy era in this session; an empty session is not named. */
    public HttpResponse<String> legacy(
            String endpoint, String session, String method, ObjectNode params) {
        Map<String, String> headers = new LinkedHashMap<>();
        headers.put("Accept", "application/json, text/event-stream");
        headers.put("MCP-Protocol-Version", session.isEmpty() ? "" : "2025-11-25");
        headers.put("Mcp-Session-Id", session);
        ObjectNode message = message(7, method, params);
        if (method.startsWith("notifications/")) {
            message.remove("id");
        }
        return rpc(endpoint, message, headers);
    }

    /** Opens a session of the legacy era and returns its id. */
    public String session(String endpoint) {
        String session =
                legacy(endpoint, "", "initialize", initialization("2025-11-25"))
                        .headers()
                        .firstValue("Mcp-Session-Id")
                        .orElseThrow();
        legacy(endpoint, session, "notifications/initialized", JsonRpc.object());
        return session;
    }

    public ObjectNode initialization(String version) {
        ObjectNode params = JsonRpc.object().put("protocolVersion", version);
        params.putObject("capabilities");
        params.putObject("clientInfo").put("name", "by hand").put("version", "1");
        return params;
    }

    public HttpResponse<String> rpc(
            String address, ObjectNode message, Map<String, String> headers) {
        HttpRequest.Builder request =
                request(address)
                        .header("Content-Type", "application/json")
                        .POST(BodyPublishers.ofString(message.toString()));
        headers.forEach((name, value) -> {
            if (!value.isEmpty()) {
                request.header(name, value);
            }
        });
        return send(request);
    }

    public ObjectNode message(int id, String method, ObjectNode params) {
        ObjectNode message = JsonRpc.object().put("jsonrpc", "2.0").put("id", id);
        message.put("method", method).set("params", params);
        return message;
    }

    public HttpResponse<String> get(String address, String... headers) {
        HttpRequest.Builder request = request(address).GET();
        for (int i = 0; i < headers.length; i += 2) {
            request.header(headers[i], headers[i + 1]);
        }
        return send(request);
    }

    public HttpResponse<String> send(HttpRequest.Builder request) {
        try {
            return http.send(request.build(), BodyHandlers.ofString());
        } catch (IOException broken) {
            throw new UncheckedIOException(broken);
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(stopped);
        }
    }

    public static JsonNode json(HttpResponse<String> answer) {
        try {
            return Answer.JSON.readTree(answer.body());
        } catch (IOException malformed) {
            throw new UncheckedIOException(malformed);
        }
    }

    /** The JSON-RPC answer in an event stream. */
    public static JsonNode lastEvent(HttpResponse<String> answer) {
        List<String> data =
                Arrays.stream(answer.body().split("\n", -1))
                        .filter(line -> line.startsWith("data: "))
                        .map(line -> line.substring("data: ".length()))
                        .toList();
        try {
            return Answer.JSON.readTree(data.getLast());
        } catch (IOException malformed) {
            throw new UncheckedIOException(malformed);
        }
    }

    private static HttpRequest.Builder request(String address) {
        return HttpRequest.newBuilder(URI.create(address)).timeout(Duration.ofSeconds(10));
    }

    private static String form(Map<String, String> parameters) {
        return parameters.entrySet().stream()
                .map(each -> encode(each.getKey()) + "=" + encode(each.getValue()))
                .collect(Collectors.joining("&"));
    }

    private static String encode(String value) {
        return URLEncoder.encode(value, StandardCharsets.UTF_8);
    }

    private static String s256(String verifier) {
        try {
            return Base64.getUrlEncoder()
                    .withoutPadding()
                    .encodeToString(
                            MessageDigest.getInstance("SHA-256")
                                    .digest(verifier.getBytes(StandardCharsets.US_ASCII)));
        } catch (NoSuchAlgorithmException everyPlatformHasIt) {
            throw new IllegalStateException(everyPlatformHasIt);
        }
    }
}
