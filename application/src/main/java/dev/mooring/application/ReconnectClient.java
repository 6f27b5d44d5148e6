package dev.mooring.application;

import dev.mooring.application.port.ClientStore;
import dev.mooring.application.port.McpConnector;
import dev.mooring.application.port.Pauses;
import dev.mooring.application.port.Stored;
import dev.mooring.domain.client.ClientId;
import dev.mooring.domain.lifecycle.ClientState;
import dev.mooring.domain.lifecycle.McpClient;
import dev.mooring.domain.lifecycle.Problem;

import java.util.Optional;

/** Connects a client anew, or just lists its tools again, when an operator asks for it. */
public final class ReconnectClient {
    private final ClientStore clients;
    private final Pauses pauses;
    private final McpConnector connector;
    private final ConnectClient connectClient;

    ReconnectClient(
            ClientStore clients,
            Pauses pauses,
            McpConnector connector,
            ConnectClient connectClient) {
        this.clients = clients;
        this.pauses = pauses;
        this.connector = connector;
        this.connectClient = connectClient;
    }

    /** What came of it. */
    public sealed interface Outcome {
        record Connected(McpClient.Connected client) implements Outcome {}

        record NotFound() implements Outcome {}

        /** The client is in a state from which it cannot connect. */
        record NotConnectable(ClientState state) implements Outcome {}

        record Failed(Problem problem) implements Outcome {}
    }

    /** Leaves the live connection of this process, if there is one, and makes a new one. */
    public Outcome handle(ClientId id) {
        connector.disconnect(id);
        return refreshTools(id);
    }

    /** Lists the tools again. */
    public Outcome refreshTools(ClientId id) {
        if (clients.find(id).isEmpty()) {
            return new Outcome.NotFound();
        }
        pauses.forget(id);
        return switch (connectClient.handle(id)) {
            case ConnectClient.Outcome.Connected connected ->
                    new Outcome.Connected(connected.client());
            case ConnectClient.Outcome.Failed failed -> new Outcome.Failed(failed.problem());
            case ConnectClient.Outcome.NotConnectable notConnectable -> {
                Optional<McpClient> client = clients.find(id).map(Stored::value);
                yield client.<Outcome>map(now -> new Outcome.NotConnectable(ClientState.of(now)))
                        .orElseGet(Outcome.NotFound::new);
            }
        };
    }
}
