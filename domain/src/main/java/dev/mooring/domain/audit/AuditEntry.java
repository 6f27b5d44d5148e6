package dev.mooring.domain.audit;

import dev.mooring.domain.access.Permission;
import dev.mooring.domain.access.Role;
import dev.mooring.domain.audit.AdministrativeEvent.ApiKeyDeleted;
import dev.mooring.domain.audit.AdministrativeEvent.ApiKeyMade;
import dev.mooring.domain.audit.AdministrativeEvent.ApiKeyReplaced;
import dev.mooring.domain.audit.AdministrativeEvent.EncryptionKeyAdded;
import dev.mooring.domain.audit.AdministrativeEvent.EncryptionKeyMadeCurrent;
import dev.mooring.domain.audit.AdministrativeEvent.EncryptionKeyRetired;
import dev.mooring.domain.audit.AdministrativeEvent.EventsForgotten;
import dev.mooring.domain.audit.AdministrativeEvent.RequestsRefused;
import dev.mooring.domain.audit.AdministrativeEvent.SignedIn;
import dev.mooring.domain.audit.AdministrativeEvent.WebhookDeleted;
import dev.mooring.domain.audit.AdministrativeEvent.WebhookDisabled;
import dev.mooring.domain.audit.AdministrativeEvent.WebhookMade;
import dev.mooring.domain.audit.AdministrativeEvent.WebhookReplayed;
import dev.mooring.domain.audit.AdministrativeEvent.WebhookSecretRotated;
import dev.mooring.domain.audit.Detail.Count;
import dev.mooring.domain.audit.Detail.Text;
import dev.mooring.domain.audit.Detail.Words;
import dev.mooring.domain.audit.Outcome.Failed;
import dev.mooring.domain.audit.Outcome.Refused;
import dev.mooring.domain.audit.Outcome.Success;
import dev.mooring.domain.client.ClientId;
import dev.mooring.domain.lifecycle.AttemptFailure;
import dev.mooring.domain.lifecycle.ClientEvent;
import dev.mooring.domain.lifecycle.Debt;
import dev.mooring.domain.lifecycle.FlowId;
import dev.mooring.domain.lifecycle.GrantId;
import dev.mooring.domain.lifecycle.Problem.Code;
import dev.mooring.domain.lifecycle.ReauthorizationCause;
import dev.mooring.domain.lifecycle.RegistrationId;
import dev.mooring.domain.lifecycle.RetirementCause;
import dev.mooring.domain.lifecycle.UpstreamEvent;
import dev.mooring.domain.lifecycle.UpstreamEvent.RegistrationRetired;
import dev.mooring.domain.oauth.Issuer;
import dev.mooring.domain.oauth.OAuthError;
import dev.mooring.domain.oauth.Origin;
import dev.mooring.domain.webhook.WebhookId;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * What the trail tells of an event, in one form for all of them, so that a version can tell on what
 * a later one wrote.
 *
 * @param type a word of {@link EventType}, or of a later version
 * @param details in the order of their names
 */
public record AuditEntry(
        String type, Instant at, Optional<ClientId> client, Outcome outcome, List<Detail> details) {
    private static final Outcome DONE = new Success();

    public AuditEntry {
        details = details.stream().sorted(Comparator.comparing(Detail::name)).toList();
    }

    /** What is told of something that happened to a client. */
    public static AuditEntry of(ClientEvent event) {
        return switch (event) {
            case ClientEvent.ClientRegistered e ->
                    done(EventType.CLIENT_REGISTERED, e, name(e.name().value()), host(e.host()));
            case ClientEvent.ClientEdited e ->
                    done(EventType.CLIENT_EDITED, e, new Words("fields", e.fields()));
            case ClientEvent.ExceptionsChanged e ->
                    done(
                            EventType.EXCEPTIONS_CHANGED,
                            e,
                            new Words("exceptions", List.copyOf(e.exceptions().words())));
            case ClientEvent.ClientDisabled e -> done(EventType.CLIENT_DISABLED, e);
            case ClientEvent.ClientEnabled e -> done(EventType.CLIENT_ENABLED, e);
            case ClientEvent.ClientRemoved e ->
                    done(EventType.CLIENT_REMOVED, e, name(e.name().value()), host(e.host()));
            case ClientEvent.AuthorizationStarted e ->
                    done(EventType.AUTHORIZATION_STARTED, e, flow(e.flow()));
            case ClientEvent.AuthorizationClaimed e ->
                    done(EventType.AUTHORIZATION_CLAIMED, e, flow(e.flow()));
            case ClientEvent.AuthorizationFailed e -> failed(e);
            case ClientEvent.AuthorizationElsewhere e ->
                    entry(
                            EventType.AUTHORIZATION_ELSEWHERE,
                            e,
                            new Refused("wrong_browser"),
                            flow(e.flow()));
            case ClientEvent.AuthorizationUnknown e ->
                    entry(
                            EventType.AUTHORIZATION_UNKNOWN,
                            e,
                            new Failed("answer_lost"),
                            flow(e.flow()));
            case ClientEvent.AuthorizationExpired e ->
                    entry(
                            EventType.AUTHORIZATION_EXPIRED,
                            e,
                            new Failed("expired"),
                            flow(e.flow()));
            case ClientEvent.AuthorizationSuperseded e ->
                    done(EventType.AUTHORIZATION_SUPERSEDED, e, flow(e.flow()));
            case ClientEvent.GrantStored e ->
                    done(EventType.GRANT_STORED, e, grant(e.grant()), flow(e.flow()));
            case ClientEvent.GrantObtained e -> done(EventType.GRANT_OBTAINED, e, grant(e.grant()));
            case ClientEvent.GrantRefreshed e ->
                    done(
                            EventType.GRANT_REFRESHED,
                            e,
                            grant(e.grant()),
                            new Count("generation", e.generation()));
            case ClientEvent.GrantRevoked e ->
                    done(
                            EventType.GRANT_REVOKED,
                            e,
                            grant(e.grant()),
                            new Text("upstream", e.owed() ? "owed" : "unsupported"));
            case ClientEvent.ClientConnected e ->
                    done(EventType.CLIENT_CONNECTED, e, new Count("tools", e.tools()));
            case ClientEvent.ClientConnectionFailed e ->
                    entry(
                            EventType.CLIENT_CONNECTION_FAILED,
                            e,
                            new Failed(e.code().word()),
                            new Text("problem", e.code().word()));
            case ClientEvent.ReauthorizationNeeded e -> needed(e);
        };
    }

    /** What is told of what Mooring has at authorization servers. */
    public static AuditEntry of(UpstreamEvent event) {
        return switch (event) {
            case UpstreamEvent.RevocationDelivered e ->
                    entry(EventType.REVOCATION_DELIVERED, e, DONE, about(e.debt()));
            case UpstreamEvent.RevocationGivenUp e ->
                    givenUp(EventType.REVOCATION_GIVEN_UP, e, e.code(), e.status(), e.debt());
            case UpstreamEvent.RegistrationMade e ->
                    entry(
                            EventType.REGISTRATION_MADE,
                            e,
                            DONE,
                            List.of(registration(e.registration()), issuer(e.issuer())));
            case RegistrationRetired e -> retired(e);
            case UpstreamEvent.RegistrationDeleted e ->
                    entry(EventType.REGISTRATION_DELETED, e, DONE, about(e.debt()));
            case UpstreamEvent.RegistrationDeletionGivenUp e ->
                    givenUp(
                            EventType.REGISTRATION_DELETION_GIVEN_UP,
                            e,
                            e.code(),
                            e.status(),
                            e.debt());
        };
    }

    /** What is told of something that was done to Mooring itself. */
    public static AuditEntry of(AdministrativeEvent event) {
        return switch (event) {
            case ApiKeyMade e -> made(e);
            case ApiKeyReplaced e ->
                    done(
                            EventType.API_KEY_REPLACED,
                            e,
                            List.of(key(e.key().value()), name(e.name())));
            case ApiKeyDeleted e ->
                    done(
                            EventType.API_KEY_DELETED,
                            e,
                            List.of(key(e.key().value()), name(e.name())));
            case SignedIn e ->
                    done(
                            EventType.SIGNED_IN,
                            e,
                            List.of(
                                    new Words(
                                            "roles",
                                            e.roles().stream().sorted().map(Role::word).toList())));
            case EncryptionKeyAdded e ->
                    done(EventType.ENCRYPTION_KEY_ADDED, e, List.of(key(e.key())));
            case EncryptionKeyMadeCurrent e ->
                    done(EventType.ENCRYPTION_KEY_MADE_CURRENT, e, List.of(key(e.key())));
            case EncryptionKeyRetired e ->
                    done(EventType.ENCRYPTION_KEY_RETIRED, e, List.of(key(e.key())));
            case RequestsRefused e ->
                    entry(
                            EventType.REQUESTS_REFUSED,
                            e,
                            new Refused(e.code()),
                            List.of(
                                    new Text("operation", e.operation()),
                                    new Count("count", e.count()),
                                    new Text("since", e.since().toString())));
            case EventsForgotten e ->
                    done(
                            EventType.EVENTS_FORGOTTEN,
                            e,
                            List.of(
                                    new Text("before", e.before().toString()),
                                    new Count("count", e.count())));
            case WebhookMade e ->
                    done(EventType.WEBHOOK_MADE, e, List.of(webhook(e.webhook()), name(e.name())));
            case WebhookSecretRotated e ->
                    done(EventType.WEBHOOK_SECRET_ROTATED, e, List.of(webhook(e.webhook())));
            case WebhookReplayed e ->
                    done(
                            EventType.WEBHOOK_REPLAYED,
                            e,
                            List.of(webhook(e.webhook()), new Count("after", e.after())));
            case WebhookDisabled e ->
                    entry(
                            EventType.WEBHOOK_DISABLED,
                            e,
                            new Failed(e.code()),
                            List.of(webhook(e.webhook())));
            case WebhookDeleted e ->
                    done(EventType.WEBHOOK_DELETED, e, List.of(webhook(e.webhook())));
        };
    }

    private static AuditEntry made(ApiKeyMade event) {
        List<Detail> details = new ArrayList<>();
        details.add(key(event.key().value()));
        details.add(name(event.name()));
        details.add(new Text("role", event.role().word()));
        details.add(
                new Words(
                        "scopes",
                        event.permissions().stream().map(Permission::scope).sorted().toList()));
        event.expiresAt().ifPresent(end -> details.add(new Text("expires_at", end.toString())));
        return done(EventType.API_KEY_MADE, event, details);
    }

    private static AuditEntry failed(ClientEvent.AuthorizationFailed event) {
        EventType type = EventType.AUTHORIZATION_FAILED;
        Detail flow = flow(event.flow());
        return switch (event.reason()) {
            case AttemptFailure.IssuerMismatch mismatch ->
                    entry(
                            type,
                            event,
                            new Refused("issuer_mismatch"),
                            flow,
                            reason("issuer_mismatch"));
            case AttemptFailure.Denied denied ->
                    entry(
                            type,
                            event,
                            new Refused(denied.error().code()),
                            flow,
                            reason("denied"),
                            error(denied.error().code()));
            case AttemptFailure.RedemptionRefused refused ->
                    entry(
                            type,
                            event,
                            new Refused(refused.error().code()),
                            flow,
                            reason("redemption_refused"),
                            error(refused.error().code()));
            case AttemptFailure.RedemptionFailed failed ->
                    entry(
                            type,
                            event,
                            new Failed(failed.problem().code().word()),
                            flow,
                            reason("redemption_failed"),
                            new Text("problem", failed.problem().code().word()));
        };
    }

    private static AuditEntry needed(ClientEvent.ReauthorizationNeeded event) {
        EventType type = EventType.REAUTHORIZATION_NEEDED;
        String word = event.cause().word();
        Detail cause = new Text("cause", word);
        return switch (event.cause()) {
            case ReauthorizationCause.RefreshRefused refused ->
                    refused(event, refused.error(), cause);
            case ReauthorizationCause.GrantRefused refused ->
                    refused(event, refused.error(), cause);
            case ReauthorizationCause.AnswerLost lost ->
                    entry(type, event, new Failed(word), cause);
            case ReauthorizationCause.TokenRefused refused ->
                    entry(type, event, new Refused(word), cause);
            case ReauthorizationCause.ScopeNeeded needed ->
                    entry(
                            type,
                            event,
                            new Refused(word),
                            cause,
                            new Words("scopes", needed.scopes().tokens()));
            case ReauthorizationCause.Revoked revoked -> done(type, event, cause);
            case ReauthorizationCause.SettingsChanged changed -> done(type, event, cause);
        };
    }

    private static AuditEntry refused(
            ClientEvent.ReauthorizationNeeded event, OAuthError error, Detail cause) {
        return entry(
                EventType.REAUTHORIZATION_NEEDED,
                event,
                new Refused(error.code()),
                cause,
                error(error.code()));
    }

    private static AuditEntry retired(RegistrationRetired event) {
        return switch (event.cause()) {
            case RetirementCause.SecretEnded ended -> retired(event, DONE, List.of());
            case RetirementCause.Unanswered unanswered -> retired(event, DONE, List.of());
            case RetirementCause.Refused refused ->
                    retired(
                            event,
                            new Refused(refused.error().code()),
                            List.of(error(refused.error().code())));
            case RetirementCause.Idle idle -> retired(event, DONE, List.of());
        };
    }

    private static AuditEntry retired(
            RegistrationRetired event, Outcome outcome, List<Detail> besides) {
        List<Detail> details = new ArrayList<>(besides);
        details.add(registration(event.registration()));
        details.add(issuer(event.issuer()));
        details.add(new Text("cause", event.cause().word()));
        return entry(EventType.REGISTRATION_RETIRED, event, outcome, details);
    }

    private static AuditEntry givenUp(
            EventType type,
            UpstreamEvent event,
            Optional<Code> code,
            OptionalInt status,
            Debt debt) {
        List<Detail> details = new ArrayList<>(about(debt));
        status.ifPresent(number -> details.add(new Count("status", number)));
        String why = code.map(Code::word).orElse("internal_error");
        return entry(type, event, new Failed(why), details);
    }

    private static List<Detail> about(Debt debt) {
        return switch (debt) {
            case Debt.OfTokens tokens -> List.of(grant(tokens.grant()), origin(tokens.creditor()));
            case Debt.OfRegistration ours ->
                    List.of(registration(ours.registration()), origin(ours.creditor()));
        };
    }

    private static AuditEntry entry(
            EventType type, UpstreamEvent event, Outcome outcome, List<Detail> details) {
        return new AuditEntry(type.word(), event.at(), event.client(), outcome, details);
    }

    private static AuditEntry done(EventType type, ClientEvent event, Detail... details) {
        return entry(type, event, DONE, details);
    }

    private static AuditEntry entry(
            EventType type, ClientEvent event, Outcome outcome, Detail... details) {
        return new AuditEntry(
                type.word(), event.at(), Optional.of(event.client()), outcome, List.of(details));
    }

    private static AuditEntry done(
            EventType type, AdministrativeEvent event, List<Detail> details) {
        return entry(type, event, DONE, details);
    }

    private static AuditEntry entry(
            EventType type, AdministrativeEvent event, Outcome outcome, List<Detail> details) {
        return new AuditEntry(type.word(), event.at(), Optional.empty(), outcome, details);
    }

    private static Detail flow(FlowId flow) {
        return new Text("flow_id", flow.value());
    }

    private static Detail grant(GrantId grant) {
        return new Text("grant_id", grant.value());
    }

    private static Detail registration(RegistrationId registration) {
        return new Text("registration_id", registration.value());
    }

    private static Detail issuer(Issuer issuer) {
        return new Text("issuer", issuer.value());
    }

    private static Detail origin(Origin origin) {
        return new Text("origin", origin.value());
    }

    private static Detail reason(String word) {
        return new Text("reason", word);
    }

    private static Detail error(String code) {
        return new Text("error", code);
    }

    private static Detail key(String id) {
        return new Text("key_id", id);
    }

    private static Detail name(String name) {
        return new Text("name", name);
    }

    private static Detail host(String host) {
        return new Text("host", host);
    }

    private static Detail webhook(WebhookId id) {
        return new Text("webhook_id", id.value());
    }
}
