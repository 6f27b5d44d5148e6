package dev.mooring.adapter.rest;

import dev.mooring.application.ConsentLink;
import dev.mooring.domain.lifecycle.LinkFor;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The link that a person must open, and how it goes on from there. */
record PendingView(
        String status,
        String message,
        String oauthConfigId,
        String flowId,
        String authorizeUrl,
        Instant expiresAt,
        String mcpClientId,
        String completeUrl,
        String statusUrl,
        List<String> scopes,
        String linkFor,
        List<String> nextSteps,
        Optional<List<String>> warnings) {
    static PendingView of(ConsentLink link, List<String> warnings) {
        String completeUrl = "/api/mcp/client/" + link.client() + "/complete-oauth";
        String statusUrl = "/api/oauth/config/" + link.config() + "/status";
        List<String> all = new ArrayList<>(warnings);
        if (link.pkceUnverified()) {
            all.add(
                    "The endpoints were given by hand, so nobody knows whether the authorization"
                            + " server checks PKCE with S256; it is sent all the same");
        }
        if (link.issuerUnknown()) {
            all.add(
                    "The endpoints were given by hand without oauth_config.issuer; if the"
                            + " authorization server says iss in its response (RFC 9207), the"
                            + " response is refused until the issuer is given too");
        }
        return new PendingView(
                "pending_oauth",
                "OAuth authorization required",
                link.config().value(),
                link.flow().value(),
                link.authorizeUrl().value(),
                link.expiresAt(),
                link.client().value(),
                completeUrl,
                statusUrl,
                link.scopes().tokens(),
                link.linkFor().word(),
                List.of(
                        switch (link.linkFor()) {
                            case LinkFor.Anyone anyone ->
                                    "Open authorize_url in a browser and consent";
                            case LinkFor.OneBrowser one ->
                                    "Open authorize_url in this browser and consent";
                        },
                        "Poll GET " + statusUrl + " until its status is authorized",
                        "Call POST " + completeUrl),
                Warnings.of(all));
    }
}
