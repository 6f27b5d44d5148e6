package dev.mooring.application;

import dev.mooring.application.port.AttemptStore;
import dev.mooring.application.port.ClientStore;
import dev.mooring.application.port.GrantStore;
import dev.mooring.application.port.Stored;
import dev.mooring.domain.client.ClientAuth;
import dev.mooring.domain.client.ClientId;
import dev.mooring.domain.lifecycle.AuthorizationAttempt;
import dev.mooring.domain.lifecycle.McpClient;
import dev.mooring.domain.lifecycle.Problem;
import dev.mooring.domain.lifecycle.ReauthorizationCause;
import dev.mooring.domain.oauth.Scopes;

import java.util.Optional;

/**
 * Asks for consent again. The client keeps its id, name and tools, and a grant that still serves
 * goes on serving until the new one is stored.
 */
public final class ReauthorizeClient {
    private final ClientStore clients;
    private final AttemptStore attempts;
    private final GrantStore grants;
    private final BeginAuthorization beginAuthorization;

    ReauthorizeClient(
            ClientStore clients,
            AttemptStore attempts,
            GrantStore grants,
            BeginAuthorization beginAuthorization) {
        this.clients = clients;
        this.attempts = attempts;
        this.grants = grants;
        this.beginAuthorization = beginAuthorization;
    }

    /** What came of it. */
    public sealed interface Outcome {
        record ConsentNeeded(ConsentLink link) implements Outcome {}

        record NotFound() implements Outcome {}

        /** The client is not one behind OAuth. */
        record NoOAuthConfig() implements Outcome {}

        record Failed(Problem problem) implements Outcome {}
    }

    /** Makes a link, or returns the one that is open. */
    public Outcome handle(ClientId id) {
        Optional<McpClient> client = clients.find(id).map(Stored::value);
        if (client.isEmpty()) {
            return new Outcome.NotFound();
        }
        Optional<ClientAuth.OAuth> oauth = client.get().settings().oauth();
        if (oauth.isEmpty()) {
            return new Outcome.NoOAuthConfig();
        }
        return switch (beginAuthorization.forClient(
                client.get(), oauth.get(), Optional.empty(), need(client.get()))) {
            case BeginAuthorization.Outcome.Begun begun -> new Outcome.ConsentNeeded(begun.link());
            case BeginAuthorization.Outcome.Failed failed -> new Outcome.Failed(failed.problem());
            case BeginAuthorization.Outcome.Gone gone -> new Outcome.NotFound();
        };
    }

    /** MCP: who is asked again is asked for what was granted before, and for what was missing. */
    private ConsentNeed need(McpClient client) {
        ConsentNeed lost = afterLoss(client, attempts.newest(client.id()));
        return grants.ofClient(client.id()).map(lost::besides).orElse(lost);
    }

    /**
     * What a client needs whose grant ended: what the last consent was for, and the scopes whose
     * lack ended it. A consent that was refused since is not tried again with the same scopes.
     */
    static ConsentNeed afterLoss(McpClient client, Optional<AuthorizationAttempt> newest) {
        if (!(client instanceof McpClient.NeedsReauthorization needs)) {
            return ConsentNeed.NOTHING_MORE;
        }
        Scopes before =
                newest.filter(AuthorizationAttempt.Succeeded.class::isInstance)
                        .filter(attempt -> needs.cause().keepsScopes())
                        .map(attempt -> attempt.details().scopes())
                        .orElse(Scopes.NONE);
        return ConsentNeed.of(
                needs.cause() instanceof ReauthorizationCause.ScopeNeeded needed
                        ? before.union(needed.scopes())
                        : before);
    }
}
