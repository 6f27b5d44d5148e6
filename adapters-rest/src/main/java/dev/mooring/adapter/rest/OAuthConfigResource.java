package dev.mooring.adapter.rest;

import static dev.mooring.domain.access.Permission.CHANGE_CLIENTS;
import static dev.mooring.domain.access.Permission.READ_CLIENTS;

import dev.mooring.adapter.rest.edge.Answer;
import dev.mooring.adapter.rest.edge.ApiError;
import dev.mooring.adapter.rest.edge.ErrorCode;
import dev.mooring.adapter.rest.edge.Reply;
import dev.mooring.adapter.rest.edge.Routes;
import dev.mooring.application.FindClients;
import dev.mooring.application.FindClients.AttemptSummary;
import dev.mooring.application.FindClients.AuthorizationSummary;
import dev.mooring.application.FindClients.GrantSummary;
import dev.mooring.application.RevokeGrant;
import dev.mooring.domain.access.Caller;
import dev.mooring.domain.client.OAuthConfigId;
import dev.mooring.domain.lifecycle.ConfigStatus;
import dev.mooring.domain.lifecycle.FlowId;

import io.helidon.http.Method;
import io.helidon.webserver.http.ServerRequest;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** The OAuth side of a client: how its authorization stands, and ending it. */
final class OAuthConfigResource implements Resource {
    private final FindClients findClients;
    private final RevokeGrant revokeGrant;

    private record StatusView(
            String id,
            String status,
            Optional<String> flowId,
            Optional<String> flowStatus,
            Optional<Instant> createdAt,
            Optional<Instant> expiresAt,
            Optional<Instant> tokenExpiresAt,
            Optional<List<String>> tokenScopes) {
        static StatusView of(AuthorizationSummary summary) {
            Optional<AttemptSummary> attempt = summary.newestAttempt();
            Optional<GrantSummary> grant =
                    summary.grant().filter(any -> summary.status() == ConfigStatus.AUTHORIZED);
            return new StatusView(
                    summary.config().value(),
                    summary.status().word(),
                    attempt.map(shown -> shown.flow().value()),
                    attempt.map(shown -> shown.status().word()),
                    attempt.map(AttemptSummary::startedAt),
                    attempt.map(AttemptSummary::deadline),
                    grant.flatMap(GrantSummary::expiresAt),
                    grant.map(shown -> shown.scopes().tokens()));
        }
    }

    private record RevokedView(String message) {}

    OAuthConfigResource(FindClients findClients, RevokeGrant revokeGrant) {
        this.findClients = findClients;
        this.revokeGrant = revokeGrant;
    }

    @Override
    public void addTo(Routes routes) {
        routes.guarded(Method.GET, "/api/oauth/config/{id}/status", READ_CLIENTS, this::status)
                .guarded(Method.DELETE, "/api/oauth/config/{id}", CHANGE_CLIENTS, this::revoke);
    }

    private Reply status(ServerRequest request, Caller caller) {
        Optional<OAuthConfigId> config = PathIds.oauthConfig(request);
        Optional<FlowId> flow = new Query(request).value("flow_id", FlowId::new);
        Optional<AuthorizationSummary> newest = config.flatMap(findClients::authorization);
        if (newest.isEmpty()) {
            return Errors.configNotFound();
        }
        return flow.map(asked -> findClients.authorization(newest.get().config(), asked))
                .orElse(newest)
                .<Reply>map(summary -> Answer.json(StatusView.of(summary)))
                .orElseGet(() ->
                        ApiError.of(
                                        ErrorCode.FLOW_NOT_FOUND,
                                        "This OAuth config had no such authorization attempt")
                                .at("flow_id"));
    }

    private Reply revoke(ServerRequest request, Caller caller) {
        return PathIds.oauthConfig(request).filter(revokeGrant::handle).isPresent()
                ? Answer.json(new RevokedView("OAuth token revoked successfully"))
                : Errors.configNotFound();
    }
}
