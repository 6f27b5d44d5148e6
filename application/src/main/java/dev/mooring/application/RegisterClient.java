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
import dev.mooring.domain.client.GrantFlow;
import dev.mooring.domain.lifecycle.Access;
import dev.mooring.domain.lifecycle.AuthorizationAttempt.Started;
import dev.mooring.domain.lifecycle.ClientDetails;
import dev.mooring.domain.lifecycle.ClientEvent;
import dev.mooring.domain.lifecycle.LinkFor;
import dev.mooring.domain.lifecycle.McpClient;
import dev.mooring.domain.lifecycle.Problem;
import dev.mooring.domain.mcp.Inventory;
import dev.mooring.domain.oauth.AcceptedQuirks;
import dev.mooring.domain.oauth.Credential;
import dev.mooring.domain.oauth.Scopes;

import java.io.Serial;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import java.util.random.RandomGenerator;

/**
 * Registers an MCP client. One whose server is open, or wants static headers, is connected at once,
 * and so is one behind OAuth for whose grant no person is needed; any other is stored with the link
 * to consent. Nothing is stored when anything of it fails.
 */
public final class RegisterClient {
    private static final Duration IDEMPOTENCY_LIFETIME = Duration.ofHours(24);

    private final UnitOfWork unitOfWork;
    private final ClientStore clients;
    private final AttemptStore attempts;
    private final IdempotencyKeys idempotencyKeys;
    private final EventLog events;
    private final McpConnector connector;
    private final BeginAuthorization beginAuthorization;
    private final RequestToken requestToken;
    private final ObtainGrant obtainGrant;
    private final DeliverRevocations deliverRevocations;
    private final HoldTokens holdTokens;
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
            BeginAuthorization beginAuthorization,
            RequestToken requestToken,
            ObtainGrant obtainGrant,
            DeliverRevocations deliverRevocations,
            HoldTokens holdTokens,
            Timing timing,
            InstantSource clock,
            RandomGenerator random) {
        this.unitOfWork = unitOfWork;
        this.clients = clients;
        this.attempts = attempts;
        this.idempotencyKeys = idempotencyKeys;
        this.events = events;
        this.connector = connector;
        this.beginAuthorization = beginAuthorization;
        this.requestToken = requestToken;
        this.obtainGrant = obtainGrant;
        this.deliverRevocations = deliverRevocations;
        this.holdTokens = holdTokens;
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
        } catch (RememberedMeanwhileException e) {
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
                            .map(flow -> obtainGrantAndStore(pending, flow, command))
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
                switch (clients.insert(client)) {
                    case Insertion.Taken taken -> new Outcome.Taken(taken.field());
                    case Insertion.Inserted inserted -> {
                        recordRegistration(client, command);
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

    private Outcome obtainGrantAndStore(
            McpClient.Pending pending, GrantFlow.Unattended flow, Command command) {
        if (command.disabled()) {
            return store(pending.disable(), command);
        }
        Budget budget = Budget.of(timing.discovery());
        return switch (obtainGrant.ask(pending.details(), flow, Scopes.NONE, budget)) {
            case ObtainGrant.Answer.Refused refused -> new Outcome.Failed(refused.problem());
            case ObtainGrant.Answer.Failed failed -> new Outcome.Failed(failed.problem());
            case ObtainGrant.Answer.Issued issued ->
                    connectOrGiveBack(pending, flow, issued, true, command);
        };
    }

    /** Whatever is thrown, tokens that did not end in a stored grant are owed back. */
    private Outcome connectOrGiveBack(
            McpClient.Pending pending,
            GrantFlow.Unattended flow,
            ObtainGrant.Answer.Issued issued,
            boolean mayStepUp,
            Command command) {
        boolean stored = false;
        try {
            Outcome outcome = connectGranted(pending, flow, issued, mayStepUp, command);
            stored = outcome instanceof Outcome.Registered;
            return outcome;
        } finally {
            if (!stored) {
                connector.disconnect(pending.id());
                giveBack(pending, issued);
            }
        }
    }

    private void giveBack(McpClient.Pending pending, ObtainGrant.Answer.Issued issued) {
        obtainGrant.giveBackSafely(pending.details(), issued);
        deliverRevocations.soon();
    }

    private Outcome connectGranted(
            McpClient.Pending pending,
            GrantFlow.Unattended flow,
            ObtainGrant.Answer.Issued issued,
            boolean mayStepUp,
            Command command) {
        ConnectAnswer answer =
                connector.connect(
                        new McpConnector.Target(
                                pending.id(), pending.settings().connection(), issued.credential()),
                        Budget.of(timing.connecting()));
        return switch (answer) {
            case ConnectAnswer.Accepted accepted ->
                    storeGranted(pending, issued, accepted.inventory(), command);
            case ConnectAnswer.Failed failed -> new Outcome.Failed(failed.problem());
            case ConnectAnswer.Challenged challenged
                    when mayStepUp && lacksWhatWasNotGranted(challenged, issued) ->
                    stepUp(pending, flow, issued, challenged.challenge().scope(), command);
            case ConnectAnswer.Challenged challenged ->
                    new Outcome.Failed(
                            challenged.asksForMoreScope()
                                    ? notGranted()
                                    : new Problem(
                                            Problem.Code.TOKEN_REFUSED,
                                            "The MCP server answered with "
                                                    + challenged.status()
                                                    + " to the token that was issued for it"));
        };
    }

    /** MCP step-up where no person is needed: once, with the union of the scopes. */
    private Outcome stepUp(
            McpClient.Pending pending,
            GrantFlow.Unattended flow,
            ObtainGrant.Answer.Issued issued,
            Scopes more,
            Command command) {
        Budget budget = Budget.of(timing.tokenCall());
        return switch (obtainGrant.askForMore(pending.details(), flow, issued, more, budget)) {
            case ObtainGrant.Answer.Refused refused -> new Outcome.Failed(notGranted());
            case ObtainGrant.Answer.Failed failed -> new Outcome.Failed(failed.problem());
            case ObtainGrant.Answer.Issued wider -> {
                Outcome outcome = connectOrGiveBack(pending, flow, wider, false, command);
                if (outcome instanceof Outcome.Registered) {
                    giveBack(pending, issued);
                }
                yield outcome;
            }
        };
    }

    private static boolean lacksWhatWasNotGranted(
            ConnectAnswer.Challenged challenged, ObtainGrant.Answer.Issued issued) {
        return challenged.asksForMoreScope()
                && !issued.tokens()
                        .scopes()
                        .union(issued.asked())
                        .containsAll(challenged.challenge().scope());
    }

    private static Problem notGranted() {
        return new Problem(
                Problem.Code.INSUFFICIENT_SCOPE,
                "The MCP server wants scopes that the authorization server does not grant");
    }

    private Outcome storeGranted(
            McpClient.Pending pending,
            ObtainGrant.Answer.Issued issued,
            Inventory inventory,
            Command command) {
        return holdTokens.until(
                () -> unitOfWork.execute(() -> insertGranted(pending, issued, inventory, command)),
                timing.holding());
    }

    /** Client, registration and grant come into being together. */
    private Outcome insertGranted(
            McpClient.Pending pending,
            ObtainGrant.Answer.Issued issued,
            Inventory inventory,
            Command command) {
        return switch (clients.insert(pending)) {
            case Insertion.Taken taken ->
                    // By ourselves, if only the answer to the commit was lost.
                    clients.find(pending.id())
                            .filter(stored -> obtainGrant.isStored(pending.id(), issued))
                            .<Outcome>map(stored -> new Outcome.Registered(stored.value()))
                            .orElseGet(() -> new Outcome.Taken(taken.field()));
            case Insertion.Inserted inserted -> {
                recordRegistration(pending, command);
                Instant now = clock.instant();
                McpClient.Connected connected =
                        pending.grantStored(
                                        obtainGrant
                                                .store(pending.details(), issued)
                                                .orElseThrow()
                                                .id())
                                .connected(inventory, now);
                clients.replaceLocked(inserted.client(), connected);
                events.append(
                        new ClientEvent.ClientConnected(
                                pending.id(), inventory.tools().size(), now));
                yield new Outcome.Registered(connected);
            }
        };
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
                            switch (clients.insert(client)) {
                                case Insertion.Taken taken -> new Outcome.Taken(taken.field());
                                case Insertion.Inserted inserted -> {
                                    recordRegistration(client, command);
                                    yield new Outcome.ConsentNeeded(
                                            beginAuthorization
                                                    .begin(
                                                            client,
                                                            prepared,
                                                            ConsentNeed.NOTHING_MORE.linkedFor(
                                                                    command.linkFor()))
                                                    .orElseThrow(ForgottenMeanwhileException::new));
                                }
                            });
        };
    }

    private void recordRegistration(McpClient client, Command command) {
        Instant now = clock.instant();
        events.append(new ClientEvent.ClientRegistered(client.id(), now));
        AcceptedQuirks exceptions = client.settings().exceptions();
        if (!exceptions.equals(AcceptedQuirks.NONE)) {
            events.append(new ClientEvent.ExceptionsChanged(client.id(), exceptions, now));
        }
        boolean remembered =
                command.idempotency()
                        .map(idempotency ->
                                idempotencyKeys.remember(
                                        idempotency.key(),
                                        idempotency.fingerprint(),
                                        client.id(),
                                        IDEMPOTENCY_LIFETIME))
                        .orElse(true);
        if (!remembered) {
            throw new RememberedMeanwhileException();
        }
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

    /** Undoes a registration whose idempotency key another request took meanwhile. */
    private static final class RememberedMeanwhileException extends RuntimeException {
        @Serial private static final long serialVersionUID = 1L;
    }
}
