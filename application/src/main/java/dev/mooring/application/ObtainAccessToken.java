package dev.mooring.application;

import dev.mooring.application.port.Budget;
import dev.mooring.application.port.ClientStore;
import dev.mooring.application.port.EventLog;
import dev.mooring.application.port.GrantStore;
import dev.mooring.application.port.GrantStore.Lease;
import dev.mooring.application.port.GrantStore.Storing;
import dev.mooring.application.port.RegistrationStore;
import dev.mooring.application.port.RevocationOutbox;
import dev.mooring.application.port.Stored;
import dev.mooring.application.port.TokenEndpoint;
import dev.mooring.application.port.TokenEndpoint.Answer;
import dev.mooring.application.port.UnitOfWork;
import dev.mooring.domain.client.ClientId;
import dev.mooring.domain.client.ClientSettings;
import dev.mooring.domain.client.TrustedCa;
import dev.mooring.domain.lifecycle.ClientEvent;
import dev.mooring.domain.lifecycle.Grant;
import dev.mooring.domain.lifecycle.McpClient;
import dev.mooring.domain.lifecycle.Problem;
import dev.mooring.domain.lifecycle.ReauthorizationCause;
import dev.mooring.domain.lifecycle.Registration;
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
import java.util.random.RandomGenerator;

/**
 * Hands out an access token that is worth sending, and refreshes it first where it is not. Where no
 * person is needed for the grant, it is asked for anew instead, by the same rules; but then a lost
 * answer costs nothing.
 *
 * <p>Of any number of callers on any nodes one refreshes: it takes a lease and records its intent,
 * then sends the refresh token, then stores the new tokens, and only then does anybody use them.
 * The others wait for its outcome.
 */
final class ObtainAccessToken {
    /** How often the grant is read anew when others change it under our eyes. */
    private static final int MAX_ROUNDS = 5;

    private final UnitOfWork unitOfWork;
    private final ClientStore clients;
    private final GrantStore grants;
    private final RegistrationStore registrations;
    private final RevocationOutbox revocations;
    private final EventLog events;
    private final TokenEndpoint tokenEndpoint;
    private final RequestToken requestToken;
    private final Timing timing;
    private final InstantSource clock;
    private final RandomGenerator random;

    ObtainAccessToken(
            UnitOfWork unitOfWork,
            ClientStore clients,
            GrantStore grants,
            RegistrationStore registrations,
            RevocationOutbox revocations,
            EventLog events,
            TokenEndpoint tokenEndpoint,
            RequestToken requestToken,
            Timing timing,
            InstantSource clock,
            RandomGenerator random) {
        this.unitOfWork = unitOfWork;
        this.clients = clients;
        this.grants = grants;
        this.registrations = registrations;
        this.revocations = revocations;
        this.events = events;
        this.tokenEndpoint = tokenEndpoint;
        this.requestToken = requestToken;
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

    /** A token of the client's grant, refreshed if it ends soon. */
    public Outcome handle(ClientId client) {
        return obtain(client, Optional.empty(), Scopes.NONE);
    }

    /**
     * A token newer than that of {@code refused}, which the MCP server has just refused: refreshed
     * even if its time is not over.
     */
    public Outcome after(Grant refused) {
        return obtain(refused.client(), Optional.of(refused), Scopes.NONE);
    }

    /**
     * A token newer than that of {@code lacking}, for which no person is needed, with more scopes
     * than it has (MCP step-up).
     */
    Outcome withMoreScopes(Grant lacking, Scopes more) {
        return obtain(lacking.client(), Optional.of(lacking), more);
    }

    private Outcome obtain(ClientId client, Optional<Grant> refusedOne, Scopes more) {
        for (int round = 0; round < MAX_ROUNDS; round++) {
            Optional<Grant> found = grants.ofClient(client);
            if (found.isEmpty()) {
                return new Outcome.ConsentNeeded();
            }
            Grant grant = found.get();
            boolean refused = refusedOne.filter(grant::hasTheTokensOf).isPresent();
            // Whoever renewed it meanwhile need not have asked for more.
            boolean lacking = !grant.tokens().scopes().containsAll(more);
            if (!refused && !lacking && grant.isFresh(timing.expiryMargin(), clock.instant())) {
                return new Outcome.Usable(grant);
            }
            // Read before the lease, which nobody gets whose grant ended with a change of them.
            Optional<ClientSettings> settings = settings(client);
            Optional<Outcome> outcome =
                    settings.flatMap(ClientSettings::unattended).isPresent()
                            ? renew(grant, settings.get(), refused || lacking, more)
                            : refresh(grant, refused);
            if (outcome.isPresent()) {
                return outcome.get();
            }
        }
        return new Outcome.Failed(
                new Problem(
                        Problem.Code.AUTHORIZATION_SERVER_TOO_SLOW,
                        "Another refresh of this grant is under way"));
    }

    /** One round; empty when the grant must be read anew. */
    private Optional<Outcome> refresh(Grant grant, boolean refused) {
        Instant now = clock.instant();
        boolean stillGood = !refused && grant.isFresh(Duration.ZERO, now);
        if (grant.tokens().refreshToken().isEmpty()) {
            return Optional.of(
                    stillGood
                            ? new Outcome.Usable(grant)
                            : endGrant(grant, causeOfEnd(refused, OAuthError.INVALID_GRANT)));
        }
        if (isParked(grant, now)) {
            return Optional.of(
                    stillGood
                            ? new Outcome.Usable(grant)
                            : new Outcome.Failed(credentialsRefused()));
        }
        // Rule 5: after a lost answer the access token serves to its end, then one last attempt.
        if (grant.refresh().isPresent() && stillGood) {
            return Optional.of(new Outcome.Usable(grant));
        }
        RefreshToken sent = grant.tokens().refreshToken().get();
        Grant intended = grant.refreshing(RunId.random(random), sent, now);
        return switch (grants.lease(grant, intended, timing.lease())) {
            case Lease.Outdated outdated -> Optional.empty();
            case Lease.Busy busy -> {
                if (stillGood) {
                    yield Optional.of(new Outcome.Usable(grant));
                }
                grants.awaitRefresh(grant, timing.patience());
                yield Optional.empty();
            }
            case Lease.Taken taken -> Optional.of(refresh(grant, intended, sent, stillGood));
        };
    }

    private Outcome refresh(Grant grant, Grant intended, RefreshToken sent, boolean stillGood) {
        Optional<Registration> registration = bound(grant);
        if (registration.isEmpty()) {
            return endGrant(
                    grant, new ReauthorizationCause.RefreshRefused(OAuthError.INVALID_CLIENT));
        }
        Optional<ClientSettings> settings = settings(grant.client());
        Optional<TrustedCa> trustedCa = settings.flatMap(known -> known.connection().trustedCa());
        Answer answer =
                tokenEndpoint.refresh(
                        new TokenEndpoint.TokenRefresh(
                                grant.tokenEndpoint(),
                                registration.get().credentials(),
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
                            registration.get(),
                            trustedCa,
                            new ReauthorizationCause.RefreshRefused(
                                    OAuthError.UNSUPPORTED_TOKEN_TYPE));
            case Answer.Issued issued ->
                    store(intended, issued.tokens(), registration.get(), trustedCa);
            case Answer.Refused refusal ->
                    refused(grant, intended, registration.get(), refusal.error(), stillGood);
            case Answer.Unavailable unavailable -> {
                giveBack(grant, intended);
                yield stillGood
                        ? new Outcome.Usable(grant)
                        : new Outcome.Failed(unavailable.problem());
            }
            case Answer.Lost lost -> lost(grant, intended, lost.problem(), stillGood);
        };
    }

    /** One round where no person is needed; empty when the grant must be read anew. */
    private Optional<Outcome> renew(
            Grant grant, ClientSettings settings, boolean insufficient, Scopes more) {
        Instant now = clock.instant();
        boolean stillGood = !insufficient && grant.isFresh(Duration.ZERO, now);
        // What was refused before the token's end is asked for once more at its end.
        if (grant.refresh().isPresent() && stillGood) {
            return Optional.of(new Outcome.Usable(grant));
        }
        Grant intended = grant.renewing(RunId.random(random), now);
        return switch (grants.lease(grant, intended, timing.lease())) {
            case Lease.Outdated outdated -> Optional.empty();
            case Lease.Busy busy -> {
                if (stillGood) {
                    yield Optional.of(new Outcome.Usable(grant));
                }
                grants.awaitRefresh(grant, timing.patience());
                yield Optional.empty();
            }
            case Lease.Taken taken -> askAnew(intended, settings, stillGood, more);
        };
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
        RequestToken.Wish wish =
                new RequestToken.Wish(
                        settings.unattended().orElseThrow(),
                        intended.issuer(),
                        intended.tokenEndpoint(),
                        registration.get().credentials(),
                        intended.resource(),
                        intended.tokens().scopes().union(more),
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
                    Optional.of(store(intended, issued.tokens(), registration.get(), trustedCa));
            case RequestToken.Outcome.Refused refusal when !more.isEmpty() -> {
                // What was granted before is not lost because more is not to be had.
                grants.release(intended);
                yield Optional.of(new Outcome.Failed(moreRefused(refusal)));
            }
            case RequestToken.Outcome.Refused refusal when stillGood -> {
                grants.keepIntent(intended);
                yield Optional.of(new Outcome.Usable(intended));
            }
            case RequestToken.Outcome.Refused refusal ->
                    endUnlessEdited(intended, settings, refusal);
            case RequestToken.Outcome.Failed failed -> {
                grants.release(intended);
                yield Optional.of(
                        stillGood
                                ? new Outcome.Usable(intended.notRefreshing())
                                : new Outcome.Failed(failed.problem()));
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
        return unitOfWork.execute(() -> {
            boolean edited =
                    clients.lock(intended.client())
                            .filter(now -> !now.value().settings().auth().equals(sent.auth()))
                            .isPresent();
            if (edited) {
                grants.release(intended);
                return Optional.empty();
            }
            return Optional.of(ended(endGrant(intended, refusal.cause()), refusal.problem()));
        });
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
     * the unit of work that ends the grant. Where somebody stored newer tokens it is dropped, as
     * some servers would end those with it (rule 6).
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
                                        intended.id(),
                                        endpoint,
                                        registration.credentials(),
                                        tokens.keepingRefreshTokenOf(intended.tokens()),
                                        intended.binding().key(),
                                        trustedCa));
        return HoldTokens.until(() -> endGrant(intended, cause, owed), timing.holding());
    }

    private Outcome store(
            Grant intended,
            TokenSet tokens,
            Registration registration,
            Optional<TrustedCa> trustedCa) {
        Instant now = clock.instant();
        Grant fresh = intended.refreshed(tokens, now);
        Storing storing =
                HoldTokens.until(
                        () ->
                                unitOfWork.execute(
                                        () -> store(intended, fresh, registration, trustedCa)),
                        timing.holding());
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
            case Storing.Stored done ->
                    events.append(
                            new ClientEvent.GrantRefreshed(
                                    fresh.client(),
                                    fresh.id(),
                                    fresh.generation(),
                                    fresh.issuedAt()));
            case Storing.Superseded superseded -> {
                if (!servesThrough(fresh)) {
                    Revocation.of(fresh, registration, trustedCa).ifPresent(revocations::add);
                }
            }
            case Storing.Gone gone ->
                    Revocation.of(fresh, registration, trustedCa).ifPresent(revocations::add);
        }
        return stored;
    }

    /**
     * Rule 6: where the client's grant came through the same registration, some servers would end
     * it with the tokens of the other, which are dropped instead of given back.
     */
    private boolean servesThrough(Grant other) {
        return grants.ofClient(other.client())
                .filter(current -> current.registration().equals(other.registration()))
                .isPresent();
    }

    /**
     * Rule 4: {@code invalid_grant} ends a grant only if nobody stored newer tokens; {@code
     * invalid_client} ends one whose dynamic registration the server forgot, and parks one for the
     * operator whose credentials are to be mended; everything else is a failure that may pass.
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
            registrations.retire(registration.id());
            return endGrant(intended, new ReauthorizationCause.RefreshRefused(error));
        }
        giveBack(grant, intended);
        if (registration instanceof Registration.Given given && error.refusesClient()) {
            park(grant.client(), given);
            return stillGood ? new Outcome.Usable(grant) : new Outcome.Failed(credentialsRefused());
        }
        return stillGood
                ? new Outcome.Usable(grant)
                : new Outcome.Failed(
                        new Problem(
                                Problem.Code.AUTHORIZATION_SERVER_BROKEN,
                                "The token endpoint refused to refresh: " + error));
    }

    private boolean isParked(Grant grant, Instant now) {
        return registrations
                .find(grant.registration())
                .filter(Registration.Given.class::isInstance)
                .map(Registration.Given.class::cast)
                .filter(given -> given.isParked(now))
                .isPresent();
    }

    /** Unless other credentials were entered since those were sent. */
    private void park(ClientId client, Registration.Given sent) {
        Instant now = clock.instant();
        unitOfWork.run(() ->
                clients.lock(client)
                        .flatMap(held -> registrations.find(sent.id()))
                        .filter(Registration.Given.class::isInstance)
                        .map(Registration.Given.class::cast)
                        .filter(current -> current.credentials().equals(sent.credentials()))
                        .ifPresent(current -> registrations.replace(current.refused(now))));
    }

    private static Problem credentialsRefused() {
        return new Problem(
                Problem.Code.CLIENT_CREDENTIALS_REFUSED,
                "The authorization server refuses oauth_config.client_id or its secret; enter them"
                        + " anew, and the grant, which is kept, serves again");
    }

    /** Rule 5: an answer that is lost twice ends the grant; the first time the intent stays. */
    private Outcome lost(Grant grant, Grant intended, Problem problem, boolean stillGood) {
        if (grant.refresh().isPresent()) {
            return endGrant(intended, new ReauthorizationCause.AnswerLost());
        }
        grants.keepIntent(intended);
        return stillGood ? new Outcome.Usable(grant) : new Outcome.Failed(problem);
    }

    /** Nothing was redeemed; an earlier lost answer is not forgotten over that. */
    private void giveBack(Grant grant, Grant intended) {
        if (grant.refresh().isPresent()) {
            grants.keepIntent(intended);
        } else {
            grants.release(intended);
        }
    }

    private static ReauthorizationCause causeOfEnd(boolean refused, OAuthError error) {
        return refused
                ? new ReauthorizationCause.TokenRefused()
                : new ReauthorizationCause.RefreshRefused(error);
    }

    private Outcome endGrant(Grant seen, ReauthorizationCause cause) {
        return endGrant(seen, cause, Optional.empty());
    }

    /**
     * Ends the grant unless somebody stored newer tokens meanwhile.
     *
     * @param owed what is given back, unless newer tokens came through the same registration
     */
    private Outcome endGrant(Grant seen, ReauthorizationCause cause, Optional<Revocation> owed) {
        Instant now = clock.instant();
        return unitOfWork.execute(() -> {
            Optional<Stored<McpClient>> client = clients.lock(seen.client());
            Optional<Grant> current = grants.ofClient(seen.client());
            if (client.isEmpty() || current.isEmpty()) {
                owed.ifPresent(revocations::add);
                return new Outcome.ConsentNeeded();
            }
            if (!current.get().hasTheTokensOf(seen)) {
                owed.filter(tokens -> !servesThrough(seen)).ifPresent(revocations::add);
                return new Outcome.Usable(current.get());
            }
            owed.ifPresent(revocations::add);
            grants.delete(seen.id());
            StoreGrant.requireReplaced(
                    clients.replace(
                            client.get(), client.get().value().needsReauthorization(cause, now)));
            events.append(new ClientEvent.ReauthorizationNeeded(seen.client(), cause, now));
            return new Outcome.ConsentNeeded();
        });
    }

    /** Ends a grant whose token the MCP server refuses even after a refresh. */
    Outcome end(Grant refused, ReauthorizationCause cause) {
        return endGrant(refused, cause);
    }
}
