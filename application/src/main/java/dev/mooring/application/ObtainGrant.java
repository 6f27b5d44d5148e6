package dev.mooring.application;

import dev.mooring.application.port.AttemptStore;
import dev.mooring.application.port.Budget;
import dev.mooring.application.port.ClientStore;
import dev.mooring.application.port.EventLog;
import dev.mooring.application.port.GrantStore;
import dev.mooring.application.port.Pauses;
import dev.mooring.application.port.Stored;
import dev.mooring.application.port.UnitOfWork;
import dev.mooring.domain.client.ClientAuth;
import dev.mooring.domain.client.ClientId;
import dev.mooring.domain.client.GrantFlow;
import dev.mooring.domain.client.TrustedCa;
import dev.mooring.domain.lifecycle.Backoff;
import dev.mooring.domain.lifecycle.ClientDetails;
import dev.mooring.domain.lifecycle.ClientEvent;
import dev.mooring.domain.lifecycle.Grant;
import dev.mooring.domain.lifecycle.GrantId;
import dev.mooring.domain.lifecycle.McpClient;
import dev.mooring.domain.lifecycle.Problem;
import dev.mooring.domain.lifecycle.ReauthorizationCause;
import dev.mooring.domain.lifecycle.Registration;
import dev.mooring.domain.lifecycle.Revocation;
import dev.mooring.domain.oauth.Credential;
import dev.mooring.domain.oauth.OAuthError;
import dev.mooring.domain.oauth.Scopes;
import dev.mooring.domain.oauth.TokenBinding;
import dev.mooring.domain.oauth.TokenSet;

import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import java.util.random.RandomGenerator;

/**
 * Gets a grant for which nobody has to consent: for a client that is about to be registered, or for
 * one that has none, or in the place of the one it has. Tokens that come for nothing, because the
 * client was removed or changed meanwhile, are owed back.
 */
final class ObtainGrant {
    /**
     * What was refused is not sent again by everybody who asks whether it is done by now: only an
     * operator can help, whose act ends the pause.
     */
    static final Backoff AFTER_REFUSAL = new Backoff(Duration.ofMinutes(1), Duration.ofHours(1));

    private final UnitOfWork unitOfWork;
    private final ClientStore clients;
    private final AttemptStore attempts;
    private final GrantStore grants;
    private final Pauses pauses;
    private final OweTokens oweTokens;
    private final EventLog events;
    private final PrepareAuthorization prepareAuthorization;
    private final BeginAuthorization beginAuthorization;
    private final RequestToken requestToken;
    private final HoldTokens holdTokens;
    private final Timing timing;
    private final InstantSource clock;
    private final RandomGenerator random;

    ObtainGrant(
            UnitOfWork unitOfWork,
            ClientStore clients,
            AttemptStore attempts,
            GrantStore grants,
            Pauses pauses,
            OweTokens oweTokens,
            EventLog events,
            PrepareAuthorization prepareAuthorization,
            BeginAuthorization beginAuthorization,
            RequestToken requestToken,
            HoldTokens holdTokens,
            Timing timing,
            InstantSource clock,
            RandomGenerator random) {
        this.unitOfWork = unitOfWork;
        this.clients = clients;
        this.attempts = attempts;
        this.grants = grants;
        this.pauses = pauses;
        this.oweTokens = oweTokens;
        this.events = events;
        this.prepareAuthorization = prepareAuthorization;
        this.beginAuthorization = beginAuthorization;
        this.requestToken = requestToken;
        this.holdTokens = holdTokens;
        this.timing = timing;
        this.clock = clock;
        this.random = random;
    }

    /** What the other side answered. */
    sealed interface Answer {
        /**
         * Tokens, and what they were issued for; not stored yet.
         *
         * @param asked the scopes that were asked for
         */
        record Issued(
                PrepareAuthorization.Outcome.Prepared prepared,
                TokenBinding binding,
                TokenSet tokens,
                Scopes asked)
                implements Answer {
            Credential credential() {
                return binding.credential(tokens);
            }

            /** Some servers answer with the same access token until it ends. */
            boolean bringsTheTokenOf(TokenSet others) {
                return tokens.accessToken().equals(others.accessToken());
            }
        }

        /** Asking again in the same way is vain. */
        record Refused(ReauthorizationCause cause, Problem problem) implements Answer {}

        /**
         * No token came; it may come the next time.
         *
         * @param retryAfter what the token endpoint asked for
         */
        record Failed(Problem problem, Optional<Duration> retryAfter) implements Answer {}
    }

    /** What came of it for a client that is stored. */
    sealed interface Outcome {
        record Granted(McpClient.Connectable client) implements Outcome {}

        /** No grant came; one that the client had is kept. */
        record Failed(Problem problem) implements Outcome {}

        /** The client was removed, switched off or changed meanwhile. */
        record Changed() implements Outcome {}
    }

    /**
     * The upstream half: discovers, and asks the token endpoint.
     *
     * @param atLeast scopes to ask for besides those that discovery chooses
     */
    Answer ask(ClientDetails client, GrantFlow.Unattended flow, Scopes atLeast, Budget budget) {
        ClientAuth.OAuth oauth = client.settings().oauth().orElseThrow();
        return switch (prepareAuthorization.handle(client, oauth, Optional.empty(), budget)) {
            case PrepareAuthorization.Outcome.Failed failed ->
                    new Answer.Failed(failed.problem(), Optional.empty());
            case PrepareAuthorization.Outcome.Prepared prepared ->
                    ask(client, flow, prepared, prepared.scopes().union(atLeast), budget);
        };
    }

    private Answer ask(
            ClientDetails client,
            GrantFlow.Unattended flow,
            PrepareAuthorization.Outcome.Prepared prepared,
            Scopes scopes,
            Budget budget) {
        TokenBinding binding = beginAuthorization.bindingFor(prepared.dpop());
        RequestToken.Wish wish =
                new RequestToken.Wish(
                        flow,
                        prepared.server().issuer(),
                        prepared.server().tokenEndpoint(),
                        prepared.registration().credentials(),
                        prepared.resource(),
                        scopes,
                        binding.key(),
                        client.settings());
        return switch (requestToken.handle(wish, budget)) {
            case RequestToken.Outcome.Issued issued
                    when !binding.accepts(issued.tokens().type()) -> {
                giveBackSafely(
                        client,
                        new Answer.Issued(prepared, binding, issued.tokens(), scopes),
                        timing.holding());
                yield new Answer.Refused(
                        new ReauthorizationCause.GrantRefused(OAuthError.UNSUPPORTED_TOKEN_TYPE),
                        RequestToken.notBound());
            }
            case RequestToken.Outcome.Issued issued ->
                    new Answer.Issued(prepared, binding, issued.tokens(), scopes);
            case RequestToken.Outcome.Refused refused ->
                    new Answer.Refused(refused.cause(), refused.problem());
            case RequestToken.Outcome.Failed failed ->
                    new Answer.Failed(failed.problem(), failed.retryAfter());
        };
    }

    /** Asks again for the same, with more scopes (MCP step-up). */
    Answer askForMore(
            ClientDetails client,
            GrantFlow.Unattended flow,
            Answer.Issued before,
            Scopes more,
            Budget budget) {
        return ask(client, flow, before.prepared(), before.asked().union(more), budget);
    }

    /**
     * Gets a grant for a stored client and stores it; belongs into the client's run, so that no two
     * do it at once.
     *
     * @param run what is left for the run
     */
    Outcome forClient(McpClient.Enabled client, GrantFlow.Unattended flow, Budget run) {
        Optional<Pauses.Pause> pause = pauses.running(client.id());
        if (pause.isPresent()) {
            return new Outcome.Failed(pause.get().problem());
        }
        Scopes missing = ConsentNeed.afterLoss(client, Optional.empty()).scopes();
        Budget budget = run.part(timing.obtaining());
        ClientAuth.OAuth oauth = client.settings().oauth().orElseThrow();
        return switch (prepareAuthorization.handle(
                client.details(), oauth, Optional.empty(), budget)) {
            case PrepareAuthorization.Outcome.Failed failed -> failed(client, failed.problem());
            case PrepareAuthorization.Outcome.Prepared prepared ->
                    bind(client, prepared)
                            ? forClient(client, flow, prepared, missing, run, budget)
                            : new Outcome.Changed();
        };
    }

    /**
     * Before they are shown: whatever the answer will be, what an operator entered belongs to this
     * issuer now (MCP client registration, "Authorization Server Binding").
     */
    private boolean bind(McpClient.Enabled client, PrepareAuthorization.Outcome.Prepared prepared) {
        return unitOfWork.execute(() ->
                clients.lock(client.id())
                        .filter(stored -> isSame(client, stored.value()))
                        .flatMap(stored ->
                                beginAuthorization.keep(
                                        prepared.registration(),
                                        client.settings().oauth().orElseThrow().settings()))
                        .isPresent());
    }

    private Outcome forClient(
            McpClient.Enabled client,
            GrantFlow.Unattended flow,
            PrepareAuthorization.Outcome.Prepared prepared,
            Scopes missing,
            Budget run,
            Budget budget) {
        URI tokenEndpoint = prepared.server().tokenEndpoint();
        Optional<Pauses.Pause> pause = pauses.running(client.id(), tokenEndpoint);
        if (pause.isPresent()) {
            return new Outcome.Failed(pause.get().problem());
        }
        Scopes scopes = prepared.scopes().union(missing).union(wonBefore(client, prepared));
        return switch (ask(client.details(), flow, prepared, scopes, budget)) {
            case Answer.Failed failed -> {
                pause(client, failed.problem(), ObtainAccessToken.AFTER_FAILURE);
                failed.retryAfter()
                        .map(ObtainAccessToken::bounded)
                        .ifPresent(asked -> pauses.begin(tokenEndpoint, failed.problem(), asked));
                yield failed(client, failed.problem());
            }
            case Answer.Refused refused -> {
                recordRefusal(client, refused);
                pause(client, refused.problem(), AFTER_REFUSAL);
                yield new Outcome.Failed(refused.problem());
            }
            case Answer.Issued issued ->
                    holdTokens.until(
                            () -> unitOfWork.execute(() -> storeUnlessChanged(client, issued)),
                            run.remaining());
        };
    }

    /** Unless an operator changed meanwhile what was asked for. */
    private void pause(McpClient.Enabled seen, Problem problem, Backoff backoff) {
        unitOfWork.run(() ->
                clients.lock(seen.id())
                        .filter(stored -> isSame(seen, stored.value()))
                        .ifPresent(stored -> {
                            int failures = pauses.failures(seen.id()) + 1;
                            pauses.begin(
                                    seen.id(), failures, problem, backoff.after(failures, random));
                        }));
    }

    /** Scopes that a step-up won are not lost over another grant of the same issuer. */
    private Scopes wonBefore(
            McpClient.Enabled client, PrepareAuthorization.Outcome.Prepared prepared) {
        return grants.ofClient(client.id())
                .filter(grant -> grant.issuer().equals(prepared.server().issuer()))
                .map(Grant::asked)
                .orElse(Scopes.NONE);
    }

    private Outcome failed(McpClient.Enabled client, Problem problem) {
        recordFailure(client, problem);
        return new Outcome.Failed(problem);
    }

    /** Who reads why there is no grant shall read the newest reason. */
    private void recordRefusal(McpClient.Enabled seen, Answer.Refused refused) {
        Instant now = clock.instant();
        ReauthorizationCause cause = refused.cause();
        unitOfWork.run(() ->
                clients.lock(seen.id())
                        .filter(stored ->
                                stored.value() instanceof McpClient.NeedsReauthorization needs
                                        && !needs.cause().equals(cause)
                                        && isSame(seen, needs))
                        .ifPresent(stored -> {
                            clients.replaceLocked(
                                    stored, stored.value().needsReauthorization(cause, now));
                            events.append(
                                    new ClientEvent.ReauthorizationNeeded(seen.id(), cause, now));
                        }));
        recordFailure(seen, refused.problem());
    }

    /** A client that never had a grant has no other place to say why. */
    private void recordFailure(McpClient.Enabled seen, Problem problem) {
        Instant now = clock.instant();
        unitOfWork.run(() -> {
            Optional<Stored<McpClient>> current = clients.lock(seen.id());
            if (current.isPresent()
                    && current.get().value() instanceof McpClient.Pending pending
                    && isSame(seen, pending)) {
                clients.replaceLocked(current.get(), pending.grantFailed(problem, now));
                events.append(
                        new ClientEvent.ClientConnectionFailed(seen.id(), problem.code(), now));
            }
        });
    }

    private Outcome storeUnlessChanged(McpClient.Enabled seen, Answer.Issued issued) {
        Optional<Stored<McpClient>> current = clients.lock(seen.id());
        boolean same = current.filter(stored -> isSame(seen, stored.value())).isPresent();
        boolean overtaken = same && wasOvertaken(seen, (McpClient.Enabled) current.get().value());
        if (overtaken
                && isStored(seen.id(), issued)
                && current.get().value() instanceof McpClient.Connectable granted) {
            // By ourselves, if only the answer to the commit was lost.
            return new Outcome.Granted(granted);
        }
        if (!same || overtaken) {
            giveBack(seen.details(), issued);
            return new Outcome.Changed();
        }
        McpClient.Enabled client = (McpClient.Enabled) current.get().value();
        Optional<Grant> stored = store(client.details(), issued);
        if (stored.isEmpty()) {
            giveBack(seen.details(), issued);
            return new Outcome.Changed();
        }
        Grant grant = stored.get();
        // Every enabled client can connect once it has a grant.
        McpClient.Connectable granted = (McpClient.Connectable) client.grantStored(grant.id());
        clients.replaceLocked(current.get(), granted);
        return new Outcome.Granted(granted);
    }

    /**
     * Tokens may be stored long after they were asked for: whatever grant was obtained since is the
     * newer one, and one that an operator took away since shall not come back.
     */
    private static boolean wasOvertaken(McpClient.Enabled seen, McpClient.Enabled now) {
        boolean newer = now.grant().isPresent() && !now.grant().equals(seen.grant());
        boolean takenAway =
                now instanceof McpClient.NeedsReauthorization needs
                        && needs.cause().isOfOperator()
                        && !needs.endedAs(seen);
        return newer || takenAway;
    }

    /** The tokens hold only for the server and by the settings that they were asked for with. */
    private static boolean isSame(McpClient.Enabled seen, McpClient now) {
        return now instanceof McpClient.Enabled && now.settings().connectsLike(seen.settings());
    }

    /**
     * The storing half, inside the unit of work of whoever holds the client's lock or has just
     * inserted it, and decides what becomes of the client. Empty when the credentials belong to
     * another issuer since.
     */
    Optional<Grant> store(ClientDetails client, Answer.Issued issued) {
        Instant now = clock.instant();
        Optional<Registration> kept =
                beginAuthorization.keep(
                        issued.prepared().registration(),
                        client.settings().oauth().orElseThrow().settings());
        if (kept.isEmpty()) {
            return Optional.empty();
        }
        Registration registration = kept.get();
        int ordinal =
                attempts.newest(client.id())
                        .map(attempt -> attempt.details().ordinal() + 1)
                        .orElse(1);
        Grant grant = grant(client, issued, registration, ordinal, now);
        Optional<Grant> former = grants.ofClient(client.id());
        grants.put(grant);
        pauses.forget(client.id());
        Optional<TrustedCa> trustedCa = client.settings().connection().trustedCa();
        former.ifPresent(replaced -> oweTokens.of(replaced, trustedCa));
        events.append(new ClientEvent.GrantObtained(client.id(), grant.id(), now));
        return Optional.of(grant);
    }

    /** Whether the client's grant has these tokens. */
    boolean isStored(ClientId client, Answer.Issued issued) {
        return grants.ofClient(client)
                .filter(grant -> issued.bringsTheTokenOf(grant.tokens()))
                .isPresent();
    }

    /**
     * As {@link #giveBack}, whenever the database is there to owe to; outside of a unit of work.
     *
     * @throws dev.mooring.application.port.StoreUnavailableException when it is not after {@code
     *     patience}, in which case it goes on in the background
     */
    void giveBackSafely(ClientDetails client, Answer.Issued issued, Duration patience) {
        holdTokens.until(
                () ->
                        unitOfWork.execute(() -> {
                            giveBack(client, issued);
                            return true;
                        }),
                patience);
    }

    /** Inside a unit of work. */
    private void giveBack(ClientDetails client, Answer.Issued issued) {
        Registration registration = issued.prepared().registration();
        Optional<Revocation> owed =
                issued.prepared()
                        .server()
                        .revocationEndpoint()
                        .map(endpoint ->
                                new Revocation(
                                        Optional.of(client.id()),
                                        GrantId.random(random),
                                        endpoint,
                                        registration.credentials(),
                                        issued.tokens(),
                                        issued.binding().key(),
                                        client.settings().connection().trustedCa()));
        oweTokens.handle(client.id(), registration, owed);
    }

    private Grant grant(
            ClientDetails client,
            Answer.Issued issued,
            Registration registration,
            int ordinal,
            Instant now) {
        return Grant.unattended(
                GrantId.random(random),
                client.id(),
                ordinal,
                issued.prepared().server(),
                issued.prepared().resource(),
                registration.id(),
                issued.binding(),
                issued.tokens(),
                issued.asked(),
                now);
    }
}
