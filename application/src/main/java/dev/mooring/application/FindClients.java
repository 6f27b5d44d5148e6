package dev.mooring.application;

import dev.mooring.application.port.AttemptStore;
import dev.mooring.application.port.ClientStore;
import dev.mooring.application.port.GrantStore;
import dev.mooring.application.port.Stored;
import dev.mooring.domain.client.ClientId;
import dev.mooring.domain.client.OAuthConfigId;
import dev.mooring.domain.lifecycle.AuthorizationAttempt;
import dev.mooring.domain.lifecycle.ConfigStatus;
import dev.mooring.domain.lifecycle.FlowId;
import dev.mooring.domain.lifecycle.Grant;
import dev.mooring.domain.lifecycle.McpClient;
import dev.mooring.domain.oauth.Issuer;
import dev.mooring.domain.oauth.ResourceIdentifier;
import dev.mooring.domain.oauth.Scopes;
import dev.mooring.domain.oauth.TokenType;

import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;

/** Shows clients and how their authorization stands. No secret is in any answer. */
public final class FindClients {
    private final ClientStore clients;
    private final AttemptStore attempts;
    private final GrantStore grants;
    private final InstantSource clock;

    public FindClients(
            ClientStore clients, AttemptStore attempts, GrantStore grants, InstantSource clock) {
        this.clients = clients;
        this.attempts = attempts;
        this.grants = grants;
        this.clock = clock;
    }

    /**
     * One client.
     *
     * @param revision grows with every change of the client
     * @param authorization present for a client behind OAuth
     */
    public record Found(
            McpClient client, long revision, Optional<AuthorizationSummary> authorization) {}

    /**
     * One page.
     *
     * @param totalCount of all clients that the query matches
     */
    public record Page(List<Stored<McpClient>> clients, int totalCount) {}

    /** How the authorization of a client stands. */
    public record AuthorizationSummary(
            OAuthConfigId config,
            ConfigStatus status,
            Optional<AttemptSummary> newestAttempt,
            Optional<GrantSummary> grant) {}

    /** An attempt without its secrets. */
    public record AttemptSummary(
            FlowId flow,
            ConfigStatus status,
            Instant startedAt,
            Instant deadline,
            AuthorizationAttempt attempt) {}

    /** A grant without its tokens. */
    public record GrantSummary(
            Issuer issuer,
            ResourceIdentifier resource,
            TokenType tokenType,
            Scopes scopes,
            Optional<Instant> expiresAt,
            boolean refreshable,
            Instant issuedAt) {}

    public Optional<Found> one(ClientId id) {
        return clients.find(id).map(this::found);
    }

    public Page page(ClientStore.Query query) {
        ClientStore.Page page = clients.list(query);
        return new Page(page.clients(), page.totalCount());
    }

    /** How an OAuth config stands, with its newest attempt. */
    public Optional<AuthorizationSummary> authorization(OAuthConfigId config) {
        return clients.find(config).map(Stored::value).flatMap(this::summary);
    }

    /** How an OAuth config stands, with the attempt that is asked for. */
    public Optional<AuthorizationSummary> authorization(OAuthConfigId config, FlowId flow) {
        Optional<AttemptSummary> attempt =
                attempts.find(flow)
                        .filter(found ->
                                clients.find(config)
                                        .filter(client ->
                                                client.value().id().equals(found.client()))
                                        .isPresent())
                        .map(this::summary);
        return attempt.flatMap(found ->
                authorization(config)
                        .map(summary ->
                                new AuthorizationSummary(
                                        summary.config(),
                                        summary.status(),
                                        Optional.of(found),
                                        summary.grant())));
    }

    private Found found(Stored<McpClient> stored) {
        return new Found(stored.value(), stored.revision(), summary(stored.value()));
    }

    private Optional<AuthorizationSummary> summary(McpClient client) {
        return client.settings()
                .oauth()
                .map(oauth -> {
                    Optional<AuthorizationAttempt> newest = attempts.newest(client.id());
                    return new AuthorizationSummary(
                            oauth.id(),
                            ConfigStatus.of(client, newest, clock.instant()),
                            newest.map(this::summary),
                            client.grant().flatMap(grants::find).map(FindClients::summary));
                });
    }

    private AttemptSummary summary(AuthorizationAttempt attempt) {
        return new AttemptSummary(
                attempt.flowId(),
                ConfigStatus.of(attempt, clock.instant()),
                attempt.details().startedAt(),
                attempt.details().deadline(),
                attempt);
    }

    private static GrantSummary summary(Grant grant) {
        return new GrantSummary(
                grant.issuer(),
                grant.resource(),
                grant.tokens().type(),
                grant.tokens().scopes(),
                grant.tokens().expiresAt(),
                grant.tokens().refreshToken().isPresent(),
                grant.issuedAt());
    }
}
