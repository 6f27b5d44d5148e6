package dev.mooring.adapter.mcp;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.mooring.adapter.http.Headers;
import dev.mooring.adapter.mcp.JsonRpc.RpcError;
import dev.mooring.adapter.mcp.Refusal.NotThisEra;
import dev.mooring.adapter.mcp.Refusal.Rejected;
import dev.mooring.adapter.mcp.ToolListing.ListedTool;
import dev.mooring.application.port.Budget;
import dev.mooring.domain.lifecycle.Problem;
import dev.mooring.domain.lifecycle.Problem.Code;
import dev.mooring.domain.mcp.ProtocolVersion;
import dev.mooring.domain.mcp.ServerProfile;
import dev.mooring.domain.mcp.Tool;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A server of the modern era (MCP 2026-07-28). There is no session to it: all that is remembered is
 * who the server is and how its tools want their arguments mirrored in headers.
 */
final class ModernConnection implements LiveConnection {
    /** What we speak of this era, newest first. */
    private static final List<ProtocolVersion> VERSIONS = List.of(ProtocolVersion.V2026_07_28);

    private final String host;
    private final ModernRequests requests;
    private final ServerProfile server;
    private final boolean announcesTools;
    private volatile Map<String, ParameterHeaders> mirroring = Map.of();

    private ModernConnection(
            String host, ModernRequests requests, ServerProfile server, boolean announcesTools) {
        this.host = host;
        this.requests = requests;
        this.server = server;
        this.announcesTools = announcesTools;
    }

    static boolean speaks(ProtocolVersion version) {
        return VERSIONS.contains(version);
    }

    /** Asks the server what it speaks; that it answers at all means that it accepts us. */
    static Outcome<LiveConnection> open(Endpoint endpoint, ClientInfo self, Budget budget) {
        Optional<ProtocolVersion> pinned = endpoint.connection().protocolVersion();
        return discover(endpoint, self, pinned.orElse(VERSIONS.getFirst()), budget)
                .otherwise(refusal ->
                        VERSIONS.stream()
                                .filter(version -> pinned.stream().allMatch(version::equals))
                                .filter(version -> isOffered(version, refusal))
                                .findFirst()
                                .map(version -> discover(endpoint, self, version, budget))
                                .orElseGet(() -> Outcome.refused(refusal)))
                .mapRefusal(refusal -> verdict(endpoint.host(), refusal));
    }

    @Override
    public ServerProfile server() {
        return server;
    }

    @Override
    public Outcome<List<Tool>> listTools(Budget budget) {
        return ToolListing.collect(
                        host, params -> requests.repeatable("tools/list", params, budget))
                .otherwise(refusal -> ToolListing.noneIfNotOffered(refusal, announcesTools))
                .map(this::usable)
                .mapRefusal(ModernConnection::staleIfTurnedAway);
    }

    @Override
    public Outcome<ObjectNode> callTool(String name, ObjectNode arguments, Budget budget) {
        return mirroring(name, budget)
                .then(headers -> {
                    Optional<String> unfit = headers.unfit(arguments);
                    if (unfit.isPresent()) {
                        return Outcome.refused(
                                invalid(
                                        "the argument %s is too large for its header"
                                                .formatted(unfit.get())));
                    }
                    List<Headers.Field> mirrored = headers.fields(arguments);
                    return call(name, arguments, mirrored, budget)
                            .otherwise(refusal ->
                                    isMismatch(refusal)
                                            ? callMirroredAnew(name, arguments, mirrored, budget)
                                            : Outcome.refused(refusal));
                })
                .mapRefusal(ModernConnection::staleIfTurnedAway);
    }

    /** Nothing to leave: the server keeps nothing of us. */
    @Override
    public void leave() {}

    private static Outcome<LiveConnection> discover(
            Endpoint endpoint, ClientInfo self, ProtocolVersion version, Budget budget) {
        ModernRequests requests = new ModernRequests(endpoint, self, version);
        return requests.repeatable("server/discover", JsonRpc.object(), budget)
                .then(result -> accept(endpoint.host(), requests, result));
    }

    private static Outcome<LiveConnection> accept(
            String host, ModernRequests requests, ObjectNode result) {
        JsonNode listed = result.path("supportedVersions");
        List<ProtocolVersion> supported = JsonRpc.versions(listed);
        if (!supported.contains(requests.version())) {
            // A server may speak both eras and not our revision of this one.
            return Outcome.refused(
                    supported.stream().anyMatch(LegacyConnection::speaks) || !listed.isArray()
                            ? new NotThisEra(LiveConnection.unsupported(host, supported))
                            : new Refusal.Failed(LiveConnection.unsupported(host, supported)));
        }
        String serverInfo = ModernRequests.META + "serverInfo";
        JsonNode info = result.path("_meta").path(serverInfo);
        return Outcome.success(
                new ModernConnection(
                        host,
                        requests,
                        LiveConnection.profile(host, info, requests.version(), result),
                        result.path("capabilities").has("tools")));
    }

    private static boolean isOffered(ProtocolVersion version, Refusal refusal) {
        return refusal instanceof Rejected rejected
                && rejected.hasCode(JsonRpc.UNSUPPORTED_PROTOCOL_VERSION)
                && supported(rejected).contains(version);
    }

    /**
     * What a refused {@code server/discover} says about the server (MCP 2026-07-28, backward
     * compatibility): an error that only this era knows is meant; any other refusal, and an answer
     * that makes no sense, is that of a server which does not know the request.
     */
    private static Refusal verdict(String host, Refusal refusal) {
        if (refusal instanceof Refusal.Failed(Problem problem)
                && problem.code() == Code.SERVER_BROKEN) {
            return new NotThisEra(problem);
        }
        if (!(refusal instanceof Rejected rejected)) {
            return refusal;
        }
        List<ProtocolVersion> supported = supported(rejected);
        return switch (rejected.error().map(RpcError::code).orElse(0)) {
            case JsonRpc.UNSUPPORTED_PROTOCOL_VERSION ->
                    supported.isEmpty() || supported.stream().anyMatch(LegacyConnection::speaks)
                            ? new NotThisEra(LiveConnection.unsupported(host, supported))
                            : new Refusal.Failed(LiveConnection.unsupported(host, supported));
            case JsonRpc.HEADER_MISMATCH ->
                    Refusal.failed(
                            Code.SERVER_BROKEN,
                            host
                                    + " misses headers that Mooring sent; something on the way may"
                                    + " drop them");
            case JsonRpc.MISSING_CLIENT_CAPABILITY -> capabilityMissing(host);
            default ->
                    rejected.isOfAnotherProtocol()
                            ? new NotThisEra(rejected.problem(host))
                            : rejected;
        };
    }

    /** Clients must not list a tool whose annotations break the rules. */
    private List<Tool> usable(List<ListedTool> listed) {
        List<Tool> usable = new ArrayList<>();
        Map<String, ParameterHeaders> headers = new HashMap<>();
        for (ListedTool each : listed) {
            Optional<ParameterHeaders> asked = ParameterHeaders.of(each.inputSchema());
            if (asked.isPresent()) {
                usable.add(each.tool());
                headers.put(each.tool().name(), asked.get());
            } else {
                ToolListing.leaveOut(host, each.tool().name(), "an x-mcp-header is invalid");
            }
        }
        mirroring = Map.copyOf(headers);
        return usable;
    }

    /** How this tool wants its arguments mirrored; asks the server if we do not know. */
    private Outcome<ParameterHeaders> mirroring(String tool, Budget budget) {
        ParameterHeaders known = mirroring.get(tool);
        if (known != null) {
            return Outcome.success(known);
        }
        return listTools(budget)
                .then(_ -> {
                    ParameterHeaders listed = mirroring.get(tool);
                    return listed == null
                            ? Outcome.refused(
                                    invalid("the server lists no usable tool of this name"))
                            : Outcome.success(listed);
                });
    }

    /** What the server would say, without asking it. */
    private static Rejected invalid(String why) {
        return new Rejected(
                200, Optional.of(new RpcError(JsonRpc.INVALID_PARAMS, why, List.of())), true);
    }

    private Outcome<ObjectNode> call(
            String name, ObjectNode arguments, List<Headers.Field> mirrored, Budget budget) {
        ObjectNode params = JsonRpc.object().put("name", name);
        params.set("arguments", arguments);
        List<Headers.Field> headers = new ArrayList<>(mirrored);
        headers.add(new Headers.Field("Mcp-Name", ParameterHeaders.encode(name)));
        return requests.call("tools/call", params, headers, budget)
                .mapRefusal(refusal ->
                        refusal instanceof Rejected rejected
                                        && rejected.hasCode(JsonRpc.MISSING_CLIENT_CAPABILITY)
                                ? capabilityMissing(host)
                                : refusal);
    }

    /**
     * The server misses a mirrored argument: it did not execute the call, and its tools may have
     * changed. We look again, and call again if that makes a difference.
     */
    private Outcome<ObjectNode> callMirroredAnew(
            String name, ObjectNode arguments, List<Headers.Field> before, Budget budget) {
        return listTools(budget)
                .then(_ -> mirroring(name, budget))
                .then(headers -> {
                    List<Headers.Field> now = headers.fields(arguments);
                    return now.equals(before)
                            ? Outcome.refused(
                                    Refusal.failed(
                                            Code.SERVER_BROKEN,
                                            host
                                                    + " misses headers that its tool does not ask"
                                                    + " for"))
                            : call(name, arguments, now, budget);
                });
    }

    private static boolean isMismatch(Refusal refusal) {
        return refusal instanceof Rejected rejected && rejected.hasCode(JsonRpc.HEADER_MISMATCH);
    }

    /**
     * A server that turns us away before it looks at our request does not speak this era any more.
     */
    private static Refusal staleIfTurnedAway(Refusal refusal) {
        return refusal instanceof Rejected rejected
                        && !rejected.dispatched()
                        && (rejected.status() == 400
                                || rejected.status() == 404
                                || rejected.status() == 405)
                ? new Refusal.Stale(rejected)
                : refusal;
    }

    private static Refusal.Failed capabilityMissing(String host) {
        return Refusal.failed(
                Code.CLIENT_CAPABILITY_MISSING,
                host + " requires a client capability that Mooring does not have");
    }

    private static List<ProtocolVersion> supported(Rejected rejected) {
        return rejected.error().map(RpcError::supported).orElse(List.of());
    }
}
