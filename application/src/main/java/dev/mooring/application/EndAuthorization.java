package dev.mooring.application;

import dev.mooring.application.port.AttemptStore;
import dev.mooring.application.port.EventLog;
import dev.mooring.application.port.GrantStore;
import dev.mooring.domain.lifecycle.AuthorizationAttempt;
import dev.mooring.domain.lifecycle.AuthorizationAttempt.Redeeming;
import dev.mooring.domain.lifecycle.AuthorizationAttempt.Started;
import dev.mooring.domain.lifecycle.ClientEvent;
import dev.mooring.domain.lifecycle.Grant;
import dev.mooring.domain.lifecycle.McpClient;

import java.time.Instant;
import java.util.Optional;

/**
 * Takes a client's grant and open attempts away, inside the unit of work of whoever wants that:
 * removal, revocation, or settings for which the grant is no good. The tokens are owed back to
 * their server; a redemption that is under way, or was given up and yet brings tokens, will find
 * that nobody wants them and owe them too.
 */
final class EndAuthorization {
    private final AttemptStore attempts;
    private final AdvanceAttempt advanceAttempt;
    private final GrantStore grants;
    private final OweTokens oweTokens;
    private final EventLog events;

    EndAuthorization(
            AttemptStore attempts,
            AdvanceAttempt advanceAttempt,
            GrantStore grants,
            OweTokens oweTokens,
            EventLog events) {
        this.attempts = attempts;
        this.advanceAttempt = advanceAttempt;
        this.grants = grants;
        this.oweTokens = oweTokens;
        this.events = events;
    }

    /** Ends both; the caller holds the client's lock and decides what becomes of the client. */
    void handle(McpClient client, Instant now) {
        attempts.open(client.id()).forEach(attempt -> supersede(attempt, now));
        // Read after those, of which one may just have been given up.
        attempts.givenUp(client.id())
                .forEach(unknown -> advanceAttempt.end(unknown, unknown.supersede(now)));
        Optional<Grant> grant = grants.ofClient(client.id());
        if (grant.isEmpty()) {
            return;
        }
        grants.delete(grant.get().id());
        boolean owed = oweTokens.of(grant.get(), client.settings().connection().trustedCa());
        events.append(new ClientEvent.GrantRevoked(client.id(), grant.get().id(), owed, now));
    }

    /** Ends links that nobody has come back from; what is being redeemed is left to go on. */
    void endLinks(McpClient client, Instant now) {
        attempts.open(client.id()).stream()
                .filter(Started.class::isInstance)
                .map(Started.class::cast)
                .forEach(started -> advanceAttempt.end(started, started.supersede(now)));
    }

    private void supersede(AuthorizationAttempt attempt, Instant now) {
        switch (attempt) {
            case Started started -> {
                if (!advanceAttempt.end(started, started.supersede(now))) {
                    // A response may just have claimed it: then it ends as what it has become.
                    attempts.find(started.flowId())
                            .filter(Redeeming.class::isInstance)
                            .ifPresent(claimed -> supersede(claimed, now));
                }
            }
            case Redeeming redeeming -> advanceAttempt.end(redeeming, redeeming.supersede(now));
            case AuthorizationAttempt.Ended ended -> {}
        }
    }
}
