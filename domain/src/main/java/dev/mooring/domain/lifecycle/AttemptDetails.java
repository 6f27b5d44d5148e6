package dev.mooring.domain.lifecycle;

import dev.mooring.domain.client.ClientId;
import dev.mooring.domain.oauth.Scopes;
import dev.mooring.domain.oauth.StateDigest;

import java.time.Instant;
import java.util.Optional;

/**
 * What every state of an authorization attempt has in common.
 *
 * @param ordinal counts the attempts of one client from 1; the highest is the newest, and it wins
 * @param scopes what was asked for; a step-up asks for the union with these
 * @param deadline from this instant on the link is dead
 * @param operation the tool whose call asked for more scopes; absent where nothing did
 */
public record AttemptDetails(
        FlowId flowId,
        ClientId client,
        int ordinal,
        StateDigest state,
        Scopes scopes,
        Instant startedAt,
        Instant deadline,
        Optional<String> operation) {
    /** The same attempt, noted as one that a call of {@code tool} needs (MCP step-up). */
    public AttemptDetails steppingUpFor(String tool) {
        return new AttemptDetails(
                flowId, client, ordinal, state, scopes, startedAt, deadline, Optional.of(tool));
    }
}
