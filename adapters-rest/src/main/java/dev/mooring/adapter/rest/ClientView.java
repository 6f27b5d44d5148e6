package dev.mooring.adapter.rest;

import com.fasterxml.jackson.annotation.JsonUnwrapped;
import com.fasterxml.jackson.databind.util.RawValue;

import dev.mooring.application.FindClients;
import dev.mooring.application.FindClients.AuthorizationSummary;
import dev.mooring.application.FindClients.GrantSummary;
import dev.mooring.application.port.Stored;
import dev.mooring.domain.lifecycle.ClientState;
import dev.mooring.domain.lifecycle.Failure;
import dev.mooring.domain.lifecycle.McpClient;
import dev.mooring.domain.lifecycle.Problem;
import dev.mooring.domain.lifecycle.ReauthorizationCause;
import dev.mooring.domain.mcp.Inventory;
import dev.mooring.domain.mcp.ServerProfile;
import dev.mooring.domain.mcp.Tool;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * A client as the API shows it: what was decided, and what became of it. Of secrets it says only
 * that they exist.
 */
record ClientView(
        ClientConfigView config,
        String state,
        List<ToolView> tools,
        int toolCount,
        Optional<ServerView> server,
        Optional<Instant> toolsListedAt,
        Optional<Instant> connectedSince,
        Optional<FailureView> lastFailure,
        Optional<ReauthorizationView> reauthorization,
        Instant createdAt,
        long revision,
        Optional<AuthorizationView> authorization,
        Optional<CredentialView> credential) {

    /** One client in full. */
    static ClientView of(FindClients.Found found) {
        return of(
                found.client(),
                found.revision(),
                true,
                found.authorization().map(AuthorizationView::of),
                found.authorization().flatMap(AuthorizationSummary::grant).map(CredentialView::of));
    }

    /** One of a list: what would make a list long or slow is left out. */
    static ClientView summaryOf(Stored<McpClient> stored) {
        return of(stored.value(), stored.revision(), false, Optional.empty(), Optional.empty());
    }

    private static ClientView of(
            McpClient client,
            long revision,
            boolean inFull,
            Optional<AuthorizationView> authorization,
            Optional<CredentialView> credential) {
        Optional<Inventory> inventory = client.inventory();
        List<ToolView> tools =
                inventory.map(Inventory::tools).orElse(List.of()).stream()
                        .map(tool -> ToolView.of(tool, inFull))
                        .toList();
        return new ClientView(
                ClientConfigView.of(client),
                ClientState.of(client).word(),
                tools,
                tools.size(),
                inventory.map(Inventory::server).map(ServerView::of),
                inventory.map(Inventory::listedAt),
                connectedSince(client),
                client.lastFailure().map(FailureView::of),
                ReauthorizationView.of(client),
                client.details().createdAt(),
                revision,
                authorization,
                credential);
    }

    private static Optional<Instant> connectedSince(McpClient client) {
        return client instanceof McpClient.Connected connected
                ? Optional.of(connected.since())
                : Optional.empty();
    }

    record ToolView(
            String name,
            Optional<String> title,
            Optional<String> description,
            Optional<RawValue> parameters) {
        static ToolView of(Tool tool, boolean inFull) {
            return new ToolView(
                    tool.name(),
                    tool.title(),
                    tool.description(),
                    // Reading and writing it anew could change its numbers, or meet a limit of
                    // ours.
                    inFull ? Optional.of(new RawValue(tool.inputSchema())) : Optional.empty());
        }
    }

    record ServerView(
            String name, String version, String protocolVersion, Optional<String> instructions) {
        static ServerView of(ServerProfile server) {
            return new ServerView(
                    server.name(),
                    server.version(),
                    server.protocolVersion().value(),
                    server.instructions());
        }
    }

    record ProblemView(String code, String message) {
        static ProblemView of(Problem problem) {
            return new ProblemView(problem.code().word(), problem.message());
        }
    }

    record FailureView(@JsonUnwrapped ProblemView problem, Instant at) {
        static FailureView of(Failure failure) {
            return new FailureView(ProblemView.of(failure.problem()), failure.at());
        }
    }

    record ReauthorizationView(
            String cause, Instant since, Optional<List<String>> scopes, Optional<String> error) {
        static Optional<ReauthorizationView> of(McpClient client) {
            return switch (client) {
                case McpClient.NeedsReauthorization needs ->
                        Optional.of(
                                new ReauthorizationView(
                                        needs.cause().word(),
                                        needs.since(),
                                        scopes(needs.cause()),
                                        error(needs.cause())));
                case McpClient.Disabled disabled -> of(disabled.suspended());
                case McpClient.Pending pending -> Optional.empty();
                case McpClient.Authorized authorized -> Optional.empty();
                case McpClient.Connected connected -> Optional.empty();
                case McpClient.Disconnected disconnected -> Optional.empty();
            };
        }

        private static Optional<String> error(ReauthorizationCause cause) {
            return switch (cause) {
                case ReauthorizationCause.RefreshRefused refused ->
                        Optional.of(refused.error().code());
                case ReauthorizationCause.GrantRefused refused ->
                        Optional.of(refused.error().code());
                case ReauthorizationCause.AnswerLost lost -> Optional.empty();
                case ReauthorizationCause.TokenRefused refused -> Optional.empty();
                case ReauthorizationCause.ScopeNeeded needed -> Optional.empty();
                case ReauthorizationCause.Revoked revoked -> Optional.empty();
                case ReauthorizationCause.SettingsChanged changed -> Optional.empty();
            };
        }

        private static Optional<List<String>> scopes(ReauthorizationCause cause) {
            return cause instanceof ReauthorizationCause.ScopeNeeded needed
                    ? Optional.of(needed.scopes().tokens())
                    : Optional.empty();
        }
    }

    record AuthorizationView(
            String oauthConfigId,
            String status,
            Optional<String> flowId,
            Optional<String> flowStatus,
            Optional<Instant> createdAt,
            Optional<Instant> expiresAt,
            Optional<List<String>> scopes) {
        static AuthorizationView of(AuthorizationSummary summary) {
            Optional<FindClients.AttemptSummary> attempt = summary.newestAttempt();
            return new AuthorizationView(
                    summary.config().value(),
                    summary.status().word(),
                    attempt.map(newest -> newest.flow().value()),
                    attempt.map(newest -> newest.status().word()),
                    attempt.map(FindClients.AttemptSummary::startedAt),
                    attempt.map(FindClients.AttemptSummary::deadline),
                    attempt.map(newest -> newest.attempt().details().scopes().tokens()));
        }
    }

    record CredentialView(
            String issuer,
            String resource,
            String tokenType,
            List<String> scopes,
            Optional<Instant> expiresAt,
            boolean refreshable,
            Instant issuedAt) {
        static CredentialView of(GrantSummary grant) {
            return new CredentialView(
                    grant.issuer().value(),
                    grant.resource().value(),
                    grant.tokenType().word(),
                    grant.scopes().tokens(),
                    grant.expiresAt(),
                    grant.refreshable(),
                    grant.issuedAt());
        }
    }
}
