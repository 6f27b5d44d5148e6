package dev.mooring.adapter.persistence;

import dev.mooring.application.port.EventLog;
import dev.mooring.domain.audit.AdministrativeEvent;
import dev.mooring.domain.lifecycle.ClientEvent;
import dev.mooring.domain.lifecycle.UpstreamEvent;

/**
 * Notifies of what other nodes may have to act on, as part of the transaction that did it: when it
 * commits, they hear of it. All commits that notify wait for each other, so the frequent events of
 * which nobody has to hear stay silent.
 */
record NotifyingEventLog(EventLog log, Statements statements) implements EventLog {

    private static final String NOTIFY =
            "select pg_notify('" + PostgresChangeFeed.CHANNEL + "', :client_id)";

    @Override
    public void append(ClientEvent event) {
        log.append(event);
        if (concernsOtherNodes(event)) {
            statements.one(NOTIFY, new Columns().with("client_id", event.client().value()));
        }
    }

    @Override
    public void append(UpstreamEvent event) {
        log.append(event);
    }

    @Override
    public void append(AdministrativeEvent event) {
        log.append(event);
    }

    private static boolean concernsOtherNodes(ClientEvent event) {
        return switch (event) {
            case ClientEvent.ClientEdited e -> true;
            case ClientEvent.ExceptionsChanged e -> true;
            case ClientEvent.ClientDisabled e -> true;
            case ClientEvent.ClientRemoved e -> true;
            case ClientEvent.GrantRevoked e -> true;
            case ClientEvent.ReauthorizationNeeded e -> true;
            case ClientEvent.ClientConnected e -> false;
            case ClientEvent.ClientConnectionFailed e -> false;
            case ClientEvent.ClientRegistered e -> false;
            case ClientEvent.ClientEnabled e -> false;
            case ClientEvent.AuthorizationStarted e -> false;
            case ClientEvent.AuthorizationClaimed e -> false;
            case ClientEvent.AuthorizationFailed e -> false;
            case ClientEvent.AuthorizationElsewhere e -> false;
            case ClientEvent.AuthorizationUnknown e -> false;
            case ClientEvent.AuthorizationExpired e -> false;
            case ClientEvent.AuthorizationSuperseded e -> false;
            case ClientEvent.GrantStored e -> false;
            case ClientEvent.GrantObtained e -> false;
            case ClientEvent.GrantRefreshed e -> false;
        };
    }
}
