package dev.mooring.domain.lifecycle;

import dev.mooring.domain.oauth.OAuthError;

/** Why an authorization attempt brought no grant. */
public sealed interface AttemptFailure {
    /** The response came from another issuer, or hid where it came from (RFC 9207 section 2.4). */
    record IssuerMismatch() implements AttemptFailure {}

    /** The person or the authorization server refused (RFC 6749 section 4.1.2.1). */
    record Denied(OAuthError error) implements AttemptFailure {}

    /** The token endpoint refused the code (RFC 6749 section 5.2). */
    record RedemptionRefused(OAuthError error) implements AttemptFailure {}

    /**
     * No token that we may use came back: the endpoint could not be reached, or it failed (which
     * may hide a redemption), or what it issued is not bound to our key.
     */
    record RedemptionFailed(Problem problem) implements AttemptFailure {}

    /** Whether other scopes might have brought one. */
    default boolean isOverScopes() {
        return switch (this) {
            case IssuerMismatch mismatch -> false;
            case Denied denied -> denied.error().isOverScopes();
            case RedemptionRefused refused -> refused.error().isOverScopes();
            case RedemptionFailed failed -> false;
        };
    }
}
