package dev.mooring.application;

import dev.mooring.application.port.AttemptStore;
import dev.mooring.application.port.Budget;
import dev.mooring.application.port.ClientStore;
import dev.mooring.application.port.ConnectionRuns;
import dev.mooring.application.port.ConnectionRuns.Start;
import dev.mooring.application.port.EventLog;
import dev.mooring.application.port.McpConnector;
import dev.mooring.application.port.McpConnector.ConnectAnswer;
import dev.mooring.application.port.StoreUnavailableException;
import dev.mooring.application.port.Stored;
import dev.mooring.application.port.UnitOfWork;
import dev.mooring.domain.client.ClientId;
import dev.mooring.domain.client.GrantFlow;
import dev.mooring.domain.lifecycle.Access;
import dev.mooring.domain.lifecycle.ClientEvent;
import dev.mooring.domain.lifecycle.Grant;
import dev.mooring.domain.lifecycle.McpClient;
import dev.mooring.domain.lifecycle.Problem;
import dev.mooring.domain.lifecycle.ReauthorizationCause;
import dev.mooring.domain.lifecycle.RunId;
import dev.mooring.domain.mcp.Inventory;
import dev.mooring.domain.oauth.Credential;
import dev.mooring.domain.oauth.Scopes;

import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import java.util.random.RandomGenerator;

/**
 * Connects a client that has the right to: the server accepts us and lists its tools.
 *
 * <p>Any number of equal calls on any nodes make one connection: one run is at work, the others
 * wait, bounded, for its recorded outcome. A run that dies leaves a client from which the next call
 * goes on.
 */
final class ConnectClient {
    private final UnitOfWork unitOfWork;
    private final ClientStore clients;
    private final AttemptStore attempts;
    private final ConnectionRuns runs;
    private final EventLog events;
    private final McpConnector connector;
    private final ObtainAccessToken obtainAccessToken;
    private final ObtainGrant obtainGrant;
    private final Timing timing;
    private final InstantSource clock;
    private final RandomGenerator random;

    ConnectClient(
            UnitOfWork unitOfWork,
            ClientStore clients,
            AttemptStore attempts,
            ConnectionRuns runs,
            EventLog events,
            McpConnector connector,
            ObtainAccessToken obtainAccessToken,
            ObtainGrant obtainGrant,
            Timing timing,
            InstantSource clock,
            RandomGenerator random) {
        this.unitOfWork = unitOfWork;
        this.clients = clients;
        this.attempts = attempts;
        this.runs = runs;
        this.events = events;
        this.connector = connector;
        this.obtainAccessToken = obtainAccessToken;
        this.obtainGrant = obtainGrant;
        this.timing = timing;
        this.clock = clock;
        this.random = random;
    }

    /** What came of it. */
    public sealed interface Outcome {
        record Connected(McpClient.Connected client) implements Outcome {}

        /** Connecting failed; a grant that is still good is kept, and the call can be repeated. */
        record Failed(Problem problem) implements Outcome {}

        /** The client is in no state from which it can connect (any more). */
        record NotConnectable() implements Outcome {}
    }

    /** What a run is for. */
    enum Aim {
        /** To connect, or to list the tools of a connected client anew. */
        CONNECT,
        /** A client that is connected when the run begins is left alone. */
        CONNECT_UNLESS_CONNECTED,
        /** Where no person is needed, the grant is obtained first, if there is none. */
        OBTAIN_GRANT_AND_CONNECT,
        /** The same, even if there is one, which serves until then. */
        OBTAIN_GRANT_ANEW_AND_CONNECT;

        boolean obtainsGrantFor(McpClient.Enabled client) {
            return switch (this) {
                case CONNECT, CONNECT_UNLESS_CONNECTED -> false;
                case OBTAIN_GRANT_AND_CONNECT -> !(client instanceof McpClient.Connectable);
                case OBTAIN_GRANT_ANEW_AND_CONNECT -> true;
            };
        }
    }

    /** What a run that is under way is to a caller. */
    enum Turn {
        /** Its outcome is the caller's. */
        JOIN,
        /** It may not have read what counts now: it is let end before the caller's turn comes. */
        OWN
    }

    /**
     * One run.
     *
     * @param budget of all that it does: spent before the lease ends, after which another run may
     *     be at work
     */
    private record Run(RunId id, Budget budget) {}

    /** How a run ends, which is not stored yet. */
    private sealed interface Ending {
        /** The server accepted us and listed its tools. */
        record Accepted(McpClient.Connectable seen, Inventory inventory) implements Ending {}

        /** It did not, which the client remembers. */
        record Failed(McpClient.Connectable seen, Problem problem) implements Ending {}

        /** The client stays what it is, or has become by now. */
        record Unchanged(Outcome outcome) implements Ending {}

        static Ending notConnectable() {
            return new Unchanged(new Outcome.NotConnectable());
        }

        static Ending unchanged(Problem problem) {
            return new Unchanged(new Outcome.Failed(problem));
        }
    }

    /** Connects, or waits for the run that does; lists the tools of a connected client anew. */
    Outcome handle(ClientId client) {
        return handle(client, Aim.CONNECT, Turn.JOIN);
    }

    /** Takes its turn, of which there is one at a time for a client, and connects. */
    Outcome handle(ClientId client, Aim aim, Turn turn) {
        Run run = new Run(RunId.random(random), Budget.of(timing.run()));
        return switch (runs.start(client, run.id(), timing.lease())) {
            case Start.Started started -> connectOrGiveUp(client, run, aim);
            case Start.Underway underway ->
                    runs.await(client, underway.run(), timing.patience())
                            .map(outcome ->
                                    switch (turn) {
                                        case JOIN -> joined(client, outcome);
                                        case OWN -> handle(client, aim, Turn.JOIN);
                                    })
                            .orElseGet(ConnectClient::stillConnecting);
            case Start.Gone gone -> new Outcome.NotConnectable();
        };
    }

    private Outcome joined(ClientId client, ConnectionRuns.Outcome outcome) {
        return switch (outcome) {
            case ConnectionRuns.Outcome.Connected connected -> asItStands(client);
            case ConnectionRuns.Outcome.Failed failed ->
                    isConnectable(client)
                            ? new Outcome.Failed(failed.problem())
                            : new Outcome.NotConnectable();
        };
    }

    private static Outcome stillConnecting() {
        return new Outcome.Failed(
                new Problem(
                        Problem.Code.SERVER_TOO_SLOW,
                        "Another call is still connecting this client"));
    }

    private Outcome asItStands(ClientId client) {
        return clients.find(client)
                .map(Stored::value)
                .filter(McpClient.Connected.class::isInstance)
                .map(McpClient.Connected.class::cast)
                .<Outcome>map(Outcome.Connected::new)
                .orElseGet(Outcome.NotConnectable::new);
    }

    /** Whether the client may get there without a person. */
    private boolean isConnectable(ClientId client) {
        return enabled(client)
                .filter(found ->
                        found instanceof McpClient.Connectable
                                || found.settings().unattended().isPresent())
                .isPresent();
    }

    private Optional<McpClient.Enabled> enabled(ClientId client) {
        return clients.find(client)
                .map(Stored::value)
                .filter(McpClient.Enabled.class::isInstance)
                .map(McpClient.Enabled.class::cast);
    }

    /** Whatever is thrown, nobody shall wait for a run that is over. */
    private Outcome connectOrGiveUp(ClientId client, Run run, Aim aim) {
        boolean over = false;
        try {
            Outcome outcome = end(client, run, connect(client, run, aim));
            over = true;
            return outcome;
        } finally {
            if (!over) {
                giveUp(client, run);
            }
        }
    }

    private void giveUp(ClientId client, Run run) {
        try {
            finish(
                    client,
                    run,
                    new Outcome.Failed(
                            new Problem(
                                    Problem.Code.CHANGED_MEANWHILE,
                                    "Connecting was broken off; try again")));
        } catch (StoreUnavailableException e) {
            // Then the lease ends it; the exception that brought us here is the one to be seen.
        }
    }

    private Outcome end(ClientId client, Run run, Ending ending) {
        return switch (ending) {
            case Ending.Accepted accepted -> unitOfWork.execute(() -> store(accepted, run));
            case Ending.Failed failed -> unitOfWork.execute(() -> store(failed, run));
            case Ending.Unchanged unchanged -> finish(client, run, unchanged.outcome());
        };
    }

    private Ending connect(ClientId id, Run run, Aim aim) {
        Optional<McpClient.Enabled> found = enabled(id);
        if (found.isEmpty()) {
            return Ending.notConnectable();
        }
        Optional<GrantFlow.Unattended> flow =
                found.filter(aim::obtainsGrantFor)
                        .flatMap(client -> client.settings().unattended());
        return flow.isPresent()
                ? obtainGrantAndConnect(found.get(), flow.get(), run)
                : connectAsItIs(found.get(), run, aim);
    }

    private Ending obtainGrantAndConnect(
            McpClient.Enabled client, GrantFlow.Unattended flow, Run run) {
        return switch (obtainGrant.forClient(client, flow, run.budget())) {
            case ObtainGrant.Outcome.Granted granted -> connect(granted.client(), run);
            case ObtainGrant.Outcome.Failed failed -> Ending.unchanged(failed.problem());
            case ObtainGrant.Outcome.Changed changed -> Ending.notConnectable();
        };
    }

    private Ending connectAsItIs(McpClient.Enabled client, Run run, Aim aim) {
        return switch (client) {
            case McpClient.Connected connected ->
                    aim == Aim.CONNECT
                            ? connect(connected, run)
                            : new Ending.Unchanged(new Outcome.Connected(connected));
            case McpClient.Authorized authorized -> connect(authorized, run);
            case McpClient.Disconnected disconnected -> connect(disconnected, run);
            case McpClient.Pending pending -> Ending.notConnectable();
            case McpClient.NeedsReauthorization needs -> Ending.notConnectable();
        };
    }

    private Ending connect(McpClient.Connectable client, Run run) {
        return switch (client.access()) {
            case Access.Open open -> connectOpen(client, run);
            case Access.Granted granted ->
                    switch (obtainAccessToken.handle(client.id(), run.budget())) {
                        case ObtainAccessToken.Outcome.Usable usable ->
                                // Another consent meanwhile may be for another server.
                                usable.grant().id().equals(granted.grant())
                                        ? connectGranted(
                                                client,
                                                usable.grant(),
                                                run,
                                                true,
                                                run.budget().part(timing.connecting()))
                                        : Ending.notConnectable();
                        case ObtainAccessToken.Outcome.ConsentNeeded needed ->
                                Ending.notConnectable();
                        case ObtainAccessToken.Outcome.Ended ended ->
                                Ending.unchanged(ended.problem());
                        case ObtainAccessToken.Outcome.Failed failed ->
                                new Ending.Failed(client, failed.problem());
                    };
        };
    }

    private Ending connectOpen(McpClient.Connectable client, Run run) {
        return switch (ask(client, new Credential.None(), run.budget().part(timing.connecting()))) {
            case ConnectAnswer.Accepted accepted ->
                    new Ending.Accepted(client, accepted.inventory());
            case ConnectAnswer.Failed failed -> new Ending.Failed(client, failed.problem());
            case ConnectAnswer.Challenged challenged ->
                    new Ending.Failed(
                            client,
                            new Problem(
                                    Problem.Code.CREDENTIALS_REFUSED,
                                    "The MCP server answered with " + challenged.status()));
        };
    }

    private Ending connectGranted(
            McpClient.Connectable client, Grant grant, Run run, boolean mayRefresh, Budget budget) {
        return switch (ask(client, grant.credential(), budget)) {
            case ConnectAnswer.Accepted accepted ->
                    new Ending.Accepted(client, accepted.inventory());
            case ConnectAnswer.Failed failed -> new Ending.Failed(client, failed.problem());
            case ConnectAnswer.Challenged challenged when challenged.asksForMoreScope() ->
                    mayRefresh && mayStepUp(client, grant, challenged.challenge().scope())
                            ? connectWithMoreScopes(
                                    client, grant, run, challenged.challenge().scope(), budget)
                            : lackOfScope(client, grant, challenged.challenge().scope());
            // RFC 9110 section 15.5.4: who we are is known and it may not; no other token helps.
            case ConnectAnswer.Challenged challenged when challenged.status() == 403 ->
                    new Ending.Failed(
                            client,
                            new Problem(
                                    Problem.Code.INSUFFICIENT_SCOPE,
                                    "The MCP server forbids what we ask (403) and says of no scope"
                                            + " that would help"));
            case ConnectAnswer.Challenged challenged when mayRefresh ->
                    connectAgain(
                            client,
                            grant,
                            obtainAccessToken.after(grant, run.budget()),
                            run,
                            budget);
            case ConnectAnswer.Challenged challenged ->
                    needConsent(
                            grant,
                            new ReauthorizationCause.TokenRefused(),
                            Problem.Code.TOKEN_REFUSED);
        };
    }

    private static boolean mayStepUp(McpClient client, Grant grant, Scopes missing) {
        return client.settings().unattended().isPresent() && !grant.wasAskedFor(missing);
    }

    /** MCP step-up where no person is needed: once, with the union of the scopes. */
    private Ending connectWithMoreScopes(
            McpClient.Connectable client, Grant grant, Run run, Scopes more, Budget budget) {
        return connectAgain(
                client,
                grant,
                obtainAccessToken.withMoreScopes(grant, more, run.budget()),
                run,
                budget);
    }

    /** The last try of this run, with a newer token of the same grant. */
    private Ending connectAgain(
            McpClient.Connectable client,
            Grant grant,
            ObtainAccessToken.Outcome renewed,
            Run run,
            Budget budget) {
        return switch (renewed) {
            case ObtainAccessToken.Outcome.Usable usable ->
                    usable.grant().id().equals(grant.id())
                            ? connectGranted(client, usable.grant(), run, false, budget)
                            : Ending.notConnectable();
            case ObtainAccessToken.Outcome.ConsentNeeded needed ->
                    wasTakenAway(client.id())
                            ? Ending.notConnectable()
                            : Ending.unchanged(tokenRefused());
            case ObtainAccessToken.Outcome.Ended ended -> Ending.unchanged(ended.problem());
            case ObtainAccessToken.Outcome.Failed failed ->
                    new Ending.Failed(client, failed.problem());
        };
    }

    /** An operator was faster, and that the server refuses the token is but the echo of that. */
    private boolean wasTakenAway(ClientId id) {
        boolean endedByServer =
                enabled(id)
                        .filter(McpClient.NeedsReauthorization.class::isInstance)
                        .map(McpClient.NeedsReauthorization.class::cast)
                        .filter(needs -> !needs.cause().isOfOperator())
                        .isPresent();
        return !endedByServer;
    }

    private ConnectAnswer ask(McpClient client, Credential credential, Budget budget) {
        return connector.connect(
                new McpConnector.Target(client.id(), client.settings().connection(), credential),
                budget);
    }

    /**
     * MCP step-up: a person is asked for the scopes that are missing, but not for those that they
     * have consented to: asking again would go on for ever. The grant stays, for an operator to see
     * to the rights of who consented, or of the client where nobody is asked.
     */
    private Ending lackOfScope(McpClient.Connectable client, Grant grant, Scopes missing) {
        boolean vain =
                client.settings().unattended().isPresent()
                        || attempts.consented(client.id())
                                .filter(attempt -> attempt.consentedTo(missing))
                                .isPresent();
        return vain
                ? new Ending.Failed(
                        client,
                        new Problem(
                                Problem.Code.INSUFFICIENT_SCOPE,
                                "The MCP server refuses to list its tools to the scopes that were"
                                        + " granted"))
                : needConsent(
                        grant,
                        new ReauthorizationCause.ScopeNeeded(missing),
                        Problem.Code.INSUFFICIENT_SCOPE);
    }

    private Outcome store(Ending.Accepted ending, Run run) {
        Instant now = clock.instant();
        ClientId id = ending.seen().id();
        Optional<Stored<McpClient>> locked = lockIfSame(ending.seen());
        if (locked.isEmpty()) {
            return finish(id, run, new Outcome.NotConnectable());
        }
        McpClient.Connected connected =
                ((McpClient.Connectable) locked.get().value()).connected(ending.inventory(), now);
        if (!runs.finish(id, run.id(), new ConnectionRuns.Outcome.Connected())) {
            return new Outcome.NotConnectable();
        }
        clients.replaceLocked(locked.get(), connected);
        events.append(new ClientEvent.ClientConnected(id, ending.inventory().tools().size(), now));
        return new Outcome.Connected(connected);
    }

    private Outcome store(Ending.Failed ending, Run run) {
        Instant now = clock.instant();
        ClientId id = ending.seen().id();
        Problem problem = ending.problem();
        Optional<Stored<McpClient>> locked = lockIfSame(ending.seen());
        // A run that was replaced has no say any more: its successor may have connected.
        if (runs.finish(id, run.id(), new ConnectionRuns.Outcome.Failed(problem))
                && locked.isPresent()) {
            clients.replaceLocked(
                    locked.get(),
                    ((McpClient.Connectable) locked.get().value()).connectionFailed(problem, now));
            events.append(new ClientEvent.ClientConnectionFailed(id, problem.code(), now));
        }
        return new Outcome.Failed(problem);
    }

    private Optional<Stored<McpClient>> lockIfSame(McpClient.Connectable seen) {
        return clients.lock(seen.id()).filter(client -> isSame(seen, client.value()));
    }

    /** What we learnt holds only for the server and by the right that we asked with. */
    private static boolean isSame(McpClient.Connectable seen, McpClient now) {
        return now instanceof McpClient.Connectable connectable
                && connectable.access().equals(seen.access())
                && connectable.settings().connection().equals(seen.settings().connection());
    }

    private Ending needConsent(Grant grant, ReauthorizationCause cause, Problem.Code code) {
        obtainAccessToken.end(grant, cause);
        return Ending.unchanged(
                new Problem(code, "The MCP server does not accept what was granted so far"));
    }

    private static Problem tokenRefused() {
        return new Problem(
                Problem.Code.TOKEN_REFUSED,
                "The MCP server refused the access token, and it could not be renewed");
    }

    private Outcome finish(ClientId client, Run run, Outcome outcome) {
        runs.finish(
                client,
                run.id(),
                switch (outcome) {
                    case Outcome.Connected connected -> new ConnectionRuns.Outcome.Connected();
                    case Outcome.Failed failed ->
                            new ConnectionRuns.Outcome.Failed(failed.problem());
                    case Outcome.NotConnectable notConnectable ->
                            new ConnectionRuns.Outcome.Failed(Problem.changedMeanwhile());
                });
        return outcome;
    }
}
