package dev.mooring.application.port;

import dev.mooring.domain.client.ClientId;
import dev.mooring.domain.client.Connection;
import dev.mooring.domain.lifecycle.Problem;
import dev.mooring.domain.mcp.Inventory;
import dev.mooring.domain.oauth.AccessChallenge;
import dev.mooring.domain.oauth.Credential;

import java.util.Set;

/**
 * Talks MCP to servers, in both eras. Live connections are kept per process and rebuilt at will; no
 * answer depends on one being there.
 */
public interface McpConnector {
    /** Makes the server accept us and list its tools: all that "connected" means. */
    ConnectAnswer connect(Target target, Budget budget);

    /**
     * Asks the server without a token and leaves again: the challenge tells who grants access. Live
     * connections of any client are untouched.
     */
    ConnectAnswer probe(Connection connection, Budget budget);

    /**
     * Calls one tool. A call that may have been executed is never sent again: not after a time-out,
     * a lost answer or a broken stream, in either era. It is sent again only where the server said
     * that it did not look at it: that a header is missing, that the proof wants a nonce, or that
     * our connection is not known any more; after a 401 or 403 the repetition is the caller's.
     * Where a server answers that it is not done and wants to be called again with the state that
     * it gives, that next round is the same call going on; nothing that happens then makes it begin
     * anew.
     */
    CallAnswer call(Target target, ToolCall call, Budget budget);

    /** Leaves the server, if a live connection of this client is held here; never fails. */
    void disconnect(ClientId client);

    /**
     * The same, unless that connection was made with these settings; one that was made with other
     * ones serves nobody any more.
     */
    void disconnectUnless(ClientId client, Connection current);

    /** The clients to which live connections are held here. */
    Set<ClientId> connected();

    /**
     * Whom to talk to, and as whom.
     *
     * @param credential sent with every request, to this server only
     */
    record Target(ClientId client, Connection connection, Credential credential) {}

    /**
     * A tool call.
     *
     * @param arguments the JSON text of an object
     */
    record ToolCall(String tool, String arguments) {}

    /** The answer to {@link #connect}. */
    sealed interface ConnectAnswer {
        record Accepted(Inventory inventory) implements ConnectAnswer {}

        /** 401, or 403 for lack of scope: who we are is not enough. */
        record Challenged(int status, AccessChallenge challenge) implements ConnectAnswer {
            /** RFC 6750 section 3.1: the token is good, and only one with more scope would help. */
            public boolean asksForMoreScope() {
                return status == 403 && challenge.asksForMoreScope();
            }
        }

        record Failed(Problem problem) implements ConnectAnswer {}
    }

    /** The answer to {@link #call}. */
    sealed interface CallAnswer {
        /**
         * The tool ran.
         *
         * @param content the JSON text of the result's {@code content}, or its structured content
         * @param isError whether the tool itself says that it failed
         */
        record Returned(String content, boolean isError) implements CallAnswer {}

        /** 401, or 403 for lack of scope: the call was not executed. */
        record Challenged(int status, AccessChallenge challenge) implements CallAnswer {}

        /**
         * The server answered with a JSON-RPC error: it knows no such tool, or not these arguments.
         */
        record Rejected(int code, String message) implements CallAnswer {}

        record Failed(Problem problem) implements CallAnswer {}
    }
}
