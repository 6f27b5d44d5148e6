package dev.mooring.domain.client;

import static dev.mooring.domain.InvalidValueException.require;

import dev.mooring.domain.mcp.ToolSelection;
import dev.mooring.domain.oauth.AcceptedQuirks;

import java.time.Duration;
import java.util.Optional;

/**
 * All that an operator decides about an MCP client.
 *
 * @param toolExecutionTimeout how long one tool call may take
 * @param toolSyncInterval how often the tools are listed anew; absent: only when asked
 * @param pingAvailable kept for dashboards of Bifrost; we never ping
 */
public record ClientSettings(
        ClientName name,
        EndpointSlug slug,
        Connection connection,
        ClientAuth auth,
        ToolSelection tools,
        Duration toolExecutionTimeout,
        Optional<Duration> toolSyncInterval,
        boolean pingAvailable) {

    /** Bifrost's default for {@code tool_execution_timeout}. */
    public static final Duration DEFAULT_TOOL_EXECUTION_TIMEOUT = Duration.ofSeconds(30);

    private static final Duration LONGEST_TOOL_EXECUTION = Duration.ofMinutes(10);

    public ClientSettings {
        require(
                toolExecutionTimeout.isPositive()
                        && toolExecutionTimeout.compareTo(LONGEST_TOOL_EXECUTION) <= 0,
                "tool_execution_timeout",
                "must be between 1 and 600 seconds");
        toolSyncInterval.ifPresent(interval ->
                require(
                        interval.compareTo(Duration.ofMinutes(1)) >= 0
                                && interval.compareTo(Duration.ofDays(30)) <= 0,
                        "tool_sync_interval",
                        "must be between 1 and 43200 minutes"));
        switch (auth) {
            case ClientAuth.None none -> {}
            case ClientAuth.Headers headers ->
                    require(
                            !connection.headers().isEmpty(),
                            "headers",
                            "auth_type headers needs at least one header");
            case ClientAuth.OAuth oauth ->
                    require(
                            !connection.headers().contains("authorization"),
                            "headers",
                            "with auth_type oauth the Authorization header is ours");
        }
    }

    /** The OAuth side, if there is one. */
    public Optional<ClientAuth.OAuth> oauth() {
        return switch (auth) {
            case ClientAuth.None none -> Optional.empty();
            case ClientAuth.Headers headers -> Optional.empty();
            case ClientAuth.OAuth oauth -> Optional.of(oauth);
        };
    }

    /** How the grant is obtained, if there is to be one and no person is needed for it. */
    public Optional<GrantFlow.Unattended> unattended() {
        return oauth().map(oauth -> oauth.settings().flow())
                .filter(GrantFlow.Unattended.class::isInstance)
                .map(GrantFlow.Unattended.class::cast);
    }

    /** The rules that the servers of this client may break. */
    public AcceptedQuirks exceptions() {
        return oauth().map(known -> known.settings().exceptions()).orElse(AcceptedQuirks.NONE);
    }

    /** Whether the same server is asked by the same right and in the same way. */
    public boolean connectsLike(ClientSettings other) {
        return auth.equals(other.auth) && connection.equals(other.connection);
    }
}
