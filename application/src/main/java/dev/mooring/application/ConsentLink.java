package dev.mooring.application;

import dev.mooring.domain.client.ClientId;
import dev.mooring.domain.client.OAuthConfigId;
import dev.mooring.domain.lifecycle.AuthorizationAttempt;
import dev.mooring.domain.lifecycle.AuthorizationRequest.AuthorizeUrl;
import dev.mooring.domain.lifecycle.FlowId;
import dev.mooring.domain.oauth.Scopes;

import java.time.Instant;

/**
 * The link a person opens to consent, and how to follow what becomes of it.
 *
 * @param expiresAt from this instant on the link is dead
 * @param pkceUnverified whether S256 is sent to a server of which nobody knows if it understands it
 */
public record ConsentLink(
        ClientId client,
        OAuthConfigId config,
        FlowId flow,
        AuthorizeUrl authorizeUrl,
        Scopes scopes,
        Instant expiresAt,
        boolean pkceUnverified) {
    static ConsentLink of(
            OAuthConfigId config, AuthorizationAttempt.Started attempt, boolean pkceUnverified) {
        return new ConsentLink(
                attempt.client(),
                config,
                attempt.flowId(),
                attempt.request().authorizeUrl(),
                attempt.details().scopes(),
                attempt.details().deadline(),
                pkceUnverified);
    }
}
