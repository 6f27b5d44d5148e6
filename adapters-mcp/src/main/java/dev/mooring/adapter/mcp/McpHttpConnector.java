package dev.mooring.adapter.mcp;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.mooring.adapter.dpop.DpopProofs;
import dev.mooring.adapter.http.GuardedHttp;
import dev.mooring.adapter.mcp.JsonRpc.RpcError;
import dev.mooring.application.port.Budget;
import dev.mooring.application.port.McpConnector;
import dev.mooring.domain.InvalidValueException;
import dev.mooring.domain.client.ClientId;
import dev.mooring.domain.client.Connection;
import dev.mooring.domain.mcp.Inventory;
import dev.mooring.domain.oauth.Credential;

import java.lang.System.Logger.Level;
import java.time.InstantSource;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Talks to MCP servers over HTTP: Streamable HTTP of both eras, and the transport of 2024-11-05.
 * Any number of threads may use it at once; calls block and are meant for virtual threads.
 *
 * <p>Requests go over the client's live connection, which is made when it is first needed. A server
 * that does not know that connection any more has executed nothing, so the request is made once
 * again over a new one; nothing else that may have had effects is ever repeated.
 */
public final class McpHttpConnector implements McpConnector, AutoCloseable {
    private static final System.Logger LOG = System.getLogger(McpHttpConnector.class.getName());

    private final GuardedHttp http;
    private final DpopProofs proofs;
    private final EraDetection eras;
    private final LiveConnections connections;
    private final InstantSource clock;

    /**
     * @param http used for every request, and not closed here
     * @param self how we introduce ourselves
     */
    public McpHttpConnector(
            GuardedHttp http, DpopProofs proofs, ClientInfo self, InstantSource clock) {
        this.http = http;
        this.proofs = proofs;
        this.eras = new EraDetection(self, clock);
        this.connections = new LiveConnections(clock, http.mostStreamsToOneHost());
        this.clock = clock;
    }

    @Override
    public ConnectAnswer connect(Target target, Budget budget) {
        Endpoint endpoint = new Endpoint(http, proofs, target.connection(), target.credential());
        Outcome<Inventory> outcome =
                over(target, endpoint, budget, connection -> list(connection, budget));
        if (outcome instanceof Outcome.Refused) {
            // Whatever it was, the next attempt begins from the start.
            connections.retire(target.client());
        }
        return answer(endpoint, outcome);
    }

    @Override
    public ConnectAnswer probe(Connection connection, Budget budget) {
        Endpoint endpoint = new Endpoint(http, proofs, connection, new Credential.None());
        return answer(
                endpoint,
                eras.open(endpoint, budget)
                        .then(live -> {
                            Outcome<Inventory> listed = list(live, budget);
                            Thread.startVirtualThread(live::leave);
                            return listed;
                        }));
    }

    /**
     * @throws InvalidValueException when the arguments are not the JSON text of an object
     */
    @Override
    public CallAnswer call(Target target, ToolCall call, Budget budget) {
        ObjectNode arguments = JsonRpc.arguments(call.arguments());
        Endpoint endpoint = new Endpoint(http, proofs, target.connection(), target.credential());
        Outcome<ObjectNode> outcome =
                over(
                        target,
                        endpoint,
                        budget,
                        connection -> connection.callTool(call.tool(), arguments, budget));
        return switch (outcome) {
            case Outcome.Success<ObjectNode>(ObjectNode result) -> returned(result);
            case Outcome.Refused<ObjectNode>(Refusal.Challenged(var status, var challenge)) ->
                    new CallAnswer.Challenged(status, challenge);
            case Outcome.Refused<ObjectNode>(Refusal refusal) -> refused(endpoint, refusal);
        };
    }

    @Override
    public void disconnect(ClientId client) {
        connections.leave(client);
    }

    @Override
    public void disconnectUnless(ClientId client, Connection current) {
        connections.leaveUnless(client, current);
    }

    @Override
    public Set<ClientId> connected() {
        return connections.clients();
    }

    /** Leaves all servers; takes two seconds at most. */
    @Override
    public void close() {
        connections.close();
    }

    private Outcome<Inventory> list(LiveConnection connection, Budget budget) {
        return connection
                .listTools(budget)
                .map(tools -> new Inventory(connection.server(), tools, clock.instant()));
    }

    private static ConnectAnswer answer(Endpoint endpoint, Outcome<Inventory> outcome) {
        return switch (outcome) {
            case Outcome.Success<Inventory>(Inventory inventory) ->
                    new ConnectAnswer.Accepted(inventory);
            case Outcome.Refused<Inventory>(Refusal.Challenged(var status, var challenge)) ->
                    new ConnectAnswer.Challenged(status, challenge);
            case Outcome.Refused<Inventory>(Refusal refusal) ->
                    new ConnectAnswer.Failed(refusal.problem(endpoint.host()));
        };
    }

    private <T> Outcome<T> over(
            Target target,
            Endpoint endpoint,
            Budget budget,
            Function<LiveConnection, Outcome<T>> work) {
        Supplier<Outcome<LiveConnection>> open = () -> eras.open(endpoint, budget);
        Supplier<Outcome<T>> once =
                () -> connections.with(target.client(), endpoint, budget, open, work);
        return once.get()
                .otherwise(refusal -> {
                    if (!(refusal instanceof Refusal.Stale)) {
                        return Outcome.refused(refusal);
                    }
                    LOG.log(Level.DEBUG, "{0} has forgotten us; connecting anew", endpoint.host());
                    eras.forget(endpoint);
                    return once.get();
                });
    }

    private static CallAnswer returned(ObjectNode result) {
        JsonNode content = result.path("content");
        JsonNode structured = result.path("structuredContent");
        boolean onlyStructured = content.isEmpty() && !structured.isMissingNode();
        return new CallAnswer.Returned(
                JsonRpc.text(
                        onlyStructured
                                ? structured
                                : content.isArray() ? content : JsonRpc.object().arrayNode()),
                result.path("isError").asBoolean());
    }

    private static CallAnswer refused(Endpoint endpoint, Refusal refusal) {
        return refusal instanceof Refusal.Rejected(_, var error, _)
                        && error.filter(RpcError::blamesTheRequest).isPresent()
                ? rejected(error.get())
                : new CallAnswer.Failed(refusal.problem(endpoint.host()));
    }

    private static CallAnswer rejected(RpcError error) {
        return new CallAnswer.Rejected(error.code(), error.message());
    }
}
