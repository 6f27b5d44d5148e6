package dev.mooring.domain.lifecycle;

import dev.mooring.domain.client.ClientId;
import dev.mooring.domain.client.ClientName;
import dev.mooring.domain.oauth.AcceptedQuirks;

import java.time.Instant;
import java.util.List;

/**
 * What happened to a client, without any secret in it. Every transition yields one, stored in the
 * same transaction.
 */
public sealed interface ClientEvent {
    ClientId client();

    Instant at();

    /**
     * It is there from now on.
     *
     * @param host of its server
     */
    record ClientRegistered(ClientId client, ClientName name, String host, Instant at)
            implements ClientEvent {}

    /**
     * Its settings are others now.
     *
     * @param fields the names of those that changed, never their values
     */
    record ClientEdited(ClientId client, List<String> fields, Instant at) implements ClientEvent {
        public ClientEdited {
            fields = List.copyOf(fields);
        }
    }

    /**
     * From now on the client's servers may break these rules, and no others.
     *
     * @param exceptions empty when all rules hold again
     */
    record ExceptionsChanged(ClientId client, AcceptedQuirks exceptions, Instant at)
            implements ClientEvent {}

    record ClientDisabled(ClientId client, Instant at) implements ClientEvent {}

    record ClientEnabled(ClientId client, Instant at) implements ClientEvent {}

    /**
     * It is not there any more, so that nobody else can tell what it was.
     *
     * @param host of its server
     */
    record ClientRemoved(ClientId client, ClientName name, String host, Instant at)
            implements ClientEvent {}

    record AuthorizationStarted(ClientId client, FlowId flow, Instant at) implements ClientEvent {}

    record AuthorizationClaimed(ClientId client, FlowId flow, Instant at) implements ClientEvent {}

    record AuthorizationFailed(ClientId client, FlowId flow, AttemptFailure reason, Instant at)
            implements ClientEvent {}

    /** A browser brought the response that is not the one whose link it is; nothing changed. */
    record AuthorizationElsewhere(ClientId client, FlowId flow, Instant at)
            implements ClientEvent {}

    /** The code was used and its answer lost. */
    record AuthorizationUnknown(ClientId client, FlowId flow, Instant at) implements ClientEvent {}

    record AuthorizationExpired(ClientId client, FlowId flow, Instant at) implements ClientEvent {}

    record AuthorizationSuperseded(ClientId client, FlowId flow, Instant at)
            implements ClientEvent {}

    record GrantStored(ClientId client, GrantId grant, FlowId flow, Instant at)
            implements ClientEvent {}

    /** A grant for which nobody had to consent. */
    record GrantObtained(ClientId client, GrantId grant, Instant at) implements ClientEvent {}

    record GrantRefreshed(ClientId client, GrantId grant, long generation, Instant at)
            implements ClientEvent {}

    /**
     * The grant ended here, at somebody's wish.
     *
     * @param owed whether its tokens are now owed back to their authorization server; else that has
     *     no revocation endpoint, and they live on to their own end
     */
    record GrantRevoked(ClientId client, GrantId grant, boolean owed, Instant at)
            implements ClientEvent {}

    record ClientConnected(ClientId client, int tools, Instant at) implements ClientEvent {}

    record ClientConnectionFailed(ClientId client, Problem.Code code, Instant at)
            implements ClientEvent {}

    record ReauthorizationNeeded(ClientId client, ReauthorizationCause cause, Instant at)
            implements ClientEvent {}
}
