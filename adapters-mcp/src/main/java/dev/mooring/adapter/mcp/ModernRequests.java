package dev.mooring.adapter.mcp;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.mooring.adapter.http.Headers;
import dev.mooring.adapter.mcp.Refusal.Interrupted;
import dev.mooring.application.port.Budget;
import dev.mooring.domain.lifecycle.Problem.Code;
import dev.mooring.domain.mcp.ProtocolVersion;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Makes requests as MCP 2026-07-28 wants them: each says who we are and which revision it follows,
 * in its body and again in headers, so that nobody on the way has to read bodies.
 */
final class ModernRequests {
    static final String META = "io.modelcontextprotocol/";

    private final Endpoint endpoint;
    private final StreamableHttp http;
    private final ClientInfo self;
    private final ProtocolVersion version;
    private final AtomicLong ids = new AtomicLong();

    ModernRequests(Endpoint endpoint, ClientInfo self, ProtocolVersion version) {
        this.endpoint = endpoint;
        // A server of this era must not make requests of its own; one that does is not heard.
        this.http = new StreamableHttp(endpoint, (request, budget) -> {});
        this.self = self;
        this.version = version;
    }

    ProtocolVersion version() {
        return version;
    }

    /** Sends a request that may be sent again when its fate is not known. */
    Outcome<ObjectNode> repeatable(String method, ObjectNode params, Budget budget) {
        // A broken stream cannot be resumed in this era: the request goes out anew, under a new id.
        return request(method, params, List.of(), budget)
                .otherwise(refusal ->
                        refusal instanceof Interrupted
                                ? request(method, params, List.of(), budget)
                                : Outcome.refused(refusal));
    }

    /** Sends a request once. */
    Outcome<ObjectNode> request(
            String method, ObjectNode params, List<Headers.Field> more, Budget budget) {
        ObjectNode meta = params.putObject("_meta").put(META + "protocolVersion", version.value());
        meta.set(META + "clientInfo", self.toJson());
        meta.putObject(META + "clientCapabilities");
        List<Headers.Field> headers = new ArrayList<>(more);
        headers.add(new Headers.Field("MCP-Protocol-Version", version.value()));
        headers.add(new Headers.Field("Mcp-Method", method));
        long id = ids.incrementAndGet();
        return http.request(id, JsonRpc.request(id, method, params), headers, budget)
                .then(answer -> complete(answer.result()));
    }

    /** Results have types; without one they are complete, and an unknown one is invalid. */
    private Outcome<ObjectNode> complete(ObjectNode result) {
        JsonNode type = result.path("resultType");
        return switch (type.isMissingNode() ? "complete" : type.asText()) {
            case "complete" -> Outcome.success(result);
            case "input_required" ->
                    Outcome.refused(
                            Refusal.failed(
                                    Code.CLIENT_CAPABILITY_MISSING,
                                    endpoint.host()
                                            + " wants more input, which Mooring has nobody to ask"
                                            + " for"));
            default ->
                    Outcome.refused(
                            Refusal.failed(
                                    Code.SERVER_BROKEN,
                                    endpoint.host() + " sent a result of an unknown type"));
        };
    }
}
