package dev.mooring.domain.oauth;

import java.util.Optional;

/** What the browser brought to our redirect URI (RFC 6749 section 4.1.2, RFC 9207 section 2). */
public sealed interface AuthorizationResponse {
    State state();

    /** The {@code iss} parameter, form-decoded and otherwise untouched. */
    Optional<String> iss();

    /** The person consented. */
    record Granted(State state, AuthorizationCode code, Optional<String> iss)
            implements AuthorizationResponse {}

    /** The person or the server refused. */
    record Denied(State state, OAuthError error, Optional<String> iss)
            implements AuthorizationResponse {}
}
