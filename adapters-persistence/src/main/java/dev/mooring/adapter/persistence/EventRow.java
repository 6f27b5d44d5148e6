package dev.mooring.adapter.persistence;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.mooring.domain.lifecycle.AttemptFailure;
import dev.mooring.domain.lifecycle.ClientEvent;
import dev.mooring.domain.lifecycle.ReauthorizationCause;

/**
 * A row of {@code client_event}.
 *
 * @param detail a JSON object with what this type of event tells
 */
record EventRow(ClientEvent event, Type type, String detail) {

    enum Type {
        CLIENT_REGISTERED,
        CLIENT_EDITED,
        EXCEPTIONS_CHANGED,
        CLIENT_DISABLED,
        CLIENT_ENABLED,
        CLIENT_REMOVED,
        AUTHORIZATION_STARTED,
        AUTHORIZATION_CLAIMED,
        AUTHORIZATION_FAILED,
        AUTHORIZATION_UNKNOWN,
        AUTHORIZATION_EXPIRED,
        AUTHORIZATION_SUPERSEDED,
        GRANT_STORED,
        GRANT_OBTAINED,
        GRANT_REFRESHED,
        GRANT_REVOKED,
        CLIENT_CONNECTED,
        CLIENT_CONNECTION_FAILED,
        REAUTHORIZATION_NEEDED
    }

    static EventRow of(ClientEvent event) {
        ObjectNode detail = JsonText.object();
        Type type =
                switch (event) {
                    case ClientEvent.ClientRegistered e -> Type.CLIENT_REGISTERED;
                    case ClientEvent.ClientEdited e -> Type.CLIENT_EDITED;
                    case ClientEvent.ExceptionsChanged e -> {
                        ArrayNode words = detail.putArray("exceptions");
                        e.exceptions().words().forEach(words::add);
                        yield Type.EXCEPTIONS_CHANGED;
                    }
                    case ClientEvent.ClientDisabled e -> Type.CLIENT_DISABLED;
                    case ClientEvent.ClientEnabled e -> Type.CLIENT_ENABLED;
                    case ClientEvent.ClientRemoved e -> Type.CLIENT_REMOVED;
                    case ClientEvent.AuthorizationStarted e -> {
                        detail.put("flow_id", e.flow().value());
                        yield Type.AUTHORIZATION_STARTED;
                    }
                    case ClientEvent.AuthorizationClaimed e -> {
                        detail.put("flow_id", e.flow().value());
                        yield Type.AUTHORIZATION_CLAIMED;
                    }
                    case ClientEvent.AuthorizationFailed e -> {
                        detail.put("flow_id", e.flow().value());
                        addReason(detail, e.reason());
                        yield Type.AUTHORIZATION_FAILED;
                    }
                    case ClientEvent.AuthorizationUnknown e -> {
                        detail.put("flow_id", e.flow().value());
                        yield Type.AUTHORIZATION_UNKNOWN;
                    }
                    case ClientEvent.AuthorizationExpired e -> {
                        detail.put("flow_id", e.flow().value());
                        yield Type.AUTHORIZATION_EXPIRED;
                    }
                    case ClientEvent.AuthorizationSuperseded e -> {
                        detail.put("flow_id", e.flow().value());
                        yield Type.AUTHORIZATION_SUPERSEDED;
                    }
                    case ClientEvent.GrantStored e -> {
                        detail.put("grant_id", e.grant().value());
                        detail.put("flow_id", e.flow().value());
                        yield Type.GRANT_STORED;
                    }
                    case ClientEvent.GrantObtained e -> {
                        detail.put("grant_id", e.grant().value());
                        yield Type.GRANT_OBTAINED;
                    }
                    case ClientEvent.GrantRefreshed e -> {
                        detail.put("grant_id", e.grant().value());
                        detail.put("generation", e.generation());
                        yield Type.GRANT_REFRESHED;
                    }
                    case ClientEvent.GrantRevoked e -> {
                        detail.put("grant_id", e.grant().value());
                        yield Type.GRANT_REVOKED;
                    }
                    case ClientEvent.ClientConnected e -> {
                        detail.put("tools", e.tools());
                        yield Type.CLIENT_CONNECTED;
                    }
                    case ClientEvent.ClientConnectionFailed e -> {
                        detail.put("problem", StoredWord.of(e.code()));
                        yield Type.CLIENT_CONNECTION_FAILED;
                    }
                    case ClientEvent.ReauthorizationNeeded e -> {
                        addCause(detail, e.cause());
                        yield Type.REAUTHORIZATION_NEEDED;
                    }
                };
        return new EventRow(event, type, JsonText.write(detail));
    }

    private static void addReason(ObjectNode detail, AttemptFailure failure) {
        AttemptRow.Reason reason = AttemptRow.Reason.of(failure);
        detail.put("reason", StoredWord.of(reason.kind()));
        JsonText.put(detail, "error", reason.error());
        JsonText.put(detail, "problem", reason.problem().map(p -> StoredWord.of(p.code())));
    }

    private static void addCause(ObjectNode detail, ReauthorizationCause needed) {
        ClientRow.Cause cause = ClientRow.Cause.of(needed);
        detail.put("cause", StoredWord.of(cause.kind()));
        JsonText.put(detail, "error", cause.error());
        JsonText.put(detail, "scopes", cause.scopes());
    }

    Columns columns() {
        return new Columns()
                .with("client_id", event.client().value())
                .with("at", event.at())
                .with("type", StoredWord.of(type))
                .with("detail", detail);
    }
}
