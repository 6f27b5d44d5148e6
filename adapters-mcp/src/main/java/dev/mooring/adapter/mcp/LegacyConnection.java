package dev.mooring.adapter.mcp;

import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.mooring.adapter.mcp.JsonRpc.RpcError;
import dev.mooring.adapter.mcp.Refusal.NotThisEra;
import dev.mooring.adapter.mcp.Refusal.Rejected;
import dev.mooring.application.port.Budget;
import dev.mooring.domain.lifecycle.Problem;
import dev.mooring.domain.lifecycle.Problem.Code;
import dev.mooring.domain.mcp.ProtocolVersion;
import dev.mooring.domain.mcp.ProtocolVersion.Era;
import dev.mooring.domain.mcp.ServerProfile;
import dev.mooring.domain.mcp.Tool;

import java.util.List;
import java.util.Optional;

/**
 * A session of the legacy era, which begins with a handshake (MCP 2025-11-25, lifecycle), over
 * either transport.
 */
final class LegacyConnection implements LiveConnection {
    /** What we speak of this era, newest first. */
    private static final List<ProtocolVersion> VERSIONS =
            List.of(
                    ProtocolVersion.V2025_11_25,
                    ProtocolVersion.V2025_06_18,
                    ProtocolVersion.V2025_03_26,
                    ProtocolVersion.V2024_11_05);

    private final String host;
    private final LegacyTransport transport;
    private final ServerProfile server;
    private final boolean announcesTools;

    private LegacyConnection(
            String host, LegacyTransport transport, ServerProfile server, boolean announcesTools) {
        this.host = host;
        this.transport = transport;
        this.server = server;
        this.announcesTools = announcesTools;
    }

    static boolean speaks(ProtocolVersion version) {
        return VERSIONS.contains(version);
    }

    /** Shakes hands. A session that does not come about is left at once. */
    static Outcome<LiveConnection> open(
            Endpoint endpoint, LegacyTransport transport, ClientInfo self, Budget budget) {
        Optional<ProtocolVersion> pinned = endpoint.connection().protocolVersion();
        Outcome<LiveConnection> opened =
                initialize(transport, pinned.orElse(transport.newest()), self, budget)
                        .otherwise(refusal ->
                                pinned.isEmpty()
                                        ? secondChance(transport, refusal, self, budget)
                                        : Outcome.refused(refusal))
                        .mapRefusal(refusal -> verdict(endpoint.host(), refusal))
                        .then(result -> accept(endpoint, transport, result))
                        .then(connection -> connection.begin(budget));
        if (opened instanceof Outcome.Refused) {
            Thread.startVirtualThread(transport::leave);
        }
        return opened;
    }

    @Override
    public ServerProfile server() {
        return server;
    }

    @Override
    public Outcome<List<Tool>> listTools(Budget budget) {
        return ToolListing.collect(
                        host, params -> transport.request("tools/list", params, true, budget))
                .map(listed -> listed.stream().map(ToolListing.ListedTool::tool).toList())
                .otherwise(refusal -> ToolListing.noneIfNotOffered(refusal, announcesTools));
    }

    @Override
    public Outcome<ObjectNode> callTool(String name, ObjectNode arguments, Budget budget) {
        ObjectNode params = JsonRpc.object().put("name", name);
        params.set("arguments", arguments);
        return transport.request("tools/call", params, false, budget);
    }

    @Override
    public void leave() {
        transport.leave();
    }

    private static Outcome<ObjectNode> initialize(
            LegacyTransport transport, ProtocolVersion version, ClientInfo self, Budget budget) {
        ObjectNode params = JsonRpc.object().put("protocolVersion", version.value());
        params.putObject("capabilities");
        params.set("clientInfo", self.toJson());
        return transport.request("initialize", params, true, budget);
    }

    /** Some servers do not offer another revision, as they should, but list those they know. */
    private static Outcome<ObjectNode> secondChance(
            LegacyTransport transport, Refusal refusal, ClientInfo self, Budget budget) {
        List<ProtocolVersion> supported = supported(refusal);
        return VERSIONS.stream()
                .filter(version ->
                        supported.contains(version) && !version.equals(transport.newest()))
                .findFirst()
                .map(version -> initialize(transport, version, self, budget))
                .orElseGet(() -> Outcome.refused(refusal));
    }

    /** What a refused {@code initialize} says about the server. */
    private static Refusal verdict(String host, Refusal refusal) {
        if (!(refusal instanceof Rejected rejected)) {
            return refusal;
        }
        List<ProtocolVersion> supported = supported(refusal);
        boolean modern =
                rejected.error().filter(RpcError::isModern).isPresent()
                        || supported.stream().anyMatch(v -> v.era() == Era.MODERN);
        if (modern) {
            return new NotThisEra(LiveConnection.unsupported(host, supported));
        }
        if (!supported.isEmpty()) {
            return new Refusal.Failed(LiveConnection.unsupported(host, supported));
        }
        return switch (rejected.status()) {
            case 404, 405 ->
                    new NotThisEra(
                            new Problem(
                                    Code.SERVER_BROKEN,
                                    host
                                            + " has no MCP endpoint at this address (status "
                                            + rejected.status()
                                            + "); one of the 2024-11-05 transport needs the"
                                            + " connection type sse"));
            default ->
                    rejected.isOfAnotherProtocol()
                            ? new NotThisEra(rejected.problem(host))
                            : rejected;
        };
    }

    private static Outcome<LegacyConnection> accept(
            Endpoint endpoint, LegacyTransport transport, ObjectNode result) {
        Optional<ProtocolVersion> version = JsonRpc.version(result.path("protocolVersion"));
        boolean agreed =
                version.filter(VERSIONS::contains).isPresent()
                        && endpoint.connection()
                                .protocolVersion()
                                .filter(pinned -> !version.equals(Optional.of(pinned)))
                                .isEmpty();
        if (!agreed) {
            return Outcome.refused(
                    new Refusal.Failed(
                            LiveConnection.unsupported(
                                    endpoint.host(), version.stream().toList())));
        }
        transport.agreed(version.get());
        ServerProfile server =
                LiveConnection.profile(
                        endpoint.host(), result.path("serverInfo"), version.get(), result);
        return Outcome.success(
                new LegacyConnection(
                        endpoint.host(),
                        transport,
                        server,
                        result.path("capabilities").has("tools")));
    }

    /**
     * The client must say that it is ready. A server that does not understand even that may still
     * serve us; the next request will show.
     */
    private Outcome<LiveConnection> begin(Budget budget) {
        return transport
                .send("notifications/initialized", JsonRpc.object(), budget)
                .<LiveConnection>map(_ -> this)
                .otherwise(refusal ->
                        refusal instanceof Rejected
                                ? Outcome.success(this)
                                : Outcome.refused(refusal));
    }

    private static List<ProtocolVersion> supported(Refusal refusal) {
        return refusal instanceof Rejected rejected
                ? rejected.error().map(RpcError::supported).orElse(List.of())
                : List.of();
    }
}
