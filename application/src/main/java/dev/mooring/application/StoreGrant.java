package dev.mooring.application;

import dev.mooring.application.port.ClientStore;
import dev.mooring.application.port.GrantStore;
import dev.mooring.application.port.Pauses;
import dev.mooring.application.port.Stored;
import dev.mooring.application.port.UnitOfWork;
import dev.mooring.domain.client.TrustedCa;
import dev.mooring.domain.lifecycle.AttemptFailure;
import dev.mooring.domain.lifecycle.AuthorizationAttempt;
import dev.mooring.domain.lifecycle.AuthorizationAttempt.Redeeming;
import dev.mooring.domain.lifecycle.AuthorizationRequest;
import dev.mooring.domain.lifecycle.Grant;
import dev.mooring.domain.lifecycle.GrantId;
import dev.mooring.domain.lifecycle.McpClient;
import dev.mooring.domain.lifecycle.Registration;
import dev.mooring.domain.lifecycle.Revocation;
import dev.mooring.domain.oauth.TokenSet;

import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import java.util.random.RandomGenerator;

/**
 * Stores the tokens that a redeemed code brought. What must not be lost is not guarded by the
 * client's revision: an edit meanwhile costs nothing, because the client is read under its lock.
 */
final class StoreGrant {
    private final UnitOfWork unitOfWork;
    private final ClientStore clients;
    private final AdvanceAttempt advanceAttempt;
    private final GrantStore grants;
    private final Pauses pauses;
    private final OweTokens oweTokens;
    private final HoldTokens holdTokens;
    private final Timing timing;
    private final InstantSource clock;
    private final RandomGenerator random;

    StoreGrant(
            UnitOfWork unitOfWork,
            ClientStore clients,
            AdvanceAttempt advanceAttempt,
            GrantStore grants,
            Pauses pauses,
            OweTokens oweTokens,
            HoldTokens holdTokens,
            Timing timing,
            InstantSource clock,
            RandomGenerator random) {
        this.unitOfWork = unitOfWork;
        this.clients = clients;
        this.advanceAttempt = advanceAttempt;
        this.grants = grants;
        this.pauses = pauses;
        this.oweTokens = oweTokens;
        this.holdTokens = holdTokens;
        this.timing = timing;
        this.clock = clock;
        this.random = random;
    }

    /** What became of the tokens. */
    public enum Outcome {
        STORED,
        /** A newer consent brought a grant already; these tokens are dropped. */
        SUPERSEDED,
        /** The client was removed, or the attempt ended otherwise; these tokens are revoked. */
        UNWANTED
    }

    /**
     * Stores {@code tokens}.
     *
     * @param registration that they came through; the client may be gone, and what was entered for
     *     it with it
     */
    Outcome handle(
            Redeeming attempt,
            TokenSet tokens,
            Registration registration,
            Optional<TrustedCa> trustedCa) {
        Instant now = clock.instant();
        Grant fresh = Grant.of(GrantId.random(random), attempt, tokens, now);
        return holdTokens.until(
                () -> unitOfWork.execute(() -> store(attempt, fresh, registration, trustedCa)),
                timing.holding());
    }

    /** Ends the attempt and owes back {@code tokens}, which must not be used. */
    void giveBack(
            Redeeming attempt,
            AttemptFailure reason,
            TokenSet tokens,
            Registration registration,
            Optional<TrustedCa> trustedCa) {
        AuthorizationAttempt.Failed failed = attempt.fail(reason, clock.instant());
        AuthorizationRequest request = attempt.request();
        Optional<Revocation> unwanted =
                request.revocationEndpoint()
                        .map(endpoint ->
                                new Revocation(
                                        Optional.of(failed.client()),
                                        GrantId.random(random),
                                        endpoint,
                                        registration.credentials(),
                                        tokens,
                                        request.binding().key(),
                                        trustedCa));
        holdTokens.until(
                () ->
                        unitOfWork.execute(() -> {
                            clients.lock(failed.client());
                            advanceAttempt.end(attempt, failed);
                            oweTokens.handle(failed.client(), registration, unwanted);
                            return failed;
                        }),
                timing.holding());
    }

    private Outcome store(
            Redeeming attempt,
            Grant fresh,
            Registration registration,
            Optional<TrustedCa> trustedCa) {
        Instant now = fresh.issuedAt();
        Optional<Stored<McpClient>> client = clients.lock(attempt.client());
        if (client.isEmpty()) {
            oweTokens.of(fresh, registration, trustedCa);
            return Outcome.UNWANTED;
        }
        Optional<Grant> former = grants.ofClient(attempt.client());
        if (former.filter(grant -> grant.ordinal() > fresh.ordinal()).isPresent()) {
            advanceAttempt.end(attempt, attempt.supersede(now));
            oweTokens.of(fresh, registration, trustedCa);
            return Outcome.SUPERSEDED;
        }
        if (former.filter(grant -> grant.id().equals(fresh.id())).isPresent()) {
            // Only the answer to the commit was lost.
            return Outcome.STORED;
        }
        if (!advanceAttempt.end(attempt, attempt.succeed(fresh.id(), now))) {
            // Somebody revoked what the attempt would bring, or changed what it was for.
            oweTokens.of(fresh, registration, trustedCa);
            return Outcome.UNWANTED;
        }
        grants.put(fresh);
        pauses.forget(attempt.client());
        former.ifPresent(replaced -> oweTokens.of(replaced, trustedCa));
        McpClient authorized = client.get().value().grantStored(fresh.id());
        clients.replaceLocked(client.get(), authorized);
        return Outcome.STORED;
    }
}
