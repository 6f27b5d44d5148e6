package dev.mooring.application;

import dev.mooring.application.port.ClientStore;
import dev.mooring.application.port.GrantStore;
import dev.mooring.application.port.Pauses;
import dev.mooring.application.port.RegistrationStore;
import dev.mooring.application.port.RevocationOutbox;
import dev.mooring.application.port.Stored;
import dev.mooring.application.port.UnitOfWork;
import dev.mooring.domain.client.ClientId;
import dev.mooring.domain.client.TrustedCa;
import dev.mooring.domain.lifecycle.AttemptFailure;
import dev.mooring.domain.lifecycle.AuthorizationAttempt;
import dev.mooring.domain.lifecycle.AuthorizationAttempt.Redeeming;
import dev.mooring.domain.lifecycle.AuthorizationRequest;
import dev.mooring.domain.lifecycle.Grant;
import dev.mooring.domain.lifecycle.GrantId;
import dev.mooring.domain.lifecycle.McpClient;
import dev.mooring.domain.lifecycle.Registration;
import dev.mooring.domain.lifecycle.RegistrationId;
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
    private final RegistrationStore registrations;
    private final RevocationOutbox revocations;
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
            RegistrationStore registrations,
            RevocationOutbox revocations,
            HoldTokens holdTokens,
            Timing timing,
            InstantSource clock,
            RandomGenerator random) {
        this.unitOfWork = unitOfWork;
        this.clients = clients;
        this.advanceAttempt = advanceAttempt;
        this.grants = grants;
        this.pauses = pauses;
        this.registrations = registrations;
        this.revocations = revocations;
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
        Optional<Revocation> unwanted = Revocation.of(fresh, registration, trustedCa);
        return holdTokens.until(
                () -> unitOfWork.execute(() -> store(attempt, fresh, unwanted, trustedCa)),
                timing.holding());
    }

    /**
     * Ends the attempt and owes back {@code tokens}, which must not be used; but they are dropped
     * where the client's grant came through the same registration and still serves (rule 6).
     */
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
                            boolean serves = servesThrough(request.registration(), failed.client());
                            advanceAttempt.end(attempt, failed);
                            unwanted.filter(owed -> !serves).ifPresent(revocations::add);
                            return failed;
                        }),
                timing.holding());
    }

    /** Takes the client's lock. */
    private boolean servesThrough(RegistrationId registration, ClientId client) {
        return clients.lock(client).isPresent() && servesThrough(grants, client, registration);
    }

    /**
     * Rule 6: where the client's grant came through the same registration, some servers would end
     * it with other tokens of that, which are dropped instead of given back.
     */
    static boolean servesThrough(GrantStore grants, ClientId client, RegistrationId registration) {
        return grants.ofClient(client)
                .filter(grant -> grant.registration().equals(registration))
                .isPresent();
    }

    private Outcome store(
            Redeeming attempt,
            Grant fresh,
            Optional<Revocation> unwanted,
            Optional<TrustedCa> trustedCa) {
        Instant now = fresh.issuedAt();
        Optional<Stored<McpClient>> client = clients.lock(attempt.client());
        if (client.isEmpty()) {
            unwanted.ifPresent(revocations::add);
            return Outcome.UNWANTED;
        }
        Optional<Grant> former = grants.ofClient(attempt.client());
        if (former.filter(grant -> grant.ordinal() > fresh.ordinal()).isPresent()) {
            advanceAttempt.end(attempt, attempt.supersede(now));
            if (!former.get().registration().equals(fresh.registration())) {
                unwanted.ifPresent(revocations::add);
            }
            return Outcome.SUPERSEDED;
        }
        if (former.filter(grant -> grant.id().equals(fresh.id())).isPresent()) {
            // Only the answer to the commit was lost.
            return Outcome.STORED;
        }
        if (!advanceAttempt.end(attempt, attempt.succeed(fresh.id(), now))) {
            // Somebody revoked what the attempt would bring, or changed what it was for.
            unwanted.ifPresent(revocations::add);
            return Outcome.UNWANTED;
        }
        grants.put(fresh);
        pauses.forget(attempt.client());
        // Rule 6: a superseded grant is not revoked upstream when the new one came
        // through the same registration, as some servers would end both.
        former.filter(grant -> !grant.registration().equals(fresh.registration()))
                .flatMap(grant -> revocationOf(grant, trustedCa))
                .ifPresent(revocations::add);
        McpClient authorized = client.get().value().grantStored(fresh.id());
        clients.replaceLocked(client.get(), authorized);
        return Outcome.STORED;
    }

    private Optional<Revocation> revocationOf(Grant grant, Optional<TrustedCa> trustedCa) {
        return registrations
                .find(grant.registration())
                .flatMap(registration -> Revocation.of(grant, registration, trustedCa));
    }
}
