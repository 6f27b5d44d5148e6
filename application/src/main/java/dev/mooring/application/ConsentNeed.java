package dev.mooring.application;

import dev.mooring.domain.lifecycle.Grant;
import dev.mooring.domain.oauth.Issuer;
import dev.mooring.domain.oauth.Scopes;

import java.util.Optional;

/**
 * What a consent is needed for, besides what discovery chooses to ask for.
 *
 * @param scopes that must be among those asked for
 * @param former the grant that served until now; its scopes are asked for again at its issuer, and
 *     mean nothing to another one
 * @param operation the tool whose call lacks scopes (step-up)
 */
record ConsentNeed(Scopes scopes, Optional<Grant> former, Optional<String> operation) {
    static final ConsentNeed NOTHING_MORE =
            new ConsentNeed(Scopes.NONE, Optional.empty(), Optional.empty());

    static ConsentNeed of(Scopes scopes) {
        return new ConsentNeed(scopes, Optional.empty(), Optional.empty());
    }

    ConsentNeed besides(Grant grant) {
        return new ConsentNeed(scopes, Optional.of(grant), operation);
    }

    ConsentNeed forTool(String tool) {
        return new ConsentNeed(scopes, former, Optional.of(tool));
    }

    /** All of it, as far as it concerns this issuer. */
    Scopes at(Issuer issuer) {
        return former.filter(grant -> grant.issuer().equals(issuer))
                .map(grant -> grant.tokens().scopes().union(scopes))
                .orElse(scopes);
    }
}
