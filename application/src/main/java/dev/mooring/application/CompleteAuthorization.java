package dev.mooring.application;

import dev.mooring.application.ConnectClient.Aim;
import dev.mooring.application.ConnectClient.Turn;
import dev.mooring.application.port.AttemptStore;
import dev.mooring.application.port.ClientStore;
import dev.mooring.application.port.Stored;
import dev.mooring.domain.client.ClientId;
import dev.mooring.domain.client.OAuthConfigId;
import dev.mooring.domain.lifecycle.ConfigStatus;
import dev.mooring.domain.lifecycle.McpClient;
import dev.mooring.domain.lifecycle.Problem;

import java.time.InstantSource;
import java.util.Optional;

/**
 * Completes the OAuth flow of a pending MCP client: what Mooring is for. After a person has
 * consented and the grant is stored, it connects, and can be called any number of times by anybody.
 */
public final class CompleteAuthorization {
    private final ClientStore clients;
    private final AttemptStore attempts;
    private final ConnectClient connectClient;
    private final InstantSource clock;

    CompleteAuthorization(
            ClientStore clients,
            AttemptStore attempts,
            ConnectClient connectClient,
            InstantSource clock) {
        this.clients = clients;
        this.attempts = attempts;
        this.connectClient = connectClient;
        this.clock = clock;
    }

    /** What the caller is told. */
    public sealed interface Outcome {
        record Connected() implements Outcome {}

        /** There is no such client. */
        record NotFound() implements Outcome {}

        /** The client is not one behind OAuth. */
        record NoOAuthConfig() implements Outcome {}

        /** Nobody has consented (again) yet. */
        record NotAuthorized(ConfigStatus status) implements Outcome {}

        /** An operator switched the client off. */
        record Disabled() implements Outcome {}

        /** Connecting failed; the grant is kept unless the problem says otherwise. */
        record Failed(Problem problem) implements Outcome {}
    }

    /** Completes the client with this id. */
    public Outcome handle(ClientId id) {
        return complete(clients.find(id).map(Stored::value));
    }

    /** Completes the client that this OAuth config belongs to. */
    public Outcome handle(OAuthConfigId id) {
        return complete(clients.find(id).map(Stored::value));
    }

    private Outcome complete(Optional<McpClient> found) {
        if (found.isEmpty()) {
            return new Outcome.NotFound();
        }
        McpClient client = found.get();
        if (client.settings().oauth().isEmpty()) {
            return new Outcome.NoOAuthConfig();
        }
        return switch (client) {
            case McpClient.Connected connected -> new Outcome.Connected();
            case McpClient.Authorized authorized ->
                    connect(authorized, Aim.CONNECT_UNLESS_CONNECTED);
            case McpClient.Disconnected disconnected ->
                    connect(disconnected, Aim.CONNECT_UNLESS_CONNECTED);
            case McpClient.Pending pending -> obtainGrantOrRefuse(pending);
            case McpClient.NeedsReauthorization needs -> obtainGrantOrRefuse(needs);
            case McpClient.Disabled disabled -> new Outcome.Disabled();
        };
    }

    /** Where no person is needed, completing is asking for the grant. */
    private Outcome obtainGrantOrRefuse(McpClient client) {
        return client.settings().unattended().isPresent()
                ? connect(client, Aim.OBTAIN_GRANT_AND_CONNECT)
                : notAuthorized(client);
    }

    private Outcome connect(McpClient client, Aim aim) {
        return switch (connectClient.handle(client.id(), aim, Turn.JOIN)) {
            case ConnectClient.Outcome.Connected connected -> new Outcome.Connected();
            case ConnectClient.Outcome.Failed failed -> new Outcome.Failed(failed.problem());
            case ConnectClient.Outcome.NotConnectable notConnectable ->
                    clients.find(client.id())
                            .map(Stored::value)
                            .map(this::afterChange)
                            .orElseGet(Outcome.NotFound::new);
        };
    }

    /** The client changed under our eyes: the answer is what it is now. */
    private Outcome afterChange(McpClient client) {
        return switch (client) {
            case McpClient.Connected connected -> new Outcome.Connected();
            case McpClient.Pending pending -> notAuthorized(pending);
            case McpClient.NeedsReauthorization needs -> notAuthorized(needs);
            case McpClient.Disabled disabled -> new Outcome.Disabled();
            case McpClient.Authorized authorized -> changed();
            case McpClient.Disconnected disconnected -> changed();
        };
    }

    private static Outcome changed() {
        return new Outcome.Failed(Problem.changedMeanwhile());
    }

    private Outcome notAuthorized(McpClient client) {
        return new Outcome.NotAuthorized(
                ConfigStatus.of(client, attempts.newest(client.id()), clock.instant()));
    }
}
