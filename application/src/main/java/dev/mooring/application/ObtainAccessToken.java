package dev.mooring.application;

import dev.mooring.application.port.Budget;
import dev.mooring.application.port.ClientStore;
import dev.mooring.application.port.EventLog;
import dev.mooring.application.port.GrantStore;
import dev.mooring.application.port.GrantStore.Due;
import dev.mooring.application.port.GrantStore.Lease;
import dev.mooring.application.port.GrantStore.Storing;
import dev.mooring.application.port.Pauses;
import dev.mooring.application.port.RegistrationStore;
import dev.mooring.application.port.RenewalMeter;
import dev.mooring.application.port.RenewalMeter.Result;
import dev.mooring.application.port.Stored;
import dev.mooring.application.port.TokenEndpoint;
import dev.mooring.application.port.TokenEndpoint.Answer;
import dev.mooring.application.port.UnitOfWork;
import dev.mooring.domain.client.ClientId;
import dev.mooring.domain.client.ClientSettings;
import dev.mooring.domain.client.TrustedCa;
import dev.mooring.domain.lifecycle.Backoff;
import dev.mooring.domain.lifecycle.ClientEvent;
import dev.mooring.domain.lifecycle.Grant;
import dev.mooring.domain.lifecycle.GrantId;
import dev.mooring.domain.lifecycle.McpClient;
import dev.mooring.domain.lifecycle.Problem;
import dev.mooring.domain.lifecycle.ReauthorizationCause;
import dev.mooring.domain.lifecycle.Registration;
import dev.mooring.domain.lifecycle.RetirementCause;
import dev.mooring.domain.lifecycle.Revocation;
import dev.mooring.domain.lifecycle.RunId;
import dev.mooring.domain.oauth.AcceptedQuirks;
import dev.mooring.domain.oauth.OAuthError;
import dev.mooring.domain.oauth.RefreshToken;
import dev.mooring.domain.oauth.Scopes;
import dev.mooring.domain.oauth.TokenSet;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.random.RandomGenerator;

/**
 * Hands out an access token that is worth sending, and refreshes it first where it is not. Where no
 * person is needed for the grant, it is asked for anew instead, by the same rules; but then a lost
 * answer costs nothing.
 *
 * <p>Of any number of callers on any nodes one refreshes: it takes a lease and records its intent,
 * then sends the refresh token, then stores the new tokens, and only then does anybody use them.
 * The others wait for its outcome; of those in this process one looks for all.
 *
 * <p>After a failure nobody asks again for a time that grows, nor as long as the token endpoint
 * said ({@code Retry-After}): the access token serves to its end, and from then on callers are told
 * of the failure.
 */
final class ObtainAccessToken {
    /** How often the grant is read anew when others change it under our eyes. */
    private static final int MAX_ROUNDS = 5;

    /** Short at first: somebody may be waiting, and most troubles pass quickly. */
    static final Backoff AFTER_FAILURE = new Backoff(Duration.ofSeconds(5), Duration.ofHours(1));

    /** Only an operator, here or at the provider, can mend what was refused. */
    private static final Backoff AFTER_REFUSED_CREDENTIALS =
            new Backoff(Registration.Given.PAUSE_AFTER_REFUSAL, Duration.ofHours(1));

    /** What a token endpoint may ask for. */
    static final Duration LONGEST_RETRY_AFTER = Duration.ofHours(1);

    /** The least pause between two tries ahead of the token's end, for which nobody waits. */
    private static final Backoff AHEAD = new Backoff(Duration.ofMinutes(2), Duration.ofMinutes(2));

    private static final Problem UNDER_WAY =
            new Problem(
                    Problem.Code.AUTHORIZATION_SERVER_TOO_SLOW,
                    "Another refresh of this grant is under way");

    private final UnitOfWork unitOfWork;
    private final ClientStore clients;
    private final GrantStore grants;
    private final Pauses pauses;
    private final RegistrationStore registrations;
    private final RetireRegistration retireRegistration;
    private final OweTokens oweTokens;
    private final EventLog events;
    private final TokenEndpoint tokenEndpoint;
    private final RequestToken requestToken;
    private final RenewalMeter meter;
    private final HoldTokens holdTokens;
    private final Timing timing;
    private final InstantSource clock;
    private final RandomGenerator random;
    private final SingleFlight<Wanted, Outcome> flights = new SingleFlight<>();

    ObtainAccessToken(
            UnitOfWork unitOfWork,
            ClientStore clients,
            GrantStore grants,
            Pauses pauses,
            RegistrationStore registrations,
            RetireRegistration retireRegistration,
            OweTokens oweTokens,
            EventLog events,
            TokenEndpoint tokenEndpoint,
            RequestToken requestToken,
            RenewalMeter meter,
            HoldTokens holdTokens,
            Timing timing,
            InstantSource clock,
            RandomGenerator random) {
        this.unitOfWork = unitOfWork;
        this.clients = clients;
        this.grants = grants;
        this.pauses = pauses;
        this.registrations = registrations;
        this.retireRegistration = retireRegistration;
        this.oweTokens = oweTokens;
        this.events = events;
        this.tokenEndpoint = tokenEndpoint;
        this.requestToken = requestToken;
        this.meter = meter;
        this.holdTokens = holdTokens;
        this.timing = timing;
        this.clock = clock;
        this.random = random;
    }

    /** What came of it. */
    public sealed interface Outcome {
        /** Its access token is worth sending now. */
        record Usable(Grant grant) implements Outcome {}

        /** There is no grant, or it has just ended: a person must consent, or an operator act. */
        record ConsentNeeded() implements Outcome {}

        /** No person is needed, but none more is granted, and what there was has ended. */
        record Ended(Problem problem) implements Outcome {}

        /** The grant is kept; getting a token failed for now. */
        record Failed(Problem problem) implements Outcome {}
    }

    /**
     * What the grant must have for the caller.
     *
     * @param newerThan whose tokens will not do
     * @param newerThanDue the same, without any complaint of those tokens
     */
    private record Need(Optional<Grant> newerThan, Optional<Due> newerThanDue, Scopes more) {
        static final Need FRESH = new Need(Optional.empty(), Optional.empty(), Scopes.NONE);

        /** The MCP server refused these very tokens. */
        boolean refused(Grant grant) {
            return newerThan.filter(grant::hasTheTokensOf).isPresent();
        }

        /** Whoever renewed it meanwhile need not have asked for more. */
        boolean lacking(Grant grant) {
            return !grant.wasAskedFor(more);
        }

        boolean due(Grant grant) {
            return newerThanDue.filter(due -> due.isOf(grant)).isPresent();
        }

        boolean isMetBy(Grant grant, Duration margin, Instant now) {
            return !refused(grant) && !lacking(grant) && !due(grant) && grant.isFresh(margin, now);
        }

        Wanted inPlaceOf(Grant grant) {
            return new Wanted(grant.id(), grant.generation(), refused(grant), more);
        }
    }

    /** What callers have to want in common for one to go for all of them. */
    private record Wanted(GrantId grant, long generation, boolean refused, Scopes more) {}

    /** A token of the client's grant, refreshed if it ends soon. */
    public Outcome handle(ClientId client) {
        return handle(client, Budget.of(timing.run()));
    }

    /** The same for who has not so much time; no request begins that could take longer. */
    Outcome handle(ClientId client, Budget budget) {
        return obtain(client, Need.FRESH, budget);
    }

    /**
     * A token newer than that of {@code refused}, which the MCP server has just refused: refreshed
     * even if its time is not over.
     */
    public Outcome after(Grant refused) {
        return after(refused, Budget.of(timing.run()));
    }

    /** The same for who has not so much time. */
    Outcome after(Grant refused, Budget budget) {
        return obtain(
                refused.client(),
                new Need(Optional.of(refused), Optional.empty(), Scopes.NONE),
                budget);
    }

    /**
     * A token newer than that of {@code lacking}, for which no person is needed, with more scopes
     * than it has (MCP step-up).
     */
    Outcome withMoreScopes(Grant lacking, Scopes more) {
        return withMoreScopes(lacking, more, Budget.of(timing.run()));
    }

    /** The same for who has not so much time. */
    Outcome withMoreScopes(Grant lacking, Scopes more, Budget budget) {
        return obtain(
                lacking.client(), new Need(Optional.of(lacking), Optional.empty(), more), budget);
    }

    /**
     * Renews a grant ahead of the end of its token, by the same way and beside anybody who needs it
     * now. If that comes to nothing, says when to try again.
     */
    void ahead(Due due) {
        Outcome outcome =
                obtain(
                        due.client(),
                        new Need(Optional.empty(), Optional.of(due), Scopes.NONE),
                        Budget.of(timing.run()));
        switch (outcome) {
            case Outcome.Usable usable -> {
                if (due.isOf(usable.grant())) {
                    putOff(due);
                }
            }
            case Outcome.Failed failed -> putOff(due);
            case Outcome.ConsentNeeded needed -> {}
            case Outcome.Ended ended -> {}
        }
    }

    private void putOff(Due due) {
        Optional<Grant> current = grants.ofClient(due.client()).filter(due::isOf);
        if (current.isPresent()) {
            Grant grant = current.get();
            Instant now = clock.instant();
            Optional<Duration> delay =
                    grant.tokens().refreshToken().isEmpty()
                            ? Optional.empty()
                            : Optional.of(
                                    longer(AHEAD.after(1, random), untilWorthATry(grant, now)));
            grants.renewLater(due, delay);
        }
    }

    private Duration untilWorthATry(Grant grant, Instant now) {
        // Rule 5: after a lost answer the access token serves to its end.
        Duration served =
                grant.refresh().isPresent()
                        ? grant.tokens()
                                .expiresAt()
                                .map(end -> Duration.between(now, end))
                                .orElse(Duration.ZERO)
                        : Duration.ZERO;
        Duration paused =
                pauses.running(grant.client(), grant.tokenEndpoint())
                        .map(Pauses.Pause::left)
                        .orElse(Duration.ZERO);
        return longer(served, paused);
    }

    private static Duration longer(Duration one, Duration other) {
        return one.compareTo(other) > 0 ? one : other;
    }

    private Outcome obtain(ClientId client, Need need, Budget budget) {
        Optional<Grant> grant = grants.ofClient(client);
        if (grant.isEmpty()) {
            return new Outcome.ConsentNeeded();
        }
        if (need.isMetBy(grant.get(), timing.expiryMargin(), clock.instant())) {
            return new Outcome.Usable(grant.get());
        }
        return flights.join(
                        need.inPlaceOf(grant.get()),
                        budget.part(timing.patience()).remaining(),
                        () -> renewInRounds(grant.get(), need, budget))
                .orElseGet(() -> new Outcome.Failed(UNDER_WAY));
    }

    private Outcome renewInRounds(Grant seen, Need need, Budget budget) {
        Optional<Grant> found = Optional.of(seen);
        for (int round = 0; round < MAX_ROUNDS; round++) {
            if (found.isEmpty()) {
                return new Outcome.ConsentNeeded();
            }
            Grant grant = found.get();
            if (need.isMetBy(grant, timing.expiryMargin(), clock.instant())) {
                return new Outcome.Usable(grant);
            }
            boolean insufficient = need.refused(grant) || need.lacking(grant);
            // Read before the lease, which nobody gets whose grant ended with a change of them.
            Optional<ClientSettings> settings = settings(grant.client());
            Optional<Outcome> outcome =
                    settings.flatMap(ClientSettings::unattended).isPresent()
                            ? renew(grant, settings.get(), insufficient, need.more(), budget)
                            : refresh(grant, need.refused(grant), budget);
            if (outcome.isPresent()) {
                return outcome.get();
            }
            found = grants.ofClient(seen.client());
        }
        return new Outcome.Failed(UNDER_WAY);
    }

    /** One round; empty when the grant must be read anew. */
    private Optional<Outcome> refresh(Grant grant, boolean refused, Budget budget) {
        Instant now = clock.instant();
        boolean stillGood = !refused && grant.isFresh(Duration.ZERO, now);
        if (grant.tokens().refreshToken().isEmpty()) {
            return Optional.of(
                    stillGood
                            ? new Outcome.Usable(grant)
                            : endGrant(grant, causeOfEnd(refused, OAuthError.INVALID_GRANT)));
        }
        if (isParked(grant, now)) {
            return Optional.of(whatServes(grant, stillGood, credentialsRefused()));
        }
        RefreshToken sent = grant.tokens().refreshToken().get();
        Grant intended = grant.refreshing(RunId.random(random), sent, now);
        Budget leased = Budget.of(timing.run());
        return takeTurn(
                grant,
                intended,
                stillGood,
                budget,
                taken -> {
                    countDeadRun(taken);
                    return taken.fromDeadRun() && cameBack(intended)
                            ? Optional.empty()
                            : refresh(grant, intended, sent, stillGood, budget, leased);
                });
    }

    /**
     * Has the token endpoint asked, unless what there is serves, or others ask or shall not be
     * asked. Empty when the grant must be read anew.
     *
     * @param mine asks, while nobody else does
     */
    private Optional<Outcome> takeTurn(
            Grant grant,
            Grant intended,
            boolean stillGood,
            Budget budget,
            Function<Lease.Taken, Optional<Outcome>> mine) {
        // Rule 5: after a lost answer the access token serves to its end, then one last attempt; so
        // it does after a refusal where no person is needed.
        if (grant.refresh().isPresent() && stillGood) {
            return Optional.of(new Outcome.Usable(grant));
        }
        Optional<Pauses.Pause> pause = pauses.running(grant.client(), grant.tokenEndpoint());
        if (pause.isPresent()) {
            return Optional.of(whatServes(grant, stillGood, pause.get().problem()));
        }
        if (isTooLate(budget)) {
            return Optional.of(whatServes(grant, stillGood, UNDER_WAY));
        }
        return switch (grants.lease(grant, intended, timing.lease())) {
            case Lease.Outdated outdated -> Optional.empty();
            case Lease.Busy busy -> {
                if (stillGood) {
                    yield Optional.of(new Outcome.Usable(grant));
                }
                grants.awaitRefresh(grant, budget.part(timing.patience()).remaining());
                yield Optional.empty();
            }
            case Lease.Taken taken -> mine.apply(taken);
        };
    }

    /** What has to do for the caller when no new token comes: the one there is, if it is good. */
    private static Outcome whatServes(Grant grant, boolean stillGood, Problem otherwise) {
        return stillGood ? new Outcome.Usable(grant) : new Outcome.Failed(otherwise);
    }

    /** Rule 5: whoever died with the lease may have sent the refresh token, and counted nothing. */
    private void countDeadRun(Lease.Taken taken) {
        if (taken.fromDeadRun()) {
            meter.count(Result.AMBIGUOUS);
        }
    }

    /**
     * Whether whoever held the lease before was alive after all, and had tokens that only waited
     * for the database. When that is back its node needs a moment to see it, and to send the old
     * token meanwhile would end those.
     */
    private boolean cameBack(Grant intended) {
        return grants.awaitRefresh(intended, timing.comeback())
                .filter(intended::hasTheTokensOf)
                .isEmpty();
    }

    /** Whether a request to the token endpoint could take longer than there is time. */
    private boolean isTooLate(Budget budget) {
        return budget.remaining().compareTo(timing.tokenCall()) < 0;
    }

    /** Empty when the grant must be read anew. */
    private Optional<Outcome> refresh(
            Grant grant,
            Grant intended,
            RefreshToken sent,
            boolean stillGood,
            Budget budget,
            Budget leased) {
        Optional<Registration> registration = bound(grant);
        if (registration.isEmpty()) {
            return Optional.of(
                    endGrant(
                            grant,
                            new ReauthorizationCause.RefreshRefused(OAuthError.INVALID_CLIENT)));
        }
        Optional<ClientSettings> settings = settings(grant.client());
        // Whoever was held up here may not be the only one that sends this token.
        if (isTooLate(leased) || isTooLate(budget)) {
            release(grant, intended);
            return Optional.empty();
        }
        return Optional.of(send(grant, intended, sent, registration.get(), settings, stillGood));
    }

    private Outcome send(
            Grant grant,
            Grant intended,
            RefreshToken sent,
            Registration registration,
            Optional<ClientSettings> settings,
            boolean stillGood) {
        Optional<TrustedCa> trustedCa = settings.flatMap(known -> known.connection().trustedCa());
        Answer answer =
                tokenEndpoint.refresh(
                        new TokenEndpoint.TokenRefresh(
                                grant.tokenEndpoint(),
                                registration.credentials(),
                                sent,
                                settings.map(ClientSettings::exceptions)
                                        .orElse(AcceptedQuirks.NONE)
                                        .sent(grant.resource()),
                                grant.tokens().scopes(),
                                grant.binding().key(),
                                trustedCa),
                        Budget.of(timing.tokenCall()));
        return switch (answer) {
            case Answer.Issued issued when !grant.binding().accepts(issued.tokens().type()) ->
                    notBound(
                            intended,
                            issued.tokens(),
                            registration,
                            trustedCa,
                            new ReauthorizationCause.RefreshRefused(
                                    OAuthError.UNSUPPORTED_TOKEN_TYPE));
            case Answer.Issued issued ->
                    store(intended, issued.tokens(), intended.asked(), registration, trustedCa);
            case Answer.Refused refusal ->
                    refused(grant, intended, registration, refusal.error(), stillGood);
            case Answer.Unavailable unavailable -> {
                giveBack(grant, intended, unavailable.problem(), unavailable.retryAfter());
                yield whatServes(grant, stillGood, unavailable.problem());
            }
            case Answer.Doubtful doubtful -> {
                backOff(intended, doubtful.problem(), doubtful.retryAfter(), grants::keepIntent);
                yield whatServes(grant, stillGood, doubtful.problem());
            }
            case Answer.Lost lost -> lost(grant, intended, lost.problem(), stillGood);
        };
    }

    /** One round where no person is needed; empty when the grant must be read anew. */
    private Optional<Outcome> renew(
            Grant grant,
            ClientSettings settings,
            boolean insufficient,
            Scopes more,
            Budget budget) {
        Instant now = clock.instant();
        boolean stillGood = !insufficient && grant.isFresh(Duration.ZERO, now);
        Grant intended = grant.renewing(RunId.random(random), now);
        return takeTurn(
                grant,
                intended,
                stillGood,
                budget,
                taken -> askAnew(intended, settings, stillGood, more));
    }

    /** Empty when the grant must be read anew. */
    private Optional<Outcome> askAnew(
            Grant intended, ClientSettings settings, boolean stillGood, Scopes more) {
        Optional<Registration> registration = bound(intended);
        if (registration.isEmpty()) {
            return Optional.of(
                    endGrant(
                            intended,
                            new ReauthorizationCause.GrantRefused(OAuthError.INVALID_CLIENT)));
        }
        Optional<TrustedCa> trustedCa = settings.connection().trustedCa();
        // RFC 6749 section 4.4.2: a request of its own, which need not be content with what the
        // last one was given.
        Scopes asked = intended.asked().union(more);
        RequestToken.Wish wish =
                new RequestToken.Wish(
                        settings.unattended().orElseThrow(),
                        intended.issuer(),
                        intended.tokenEndpoint(),
                        registration.get().credentials(),
                        intended.resource(),
                        asked,
                        intended.binding().key(),
                        settings);
        return switch (requestToken.handle(wish, Budget.of(timing.tokenCall()))) {
            case RequestToken.Outcome.Issued issued
                    when !intended.binding().accepts(issued.tokens().type()) ->
                    Optional.of(
                            ended(
                                    notBound(
                                            intended,
                                            issued.tokens(),
                                            registration.get(),
                                            trustedCa,
                                            new ReauthorizationCause.GrantRefused(
                                                    OAuthError.UNSUPPORTED_TOKEN_TYPE)),
                                    RequestToken.notBound()));
            case RequestToken.Outcome.Issued issued ->
                    Optional.of(
                            store(intended, issued.tokens(), asked, registration.get(), trustedCa));
            case RequestToken.Outcome.Refused refusal when !more.isEmpty() -> {
                // What was granted before is not lost because more is not to be had.
                meter.count(Result.FAILED);
                grants.release(intended);
                yield Optional.of(new Outcome.Failed(moreRefused(refusal)));
            }
            case RequestToken.Outcome.Refused refusal when stillGood -> {
                meter.count(Result.FAILED);
                grants.keepIntent(intended);
                yield Optional.of(new Outcome.Usable(intended));
            }
            case RequestToken.Outcome.Refused refusal ->
                    endUnlessEdited(intended, settings, refusal);
            case RequestToken.Outcome.Failed failed -> {
                backOff(intended, failed.problem(), failed.retryAfter(), grants::release);
                yield Optional.of(
                        whatServes(intended.notRefreshing(), stillGood, failed.problem()));
            }
        };
    }

    private static Problem moreRefused(RequestToken.Outcome.Refused refusal) {
        boolean overScopes =
                refusal.error().isOverScopes() || refusal.error().equals(OAuthError.ACCESS_DENIED);
        return overScopes
                ? new Problem(
                        Problem.Code.INSUFFICIENT_SCOPE,
                        "The authorization server grants no more scopes: " + refusal.error())
                : refusal.problem();
    }

    /** What was refused may not be what an operator entered since, which is sent then. */
    private Optional<Outcome> endUnlessEdited(
            Grant intended, ClientSettings sent, RequestToken.Outcome.Refused refusal) {
        Optional<Outcome> outcome =
                unitOfWork.execute(() -> {
                    boolean edited =
                            clients.lock(intended.client())
                                    .map(now -> now.value().settings().auth())
                                    .filter(now -> !now.equals(sent.auth()))
                                    .isPresent();
                    if (edited) {
                        grants.release(intended);
                        return Optional.empty();
                    }
                    return Optional.of(endUnlessRenewed(intended, refusal.cause()));
                });
        if (outcome.isEmpty()) {
            meter.count(Result.FAILED);
        }
        outcome.ifPresent(this::countEnd);
        return outcome.map(end -> ended(end, refusal.problem()));
    }

    private static Outcome ended(Outcome outcome, Problem problem) {
        return outcome instanceof Outcome.ConsentNeeded ? new Outcome.Ended(problem) : outcome;
    }

    /**
     * Our client at the grant's issuer. What an operator entered anew belongs to this issuer from
     * now on, as it is about to be shown to it (MCP client registration, "Authorization Server
     * Binding"). Empty when registration or grant are gone.
     */
    private Optional<Registration> bound(Grant grant) {
        Optional<Registration> found = registrations.find(grant.registration());
        boolean toBind =
                found.filter(Registration.Given.class::isInstance)
                        .map(Registration.Given.class::cast)
                        .filter(given -> !given.binding())
                        .isPresent();
        return toBind
                ? unitOfWork.execute(() ->
                        clients.lock(grant.client())
                                .flatMap(held -> grants.ofClient(grant.client()))
                                .filter(grant::hasTheTokensOf)
                                .flatMap(held -> registrations.find(grant.registration()))
                                .map(this::bind))
                : found;
    }

    private Registration bind(Registration registration) {
        if (!(registration instanceof Registration.Given given)
                || registrations.givenFor(given.enteredFor()).stream()
                        .anyMatch(Registration.Given::binding)) {
            return registration;
        }
        Registration.Given bound = given.usedWith(given.credentials());
        registrations.replace(bound);
        return bound;
    }

    private Optional<ClientSettings> settings(ClientId client) {
        return clients.find(client).map(Stored::value).map(McpClient::settings);
    }

    /**
     * The refresh token may be used up, and what it brought must not be used: it is owed back in
     * the unit of work that ends the grant.
     */
    private Outcome notBound(
            Grant intended,
            TokenSet tokens,
            Registration registration,
            Optional<TrustedCa> trustedCa,
            ReauthorizationCause cause) {
        Optional<Revocation> owed =
                intended.revocationEndpoint()
                        .map(endpoint ->
                                new Revocation(
                                        Optional.of(intended.client()),
                                        intended.id(),
                                        endpoint,
                                        registration.credentials(),
                                        tokens.keepingRefreshTokenOf(intended.tokens()),
                                        intended.binding().key(),
                                        trustedCa));
        return holdTokens.until(
                () ->
                        endGrant(
                                intended,
                                cause,
                                () -> oweTokens.handle(intended.client(), registration, owed)),
                timing.holding());
    }

    private Outcome store(
            Grant intended,
            TokenSet tokens,
            Scopes asked,
            Registration registration,
            Optional<TrustedCa> trustedCa) {
        Instant now = clock.instant();
        Grant fresh = intended.renewed(tokens, asked, now);
        Storing storing =
                holdTokens.until(
                        () ->
                                unitOfWork.execute(
                                        () -> store(intended, fresh, registration, trustedCa)),
                        timing.holding());
        meter.count(storing instanceof Storing.Stored ? Result.RENEWED : Result.SUPERFLUOUS);
        return switch (storing) {
            case Storing.Stored stored -> new Outcome.Usable(fresh);
            case Storing.Superseded superseded ->
                    grants.ofClient(fresh.client())
                            .<Outcome>map(Outcome.Usable::new)
                            .orElseGet(Outcome.ConsentNeeded::new);
            case Storing.Gone gone -> new Outcome.ConsentNeeded();
        };
    }

    private Storing store(
            Grant intended, Grant fresh, Registration registration, Optional<TrustedCa> trustedCa) {
        Storing stored = grants.storeRefreshed(intended, fresh);
        switch (stored) {
            case Storing.Stored done -> {
                pauses.forget(fresh.client());
                events.append(
                        new ClientEvent.GrantRefreshed(
                                fresh.client(), fresh.id(), fresh.generation(), fresh.issuedAt()));
            }
            // The answer to the commit may have been lost, and this is done again.
            case Storing.Superseded superseded when isStored(fresh) -> {
                return new Storing.Stored();
            }
            case Storing.Superseded superseded -> oweTokens.of(fresh, registration, trustedCa);
            case Storing.Gone gone -> oweTokens.of(fresh, registration, trustedCa);
        }
        return stored;
    }

    private boolean isStored(Grant fresh) {
        return grants.ofClient(fresh.client())
                .filter(fresh::hasTheTokensOf)
                .filter(stored -> stored.tokens().equals(fresh.tokens()))
                .isPresent();
    }

    /**
     * Rule 4: {@code invalid_grant} ends a grant only if nobody stored newer tokens; {@code
     * invalid_client} ends one whose dynamic registration the server forgot, the second time, and
     * parks one for the operator whose credentials are to be mended; everything else is a failure
     * that may pass.
     */
    private Outcome refused(
            Grant grant,
            Grant intended,
            Registration registration,
            OAuthError error,
            boolean stillGood) {
        if (error.equals(OAuthError.INVALID_GRANT)) {
            // After a lost answer the server is right: the refresh token was used up then.
            return endGrant(
                    intended,
                    grant.refresh().isPresent()
                            ? new ReauthorizationCause.AnswerLost()
                            : new ReauthorizationCause.RefreshRefused(error));
        }
        if (registration.isForgottenAfter(error)) {
            return forgotten(grant, intended, registration, stillGood);
        }
        if (registration instanceof Registration.Given given && error.refusesClient()) {
            meter.count(Result.FAILED);
            park(grant, intended, given);
            return whatServes(grant, stillGood, credentialsRefused());
        }
        Problem problem =
                new Problem(
                        Problem.Code.AUTHORIZATION_SERVER_BROKEN,
                        "The token endpoint refused to refresh: " + error);
        giveBack(grant, intended, problem, Optional.empty());
        return whatServes(grant, stillGood, problem);
    }

    /**
     * Servers whose nodes do not agree yet, or that are being restored, forget us for a minute. So
     * no new link is made through the registration from now on, but its grants are kept until they
     * are needed and refused once more, after a pause of some minutes.
     */
    private Outcome forgotten(
            Grant grant, Grant intended, Registration registration, boolean stillGood) {
        boolean again =
                pauses.last(grant.client())
                        .filter(last -> last.code() == Problem.Code.CLIENT_CREDENTIALS_REFUSED)
                        .isPresent();
        if (again && !stillGood) {
            retireRegistration.refused(registration);
            return endGrant(
                    intended, new ReauthorizationCause.RefreshRefused(OAuthError.INVALID_CLIENT));
        }
        meter.count(Result.FAILED);
        retireRegistration.handle(
                registration, new RetirementCause.Refused(OAuthError.INVALID_CLIENT));
        unitOfWork.run(() -> {
            if (release(grant, intended)) {
                begin(grant.client(), registrationRefused(), AFTER_REFUSED_CREDENTIALS);
            }
        });
        return whatServes(grant, stillGood, registrationRefused());
    }

    private static Problem registrationRefused() {
        return new Problem(
                Problem.Code.CLIENT_CREDENTIALS_REFUSED,
                "The authorization server refuses the registration that the grant came through; it"
                        + " is asked once more in some minutes");
    }

    private boolean isParked(Grant grant, Instant now) {
        return registrations
                .find(grant.registration())
                .filter(Registration.Given.class::isInstance)
                .map(Registration.Given.class::cast)
                .filter(given -> given.isParked(now))
                .isPresent();
    }

    /**
     * Ends the lease and parks what was sent, in one, so that nobody sends it again in between;
     * unless other credentials were entered since.
     */
    private void park(Grant grant, Grant intended, Registration.Given sent) {
        ClientId client = grant.client();
        Instant now = clock.instant();
        unitOfWork.run(() -> {
            boolean there = clients.lock(client).isPresent();
            release(grant, intended);
            if (there) {
                registrations
                        .find(sent.id())
                        .filter(Registration.Given.class::isInstance)
                        .map(Registration.Given.class::cast)
                        .filter(current -> current.credentials().equals(sent.credentials()))
                        .ifPresent(current -> {
                            registrations.replace(current.refused(now));
                            begin(client, credentialsRefused(), AFTER_REFUSED_CREDENTIALS);
                        });
            }
        });
    }

    /** One more failure in a row; inside a unit of work. */
    private void begin(ClientId client, Problem problem, Backoff backoff) {
        int failures = pauses.failures(client) + 1;
        pauses.begin(client, failures, problem, backoff.after(failures, random));
    }

    private static Problem credentialsRefused() {
        return new Problem(
                Problem.Code.CLIENT_CREDENTIALS_REFUSED,
                "The authorization server refuses oauth_config.client_id or its secret; enter them"
                        + " anew, and the grant, which is kept, serves again");
    }

    /** Rule 5: an answer that is lost twice ends the grant; the first time the intent stays. */
    private Outcome lost(Grant grant, Grant intended, Problem problem, boolean stillGood) {
        meter.count(Result.AMBIGUOUS);
        if (grant.refresh().isPresent()) {
            return endGrant(intended, new ReauthorizationCause.AnswerLost());
        }
        unitOfWork.run(() -> {
            if (grants.keepIntent(intended)) {
                begin(grant.client(), problem, AFTER_FAILURE);
            }
        });
        return whatServes(grant, stillGood, problem);
    }

    /** Nothing was redeemed; an earlier lost answer is not forgotten over that. */
    private void giveBack(
            Grant grant, Grant intended, Problem problem, Optional<Duration> retryAfter) {
        backOff(intended, problem, retryAfter, mine -> release(grant, mine));
    }

    private boolean release(Grant grant, Grant intended) {
        return grant.refresh().isPresent() ? grants.keepIntent(intended) : grants.release(intended);
    }

    /**
     * Ends the lease and begins the pause in one, so that nobody comes in between; but the failure
     * of a grant that is not there any more is none of its successor's.
     *
     * @param retryAfter RFC 9110 section 10.2.3: what the token endpoint asks for holds for all who
     *     would ask it
     */
    private void backOff(
            Grant intended,
            Problem problem,
            Optional<Duration> retryAfter,
            Predicate<Grant> release) {
        meter.count(Result.FAILED);
        unitOfWork.run(() -> {
            if (release.test(intended)) {
                begin(intended.client(), problem, AFTER_FAILURE);
            }
            retryAfter.ifPresent(
                    asked -> pauses.begin(intended.tokenEndpoint(), problem, bounded(asked)));
        });
    }

    /** What is kept of a {@code Retry-After}. */
    static Duration bounded(Duration retryAfter) {
        return retryAfter.compareTo(LONGEST_RETRY_AFTER) < 0 ? retryAfter : LONGEST_RETRY_AFTER;
    }

    private static ReauthorizationCause causeOfEnd(boolean refused, OAuthError error) {
        return refused
                ? new ReauthorizationCause.TokenRefused()
                : new ReauthorizationCause.RefreshRefused(error);
    }

    private Outcome endGrant(Grant seen, ReauthorizationCause cause) {
        return endGrant(seen, cause, () -> {});
    }

    /**
     * Ends the grant unless somebody stored newer tokens meanwhile.
     *
     * @param then what is done in the same unit of work, whether it has ended or not
     */
    private Outcome endGrant(Grant seen, ReauthorizationCause cause, Runnable then) {
        Outcome outcome =
                unitOfWork.execute(() -> {
                    Outcome end = endUnlessRenewed(seen, cause);
                    then.run();
                    return end;
                });
        countEnd(outcome);
        return outcome;
    }

    private void countEnd(Outcome outcome) {
        if (outcome instanceof Outcome.ConsentNeeded) {
            meter.count(Result.ENDED);
        }
    }

    /** Inside a unit of work. */
    private Outcome endUnlessRenewed(Grant seen, ReauthorizationCause cause) {
        Instant now = clock.instant();
        Optional<Stored<McpClient>> client = clients.lock(seen.client());
        Optional<Grant> current = grants.ofClient(seen.client());
        if (client.isEmpty() || current.isEmpty()) {
            return new Outcome.ConsentNeeded();
        }
        if (!current.get().hasTheTokensOf(seen)) {
            return new Outcome.Usable(current.get());
        }
        grants.delete(seen.id());
        pauses.forget(seen.client());
        clients.replaceLocked(client.get(), client.get().value().needsReauthorization(cause, now));
        events.append(new ClientEvent.ReauthorizationNeeded(seen.client(), cause, now));
        return new Outcome.ConsentNeeded();
    }

    /**
     * Ends a grant whose token the MCP server refuses even after a refresh. The authorization
     * server would still take its tokens, so they are owed back.
     */
    Outcome end(Grant refused, ReauthorizationCause cause) {
        Outcome outcome =
                unitOfWork.execute(() -> {
                    Optional<McpClient> owner = ownerOf(refused);
                    Outcome end = endUnlessRenewed(refused, cause);
                    owner.map(client -> client.settings().connection().trustedCa())
                            .ifPresent(trustedCa -> oweTokens.of(refused, trustedCa));
                    return end;
                });
        countEnd(outcome);
        return outcome;
    }

    /** Empty where somebody took the tokens away or replaced them, and saw to that himself. */
    private Optional<McpClient> ownerOf(Grant grant) {
        return clients.lock(grant.client())
                .filter(held ->
                        grants.ofClient(grant.client()).filter(grant::hasTheTokensOf).isPresent())
                .map(Stored::value);
    }
}
