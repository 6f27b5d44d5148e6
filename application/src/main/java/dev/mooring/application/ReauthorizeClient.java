package dev.mooring.application;

import dev.mooring.application.ConnectClient.Aim;
import dev.mooring.application.ConnectClient.Turn;
import dev.mooring.application.port.AttemptStore;
import dev.mooring.application.port.ClientStore;
import dev.mooring.application.port.GrantStore;
import dev.mooring.application.port.Pauses;
import dev.mooring.application.port.Stored;
import dev.mooring.domain.client.ClientAuth;
import dev.mooring.domain.client.ClientId;
import dev.mooring.domain.lifecycle.ClientState;
import dev.mooring.domain.lifecycle.LinkFor;
import dev.mooring.domain.lifecycle.McpClient;
import dev.mooring.domain.lifecycle.Problem;

import java.util.Optional;

/**
 * Asks for consent again, or, where no person is needed, for the grant itself. The client keeps its
 * id, name and tools, and a grant that still serves goes on serving until the new one is stored.
 */
public final class ReauthorizeClient {
    private final ClientStore clients;
    private final AttemptStore attempts;
    private final GrantStore grants;
    private final Pauses pauses;
    private final BeginAuthorization beginAuthorization;
    private final ConnectClient connectClient;

    ReauthorizeClient(
            ClientStore clients,
            AttemptStore attempts,
            GrantStore grants,
            Pauses pauses,
            BeginAuthorization beginAuthorization,
            ConnectClient connectClient) {
        this.clients = clients;
        this.attempts = attempts;
        this.grants = grants;
        this.pauses = pauses;
        this.beginAuthorization = beginAuthorization;
        this.connectClient = connectClient;
    }

    /** What came of it. */
    public sealed interface Outcome {
        record ConsentNeeded(ConsentLink link) implements Outcome {}

        /** No person was needed: there is a new grant, and the client is connected with it. */
        record Connected() implements Outcome {}

        /** No person is needed, but the client is switched off or was changed meanwhile. */
        record NotConnectable(ClientState state) implements Outcome {}

        record NotFound() implements Outcome {}

        /** The client is not one behind OAuth. */
        record NoOAuthConfig() implements Outcome {}

        record Failed(Problem problem) implements Outcome {}
    }

    /** Makes a link for anyone, or returns the one that is open. */
    public Outcome handle(ClientId id) {
        return handle(id, new LinkFor.Anyone());
    }

    /** Makes a link, or returns the one that is open and is whose this one is to be. */
    public Outcome handle(ClientId id, LinkFor linkFor) {
        Optional<McpClient> client = clients.find(id).map(Stored::value);
        if (client.isEmpty()) {
            return new Outcome.NotFound();
        }
        Optional<ClientAuth.OAuth> oauth = client.get().settings().oauth();
        if (oauth.isEmpty()) {
            return new Outcome.NoOAuthConfig();
        }
        pauses.forget(id);
        if (client.get().settings().unattended().isPresent()) {
            return obtainGrantAnew(id);
        }
        return switch (beginAuthorization.forClient(
                client.get(),
                oauth.get(),
                Optional.empty(),
                need(client.get()).linkedFor(linkFor))) {
            case BeginAuthorization.Outcome.Begun begun -> new Outcome.ConsentNeeded(begun.link());
            case BeginAuthorization.Outcome.Failed failed -> new Outcome.Failed(failed.problem());
            case BeginAuthorization.Outcome.Gone gone -> new Outcome.NotFound();
        };
    }

    private Outcome obtainGrantAnew(ClientId id) {
        return switch (connectClient.handle(id, Aim.OBTAIN_GRANT_ANEW_AND_CONNECT, Turn.OWN)) {
            case ConnectClient.Outcome.Connected connected -> new Outcome.Connected();
            case ConnectClient.Outcome.Failed failed -> new Outcome.Failed(failed.problem());
            case ConnectClient.Outcome.NotConnectable not ->
                    clients.find(id)
                            .<Outcome>map(
                                    now -> new Outcome.NotConnectable(ClientState.of(now.value())))
                            .orElseGet(Outcome.NotFound::new);
        };
    }

    /** MCP: who is asked again is asked for what was granted before, and for what was missing. */
    private ConsentNeed need(McpClient client) {
        ConsentNeed lost = ConsentNeed.afterLoss(client, attempts.newest(client.id())).onRequest();
        return grants.ofClient(client.id()).map(lost::besides).orElse(lost);
    }
}
