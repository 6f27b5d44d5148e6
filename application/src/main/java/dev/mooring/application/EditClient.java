package dev.mooring.application;

import static dev.mooring.domain.InvalidValueException.require;

import dev.mooring.application.ConnectClient.Aim;
import dev.mooring.application.ConnectClient.Turn;
import dev.mooring.application.port.ClientStore;
import dev.mooring.application.port.ClientStore.Replacement;
import dev.mooring.application.port.ClientStore.TakenField;
import dev.mooring.application.port.EventLog;
import dev.mooring.application.port.McpConnector;
import dev.mooring.application.port.Pauses;
import dev.mooring.application.port.Stored;
import dev.mooring.application.port.UnitOfWork;
import dev.mooring.domain.client.ClientId;
import dev.mooring.domain.client.ClientSettings;
import dev.mooring.domain.client.OAuthSecret;
import dev.mooring.domain.client.SettingsChange;
import dev.mooring.domain.lifecycle.ClientEvent;
import dev.mooring.domain.lifecycle.McpClient;
import dev.mooring.domain.lifecycle.Problem;
import dev.mooring.domain.lifecycle.ReauthorizationCause;

import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.UnaryOperator;

/**
 * Changes what an operator decides about a client. What the grant was issued for cannot be changed
 * under it: such a change ends the grant, and a person must consent again.
 */
public final class EditClient {
    private final UnitOfWork unitOfWork;
    private final ClientStore clients;
    private final Pauses pauses;
    private final EventLog events;
    private final McpConnector connector;
    private final EndAuthorization endAuthorization;
    private final DeliverRevocations deliverRevocations;
    private final RequestToken requestToken;
    private final RenewRegistrations renewRegistrations;
    private final ConnectClient connectClient;
    private final InstantSource clock;

    EditClient(
            UnitOfWork unitOfWork,
            ClientStore clients,
            Pauses pauses,
            EventLog events,
            McpConnector connector,
            EndAuthorization endAuthorization,
            DeliverRevocations deliverRevocations,
            RequestToken requestToken,
            RenewRegistrations renewRegistrations,
            ConnectClient connectClient,
            InstantSource clock) {
        this.unitOfWork = unitOfWork;
        this.clients = clients;
        this.pauses = pauses;
        this.events = events;
        this.connector = connector;
        this.endAuthorization = endAuthorization;
        this.deliverRevocations = deliverRevocations;
        this.requestToken = requestToken;
        this.renewRegistrations = renewRegistrations;
        this.connectClient = connectClient;
        this.clock = clock;
    }

    /**
     * The wish.
     *
     * @param change what is named is changed, all else stays; may throw {@link
     *     dev.mooring.domain.InvalidValueException}
     * @param disabled absent: as it is
     * @param secretsGiven which secrets of the OAuth settings the change names anew
     * @param headersGiven whether the change names all header values anew
     * @param revision the revision the caller knows ({@code If-Match}); absent: any
     */
    public record Command(
            ClientId id,
            UnaryOperator<ClientSettings> change,
            Optional<Boolean> disabled,
            Set<OAuthSecret> secretsGiven,
            boolean headersGiven,
            OptionalLong revision) {}

    /** What came of it. */
    public sealed interface Outcome {
        /** All is as wished, and connected if it was or should be. */
        record Edited(McpClient client, long revision) implements Outcome {}

        /** Stored; but a person must consent again before the client can be used. */
        record ConsentNeeded(McpClient client, long revision) implements Outcome {}

        /** Stored; but connecting with the new settings failed. */
        record NotConnected(McpClient client, long revision, Problem problem) implements Outcome {}

        record NotFound() implements Outcome {}

        /** The client is not at the revision that the caller knows. */
        record Stale() implements Outcome {}

        record Taken(TakenField field) implements Outcome {}
    }

    private sealed interface Change {
        record Made(McpClient before, SettingsChange change, Stored<McpClient> after)
                implements Change {}

        record NotMade(Outcome outcome) implements Change {}
    }

    /** Edits, and connects anew where the change asks for it. */
    public Outcome handle(Command command) {
        return switch (unitOfWork.execute(() -> change(command))) {
            case Change.NotMade notMade -> notMade.outcome();
            case Change.Made made -> afterwards(made.before(), made.change(), made.after());
        };
    }

    private Change change(Command command) {
        Optional<Stored<McpClient>> found = clients.lock(command.id());
        if (found.isEmpty()) {
            return new Change.NotMade(new Outcome.NotFound());
        }
        Stored<McpClient> stored = found.get();
        if (command.revision().isPresent() && command.revision().getAsLong() != stored.revision()) {
            return new Change.NotMade(new Outcome.Stale());
        }
        Instant now = clock.instant();
        McpClient before = stored.value();
        ClientSettings settings = command.change().apply(before.settings());
        SettingsChange change = new SettingsChange(before.settings(), settings);
        require(
                settings.auth().getClass() == before.settings().auth().getClass(),
                "auth_type",
                "cannot be changed");
        change.requireSecrets(command.secretsGiven(), command.headersGiven());
        if (!settings.unattended().equals(before.settings().unattended())) {
            requestToken.requirePossible(settings);
        }
        if (change.affectsAuth()) {
            settings.oauth().ifPresent(oauth -> oauth.settings().requireAudience());
        }
        boolean endsGrant = change.endsGrant();
        ReauthorizationCause cause = new ReauthorizationCause.SettingsChanged();
        McpClient renamed = before.withSettings(settings);
        // What was learnt from another server, or by other means, counts no more.
        McpClient edited = change.endsConnection() ? renamed.unconnected() : renamed;
        McpClient regranted =
                endsGrant && before.grant().isPresent()
                        ? edited.needsReauthorization(cause, now)
                        : edited;
        McpClient after = command.disabled().map(off -> switched(regranted, off)).orElse(regranted);
        return switch (clients.replace(stored, after)) {
            case Replacement.Stale stale -> new Change.NotMade(new Outcome.Stale());
            case Replacement.Taken taken -> new Change.NotMade(new Outcome.Taken(taken.field()));
            case Replacement.Replaced replaced -> {
                record(before, after, change, now);
                if (!settings.exceptions().equals(before.settings().exceptions())) {
                    events.append(
                            new ClientEvent.ExceptionsChanged(
                                    before.id(), settings.exceptions(), now));
                }
                if (endsGrant) {
                    endAuthorization.handle(before, now);
                } else if (change.endsLinks()) {
                    endAuthorization.endLinks(before, now);
                }
                renewRegistrations.handle(before.id(), change, entersAnew(command));
                pauses.forget(before.id());
                if (endsGrant && before.grant().isPresent()) {
                    events.append(new ClientEvent.ReauthorizationNeeded(before.id(), cause, now));
                }
                yield new Change.Made(before, change, replaced.client());
            }
        };
    }

    private void record(McpClient before, McpClient after, SettingsChange change, Instant now) {
        events.append(new ClientEvent.ClientEdited(before.id(), change.fields(), now));
        boolean wasOff = before instanceof McpClient.Disabled;
        boolean isOff = after instanceof McpClient.Disabled;
        if (isOff && !wasOff) {
            events.append(new ClientEvent.ClientDisabled(before.id(), now));
        }
        if (wasOff && !isOff) {
            events.append(new ClientEvent.ClientEnabled(before.id(), now));
        }
    }

    /** A file is named again by whoever writes back what was read. */
    private static boolean entersAnew(Command command) {
        return command.secretsGiven().stream()
                .anyMatch(secret -> secret != OAuthSecret.ASSERTION_FILE);
    }

    private static McpClient switched(McpClient client, boolean off) {
        return switch (client) {
            case McpClient.Disabled disabled -> off ? disabled : disabled.enable();
            case McpClient.Enabled enabled -> off ? enabled.disable() : enabled;
        };
    }

    private Outcome afterwards(McpClient before, SettingsChange change, Stored<McpClient> after) {
        McpClient client = after.value();
        boolean anew = change.endsConnection();
        boolean enabled = before instanceof McpClient.Disabled;
        // The operator wants to know whether the new secret mends what the old one broke.
        boolean healed = client instanceof McpClient.Disconnected && change.affectsAuth();
        // What was refused is not sent again because a client has another name.
        boolean maySucceed =
                anew || enabled || client.settings().unattended().isEmpty() || change.affectsAuth();
        if (anew || client instanceof McpClient.Disabled) {
            connector.disconnect(client.id());
        }
        return switch (client) {
            case McpClient.Disabled disabled -> new Outcome.Edited(disabled, after.revision());
            case McpClient.Pending pending ->
                    maySucceed
                            ? obtainGrantOrAsk(after)
                            : new Outcome.Edited(pending, after.revision());
            case McpClient.NeedsReauthorization needs -> {
                deliverRevocations.soon();
                yield maySucceed
                        ? obtainGrantOrAsk(after)
                        : new Outcome.Edited(needs, after.revision());
            }
            case McpClient.Connectable connectable ->
                    anew || enabled || healed
                            ? connect(after, Aim.CONNECT)
                            : new Outcome.Edited(connectable, after.revision());
        };
    }

    /** Where no person is needed, the edit may have mended what kept the grant from coming. */
    private Outcome obtainGrantOrAsk(Stored<McpClient> edited) {
        McpClient client = edited.value();
        return client.settings().unattended().isPresent()
                ? connect(edited, Aim.OBTAIN_GRANT_AND_CONNECT)
                : new Outcome.ConsentNeeded(client, edited.revision());
    }

    /** A run that is under way may not have read the new settings yet. */
    private Outcome connect(Stored<McpClient> edited, Aim aim) {
        ClientId id = edited.value().id();
        ConnectClient.Outcome outcome = connectClient.handle(id, aim, Turn.OWN);
        Stored<McpClient> now = clients.find(id).orElse(edited);
        return switch (outcome) {
            case ConnectClient.Outcome.Connected connected ->
                    new Outcome.Edited(now.value(), now.revision());
            case ConnectClient.Outcome.Failed failed ->
                    new Outcome.NotConnected(now.value(), now.revision(), failed.problem());
            case ConnectClient.Outcome.NotConnectable notConnectable ->
                    new Outcome.ConsentNeeded(now.value(), now.revision());
        };
    }
}
