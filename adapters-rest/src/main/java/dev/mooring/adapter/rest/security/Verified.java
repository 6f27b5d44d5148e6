package dev.mooring.adapter.rest.security;

import dev.mooring.domain.access.Caller;

import io.helidon.http.Status;
import io.helidon.security.AuthenticationResponse;
import io.helidon.security.Principal;
import io.helidon.security.Role;
import io.helidon.security.SecurityResponse.SecurityStatus;
import io.helidon.security.Subject;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The answers our providers give Helidon. A refusal carries a status and no words, because words of
 * a provider must not reach a caller.
 */
final class Verified {
    private static final String EXPIRED = "expired";
    private static final String BUSY = "busy";

    private Verified() {}

    static AuthenticationResponse caller(Caller caller) {
        return AuthenticationResponse.success(subject(caller));
    }

    static Subject subject(Caller caller) {
        Subject.Builder subject =
                Subject.builder()
                        .principal(Principal.create(caller.name()))
                        .addPublicCredential(Caller.class, caller);
        caller.roles().forEach(role -> subject.addGrant(Role.create(role.word())));
        return subject.build();
    }

    static Optional<Caller> callerOf(AuthenticationResponse response) {
        return response.user().flatMap(subject -> subject.publicCredential(Caller.class));
    }

    /** The credential is not good. */
    static AuthenticationResponse refused() {
        return failed(Status.UNAUTHORIZED_401).build();
    }

    /** The credential was good once; who has it may be told. */
    static AuthenticationResponse expired() {
        return failed(Status.UNAUTHORIZED_401).description(EXPIRED).build();
    }

    static boolean isExpired(AuthenticationResponse response) {
        return response.description().filter(EXPIRED::equals).isPresent();
    }

    /** The credential is good, but its holder has none of our roles. */
    static AuthenticationResponse withoutRole() {
        return withoutRole(Map.of());
    }

    /**
     * The credential is good, but its holder has none of our roles.
     *
     * @param headers that renew the credential
     */
    static AuthenticationResponse withoutRole(Map<String, List<String>> headers) {
        return failed(Status.FORBIDDEN_403).responseHeaders(headers).build();
    }

    /** Nobody can tell now whether the credential is good. */
    static AuthenticationResponse unavailable() {
        return failed(Status.SERVICE_UNAVAILABLE_503).build();
    }

    /** Too many credentials are looked at; this one was not. */
    static AuthenticationResponse busy() {
        return failed(Status.SERVICE_UNAVAILABLE_503).description(BUSY).build();
    }

    static boolean isBusy(AuthenticationResponse response) {
        return response.description().filter(BUSY::equals).isPresent();
    }

    private static AuthenticationResponse.Builder failed(Status status) {
        return AuthenticationResponse.builder()
                .status(SecurityStatus.FAILURE_FINISH)
                .statusCode(status.code());
    }
}
