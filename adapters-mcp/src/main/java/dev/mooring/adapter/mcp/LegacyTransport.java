package dev.mooring.adapter.mcp;

import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.mooring.application.port.Budget;
import dev.mooring.domain.mcp.ProtocolVersion;

/** Carries the messages of one session of the legacy era. Any number of threads may send. */
sealed interface LegacyTransport permits LegacyHttp, LegacySse {
    /** The revision to ask for when the operator does not insist on one. */
    ProtocolVersion newest();

    /**
     * Sends a request and waits for its response.
     *
     * @param repeatable whether the request may be sent again when its fate is not known
     */
    Outcome<ObjectNode> request(
            String method, ObjectNode params, boolean repeatable, Budget budget);

    /** Sends a notification. */
    Outcome<Integer> send(String method, ObjectNode params, Budget budget);

    /** The handshake agreed on this revision: later requests say so. */
    void agreed(ProtocolVersion version);

    /** Ends the session: two seconds at most, and never fails. */
    void leave();
}
