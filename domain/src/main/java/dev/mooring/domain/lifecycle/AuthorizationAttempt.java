package dev.mooring.domain.lifecycle;

import dev.mooring.domain.client.ClientId;
import dev.mooring.domain.oauth.AcceptedQuirks;
import dev.mooring.domain.oauth.AuthorizationCode;
import dev.mooring.domain.oauth.AuthorizationResponse;
import dev.mooring.domain.oauth.AuthorizationServer;
import dev.mooring.domain.oauth.ClientIdentifier;
import dev.mooring.domain.oauth.CodeDigest;
import dev.mooring.domain.oauth.CodeVerifier;
import dev.mooring.domain.oauth.RedirectUri;
import dev.mooring.domain.oauth.ResourceIdentifier;
import dev.mooring.domain.oauth.Scopes;
import dev.mooring.domain.oauth.State;
import dev.mooring.domain.oauth.TokenBinding;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.random.RandomGenerator;

/**
 * One walk of a person through the consent page, from the link to the stored grant.
 *
 * <pre>{@code
 * Started --claim (once)--> Redeeming --> Succeeded | Failed | Unknown | Superseded
 *    |--- denied, wrong issuer --------------------------> Failed
 *    |--- deadline ----------------------> Expired
 *    '--- a newer attempt, other settings -> Superseded
 * }</pre>
 *
 * <p>The claim is stored before the code is sent, so a code is never redeemed twice; {@link
 * Unknown} is what a crash or a lost answer after the claim leaves behind. It alone of the ended
 * ones may change: its run may yet come back with tokens, to {@link Succeeded}, until somebody
 * takes away what they would bring, to {@link Superseded}.
 */
public sealed interface AuthorizationAttempt {
    AttemptDetails details();

    default FlowId flowId() {
        return details().flowId();
    }

    default ClientId client() {
        return details().client();
    }

    /** What there is to tell of the step that led here. */
    default ClientEvent event() {
        return switch (this) {
            case Started started ->
                    new ClientEvent.AuthorizationStarted(client(), flowId(), details().startedAt());
            case Redeeming redeeming ->
                    new ClientEvent.AuthorizationClaimed(client(), flowId(), redeeming.since());
            case Succeeded succeeded ->
                    new ClientEvent.GrantStored(
                            client(), succeeded.grant(), flowId(), succeeded.at());
            case Failed failed ->
                    new ClientEvent.AuthorizationFailed(
                            client(), flowId(), failed.reason(), failed.at());
            case Unknown unknown ->
                    new ClientEvent.AuthorizationUnknown(client(), flowId(), unknown.at());
            case Expired expired ->
                    new ClientEvent.AuthorizationExpired(client(), flowId(), expired.at());
            case Superseded superseded ->
                    new ClientEvent.AuthorizationSuperseded(client(), flowId(), superseded.at());
        };
    }

    /** Whether a response may still bring a grant. */
    default boolean isOpen() {
        return switch (this) {
            case Started started -> true;
            case Redeeming redeeming -> true;
            case Succeeded succeeded -> false;
            case Failed failed -> false;
            case Unknown unknown -> false;
            case Expired expired -> false;
            case Superseded superseded -> false;
        };
    }

    /**
     * MCP, step-up (retry limits): whether a person consented to all of these here, so that asking
     * once more for them would bring nothing new.
     */
    default boolean consentedTo(Scopes scopes) {
        return switch (this) {
            case Succeeded succeeded -> details().scopes().containsAll(scopes);
            case Started started -> false;
            case Redeeming redeeming -> false;
            case Failed failed -> false;
            case Unknown unknown -> false;
            case Expired expired -> false;
            case Superseded superseded -> false;
        };
    }

    /** Whether it is the scopes that no grant came of it for. */
    default boolean failedOverScopes() {
        return this instanceof Failed failed && failed.reason().isOverScopes();
    }

    /**
     * Whether a link was made, maybe through this registration, and nobody ever came back from the
     * authorization server: its page may be an error. One that was made only just now, or that we
     * ended ourselves, tells nothing of that; one that has expired does not tell through which
     * registration it went.
     */
    default boolean isUnansweredThrough(RegistrationId registration, Instant now) {
        return switch (this) {
            case Started started ->
                    started.isWaning(now) && started.request().registration().equals(registration);
            case Expired expired -> true;
            case Redeeming redeeming -> false;
            case Succeeded succeeded -> false;
            case Failed failed -> false;
            case Unknown unknown -> false;
            case Superseded superseded -> false;
        };
    }

    /** An attempt that has ended; a repeated response shows its outcome. */
    sealed interface Ended extends AuthorizationAttempt {
        Instant at();
    }

    /** The link was made; the browser is away. */
    record Started(AttemptDetails details, AuthorizationRequest request)
            implements AuthorizationAttempt {

        /**
         * Makes the link: fresh {@code state} and PKCE verifier, bound to the issuer and resource,
         * for anyone. The server has an authorization endpoint.
         */
        public static Started begin(
                ClientId client,
                int ordinal,
                AuthorizationServer server,
                RegistrationId registration,
                ClientIdentifier clientId,
                RedirectUri redirectUri,
                ResourceIdentifier resource,
                AcceptedQuirks exceptions,
                Scopes scopes,
                TokenBinding binding,
                Map<String, String> additionalParameters,
                Instant now,
                Duration lifetime,
                RandomGenerator random) {
            State state = State.random(random);
            CodeVerifier verifier = CodeVerifier.random(random);
            AuthorizationRequest.AuthorizeUrl url =
                    AuthorizationRequest.AuthorizeUrl.of(
                            server.authorizationEndpoint().orElseThrow(),
                            clientId,
                            redirectUri,
                            state,
                            verifier,
                            exceptions.sent(resource),
                            scopes,
                            additionalParameters);
            return new Started(
                    new AttemptDetails(
                            FlowId.random(random),
                            client,
                            ordinal,
                            state.digest(),
                            scopes,
                            now,
                            now.plus(lifetime),
                            Optional.empty()),
                    new AuthorizationRequest(
                            verifier,
                            server.issuer(),
                            server.issuerInResponse(),
                            redirectUri,
                            resource,
                            scopes,
                            registration,
                            binding,
                            server.tokenEndpoint(),
                            server.revocationEndpoint(),
                            new LinkFor.Anyone(),
                            url));
        }

        public boolean isPast(Instant now) {
            return !now.isBefore(details.deadline());
        }

        /** Whether less than a third of its life is left: too little to hand it out once more. */
        public boolean isWaning(Instant now) {
            return isPast(
                    now.plus(
                            Duration.between(details.startedAt(), details.deadline())
                                    .dividedBy(3)));
        }

        /**
         * Holds a response against the request. The caller found this attempt by the digest of the
         * response's {@code state}, so the state itself is verified already.
         *
         * @param held what the browser that brings it holds
         */
        public Verdict verify(
                AuthorizationResponse response, List<BrowserSecret> held, Instant now) {
            // RFC 6749 section 10.12: before anything else, as another browser must not even be
            // able to end the attempt.
            if (!request.linkFor().admits(held)) {
                return new Verdict.WrongBrowser();
            }
            // RFC 9207 section 2.4, sharpened by MCP: the issuer comes first, by plain string
            // comparison; after a mismatch nothing else of the response may be acted on or shown.
            boolean issuerFits =
                    response.iss()
                            .map(iss -> iss.equals(request.issuer().value()))
                            .orElse(!request.issuerInResponse());
            if (!issuerFits) {
                return new Verdict.Refused(
                        fail(new AttemptFailure.IssuerMismatch(), digestOf(response), now));
            }
            if (isPast(now)) {
                return new Verdict.TooLate(expire(now));
            }
            return switch (response) {
                case AuthorizationResponse.Granted granted ->
                        new Verdict.Redeemable(granted.code());
                case AuthorizationResponse.Denied denied ->
                        new Verdict.Refused(
                                fail(
                                        new AttemptFailure.Denied(denied.error()),
                                        Optional.empty(),
                                        now));
            };
        }

        /** The code is about to be sent; from here on this response is used up. */
        public Redeeming claim(RunId run, AuthorizationCode code, Instant now) {
            return new Redeeming(details, request, run, CodeDigest.of(code), now);
        }

        public Expired expire(Instant now) {
            return new Expired(details, now);
        }

        public Superseded supersede(Instant now) {
            return new Superseded(details, now);
        }

        private Failed fail(AttemptFailure reason, Optional<CodeDigest> code, Instant now) {
            return new Failed(details, reason, code, now);
        }

        private static Optional<CodeDigest> digestOf(AuthorizationResponse response) {
            return switch (response) {
                case AuthorizationResponse.Granted granted ->
                        Optional.of(CodeDigest.of(granted.code()));
                case AuthorizationResponse.Denied denied -> Optional.empty();
            };
        }
    }

    /** What a response is worth. */
    sealed interface Verdict {
        /** The code may be redeemed, once the attempt is claimed. */
        record Redeemable(AuthorizationCode code) implements Verdict {}

        /** The response ends the attempt. */
        record Refused(Failed attempt) implements Verdict {}

        /** The response came after the deadline. */
        record TooLate(Expired attempt) implements Verdict {}

        /** Another browser brought it; the right one may still come. */
        record WrongBrowser() implements Verdict {}
    }

    /** The code was claimed and may have been sent; one run is waiting for the token endpoint. */
    record Redeeming(
            AttemptDetails details,
            AuthorizationRequest request,
            RunId run,
            CodeDigest code,
            Instant since)
            implements AuthorizationAttempt {
        public Succeeded succeed(GrantId grant, Instant now) {
            return new Succeeded(details, grant, code, now);
        }

        public Failed fail(AttemptFailure reason, Instant now) {
            return new Failed(details, reason, Optional.of(code), now);
        }

        /** The answer was lost; whether the server redeemed the code nobody can tell. */
        public Unknown loseAnswer(Instant now) {
            return new Unknown(details, code, now);
        }

        /** The grant came, but a newer attempt had brought one already. */
        public Superseded supersede(Instant now) {
            return new Superseded(details, now);
        }
    }

    /** The grant is stored. */
    record Succeeded(AttemptDetails details, GrantId grant, CodeDigest code, Instant at)
            implements Ended {}

    /**
     * No grant came of it.
     *
     * @param code the code of the response that ended it, when it was one with a code
     */
    record Failed(
            AttemptDetails details, AttemptFailure reason, Optional<CodeDigest> code, Instant at)
            implements Ended {}

    /** The code was used, the answer was lost; the person must be asked again. */
    record Unknown(AttemptDetails details, CodeDigest code, Instant at) implements Ended {
        /** Should its tokens come after all, nobody wants them any more. */
        public Superseded supersede(Instant now) {
            return new Superseded(details, now);
        }
    }

    /** Nobody came back in time. */
    record Expired(AttemptDetails details, Instant at) implements Ended {}

    /** A newer attempt, or other OAuth settings, took its place. */
    record Superseded(AttemptDetails details, Instant at) implements Ended {}
}
