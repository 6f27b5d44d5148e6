package dev.mooring.domain.lifecycle;

import dev.mooring.domain.client.ClientId;
import dev.mooring.domain.lifecycle.Problem.Code;
import dev.mooring.domain.oauth.Origin;

import java.time.Instant;
import java.util.Optional;
import java.util.OptionalInt;

/** What is owed to an authorization server, as it may be told: without what it takes to do it. */
public sealed interface Debt {
    /** To whom; what is owed to one must not wait for another. */
    Origin creditor();

    /** It was done. */
    UpstreamEvent settled(Instant at);

    /**
     * It will not be done any more.
     *
     * @param code why; absent where the fault is our own
     * @param status the HTTP status of the last answer, if one came
     */
    UpstreamEvent givenUp(Optional<Code> code, OptionalInt status, Instant at);

    /**
     * That tokens are revoked (RFC 7009).
     *
     * @param client whose they were; absent where an earlier version did not write that down
     */
    record OfTokens(Optional<ClientId> client, GrantId grant, Origin creditor) implements Debt {
        @Override
        public UpstreamEvent settled(Instant at) {
            return new UpstreamEvent.RevocationDelivered(this, at);
        }

        @Override
        public UpstreamEvent givenUp(Optional<Code> code, OptionalInt status, Instant at) {
            return new UpstreamEvent.RevocationGivenUp(this, code, status, at);
        }
    }

    /** That a registration of our own is deleted (RFC 7592). */
    record OfRegistration(RegistrationId registration, Origin creditor) implements Debt {
        @Override
        public UpstreamEvent settled(Instant at) {
            return new UpstreamEvent.RegistrationDeleted(this, at);
        }

        @Override
        public UpstreamEvent givenUp(Optional<Code> code, OptionalInt status, Instant at) {
            return new UpstreamEvent.RegistrationDeletionGivenUp(this, code, status, at);
        }
    }
}
