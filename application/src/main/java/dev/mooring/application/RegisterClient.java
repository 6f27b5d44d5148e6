package dev.mooring.application;

import dev.mooring.application.port.AttemptStore;
import dev.mooring.application.port.Budget;
import dev.mooring.application.port.ClientStore;
import dev.mooring.application.port.ClientStore.Insertion;
import dev.mooring.application.port.ClientStore.TakenField;
import dev.mooring.application.port.EventLog;
import dev.mooring.application.port.IdempotencyKeys;
import dev.mooring.application.port.McpConnector;
import dev.mooring.application.port.McpConnector.ConnectAnswer;
import dev.mooring.application.port.Stored;
import dev.mooring.application.port.UnitOfWork;
import dev.mooring.domain.client.ClientAuth;
import dev.mooring.domain.client.ClientId;
import dev.mooring.domain.client.ClientSettings;
import dev.mooring.domain.lifecycle.Access;
import dev.mooring.domain.lifecycle.AuthorizationAttempt.Started;
import dev.mooring.domain.lifecycle.ClientDetails;
import dev.mooring.domain.lifecycle.ClientEvent;
import dev.mooring.domain.lifecycle.LinkFor;
import dev.mooring.domain.lifecycle.McpClient;
import dev.mooring.domain.lifecycle.Problem;
import dev.mooring.domain.oauth.Credential;

import java.io.Serial;
import java.time.InstantSource;
import java.util.Optional;
import java.util.random.RandomGenerator;

/**
 * Registers an MCP client. One whose server is open, or wants static headers, is connected at once,
 * and so is one behind OAuth for whose grant no person is needed; any other is stored with the link
 * to consent. Nothing is stored when anything of it fails.
 */
public final class RegisterClient {
    private final UnitOfWork unitOfWork;
    private final ClientStore clients;
    private final AttemptStore attempts;
    private final IdempotencyKeys idempotencyKeys;
    private final EventLog events;
    private final McpConnector connector;
    private final AddClient addClient;
    private final BeginAuthorization beginAuthorization;
    private final RequestToken requestToken;
    private final RegisterUnattended registerUnattended;
    private final Timing timing;
    private final InstantSource clock;
    private final RandomGenerator random;

    RegisterClient(
            UnitOfWork unitOfWork,
            ClientStore clients,
            AttemptStore attempts,
            IdempotencyKeys idempotencyKeys,
            EventLog events,
            McpConnector connector,
            AddClient addClient,
            BeginAuthorization beginAuthorization,
            RequestToken requestToken,
            RegisterUnattended registerUnattended,
            Timing timing,
            InstantSource clock,
            RandomGenerator random) {
        this.unitOfWork = unitOfWork;
        this.clients = clients;
        this.attempts = attempts;
        this.idempotencyKeys = idempotencyKeys;
        this.events = events;
        this.connector = connector;
        this.addClient = addClient;
        this.beginAuthorization = beginAuthorization;
        this.requestToken = requestToken;
        this.registerUnattended = registerUnattended;
        this.timing = timing;
        this.clock = clock;
        this.random = random;
    }

    /**
     * The wish.
     *
     * @param id chosen by the caller; absent: we choose
     * @param linkFor whose the link is, if a person must consent
     */
    public record Command(
            Optional<ClientId> id,
            ClientSettings settings,
            boolean disabled,
            Optional<Idempotency> idempotency,
            LinkFor linkFor) {
        /** With a link for anyone. */
        public Command(
                Optional<ClientId> id,
                ClientSettings settings,
                boolean disabled,
                Optional<Idempotency> idempotency) {
            this(id, settings, disabled, idempotency, new LinkFor.Anyone());
        }
    }

    /**
     * Makes a repeated request the same request.
     *
     * @param key unique among the keys of one caller
     * @param fingerprint a digest of the request
     */
    public record Idempotency(String key, String fingerprint) {}

    /** What came of it. */
    public sealed interface Outcome {
        /** A client that needs no person is connected, or stored as it is as it is disabled. */
        record Registered(McpClient client) implements Outcome {}

        /** A person must consent. */
        record ConsentNeeded(ConsentLink link) implements Outcome {}

        record Taken(TakenField field) implements Outcome {}

        /** The key was used for another request. */
        record IdempotencyKeyReused() implements Outcome {}

        record Failed(Problem problem) implements Outcome {}
    }

    /** Registers; may take as long as discovery and connecting take. */
    public Outcome handle(Command command) {
        Optional<Outcome> earlier = repeated(command);
        if (earlier.isPresent()) {
            return earlier.get();
        }
        Outcome outcome;
        try {
            outcome = register(command);
        } catch (AddClient.RememberedMeanwhileException e) {
            outcome = new Outcome.IdempotencyKeyReused();
        }
        boolean lost =
                outcome instanceof Outcome.Taken || outcome instanceof Outcome.IdempotencyKeyReused;
        // Of two equal requests at once the slower one gets the answer of the faster.
        return lost ? repeated(command).orElse(outcome) : outcome;
    }

    private Outcome register(Command command) {
        requestToken.requirePossible(command.settings());
        command.settings().oauth().ifPresent(oauth -> oauth.settings().requireAudience());
        ClientDetails details =
                new ClientDetails(
                        command.id().orElseGet(() -> ClientId.random(random)),
                        command.settings(),
                        clock.instant());
        McpClient.Enabled blank = blank(details);
        // Before anybody is asked: a person who has consented must not learn of a taken name.
        Optional<TakenField> taken = clients.taken(blank);
        if (taken.isPresent()) {
            return new Outcome.Taken(taken.get());
        }
        return switch (blank) {
            case McpClient.Connectable open -> connectAndStore(open, command);
            case McpClient.Pending pending ->
                    details.settings()
                            .unattended()
                            .map(flow ->
                                    command.disabled()
                                            ? store(pending.disable(), command)
                                            : registerUnattended.handle(pending, flow, command))
                            .orElseGet(() -> prepareAndStore(pending, command));
            case McpClient.NeedsReauthorization needs ->
                    throw new AssertionError("No client begins in need of reauthorization");
        };
    }

    private static McpClient.Enabled blank(ClientDetails details) {
        return details.settings().oauth().isPresent()
                ? new McpClient.Pending(details)
                : new McpClient.Disconnected(
                        details, new Access.Open(), Optional.empty(), Optional.empty());
    }

    private Outcome connectAndStore(McpClient.Connectable open, Command command) {
        if (command.disabled()) {
            return store(open.disable(), command);
        }
        ConnectAnswer answer =
                connector.connect(
                        new McpConnector.Target(
                                open.id(), open.settings().connection(), new Credential.None()),
                        Budget.of(timing.connecting()));
        Outcome outcome =
                switch (answer) {
                    case ConnectAnswer.Accepted accepted ->
                            store(open.connected(accepted.inventory(), clock.instant()), command);
                    case ConnectAnswer.Challenged challenged ->
                            new Outcome.Failed(
                                    new Problem(
                                            Problem.Code.CREDENTIALS_REFUSED,
                                            "The MCP server answered with "
                                                    + challenged.status()
                                                    + "; it may want other headers or auth_type"
                                                    + " oauth"));
                    case ConnectAnswer.Failed failed -> new Outcome.Failed(failed.problem());
                };
        if (!(outcome instanceof Outcome.Registered)) {
            connector.disconnect(open.id());
        }
        return outcome;
    }

    private Outcome store(McpClient client, Command command) {
        return unitOfWork.execute(() ->
                switch (addClient.handle(client, command.idempotency())) {
                    case Insertion.Taken taken -> new Outcome.Taken(taken.field());
                    case Insertion.Inserted inserted -> {
                        if (client instanceof McpClient.Connected connected) {
                            events.append(
                                    new ClientEvent.ClientConnected(
                                            client.id(),
                                            connected.current().tools().size(),
                                            clock.instant()));
                        }
                        yield new Outcome.Registered(inserted.client().value());
                    }
                });
    }

    private Outcome prepareAndStore(McpClient.Pending pending, Command command) {
        try {
            return prepareAndInsert(pending, command);
        } catch (ForgottenMeanwhileException e) {
            return new Outcome.Failed(
                    new Problem(
                            Problem.Code.CHANGED_MEANWHILE,
                            "Our registration was forgotten meanwhile; try again"));
        }
    }

    private Outcome prepareAndInsert(McpClient.Pending pending, Command command) {
        ClientAuth.OAuth oauth = pending.settings().oauth().orElseThrow();
        McpClient client = command.disabled() ? pending.disable() : pending;
        return switch (beginAuthorization.prepare(pending.details(), oauth, Optional.empty())) {
            case PrepareAuthorization.Outcome.Failed failed -> new Outcome.Failed(failed.problem());
            case PrepareAuthorization.Outcome.Prepared prepared ->
                    unitOfWork.execute(() ->
                            switch (addClient.handle(client, command.idempotency())) {
                                case Insertion.Taken taken -> new Outcome.Taken(taken.field());
                                case Insertion.Inserted inserted ->
                                        new Outcome.ConsentNeeded(
                                                beginAuthorization
                                                        .begin(
                                                                client,
                                                                prepared,
                                                                ConsentNeed.NOTHING_MORE.linkedFor(
                                                                        command.linkFor()))
                                                        .orElseThrow(
                                                                ForgottenMeanwhileException::new));
                            });
        };
    }

    /** The answer to a request that was answered before: how the client it made stands now. */
    private Optional<Outcome> repeated(Command command) {
        return command.idempotency()
                .flatMap(idempotency -> repeated(idempotency, command.linkFor()));
    }

    private Optional<Outcome> repeated(Idempotency idempotency, LinkFor linkFor) {
        Optional<IdempotencyKeys.Remembered> remembered = idempotencyKeys.find(idempotency.key());
        if (remembered.isEmpty()) {
            return Optional.empty();
        }
        if (!remembered.get().fingerprint().equals(idempotency.fingerprint())) {
            return Optional.of(new Outcome.IdempotencyKeyReused());
        }
        return Optional.of(
                clients.find(remembered.get().client())
                        .map(Stored::value)
                        .map(client -> asItStands(client, linkFor))
                        // The client it made was removed since.
                        .orElseGet(Outcome.IdempotencyKeyReused::new));
    }

    private Outcome asItStands(McpClient client, LinkFor linkFor) {
        Optional<Started> open =
                attempts.newest(client.id())
                        .filter(Started.class::isInstance)
                        .map(Started.class::cast)
                        .filter(attempt -> !attempt.isPast(clock.instant()));
        return client.settings()
                .oauth()
                .flatMap(oauth ->
                        open.map(attempt ->
                                attempt.request().linkFor().equals(linkFor)
                                        ? new Outcome.ConsentNeeded(ConsentLink.of(oauth, attempt))
                                        : linkAnew(client, oauth, linkFor)))
                .orElseGet(() -> new Outcome.Registered(client));
    }

    /**
     * The link for whoever repeats the request: with an answer that was lost, so was what its
     * browser would be known by, and nobody could finish the link that is open.
     */
    private Outcome linkAnew(McpClient client, ClientAuth.OAuth oauth, LinkFor linkFor) {
        return switch (beginAuthorization.forClient(
                client, oauth, Optional.empty(), ConsentNeed.NOTHING_MORE.linkedFor(linkFor))) {
            case BeginAuthorization.Outcome.Begun begun -> new Outcome.ConsentNeeded(begun.link());
            case BeginAuthorization.Outcome.Failed failed -> new Outcome.Failed(failed.problem());
            case BeginAuthorization.Outcome.Gone gone -> new Outcome.IdempotencyKeyReused();
        };
    }

    /** Undoes a registration whose link would lead through a registration of ours that is gone. */
    private static final class ForgottenMeanwhileException extends RuntimeException {
        @Serial private static final long serialVersionUID = 1L;
    }
}
