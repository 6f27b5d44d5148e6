package dev.mooring.application;

import dev.mooring.domain.client.ClientAuth;
import dev.mooring.domain.client.ClientId;
import dev.mooring.domain.client.OAuthConfigId;
import dev.mooring.domain.lifecycle.AuthorizationAttempt;
import dev.mooring.domain.lifecycle.AuthorizationRequest.AuthorizeUrl;
import dev.mooring.domain.lifecycle.FlowId;
import dev.mooring.domain.lifecycle.LinkFor;
import dev.mooring.domain.oauth.Scopes;

import java.time.Instant;

/**
 * The link a person opens to consent, and how to follow what becomes of it.
 *
 * @param expiresAt from this instant on the link is dead
 * @param linkFor which browser may finish it
 * @param issuerUnknown whether a response that says {@code iss} (RFC 9207) must be refused, because
 *     nobody said which issuer to expect
 * @param pkceUnverified whether S256 is sent to a server of which nobody knows if it understands it
 */
public record ConsentLink(
        ClientId client,
        OAuthConfigId config,
        FlowId flow,
        AuthorizeUrl authorizeUrl,
        Scopes scopes,
        Instant expiresAt,
        LinkFor linkFor,
        boolean pkceUnverified,
        boolean issuerUnknown) {
    static ConsentLink of(ClientAuth.OAuth oauth, AuthorizationAttempt.Started attempt) {
        boolean byHand = oauth.settings().namesEndpoints();
        return new ConsentLink(
                attempt.client(),
                oauth.id(),
                attempt.flowId(),
                attempt.request().authorizeUrl(),
                attempt.details().scopes(),
                attempt.details().deadline(),
                attempt.request().linkFor(),
                byHand,
                byHand && oauth.settings().issuer().isEmpty());
    }
}
