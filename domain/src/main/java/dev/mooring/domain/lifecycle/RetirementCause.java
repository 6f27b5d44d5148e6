package dev.mooring.domain.lifecycle;

import dev.mooring.domain.oauth.OAuthError;

/** Why a registration that we made ourselves is not offered to new links any more. */
public sealed interface RetirementCause {
    /** The client secret has ended, as the server said that it would. */
    record SecretEnded() implements RetirementCause {}

    /** Nobody came back from a link with it: the server may have forgotten it. */
    record Unanswered() implements RetirementCause {}

    /** The server refused our client. */
    record Refused(OAuthError error) implements RetirementCause {}

    /** Nothing has needed it for a long time. */
    record Idle() implements RetirementCause {}

    /** Its name in the trail. */
    default String word() {
        return switch (this) {
            case SecretEnded ended -> "secret_ended";
            case Unanswered unanswered -> "unanswered";
            case Refused refused -> "refused";
            case Idle idle -> "idle";
        };
    }
}
