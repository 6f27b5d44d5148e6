package dev.mooring.endtoend;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;

import dev.mooring.party.KnownSecrets;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.LongAdder;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A token endpoint that does nothing but rotate refresh tokens, as fast as it can, and counts how
 * often each of them came. It remembers no more of a request, so that a hundred thousand fit.
 */
final class CountingTokenEndpoint implements AutoCloseable {

    private static final Pattern SENT = Pattern.compile("(?:^|&)refresh_token=([^&]+)");

    private final HttpServer server;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final ConcurrentMap<String, Integer> redemptions = new ConcurrentHashMap<>();
    private final LongAdder requests = new LongAdder();

    private CountingTokenEndpoint(HttpServer server) {
        this.server = server;
    }

    /** Serves on a free loopback port. */
    static CountingTokenEndpoint start() {
        try {
            InetSocketAddress anyPort =
                    new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0);
            CountingTokenEndpoint started =
                    new CountingTokenEndpoint(HttpServer.create(anyPort, 256));
            started.server.setExecutor(started.threads);
            started.server.createContext("/token", started::redeem);
            started.server.start();
            return started;
        } catch (IOException noSocket) {
            throw new UncheckedIOException(noSocket);
        }
    }

    /** Its issuer. */
    String issuer() {
        return "http://localhost:" + server.getAddress().getPort();
    }

    /** Its one address. */
    String address() {
        return issuer() + "/token";
    }

    /** How many requests came. */
    long requests() {
        return requests.sum();
    }

    /** How many different refresh tokens came. */
    int different() {
        return redemptions.size();
    }

    /** How many refresh tokens came more than once. */
    long reused() {
        return redemptions.values().stream().filter(times -> times > 1).count();
    }

    @Override
    public void close() {
        threads.shutdownNow();
        server.stop(0);
    }

    private void redeem(HttpExchange exchange) throws IOException {
        String form = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
        Matcher sent = SENT.matcher(form);
        String token =
                sent.find() ? URLDecoder.decode(sent.group(1), StandardCharsets.UTF_8) : "none";
        redemptions.merge(token, 1, Integer::sum);
        requests.increment();
        KnownSecrets.remember(token);
        KnownSecrets.remember("a-" + token);
        byte[] answer =
                """
                {"access_token":"a-%1$s","token_type":"Bearer","expires_in":3600,\
                "refresh_token":"r-%1$s"}\
                """
                        .formatted(token)
                        .getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", "application/json");
        exchange.getResponseHeaders().set("Cache-Control", "no-store");
        exchange.sendResponseHeaders(200, answer.length);
        exchange.getResponseBody().write(answer);
        exchange.close();
    }
}
