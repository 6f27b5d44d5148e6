package dev.mooring.domain.lifecycle;

import dev.mooring.domain.client.ClientId;
import dev.mooring.domain.lifecycle.Problem.Code;
import dev.mooring.domain.oauth.Issuer;

import java.time.Instant;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * What became of what Mooring has at authorization servers, without any secret in it: of its own
 * registrations, which all clients of an issuer share, and of tokens that are nobody's any more.
 * Stored in the same transaction as what it tells of.
 */
public sealed interface UpstreamEvent {
    Instant at();

    /** To whom it happened, who may be gone by now. */
    default Optional<ClientId> client() {
        return switch (this) {
            case RevocationDelivered delivered -> delivered.debt().client();
            case RevocationGivenUp givenUp -> givenUp.debt().client();
            case RegistrationMade made -> Optional.empty();
            case RegistrationRetired retired -> Optional.empty();
            case RegistrationDeleted deleted -> Optional.empty();
            case RegistrationDeletionGivenUp givenUp -> Optional.empty();
        };
    }

    /** The authorization server took the tokens back, or did not know them any more. */
    record RevocationDelivered(Debt.OfTokens debt, Instant at) implements UpstreamEvent {}

    /**
     * Nobody tries any more: the tokens live on to their own end.
     *
     * @param code why; absent where the fault is our own
     * @param status the HTTP status of the last answer, if one came
     */
    record RevocationGivenUp(
            Debt.OfTokens debt, Optional<Code> code, OptionalInt status, Instant at)
            implements UpstreamEvent {}

    /** We registered ourselves at an issuer (RFC 7591), and be it for nothing. */
    record RegistrationMade(RegistrationId registration, Issuer issuer, Instant at)
            implements UpstreamEvent {}

    /** No new link is made with it; what refers to it keeps it. */
    record RegistrationRetired(
            RegistrationId registration, Issuer issuer, RetirementCause cause, Instant at)
            implements UpstreamEvent {}

    /** The authorization server deleted it, or did not know it any more. */
    record RegistrationDeleted(Debt.OfRegistration debt, Instant at) implements UpstreamEvent {}

    /**
     * Nobody tries any more: a name that nobody uses stays there.
     *
     * @param code why; absent where the fault is our own
     * @param status the HTTP status of the last answer, if one came
     */
    record RegistrationDeletionGivenUp(
            Debt.OfRegistration debt, Optional<Code> code, OptionalInt status, Instant at)
            implements UpstreamEvent {}
}
