package dev.mooring.application;

import dev.mooring.application.port.AttemptStore;
import dev.mooring.application.port.Budget;
import dev.mooring.application.port.ClientStore;
import dev.mooring.application.port.McpConnector;
import dev.mooring.application.port.McpConnector.CallAnswer;
import dev.mooring.application.port.McpConnector.ToolCall;
import dev.mooring.application.port.Stored;
import dev.mooring.domain.client.ClientAuth;
import dev.mooring.domain.client.ClientId;
import dev.mooring.domain.client.ClientName;
import dev.mooring.domain.lifecycle.Access;
import dev.mooring.domain.lifecycle.AuthorizationAttempt;
import dev.mooring.domain.lifecycle.Grant;
import dev.mooring.domain.lifecycle.GrantId;
import dev.mooring.domain.lifecycle.McpClient;
import dev.mooring.domain.lifecycle.Problem;
import dev.mooring.domain.lifecycle.ReauthorizationCause;
import dev.mooring.domain.oauth.AccessChallenge;
import dev.mooring.domain.oauth.Credential;
import dev.mooring.domain.oauth.Scopes;

import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;

/**
 * Executes a tool of a connected client. A token that the server refuses is refreshed and the call
 * repeated once, as a 401 says that it was not executed; a scope that it lacks is asked of a person
 * (step-up). A call that may have had effects is never repeated.
 */
public final class ExecuteTool {
    /** How many consents a tool may cost in an hour that leave it without the scopes it wants. */
    private static final int MOST_STEP_UPS = 2;

    private static final Duration MEMORY_OF_STEP_UPS = Duration.ofHours(1);

    private final ClientStore clients;
    private final AttemptStore attempts;
    private final McpConnector connector;
    private final ObtainAccessToken obtainAccessToken;
    private final BeginAuthorization beginAuthorization;
    private final InstantSource clock;

    ExecuteTool(
            ClientStore clients,
            AttemptStore attempts,
            McpConnector connector,
            ObtainAccessToken obtainAccessToken,
            BeginAuthorization beginAuthorization,
            InstantSource clock) {
        this.clients = clients;
        this.attempts = attempts;
        this.connector = connector;
        this.obtainAccessToken = obtainAccessToken;
        this.beginAuthorization = beginAuthorization;
        this.clock = clock;
    }

    /** What came of it. */
    public sealed interface Outcome {
        /**
         * The tool ran.
         *
         * @param content the JSON text of its result
         * @param isError whether the tool itself says that it failed
         */
        record Returned(String content, boolean isError) implements Outcome {}

        /** No client has this name. */
        record ClientNotFound() implements Outcome {}

        /** The client's server offers no such tool. */
        record ToolNotFound() implements Outcome {}

        /** The operator does not permit this tool, or switched the client off. */
        record NotPermitted() implements Outcome {}

        /** The consent is there, but the connection was never completed. */
        record NotCompleted() implements Outcome {}

        /** The server refused the call, for its arguments say. */
        record Rejected(String message) implements Outcome {}

        /** A person must consent (again), and then the call can be made. */
        record ConsentNeeded(ConsentLink link) implements Outcome {}

        /**
         * There is no grant, and no person is needed for one: an operator has to act.
         *
         * @param cause absent for a client that never had one
         */
        record GrantMissing(Optional<ReauthorizationCause> cause) implements Outcome {}

        record Failed(Problem problem) implements Outcome {}
    }

    /**
     * Executes one tool.
     *
     * @param qualifiedName {@code <client name>-<tool>}; a client name has no hyphen
     * @param arguments the JSON text of an object
     */
    public Outcome handle(String qualifiedName, String arguments) {
        int hyphen = qualifiedName.indexOf('-');
        if (hyphen <= 0 || hyphen == qualifiedName.length() - 1) {
            return new Outcome.ClientNotFound();
        }
        String name = qualifiedName.substring(0, hyphen);
        String tool = qualifiedName.substring(hyphen + 1);
        Optional<McpClient> client = ClientName.find(name).flatMap(this::byName);
        return client.map(found -> execute(found, new ToolCall(tool, arguments)))
                .orElseGet(Outcome.ClientNotFound::new);
    }

    private Optional<McpClient> byName(ClientName name) {
        return clients.find(name).map(Stored::value);
    }

    private Outcome execute(McpClient client, ToolCall call) {
        if (!client.settings().tools().permits(call.tool())) {
            return new Outcome.NotPermitted();
        }
        return switch (client) {
            case McpClient.Disabled disabled -> new Outcome.NotPermitted();
            case McpClient.Pending pending ->
                    askForConsent(pending, Optional.empty(), ConsentNeed.NOTHING_MORE);
            case McpClient.NeedsReauthorization needs ->
                    askForConsent(needs, Optional.empty(), afterLoss(needs));
            case McpClient.Authorized authorized -> new Outcome.NotCompleted();
            case McpClient.Connected connected -> executeIfOffered(connected, call);
            case McpClient.Disconnected disconnected -> executeIfOffered(disconnected, call);
        };
    }

    private Outcome executeIfOffered(McpClient.Connectable client, ToolCall call) {
        boolean offered =
                client.inventory()
                        .filter(inventory ->
                                inventory.tools().stream()
                                        .anyMatch(tool -> tool.name().equals(call.tool())))
                        .isPresent();
        if (!offered) {
            return new Outcome.ToolNotFound();
        }
        Duration time = client.settings().toolExecutionTimeout();
        return switch (client.access()) {
            case Access.Open open -> executeOpen(client, call, Budget.of(time));
            case Access.Granted granted ->
                    withToken(
                            client,
                            granted.grant(),
                            obtainAccessToken.handle(client.id()),
                            call,
                            time,
                            true);
        };
    }

    private Outcome executeOpen(McpClient client, ToolCall call, Budget budget) {
        return switch (ask(client, new Credential.None(), call, budget)) {
            case CallAnswer.Returned returned ->
                    new Outcome.Returned(returned.content(), returned.isError());
            case CallAnswer.Rejected rejected -> new Outcome.Rejected(rejected.message());
            case CallAnswer.Failed failed -> new Outcome.Failed(failed.problem());
            case CallAnswer.Challenged challenged ->
                    new Outcome.Failed(
                            new Problem(
                                    Problem.Code.CREDENTIALS_REFUSED,
                                    "The MCP server answered with " + challenged.status()));
        };
    }

    /**
     * The call, once the token is there.
     *
     * @param time of the server's, of which waiting for a token takes nothing
     */
    private Outcome withToken(
            McpClient client,
            GrantId expected,
            ObtainAccessToken.Outcome token,
            ToolCall call,
            Duration time,
            boolean mayRefresh) {
        return switch (token) {
            case ObtainAccessToken.Outcome.Failed failed -> new Outcome.Failed(failed.problem());
            case ObtainAccessToken.Outcome.ConsentNeeded needed ->
                    askForConsent(client, Optional.empty(), afterLoss(client));
            case ObtainAccessToken.Outcome.Ended ended ->
                    askForConsent(client, Optional.empty(), afterLoss(client));
            // Another consent meanwhile may be for another server than the one we read.
            case ObtainAccessToken.Outcome.Usable usable ->
                    usable.grant().id().equals(expected)
                            ? executeGranted(
                                    client, usable.grant(), call, Budget.of(time), mayRefresh)
                            : new Outcome.Failed(Problem.changedMeanwhile());
        };
    }

    private Outcome executeGranted(
            McpClient client, Grant grant, ToolCall call, Budget budget, boolean mayRefresh) {
        return switch (ask(client, grant.credential(), call, budget)) {
            case CallAnswer.Returned returned ->
                    new Outcome.Returned(returned.content(), returned.isError());
            case CallAnswer.Rejected rejected -> new Outcome.Rejected(rejected.message());
            case CallAnswer.Failed failed -> new Outcome.Failed(failed.problem());
            case CallAnswer.Challenged challenged when challenged.status() == 403 ->
                    client.settings().unattended().isPresent()
                            ? stepUpUnattended(
                                    client,
                                    grant,
                                    challenged.challenge(),
                                    call,
                                    budget.remaining(),
                                    mayRefresh)
                            : stepUp(client, grant, call, challenged.challenge());
            case CallAnswer.Challenged challenged when mayRefresh ->
                    withToken(
                            client,
                            grant.id(),
                            obtainAccessToken.after(grant),
                            call,
                            budget.remaining(),
                            false);
            case CallAnswer.Challenged challenged -> {
                obtainAccessToken.end(grant, new ReauthorizationCause.TokenRefused());
                yield askForConsent(
                        client,
                        Optional.of(challenged.challenge()),
                        ConsentNeed.NOTHING_MORE.besides(grant));
            }
        };
    }

    private CallAnswer ask(McpClient client, Credential credential, ToolCall call, Budget budget) {
        return connector.call(
                new McpConnector.Target(client.id(), client.settings().connection(), credential),
                call,
                budget);
    }

    /**
     * MCP step-up: asks for the union of what was asked for before and what the challenge wants,
     * while the old grant goes on serving. What was asked for already and is still missing will not
     * come by asking again; and a server that wants something new each time is not followed for
     * long.
     */
    private Outcome stepUp(
            McpClient client, Grant grant, ToolCall call, AccessChallenge challenge) {
        Optional<AuthorizationAttempt> newest = attempts.newest(client.id());
        Scopes before = newest.map(attempt -> attempt.details().scopes()).orElse(Scopes.NONE);
        boolean consentedAlready =
                newest.filter(attempt -> attempt.consentedTo(challenge.scope())).isPresent();
        boolean inVain =
                attempts.stepUps(
                                client.id(), call.tool(), clock.instant().minus(MEMORY_OF_STEP_UPS))
                        >= MOST_STEP_UPS;
        if (!challenge.asksForMoreScope()
                || challenge.scope().isEmpty()
                || consentedAlready
                || inVain) {
            return lacksScope();
        }
        return askForConsent(
                client,
                Optional.of(challenge.answering(grant.binding())),
                ConsentNeed.of(before.union(challenge.scope()))
                        .besides(grant)
                        .forTool(call.tool()));
    }

    /** The grant may have ended just now, and then the client is not what we read any more. */
    private ConsentNeed afterLoss(McpClient client) {
        return ConsentNeed.afterLoss(
                clients.find(client.id()).map(Stored::value).orElse(client),
                attempts.newest(client.id()));
    }

    /**
     * The same where no person is needed: asks again once for a call, and only for what the grant
     * does not have.
     */
    private Outcome stepUpUnattended(
            McpClient client,
            Grant grant,
            AccessChallenge challenge,
            ToolCall call,
            Duration time,
            boolean mayAsk) {
        Scopes wanted = challenge.scope();
        boolean vain = wanted.isEmpty() || grant.wasAskedFor(wanted);
        if (!mayAsk || !challenge.asksForMoreScope() || vain) {
            return lacksScope();
        }
        return withToken(
                client,
                grant.id(),
                obtainAccessToken.withMoreScopes(grant, wanted),
                call,
                time,
                false);
    }

    private static Outcome lacksScope() {
        return new Outcome.Failed(
                new Problem(
                        Problem.Code.INSUFFICIENT_SCOPE,
                        "The MCP server refuses this tool to the scopes that were granted"));
    }

    private Outcome askForConsent(
            McpClient client, Optional<AccessChallenge> challenge, ConsentNeed need) {
        if (client.settings().unattended().isPresent()) {
            return grantMissing(client.id());
        }
        ClientAuth.OAuth oauth = client.settings().oauth().orElseThrow();
        return switch (beginAuthorization.forClient(client, oauth, challenge, need)) {
            case BeginAuthorization.Outcome.Begun begun -> new Outcome.ConsentNeeded(begun.link());
            case BeginAuthorization.Outcome.Failed failed -> new Outcome.Failed(failed.problem());
            case BeginAuthorization.Outcome.Gone gone -> new Outcome.ClientNotFound();
        };
    }

    private Outcome grantMissing(ClientId id) {
        Optional<McpClient> client = clients.find(id).map(Stored::value);
        return client.<Outcome>map(now ->
                        new Outcome.GrantMissing(
                                now instanceof McpClient.NeedsReauthorization needs
                                        ? Optional.of(needs.cause())
                                        : Optional.empty()))
                .orElseGet(Outcome.ClientNotFound::new);
    }
}
