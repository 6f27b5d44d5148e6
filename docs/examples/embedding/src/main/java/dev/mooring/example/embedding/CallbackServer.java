package dev.mooring.example.embedding;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;

import dev.mooring.application.HandleAuthorizationResponse;
import dev.mooring.domain.oauth.AuthorizationCode;
import dev.mooring.domain.oauth.AuthorizationResponse;
import dev.mooring.domain.oauth.OAuthError;
import dev.mooring.domain.oauth.State;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Collectors;

/** Where browsers come back to after consent: the JDK's web server, on a loopback port. */
final class CallbackServer implements AutoCloseable {
    private static final String PATH = "/callback";

    private final HttpServer server;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

    private CallbackServer(HttpServer server) {
        this.server = server;
        server.setExecutor(threads);
    }

    /** Takes the port, and keeps callers waiting until {@link #handOver}. */
    static CallbackServer listen(int port) throws IOException {
        HttpServer server =
                HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0);
        return new CallbackServer(server);
    }

    /** RFC 8252 section 7.3: a native program is redirected to a loopback address. */
    String redirectUri() {
        return "http://127.0.0.1:" + server.getAddress().getPort() + PATH;
    }

    void handOver(HandleAuthorizationResponse handleAuthorizationResponse) {
        server.createContext(PATH, exchange -> answer(exchange, handleAuthorizationResponse));
        server.start();
    }

    private static void answer(HttpExchange exchange, HandleAuthorizationResponse handleResponse)
            throws IOException {
        String sentence = sentence(exchange, handleResponse);
        byte[] body = sentence.getBytes(StandardCharsets.UTF_8);
        try (exchange) {
            exchange.getResponseHeaders().set("Content-Type", "text/plain; charset=utf-8");
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
        }
    }

    private static String sentence(
            HttpExchange exchange, HandleAuthorizationResponse handleResponse) {
        try {
            return response(parameters(exchange))
                    .map(handleResponse::handle)
                    .map(outcome ->
                            outcome instanceof HandleAuthorizationResponse.Outcome.Authorized
                                    ? "Authorized. You can close this window."
                                    : "Not authorized. Please begin again.")
                    .orElse("This is no answer of an authorization server.");
        } catch (IllegalArgumentException malformed) {
            return "This is no answer of an authorization server.";
        }
    }

    /** RFC 6749 section 4.1.2: state with a code, or with an error; RFC 9207: perhaps iss. */
    private static Optional<AuthorizationResponse> response(Map<String, String> parameters) {
        Optional<String> iss = Optional.ofNullable(parameters.get("iss"));
        Optional<OAuthError> error =
                Optional.ofNullable(parameters.get("error")).map(OAuthError::new);
        Optional<AuthorizationCode> code =
                Optional.ofNullable(parameters.get("code")).map(AuthorizationCode::new);
        return Optional.ofNullable(parameters.get("state"))
                .map(State::new)
                .flatMap(state ->
                        error.<AuthorizationResponse>map(
                                        why -> new AuthorizationResponse.Denied(state, why, iss))
                                .or(() ->
                                        code.map(known ->
                                                new AuthorizationResponse.Granted(
                                                        state, known, iss))));
    }

    /** Section 3.1: a parameter that comes twice makes the answer invalid; so it throws here. */
    private static Map<String, String> parameters(HttpExchange exchange) {
        return Arrays.stream(
                        Optional.ofNullable(exchange.getRequestURI().getRawQuery())
                                .orElse("")
                                .split("&"))
                .map(pair -> pair.split("=", 2))
                .filter(pair -> pair.length == 2)
                .collect(
                        Collectors.toMap(
                                pair -> decoded(pair[0]),
                                pair -> decoded(pair[1]),
                                (one, other) -> {
                                    throw new IllegalArgumentException("twice");
                                }));
    }

    private static String decoded(String text) {
        return URLDecoder.decode(text, StandardCharsets.UTF_8);
    }

    /** Lets a code that is being redeemed come to its end. */
    @Override
    public void close() {
        server.stop(0);
        AgentHost.end(threads);
    }
}
