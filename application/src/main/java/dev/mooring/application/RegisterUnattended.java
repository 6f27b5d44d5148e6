package dev.mooring.application;

import dev.mooring.application.RegisterClient.Command;
import dev.mooring.application.RegisterClient.Outcome;
import dev.mooring.application.port.Budget;
import dev.mooring.application.port.ClientStore;
import dev.mooring.application.port.ClientStore.Insertion;
import dev.mooring.application.port.EventLog;
import dev.mooring.application.port.McpConnector;
import dev.mooring.application.port.McpConnector.ConnectAnswer;
import dev.mooring.application.port.StoreUnavailableException;
import dev.mooring.application.port.UnitOfWork;
import dev.mooring.domain.client.GrantFlow;
import dev.mooring.domain.lifecycle.ClientEvent;
import dev.mooring.domain.lifecycle.McpClient;
import dev.mooring.domain.lifecycle.Problem;
import dev.mooring.domain.mcp.Inventory;
import dev.mooring.domain.oauth.Scopes;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;

/**
 * Registers a client behind OAuth for whose grant no person is needed: it is asked for, the client
 * is connected with it, and then both are stored together. Tokens that came for nothing are owed
 * back.
 */
final class RegisterUnattended {
    private final UnitOfWork unitOfWork;
    private final ClientStore clients;
    private final EventLog events;
    private final McpConnector connector;
    private final AddClient addClient;
    private final ObtainGrant obtainGrant;
    private final DeliverRevocations deliverRevocations;
    private final HoldTokens holdTokens;
    private final Timing timing;
    private final InstantSource clock;

    RegisterUnattended(
            UnitOfWork unitOfWork,
            ClientStore clients,
            EventLog events,
            McpConnector connector,
            AddClient addClient,
            ObtainGrant obtainGrant,
            DeliverRevocations deliverRevocations,
            HoldTokens holdTokens,
            Timing timing,
            InstantSource clock) {
        this.unitOfWork = unitOfWork;
        this.clients = clients;
        this.events = events;
        this.connector = connector;
        this.addClient = addClient;
        this.obtainGrant = obtainGrant;
        this.deliverRevocations = deliverRevocations;
        this.holdTokens = holdTokens;
        this.timing = timing;
        this.clock = clock;
    }

    /** Stores nothing when anything of it fails. */
    Outcome handle(McpClient.Pending pending, GrantFlow.Unattended flow, Command command) {
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

    /** What is told of the registration does not wait for that, nor does it change. */
    private void giveBack(McpClient.Pending pending, ObtainGrant.Answer.Issued issued) {
        try {
            obtainGrant.giveBackSafely(pending.details(), issued, Duration.ZERO);
        } catch (StoreUnavailableException e) {
            // It goes on in the background.
        }
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
        return holdTokens.within(
                timing.holding(),
                () -> unitOfWork.execute(() -> insertGranted(pending, issued, inventory, command)));
    }

    /** Client, registration and grant come into being together. */
    private Outcome insertGranted(
            McpClient.Pending pending,
            ObtainGrant.Answer.Issued issued,
            Inventory inventory,
            Command command) {
        return switch (addClient.handle(pending, command.idempotency())) {
            case Insertion.Taken taken ->
                    // By ourselves, if only the answer to the commit was lost.
                    clients.find(pending.id())
                            .filter(stored -> obtainGrant.isStored(pending.id(), issued))
                            .<Outcome>map(stored -> new Outcome.Registered(stored.value()))
                            .orElseGet(() -> new Outcome.Taken(taken.field()));
            case Insertion.Inserted inserted -> {
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
}
