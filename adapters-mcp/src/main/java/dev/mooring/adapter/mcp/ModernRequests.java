package dev.mooring.adapter.mcp;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.mooring.adapter.http.Headers;
import dev.mooring.adapter.mcp.Refusal.Interrupted;
import dev.mooring.application.port.Budget;
import dev.mooring.domain.lifecycle.Problem.Code;
import dev.mooring.domain.mcp.ProtocolVersion;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Makes requests as MCP 2026-07-28 wants them: each says who we are and which revision it follows,
 * in its body and again in headers, so that nobody on the way has to read bodies.
 */
final class ModernRequests {
    static final String META = "io.modelcontextprotocol/";

    private static final String COMPLETE = "complete";
    private static final String UNFINISHED = "input_required";
    private static final int MOST_STATE = 64 << 10;
    private static final Duration PAUSE = Duration.ofMillis(50);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(2);

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
        return send(method, params, List.of(), budget)
                .otherwise(refusal ->
                        refusal instanceof Interrupted
                                ? send(method, params, List.of(), budget)
                                : Outcome.refused(refusal))
                .then(this::complete);
    }

    /**
     * Sends a call once, and goes on with it where the server only asks to be called again with the
     * state that it gave us (MCP 2026-07-28, multi round-trip requests), for as long as the budget
     * lasts. Each round has an id of its own, and what it carries is for this call alone.
     */
    Outcome<ObjectNode> call(
            String method, ObjectNode params, List<Headers.Field> more, Budget budget) {
        Outcome<ObjectNode> answer = send(method, params, more, budget);
        for (int round = 1; ; round++) {
            if (!(answer instanceof Outcome.Success<ObjectNode>(ObjectNode result))
                    || !isUnfinished(result)) {
                return answer.then(this::complete);
            }
            Outcome<String> state = stateToGoOnWith(result);
            if (state instanceof Outcome.Refused<String>(Refusal refusal)) {
                return Outcome.refused(refusal);
            }
            if (!Endpoint.pause(pauseBefore(round), budget)) {
                return Outcome.refused(new Refusal.Failed(endpoint.tooSlow()));
            }
            answer =
                    state.then(
                                    // The exact text: what is in it is the server's business alone.
                                    text ->
                                            send(
                                                    method,
                                                    params.deepCopy().put("requestState", text),
                                                    more,
                                                    budget))
                            .mapRefusal(this::afterTheFirstRound);
        }
    }

    private Outcome<ObjectNode> send(
            String method, ObjectNode params, List<Headers.Field> more, Budget budget) {
        ObjectNode meta = params.putObject("_meta").put(META + "protocolVersion", version.value());
        meta.set(META + "clientInfo", self.toJson());
        meta.putObject(META + "clientCapabilities");
        List<Headers.Field> headers = new ArrayList<>(more);
        headers.add(new Headers.Field("MCP-Protocol-Version", version.value()));
        headers.add(new Headers.Field("Mcp-Method", method));
        long id = ids.incrementAndGet();
        return http.request(id, JsonRpc.request(id, method, params), headers, budget)
                .map(StreamableHttp.Answer::result);
    }

    /** Results have types; without one they are complete, and an unknown one is invalid. */
    private Outcome<ObjectNode> complete(ObjectNode result) {
        return switch (type(result)) {
            case COMPLETE -> Outcome.success(result);
            case UNFINISHED -> broken("wants input for a request that needs none");
            default -> broken("sent a result of an unknown type");
        };
    }

    private static boolean isUnfinished(ObjectNode result) {
        return type(result).equals(UNFINISHED);
    }

    private static String type(ObjectNode result) {
        JsonNode type = result.path("resultType");
        return type.isMissingNode() ? COMPLETE : type.asText();
    }

    /**
     * A server must not ask for what we did not say that we have, and must say at least one of what
     * it wants and how to go on.
     */
    private Outcome<String> stateToGoOnWith(ObjectNode unfinished) {
        if (!unfinished.path("inputRequests").isEmpty()) {
            return Outcome.refused(
                    Refusal.failed(
                            Code.CLIENT_CAPABILITY_MISSING,
                            endpoint.host()
                                    + " wants more input, which Mooring has nobody to ask for"));
        }
        JsonNode state = unfinished.path("requestState");
        return state.isTextual() && state.asText().length() <= MOST_STATE
                ? Outcome.success(state.asText())
                : broken("wants to be called again, but not how");
    }

    /**
     * The server has begun the call, so nothing that it says later may look as if it had not: the
     * rounds before must not be gone through again.
     */
    private Refusal afterTheFirstRound(Refusal refusal) {
        boolean isFinal =
                refusal instanceof Refusal.Rejected rejected
                        && rejected.dispatched()
                        && !rejected.hasCode(JsonRpc.HEADER_MISMATCH);
        return isFinal ? refusal : new Refusal.Failed(refusal.problem(endpoint.host()));
    }

    /** None at first, and then ever longer: what the server waits for may take its time. */
    private static Duration pauseBefore(int round) {
        Duration pause = PAUSE.multipliedBy(round - 1);
        return pause.compareTo(LONGEST_PAUSE) < 0 ? pause : LONGEST_PAUSE;
    }

    private <T> Outcome<T> broken(String how) {
        return Outcome.refused(Refusal.failed(Code.SERVER_BROKEN, endpoint.host() + " " + how));
    }
}
