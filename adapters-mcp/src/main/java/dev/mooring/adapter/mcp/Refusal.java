package dev.mooring.adapter.mcp;

import dev.mooring.adapter.mcp.JsonRpc.RpcError;
import dev.mooring.domain.lifecycle.Problem;
import dev.mooring.domain.lifecycle.Problem.Code;
import dev.mooring.domain.oauth.AccessChallenge;

import java.time.Duration;
import java.util.Optional;

/** Why an exchange with a server did not bring a result. */
sealed interface Refusal {
    /** 401 or 403: who we are is not enough. Nothing was executed. */
    record Challenged(int status, AccessChallenge challenge) implements Refusal {}

    /**
     * The server answered, but not with a result.
     *
     * @param error absent where only the HTTP status speaks
     * @param dispatched whether the error names our request: it was read as a message, not turned
     *     away before
     */
    record Rejected(int status, Optional<RpcError> error, boolean dispatched) implements Refusal {
        boolean hasCode(int code) {
            return error.filter(e -> e.code() == code).isPresent();
        }

        /**
         * Whether the server may just not know what we said: it refuses for good, and does not only
         * lack time or strength.
         */
        boolean isOfAnotherProtocol() {
            return switch (status) {
                case 408, 429 -> false;
                // Some answer so to any message that they did not expect.
                case 500, 501 -> true;
                default -> status / 100 == 4 || status / 100 == 2;
            };
        }
    }

    /**
     * The connection ended before the answer. What became of the request is not known.
     *
     * @param lastEventId where the stream can be resumed, if the server said so
     * @param retry how long to wait before that
     */
    record Interrupted(Optional<String> lastEventId, Duration retry) implements Refusal {
        /** A connection that broke before there was any stream. */
        static final Interrupted AT_ONCE = new Interrupted(Optional.empty(), Duration.ZERO);
    }

    /**
     * The server does not know our connection any more. It executed nothing, or nothing that
     * matters twice, so the same may be said again over a new connection.
     *
     * @param cause what it said
     */
    record Stale(Refusal cause) implements Refusal {}

    /** The server does not speak this era of MCP; it may speak the other. */
    record NotThisEra(Problem problem) implements Refusal {}

    record Failed(Problem problem) implements Refusal {}

    static Failed failed(Code code, String message) {
        return new Failed(new Problem(code, message));
    }

    /**
     * What to tell an operator.
     *
     * @param host the server's host, for the message
     */
    default Problem problem(String host) {
        return switch (this) {
            case Failed(Problem problem) -> problem;
            case NotThisEra(Problem problem) -> problem;
            case Challenged(int status, _) ->
                    new Problem(Code.SERVER_BROKEN, host + " refused us with status " + status);
            case Interrupted _ ->
                    new Problem(
                            Code.SERVER_BROKEN,
                            "the connection to " + host + " broke before its answer was complete");
            case Stale(Refusal cause) -> cause.problem(host);
            case Rejected rejected -> ofStatus(host, rejected);
        };
    }

    private static Problem ofStatus(String host, Rejected rejected) {
        int status = rejected.status();
        if (status / 100 == 2) {
            return new Problem(
                    Code.SERVER_BROKEN,
                    host
                            + " answered with an error"
                            + rejected.error()
                                    .map(e -> " (JSON-RPC code " + e.code() + ")")
                                    .orElse(""));
        }
        if (status / 100 == 3) {
            return new Problem(
                    Code.SERVER_BROKEN,
                    host + " answered with a redirect (" + status + "), which is not followed");
        }
        return switch (status) {
            case 429, 502, 503 ->
                    new Problem(
                            Code.SERVER_UNREACHABLE,
                            host + " is not available at the moment (status " + status + ")");
            case 408, 504 ->
                    new Problem(
                            Code.SERVER_TOO_SLOW,
                            host + " gave up waiting (status " + status + ")");
            default ->
                    new Problem(
                            Code.SERVER_BROKEN,
                            host
                                    + " refused the request with status "
                                    + status
                                    + rejected.error()
                                            .map(e -> " and JSON-RPC code " + e.code())
                                            .orElse(""));
        };
    }
}
