package dev.mooring.application;

import dev.mooring.application.port.AttemptStore;
import dev.mooring.application.port.Budget;
import dev.mooring.application.port.ClientStore;
import dev.mooring.application.port.EventLog;
import dev.mooring.application.port.RegistrationStore;
import dev.mooring.application.port.TokenEndpoint;
import dev.mooring.application.port.TokenEndpoint.Answer;
import dev.mooring.application.port.UnitOfWork;
import dev.mooring.domain.client.ClientSettings;
import dev.mooring.domain.client.TrustedCa;
import dev.mooring.domain.lifecycle.AttemptFailure;
import dev.mooring.domain.lifecycle.AuthorizationAttempt;
import dev.mooring.domain.lifecycle.AuthorizationAttempt.Redeeming;
import dev.mooring.domain.lifecycle.AuthorizationAttempt.Started;
import dev.mooring.domain.lifecycle.AuthorizationAttempt.Verdict;
import dev.mooring.domain.lifecycle.AuthorizationRequest;
import dev.mooring.domain.lifecycle.Backoff;
import dev.mooring.domain.lifecycle.BrowserSecret;
import dev.mooring.domain.lifecycle.ClientEvent;
import dev.mooring.domain.lifecycle.FlowId;
import dev.mooring.domain.lifecycle.Problem;
import dev.mooring.domain.lifecycle.Registration;
import dev.mooring.domain.lifecycle.RetirementCause;
import dev.mooring.domain.lifecycle.RunId;
import dev.mooring.domain.oauth.AcceptedQuirks;
import dev.mooring.domain.oauth.AuthorizationCode;
import dev.mooring.domain.oauth.AuthorizationResponse;
import dev.mooring.domain.oauth.CodeDigest;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.random.RandomGenerator;

/**
 * Takes what the browser brought to the redirect URI and turns a code into a stored grant, exactly
 * once.
 *
 * <p>The order is what keeps it safe: verify against the stored request; claim the attempt; only
 * then send the code, and again only where nothing of it can have been redeemed; store the tokens
 * before anybody is told. A repeat of the same response shows what became of the first.
 */
public final class HandleAuthorizationResponse {
    private static final int MOST_NOTED = 1000;

    /** How long the browser waits for a database that is away. */
    private static final Duration CLAIMING = Duration.ofSeconds(5);

    private static final int MOST_REPEATS = 4;
    private static final Backoff BETWEEN_REPEATS =
            new Backoff(Duration.ofSeconds(1), Duration.ofSeconds(4));

    private final UnitOfWork unitOfWork;
    private final ClientStore clients;
    private final AttemptStore attempts;
    private final AdvanceAttempt advanceAttempt;
    private final RegistrationStore registrations;
    private final RetireRegistration retireRegistration;
    private final EventLog events;
    private final TokenEndpoint tokenEndpoint;
    private final StoreGrant storeGrant;
    private final HoldTokens holdTokens;
    private final Timing timing;
    private final InstantSource clock;
    private final RandomGenerator random;

    /** The links of which it was noted, once each: whoever loads the page again fills no trail. */
    private final Set<FlowId> elsewhere = ConcurrentHashMap.newKeySet();

    HandleAuthorizationResponse(
            UnitOfWork unitOfWork,
            ClientStore clients,
            AttemptStore attempts,
            AdvanceAttempt advanceAttempt,
            RegistrationStore registrations,
            RetireRegistration retireRegistration,
            EventLog events,
            TokenEndpoint tokenEndpoint,
            StoreGrant storeGrant,
            HoldTokens holdTokens,
            Timing timing,
            InstantSource clock,
            RandomGenerator random) {
        this.unitOfWork = unitOfWork;
        this.clients = clients;
        this.attempts = attempts;
        this.advanceAttempt = advanceAttempt;
        this.registrations = registrations;
        this.retireRegistration = retireRegistration;
        this.events = events;
        this.tokenEndpoint = tokenEndpoint;
        this.storeGrant = storeGrant;
        this.holdTokens = holdTokens;
        this.timing = timing;
        this.clock = clock;
        this.random = random;
    }

    /** What the person is told. */
    public sealed interface Outcome {
        /** The grant is stored. */
        record Authorized() implements Outcome {}

        /** No grant came of it; the reason may be shown, but no word of the response itself. */
        record Failed(AttemptFailure reason) implements Outcome {}

        /** No request of ours had this state. */
        record UnknownState() implements Outcome {}

        /** The state was used before, with another response. */
        record AlreadyUsed() implements Outcome {}

        /** The response came after the deadline. */
        record Expired() implements Outcome {}

        /** A newer attempt took the place of this one. */
        record Superseded() implements Outcome {}

        /** The code was sent and the answer lost: the person must be asked again. */
        record AnswerLost() implements Outcome {}

        /** Another node is still redeeming this very code; reloading will tell. */
        record StillRedeeming() implements Outcome {}

        /** The link is for another browser, which may still bring the response; nothing changed. */
        record WrongBrowser() implements Outcome {}
    }

    /** The same for a browser of which nothing is known. */
    public Outcome handle(AuthorizationResponse response) {
        return handle(response, List.of());
    }

    /**
     * Handles one response; waits, bounded, when the same response is being handled elsewhere.
     *
     * @param held what the browser that brings it holds of what we gave browsers
     */
    public Outcome handle(AuthorizationResponse response, List<BrowserSecret> held) {
        Optional<AuthorizationAttempt> found = attempts.find(response.state().digest());
        if (found.isEmpty()) {
            return new Outcome.UnknownState();
        }
        return found.get() instanceof Started started
                ? handleFirst(started, response, held)
                : repeat(found.get(), response);
    }

    private Outcome handleFirst(
            Started started, AuthorizationResponse response, List<BrowserSecret> held) {
        Instant now = clock.instant();
        return switch (started.verify(response, held, now)) {
            case Verdict.Refused refused -> {
                boolean ended = end(started, refused.attempt());
                yield ended
                        ? new Outcome.Failed(refused.attempt().reason())
                        : handleAgain(started, response);
            }
            case Verdict.WrongBrowser wrong -> {
                noteElsewhere(started, now);
                yield new Outcome.WrongBrowser();
            }
            case Verdict.TooLate late -> {
                end(started, late.attempt());
                yield new Outcome.Expired();
            }
            case Verdict.Redeemable redeemable -> {
                Redeeming claimed = started.claim(RunId.random(random), redeemable.code(), now);
                Budget run = Budget.of(timing.run());
                yield holdTokens
                        .within(CLAIMING, () -> unitOfWork.execute(() -> claim(claimed)))
                        .map(mine -> redeem(mine, redeemable.code(), run))
                        .orElseGet(() -> handleAgain(started, response));
            }
        };
    }

    /** It is the sign of somebody who was sent the link of somebody else. */
    private void noteElsewhere(Started started, Instant now) {
        if (elsewhere.size() >= MOST_NOTED) {
            elsewhere.clear();
        }
        if (elsewhere.add(started.flowId())) {
            unitOfWork.run(() ->
                    events.append(
                            new ClientEvent.AuthorizationElsewhere(
                                    started.client(), started.flowId(), now)));
        }
    }

    /**
     * A claimed attempt, and all that must be read before its code is sent: what cannot be read
     * shall not use the response up.
     *
     * @param settings absent when the client was removed since
     */
    private record Claim(
            Redeeming attempt, Registration registration, Optional<ClientSettings> settings) {
        Optional<TrustedCa> trustedCa() {
            return settings.flatMap(known -> known.connection().trustedCa());
        }
    }

    /** Empty when somebody else was faster, or the client and what was entered for it are gone. */
    private Optional<Claim> claim(Redeeming claimed) {
        return advanceAttempt.claim(claimed) || isOurs(claimed)
                ? registrations
                        .find(claimed.request().registration())
                        .map(registration ->
                                new Claim(
                                        claimed,
                                        registration,
                                        clients.find(claimed.client())
                                                .map(client -> client.value().settings())))
                : Optional.empty();
    }

    /** Only the answer to the commit was lost. */
    private boolean isOurs(Redeeming claimed) {
        return attempts.find(claimed.flowId())
                .filter(Redeeming.class::isInstance)
                .map(Redeeming.class::cast)
                .filter(stored -> stored.run().equals(claimed.run()))
                .isPresent();
    }

    /** Somebody else was faster; the attempt is not {@code Started} any more. */
    private Outcome handleAgain(Started started, AuthorizationResponse response) {
        return attempts.find(started.flowId())
                .map(attempt -> repeat(attempt, response))
                .orElseGet(Outcome.UnknownState::new);
    }

    private Outcome repeat(AuthorizationAttempt attempt, AuthorizationResponse response) {
        boolean same =
                switch (attempt) {
                    case Redeeming redeeming -> isSame(Optional.of(redeeming.code()), response);
                    case AuthorizationAttempt.Succeeded succeeded ->
                            isSame(Optional.of(succeeded.code()), response);
                    case AuthorizationAttempt.Failed failed -> isSame(failed.code(), response);
                    case AuthorizationAttempt.Unknown unknown ->
                            isSame(Optional.of(unknown.code()), response);
                    // No response was used.
                    case Started started -> true;
                    case AuthorizationAttempt.Expired expired -> true;
                    case AuthorizationAttempt.Superseded superseded -> true;
                };
        if (!same) {
            return new Outcome.AlreadyUsed();
        }
        return attempt instanceof Redeeming
                ? outcomeOf(attempts.awaitEnd(attempt.flowId(), timing.patience()))
                : outcomeOf(Optional.of(attempt));
    }

    /** What the person is told whose response it was; an attempt goes with its client. */
    private static Outcome outcomeOf(Optional<AuthorizationAttempt> attempt) {
        return attempt.map(HandleAuthorizationResponse::outcomeOf)
                .orElseGet(Outcome.UnknownState::new);
    }

    private static Outcome outcomeOf(AuthorizationAttempt attempt) {
        return switch (attempt) {
            case AuthorizationAttempt.Succeeded succeeded -> new Outcome.Authorized();
            case AuthorizationAttempt.Failed failed -> new Outcome.Failed(failed.reason());
            case AuthorizationAttempt.Unknown unknown -> new Outcome.AnswerLost();
            case AuthorizationAttempt.Expired expired -> new Outcome.Expired();
            case AuthorizationAttempt.Superseded superseded -> new Outcome.Superseded();
            case Redeeming still -> new Outcome.StillRedeeming();
            case Started started -> new Outcome.StillRedeeming();
        };
    }

    /** Whether a repeated response is the one that was used: same code, or again without one. */
    private static boolean isSame(Optional<CodeDigest> used, AuthorizationResponse response) {
        return switch (response) {
            case AuthorizationResponse.Granted granted ->
                    used.equals(Optional.of(CodeDigest.of(granted.code())));
            case AuthorizationResponse.Denied denied -> used.isEmpty();
        };
    }

    /**
     * Asks again for a while, as long as it is sure that nothing was sent or the server says itself
     * when to come again: who has consented shall not have to do so anew over a moment's outage.
     */
    private Answer ask(Claim claim, AuthorizationCode code, Budget run) {
        Answer answer = send(claim, code);
        for (int failures = 1; failures <= MOST_REPEATS; failures++) {
            Optional<Duration> pause = pauseAfter(answer, failures);
            boolean inTime =
                    pause.map(timing.tokenCall()::plus)
                            .filter(needed -> needed.compareTo(run.remaining()) < 0)
                            .isPresent();
            if (!inTime || !slept(pause.get())) {
                return answer;
            }
            answer = send(claim, code);
        }
        return answer;
    }

    /** Empty when the code must not be sent again. */
    private Optional<Duration> pauseAfter(Answer answer, int failures) {
        if (!(answer instanceof Answer.Unavailable unavailable)) {
            return Optional.empty();
        }
        boolean neverSent =
                unavailable.problem().code() == Problem.Code.AUTHORIZATION_SERVER_UNREACHABLE;
        return unavailable
                .retryAfter()
                .or(() ->
                        neverSent
                                ? Optional.of(BETWEEN_REPEATS.after(failures, random))
                                : Optional.empty());
    }

    private static boolean slept(Duration pause) {
        try {
            Thread.sleep(pause);
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private Answer send(Claim claim, AuthorizationCode code) {
        AuthorizationRequest request = claim.attempt().request();
        return tokenEndpoint.redeem(
                new TokenEndpoint.CodeRedemption(
                        request.tokenEndpoint(),
                        claim.registration().credentials(),
                        code,
                        request.verifier(),
                        request.redirectUri(),
                        claim.settings()
                                .map(ClientSettings::exceptions)
                                .orElse(AcceptedQuirks.NONE)
                                .sent(request.resource()),
                        request.scopes(),
                        request.binding().key(),
                        claim.trustedCa()),
                Budget.of(timing.tokenCall()));
    }

    private Outcome redeem(Claim claim, AuthorizationCode code, Budget run) {
        Redeeming claimed = claim.attempt();
        AuthorizationRequest request = claimed.request();
        Registration registration = claim.registration();
        Optional<TrustedCa> trustedCa = claim.trustedCa();
        Answer answer = ask(claim, code, run);
        return switch (answer) {
            case Answer.Issued issued when !request.binding().accepts(issued.tokens().type()) -> {
                AttemptFailure.RedemptionFailed notBound =
                        new AttemptFailure.RedemptionFailed(RequestToken.notBound());
                storeGrant.giveBack(claimed, notBound, issued.tokens(), registration, trustedCa);
                yield new Outcome.Failed(notBound);
            }
            case Answer.Issued issued ->
                    switch (storeGrant.handle(claimed, issued.tokens(), registration, trustedCa)) {
                        case STORED -> new Outcome.Authorized();
                        case SUPERSEDED -> new Outcome.Superseded();
                        case UNWANTED -> outcomeOf(attempts.find(claimed.flowId()));
                    };
            case Answer.Refused refused -> {
                if (registration.isForgottenAfter(refused.error())) {
                    // Once proves nothing: grants go on through it, until they are refused again.
                    retireRegistration.handle(
                            registration, new RetirementCause.Refused(refused.error()));
                }
                yield fail(claimed, new AttemptFailure.RedemptionRefused(refused.error()));
            }
            case Answer.Unavailable unavailable ->
                    fail(claimed, new AttemptFailure.RedemptionFailed(unavailable.problem()));
            case Answer.Doubtful doubtful ->
                    fail(claimed, new AttemptFailure.RedemptionFailed(doubtful.problem()));
            // Rule 5: the code may be redeemed and is never sent again.
            case Answer.Lost lost -> {
                end(claimed, claimed.loseAnswer(clock.instant()));
                yield new Outcome.AnswerLost();
            }
        };
    }

    private Outcome fail(Redeeming claimed, AttemptFailure reason) {
        end(claimed, claimed.fail(reason, clock.instant()));
        return new Outcome.Failed(reason);
    }

    private void end(Redeeming claimed, AuthorizationAttempt.Ended ended) {
        unitOfWork.run(() -> advanceAttempt.end(claimed, ended));
    }

    private boolean end(Started started, AuthorizationAttempt.Ended ended) {
        return unitOfWork.execute(() -> advanceAttempt.end(started, ended));
    }
}
