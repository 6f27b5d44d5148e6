package dev.mooring.application;

import dev.mooring.domain.lifecycle.AuthorizationAttempt;
import dev.mooring.domain.lifecycle.Grant;
import dev.mooring.domain.lifecycle.LinkFor;
import dev.mooring.domain.lifecycle.McpClient;
import dev.mooring.domain.lifecycle.ReauthorizationCause;
import dev.mooring.domain.oauth.Issuer;
import dev.mooring.domain.oauth.Scopes;

import java.util.Optional;

/**
 * What a consent is needed for, besides what discovery chooses to ask for.
 *
 * @param scopes that must be among those asked for
 * @param former the grant that served until now; its scopes are asked for again at its issuer, and
 *     mean nothing to another one
 * @param operation the tool whose call lacks scopes (step-up)
 * @param linkFor whose the link must be; absent: one that is open will do, and a new one is for
 *     anyone
 * @param asked whether somebody asks for the link itself, and not for something that needs one
 */
record ConsentNeed(
        Scopes scopes,
        Optional<Grant> former,
        Optional<String> operation,
        Optional<LinkFor> linkFor,
        boolean asked) {
    static final ConsentNeed NOTHING_MORE = of(Scopes.NONE);

    static ConsentNeed of(Scopes scopes) {
        return new ConsentNeed(scopes, Optional.empty(), Optional.empty(), Optional.empty(), false);
    }

    /**
     * What a client needs whose grant ended: what the last consent was for, and the scopes whose
     * lack ended it. A consent that was refused since is not tried again with the same scopes.
     */
    static ConsentNeed afterLoss(McpClient client, Optional<AuthorizationAttempt> newest) {
        if (!(client instanceof McpClient.NeedsReauthorization needs)) {
            return NOTHING_MORE;
        }
        Scopes before =
                newest.filter(AuthorizationAttempt.Succeeded.class::isInstance)
                        .filter(attempt -> needs.cause().keepsScopes())
                        .map(attempt -> attempt.details().scopes())
                        .orElse(Scopes.NONE);
        return of(
                needs.cause() instanceof ReauthorizationCause.ScopeNeeded needed
                        ? before.union(needed.scopes())
                        : before);
    }

    ConsentNeed besides(Grant grant) {
        return new ConsentNeed(scopes, Optional.of(grant), operation, linkFor, asked);
    }

    ConsentNeed forTool(String tool) {
        return new ConsentNeed(scopes, former, Optional.of(tool), linkFor, asked);
    }

    ConsentNeed linkedFor(LinkFor whom) {
        return new ConsentNeed(scopes, former, operation, Optional.of(whom), asked);
    }

    ConsentNeed onRequest() {
        return new ConsentNeed(scopes, former, operation, linkFor, true);
    }

    /** All of it, as far as it concerns this issuer. */
    Scopes at(Issuer issuer) {
        return former.filter(grant -> grant.issuer().equals(issuer))
                .map(grant -> grant.tokens().scopes().union(scopes))
                .orElse(scopes);
    }
}
