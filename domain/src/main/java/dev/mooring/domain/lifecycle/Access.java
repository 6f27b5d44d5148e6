package dev.mooring.domain.lifecycle;

import java.util.Optional;

/** By what right a client may talk to its server. */
public sealed interface Access {
    Optional<GrantId> grantId();

    /** The server is open, or static headers carry the credential. */
    record Open() implements Access {
        @Override
        public Optional<GrantId> grantId() {
            return Optional.empty();
        }
    }

    /** A person consented; the tokens are in this grant. */
    record Granted(GrantId grant) implements Access {
        @Override
        public Optional<GrantId> grantId() {
            return Optional.of(grant);
        }
    }
}
