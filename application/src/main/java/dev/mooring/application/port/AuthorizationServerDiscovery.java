package dev.mooring.application.port;

import dev.mooring.domain.client.Connection;
import dev.mooring.domain.lifecycle.Problem;
import dev.mooring.domain.oauth.AcceptedQuirks;
import dev.mooring.domain.oauth.AccessChallenge;
import dev.mooring.domain.oauth.AuthorizationServer;
import dev.mooring.domain.oauth.Issuer;
import dev.mooring.domain.oauth.ProtectedResource;

/**
 * Finds out who grants access to an MCP server: protected resource metadata (RFC 9728) and
 * authorization server metadata (RFC 8414, OpenID Connect Discovery), in the order that MCP
 * prescribes.
 */
public interface AuthorizationServerDiscovery {
    /**
     * The metadata of the server: at the place the challenge names, else at the well-known place
     * for the server's path, else at the origin's. Metadata for another resource is a problem (RFC
     * 9728 section 3.3), unless an exception lets it pass.
     */
    ResourceAnswer protectedResource(
            Connection connection,
            AccessChallenge challenge,
            AcceptedQuirks exceptions,
            Budget budget);

    /**
     * The metadata of an issuer, whose own {@code issuer} is the same string (RFC 8414 section 3.3)
     * unless an exception lets another one pass; what we find is known by the identifier we asked
     * with all the same. Whether it announces PKCE is for the caller to judge.
     *
     * @param connection of the client on whose behalf we ask; its private CA counts here too
     */
    ServerAnswer authorizationServer(
            Issuer issuer, Connection connection, AcceptedQuirks exceptions, Budget budget);

    /**
     * A server whose endpoints an operator gave by hand: looked at by the same rules as a
     * discovered one (schemes and addresses), without asking anybody.
     */
    ServerAnswer given(AuthorizationServer server);

    /** The answer to {@link #protectedResource}. */
    sealed interface ResourceAnswer {
        record Found(ProtectedResource resource) implements ResourceAnswer {}

        /** Nowhere is there any such metadata. */
        record NotOffered() implements ResourceAnswer {}

        record Failed(Problem problem) implements ResourceAnswer {}
    }

    /** The answer to {@link #authorizationServer}. */
    sealed interface ServerAnswer {
        record Found(AuthorizationServer server) implements ServerAnswer {}

        record Failed(Problem problem) implements ServerAnswer {}
    }
}
