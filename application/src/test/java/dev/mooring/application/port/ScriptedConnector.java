package dev.mooring.application.port;

import dev.mooring.domain.client.ClientId;
import dev.mooring.domain.client.Connection;
import dev.mooring.domain.mcp.Inventory;
import dev.mooring.domain.mcp.ProtocolVersion;
import dev.mooring.domain.mcp.ServerProfile;
import dev.mooring.domain.mcp.Tool;
import dev.mooring.domain.oauth.AccessChallenge;
import dev.mooring.domain.oauth.Credential;
import dev.mooring.domain.oauth.OAuthError;
import dev.mooring.domain.oauth.Scopes;
import dev.mooring.domain.oauth.TokenType;

import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * MCP servers by script. Usually a server takes the newest token that its token endpoint issued for
 * it and offers the tools {@code echo} and {@code add}, which return their own name; without a good
 * token it answers 401. Hosts that begin with {@code open.} are open, and a target with static
 * headers is taken for those.
 */
public final class ScriptedConnector implements McpConnector {
    /** What a server says to whom it does not know. */
    public static final AccessChallenge CHALLENGE =
            new AccessChallenge(
                    Optional.empty(),
                    Scopes.NONE,
                    Optional.of("https://mcp.example/.well-known/oauth-protected-resource"),
                    Set.of(TokenType.BEARER),
                    Set.of());

    private final ScriptedTokenEndpoint tokenEndpoint;
    private final InstantSource clock;
    private final Script<Connection, ConnectAnswer> probes = new Script<>(this::probed);
    private final Script<Target, ConnectAnswer> connects = new Script<>(this::connected);
    private final Script<Call, CallAnswer> calls = new Script<>(this::called);
    private final Map<ClientId, Connection> live = new HashMap<>();
    private final List<ClientId> disconnected = new ArrayList<>();
    private final List<Duration> budgets = new CopyOnWriteArrayList<>();
    private final List<Budget> callBudgets = new CopyOnWriteArrayList<>();

    public ScriptedConnector(ScriptedTokenEndpoint tokenEndpoint, InstantSource clock) {
        this.tokenEndpoint = tokenEndpoint;
        this.clock = clock;
    }

    /** What {@link #call} was asked. */
    public record Call(Target target, ToolCall tool) {}

    public Script<Connection, ConnectAnswer> probes() {
        return probes;
    }

    public Script<Target, ConnectAnswer> connects() {
        return connects;
    }

    public Script<Call, CallAnswer> calls() {
        return calls;
    }

    /** Whose connections were left, in order. */
    public synchronized List<ClientId> disconnected() {
        return List.copyOf(disconnected);
    }

    /** How much time each connecting had when it began, in order. */
    public List<Duration> budgets() {
        return List.copyOf(budgets);
    }

    /** The time of each call, in order. */
    public List<Budget> callBudgets() {
        return List.copyOf(callBudgets);
    }

    @Override
    public ConnectAnswer connect(Target target, Budget budget) {
        budgets.add(budget.remaining());
        hold(target);
        return connects.answer(target);
    }

    @Override
    public ConnectAnswer probe(Connection connection, Budget budget) {
        return probes.answer(connection);
    }

    @Override
    public CallAnswer call(Target target, ToolCall call, Budget budget) {
        callBudgets.add(budget);
        hold(target);
        return calls.answer(new Call(target, call));
    }

    @Override
    public synchronized void disconnect(ClientId client) {
        disconnected.add(client);
        live.remove(client);
    }

    @Override
    public synchronized void disconnectUnless(ClientId client, Connection current) {
        if (Optional.ofNullable(live.get(client))
                .filter(held -> !held.equals(current))
                .isPresent()) {
            disconnect(client);
        }
    }

    @Override
    public synchronized Set<ClientId> connected() {
        return Set.copyOf(live.keySet());
    }

    private synchronized void hold(Target target) {
        live.put(target.client(), target.connection());
    }

    /** What the servers offer, listed now. */
    public Inventory inventory() {
        return new Inventory(
                new ServerProfile("Scripted", "1.0", ProtocolVersion.V2026_07_28, Optional.empty()),
                List.of(tool("echo"), tool("add")),
                clock.instant());
    }

    private static Tool tool(String name) {
        return new Tool(
                name, Optional.empty(), Optional.of("Returns " + name), "{\"type\":\"object\"}");
    }

    private ConnectAnswer probed(Connection connection) {
        return isOpen(connection)
                ? new ConnectAnswer.Accepted(inventory())
                : new ConnectAnswer.Challenged(401, CHALLENGE);
    }

    private ConnectAnswer connected(Target target) {
        return accepts(target)
                ? new ConnectAnswer.Accepted(inventory())
                : new ConnectAnswer.Challenged(401, challenge(target));
    }

    private CallAnswer called(Call call) {
        if (!accepts(call.target())) {
            return new CallAnswer.Challenged(401, challenge(call.target()));
        }
        String tool = call.tool().tool();
        return inventory().tools().stream().anyMatch(offered -> offered.name().equals(tool))
                ? new CallAnswer.Returned("[{\"type\":\"text\",\"text\":\"" + tool + "\"}]", false)
                : new CallAnswer.Rejected(-32602, "Unknown tool");
    }

    private boolean accepts(Target target) {
        return target.credential() instanceof Credential.None
                ? isOpen(target.connection())
                : tokenEndpoint.accepts(target.credential(), target.connection().server().uri());
    }

    private static boolean isOpen(Connection connection) {
        return connection.server().uri().getHost().startsWith("open.")
                || !connection.headers().isEmpty();
    }

    /** What a server says to whom it does not know, or whose token it refuses. */
    private static AccessChallenge challenge(Target target) {
        return new AccessChallenge(
                target.credential().token().map(refused -> OAuthError.INVALID_TOKEN),
                CHALLENGE.scope(),
                CHALLENGE.resourceMetadata(),
                CHALLENGE.schemes(),
                CHALLENGE.proofAlgorithms());
    }
}
