package dev.mooring.adapter.mcp;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.adapter.dpop.DpopProofs;
import dev.mooring.adapter.http.GuardedHttp;
import dev.mooring.adapter.http.OutboundAllow;
import dev.mooring.adapter.http.OutboundSettings;
import dev.mooring.adapter.http.OutboundSettings.Share;
import dev.mooring.application.port.Budget;
import dev.mooring.application.port.McpConnector.CallAnswer;
import dev.mooring.application.port.McpConnector.ConnectAnswer;
import dev.mooring.application.port.McpConnector.Target;
import dev.mooring.application.port.McpConnector.ToolCall;
import dev.mooring.domain.client.ClientId;
import dev.mooring.domain.client.Connection;
import dev.mooring.domain.client.StaticHeaders;
import dev.mooring.domain.lifecycle.Problem;
import dev.mooring.domain.mcp.Inventory;
import dev.mooring.domain.mcp.ProtocolVersion;
import dev.mooring.domain.mcp.ServerUri;
import dev.mooring.domain.mcp.Tool;
import dev.mooring.domain.mcp.Transport;
import dev.mooring.domain.oauth.AccessToken;
import dev.mooring.domain.oauth.Credential;
import dev.mooring.party.McpServerParty;
import dev.mooring.party.Received;

import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;

/** A connector over real sockets, and the words that the tests use with it. */
final class Talk implements AutoCloseable {
    static final Instant NOW = Instant.parse("2026-11-01T12:00:00Z");
    static final Duration PATIENCE = Duration.ofSeconds(10);

    final AtomicReference<Instant> now = new AtomicReference<>(NOW);
    // Servers judge proofs by the time on their wall.
    final DpopProofs proofs = new DpopProofs(InstantSource.system(), new SecureRandom());
    final GuardedHttp http;
    final McpHttpConnector connector;

    Talk() {
        this(OutboundAllow.parse("localhost"));
    }

    Talk(OutboundAllow allow) {
        // Few connections to a host: what leaks one is noticed soon.
        Share few = new Share(8, 64);
        http =
                new GuardedHttp(
                        new OutboundSettings(
                                allow,
                                Optional.empty(),
                                Optional.empty(),
                                "Mooring/test",
                                few,
                                few));
        connector =
                new McpHttpConnector(
                        http, proofs, new ClientInfo("Mooring", "1.0"), (InstantSource) now::get);
    }

    @Override
    public void close() {
        connector.close();
        http.close();
    }

    static Connection over(McpServerParty server) {
        return to(server.endpoint(), Transport.STREAMABLE_HTTP, Optional.empty());
    }

    static Connection over(McpServerParty server, ProtocolVersion pinned) {
        return to(server.endpoint(), Transport.STREAMABLE_HTTP, Optional.of(pinned));
    }

    static Connection overSse(McpServerParty server) {
        return to(server.endpoint(), Transport.HTTP_WITH_SSE, Optional.empty());
    }

    static Connection to(String endpoint, Transport transport, Optional<ProtocolVersion> pinned) {
        return new Connection(
                new ServerUri(endpoint), transport, pinned, Optional.empty(), StaticHeaders.NONE);
    }

    static Connection with(Connection connection, Map<String, String> headers) {
        Map<String, StaticHeaders.Value> values = new java.util.LinkedHashMap<>();
        headers.forEach((name, value) -> values.put(name, new StaticHeaders.Value(value)));
        return new Connection(
                connection.server(),
                connection.transport(),
                connection.protocolVersion(),
                connection.trustedCa(),
                new StaticHeaders(values));
    }

    static Target target(Connection connection) {
        return new Target(new ClientId("client-1"), connection, new Credential.None());
    }

    static Target target(Connection connection, String token) {
        return new Target(
                new ClientId("client-1"),
                connection,
                new Credential.Bearer(new AccessToken(token)));
    }

    static Budget budget() {
        return Budget.of(PATIENCE);
    }

    ConnectAnswer connect(Target target) {
        return connector.connect(target, budget());
    }

    Inventory connected(Target target) {
        ConnectAnswer answer = connect(target);
        assertThat(answer).isInstanceOf(ConnectAnswer.Accepted.class);
        return ((ConnectAnswer.Accepted) answer).inventory();
    }

    Problem connectProblem(Target target) {
        ConnectAnswer answer = connect(target);
        assertThat(answer).isInstanceOf(ConnectAnswer.Failed.class);
        return ((ConnectAnswer.Failed) answer).problem();
    }

    CallAnswer call(Target target, String tool, String arguments) {
        return connector.call(target, new ToolCall(tool, arguments), budget());
    }

    Problem callProblem(Target target, String tool, String arguments) {
        CallAnswer answer = call(target, tool, arguments);
        assertThat(answer).isInstanceOf(CallAnswer.Failed.class);
        return ((CallAnswer.Failed) answer).problem();
    }

    static CallAnswer text(String text) {
        return new CallAnswer.Returned(
                "[{\"type\":\"text\",\"text\":\"%s\"}]".formatted(text), false);
    }

    static List<String> names(Inventory inventory) {
        return inventory.tools().stream().map(Tool::name).toList();
    }

    /** The requests as a server saw them, each in a word or two. */
    static List<String> requests(McpServerParty server) {
        return server.received().stream().map(Talk::word).toList();
    }

    static String word(Received request) {
        return request.method().equals("POST")
                ? request.json().map(m -> m.path("method").asText("response")).orElse("?")
                : request.method();
    }

    /** Waits for what comes by itself, but not for ever. */
    static void eventually(BooleanSupplier condition) throws InterruptedException {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as("patience").isLessThan(deadline);
            Thread.sleep(5);
        }
    }
}
