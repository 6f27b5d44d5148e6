package dev.mooring.adapter.oauth;

import dev.mooring.adapter.http.OutboundException;
import dev.mooring.domain.lifecycle.Problem;
import dev.mooring.domain.lifecycle.Problem.Code;

/** Whom we asked, and what to call it when no good answer comes. */
enum Upstream {
    MCP_SERVER("The MCP server", Code.SERVER_UNREACHABLE, Code.SERVER_BROKEN, Code.SERVER_TOO_SLOW),
    AUTHORIZATION_SERVER(
            "The authorization server",
            Code.AUTHORIZATION_SERVER_UNREACHABLE,
            Code.AUTHORIZATION_SERVER_BROKEN,
            Code.AUTHORIZATION_SERVER_TOO_SLOW);

    private final String name;
    private final Code unreachable;
    private final Code broken;
    private final Code tooSlow;

    Upstream(String name, Code unreachable, Code broken, Code tooSlow) {
        this.name = name;
        this.unreachable = unreachable;
        this.broken = broken;
        this.tooSlow = tooSlow;
    }

    Problem problem(OutboundException e) {
        Code code =
                switch (e.reason()) {
                    case REFUSED_BY_GUARD -> Code.ADDRESS_NOT_ALLOWED;
                    case NAME_NOT_FOUND, CONNECT_FAILED, TLS_FAILED, CANCELLED -> unreachable;
                    case TIMED_OUT -> tooSlow;
                    case TOO_LARGE, BROKEN_ANSWER, TOO_MANY_REDIRECTS -> broken;
                };
        return new Problem(code, name + " cannot be used: " + e.getMessage());
    }

    /** An answer that is none of the protocol. */
    Problem broken(String what) {
        return new Problem(broken, name + " " + what);
    }
}
