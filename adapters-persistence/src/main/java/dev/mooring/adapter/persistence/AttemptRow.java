package dev.mooring.adapter.persistence;

import dev.mooring.domain.client.ClientId;
import dev.mooring.domain.lifecycle.AttemptDetails;
import dev.mooring.domain.lifecycle.AttemptFailure;
import dev.mooring.domain.lifecycle.AuthorizationAttempt;
import dev.mooring.domain.lifecycle.AuthorizationAttempt.Expired;
import dev.mooring.domain.lifecycle.AuthorizationAttempt.Failed;
import dev.mooring.domain.lifecycle.AuthorizationAttempt.Redeeming;
import dev.mooring.domain.lifecycle.AuthorizationAttempt.Started;
import dev.mooring.domain.lifecycle.AuthorizationAttempt.Succeeded;
import dev.mooring.domain.lifecycle.AuthorizationAttempt.Superseded;
import dev.mooring.domain.lifecycle.AuthorizationAttempt.Unknown;
import dev.mooring.domain.lifecycle.AuthorizationRequest;
import dev.mooring.domain.lifecycle.BrowserDigest;
import dev.mooring.domain.lifecycle.FlowId;
import dev.mooring.domain.lifecycle.GrantId;
import dev.mooring.domain.lifecycle.LinkFor;
import dev.mooring.domain.lifecycle.Problem;
import dev.mooring.domain.lifecycle.RegistrationId;
import dev.mooring.domain.lifecycle.RunId;
import dev.mooring.domain.oauth.CodeDigest;
import dev.mooring.domain.oauth.CodeVerifier;
import dev.mooring.domain.oauth.Issuer;
import dev.mooring.domain.oauth.OAuthError;
import dev.mooring.domain.oauth.RedirectUri;
import dev.mooring.domain.oauth.ResourceIdentifier;
import dev.mooring.domain.oauth.Scopes;
import dev.mooring.domain.oauth.StateDigest;

import java.net.URI;
import java.time.Instant;
import java.util.Optional;

/**
 * A row of {@code authorization_attempt}.
 *
 * @param request there until the attempt ends
 * @param run who redeems the code, and {@code since} when
 * @param endedAt when the attempt ended
 */
record AttemptRow(
        AttemptDetails details,
        State state,
        Optional<AuthorizationRequest> request,
        Optional<RunId> run,
        Optional<CodeDigest> code,
        Optional<Instant> since,
        Optional<GrantId> grant,
        Optional<Reason> reason,
        Optional<Instant> endedAt) {

    enum State {
        STARTED,
        REDEEMING,
        SUCCEEDED,
        FAILED,
        UNKNOWN,
        EXPIRED,
        SUPERSEDED
    }

    static AttemptRow of(AuthorizationAttempt attempt) {
        return switch (attempt) {
            case Started started ->
                    new AttemptRow(
                            started.details(),
                            State.STARTED,
                            Optional.of(started.request()),
                            Optional.empty(),
                            Optional.empty(),
                            Optional.empty(),
                            Optional.empty(),
                            Optional.empty(),
                            Optional.empty());
            case Redeeming redeeming ->
                    new AttemptRow(
                            redeeming.details(),
                            State.REDEEMING,
                            Optional.of(redeeming.request()),
                            Optional.of(redeeming.run()),
                            Optional.of(redeeming.code()),
                            Optional.of(redeeming.since()),
                            Optional.empty(),
                            Optional.empty(),
                            Optional.empty());
            case Succeeded succeeded ->
                    ended(
                            succeeded,
                            State.SUCCEEDED,
                            Optional.of(succeeded.code()),
                            Optional.of(succeeded.grant()),
                            Optional.empty());
            case Failed failed ->
                    ended(
                            failed,
                            State.FAILED,
                            failed.code(),
                            Optional.empty(),
                            Optional.of(Reason.of(failed.reason())));
            case Unknown unknown ->
                    ended(
                            unknown,
                            State.UNKNOWN,
                            Optional.of(unknown.code()),
                            Optional.empty(),
                            Optional.empty());
            case Expired expired ->
                    ended(
                            expired,
                            State.EXPIRED,
                            Optional.empty(),
                            Optional.empty(),
                            Optional.empty());
            case Superseded superseded ->
                    ended(
                            superseded,
                            State.SUPERSEDED,
                            Optional.empty(),
                            Optional.empty(),
                            Optional.empty());
        };
    }

    private static AttemptRow ended(
            AuthorizationAttempt.Ended attempt,
            State state,
            Optional<CodeDigest> code,
            Optional<GrantId> grant,
            Optional<Reason> reason) {
        return new AttemptRow(
                attempt.details(),
                state,
                Optional.empty(),
                Optional.empty(),
                code,
                Optional.empty(),
                grant,
                reason,
                Optional.of(attempt.at()));
    }

    AuthorizationAttempt toAttempt() {
        return switch (state) {
            case STARTED -> toStarted();
            case REDEEMING -> toRedeeming();
            case SUCCEEDED -> toSucceeded();
            case FAILED ->
                    new Failed(
                            details, reason.orElseThrow().toDomain(), code, endedAt.orElseThrow());
            case UNKNOWN -> toUnknown();
            case EXPIRED -> new Expired(details, endedAt.orElseThrow());
            case SUPERSEDED -> new Superseded(details, endedAt.orElseThrow());
        };
    }

    /** For a row that is known to be in this state. */
    Started toStarted() {
        return new Started(details, request.orElseThrow());
    }

    /** For a row that is known to be in this state. */
    Redeeming toRedeeming() {
        return new Redeeming(
                details,
                request.orElseThrow(),
                run.orElseThrow(),
                code.orElseThrow(),
                since.orElseThrow());
    }

    /** For a row that is known to be in this state. */
    Succeeded toSucceeded() {
        return new Succeeded(
                details, grant.orElseThrow(), code.orElseThrow(), endedAt.orElseThrow());
    }

    /** For a row that is known to be in this state. */
    Unknown toUnknown() {
        return new Unknown(details, code.orElseThrow(), endedAt.orElseThrow());
    }

    static AttemptRow read(Row row, SecretCipher cipher) {
        return new AttemptRow(
                new AttemptDetails(
                        new FlowId(row.text("flow_id")),
                        new ClientId(row.text("client_id")),
                        Math.toIntExact(row.number("ordinal")),
                        new StateDigest(row.text("state_digest")),
                        Scopes.parse(row.text("scopes")),
                        row.time("started_at"),
                        row.time("deadline"),
                        row.optionalText("operation")),
                StoredWord.parse(State.class, row.text("state")),
                readRequest(row, cipher),
                row.optionalText("run_id").map(RunId::new),
                row.optionalText("code_digest").map(CodeDigest::new),
                row.optionalTime("redeeming_since"),
                row.optionalText("grant_id").map(GrantId::new),
                Reason.read(row),
                row.optionalTime("ended_at"));
    }

    private static Optional<AuthorizationRequest> readRequest(Row row, SecretCipher cipher) {
        RowSecrets secrets = new RowSecrets(cipher, row.text("flow_id"));
        return secrets.open(row, SealedColumn.ATTEMPT_VERIFIER)
                .map(CodeVerifier::new)
                .map(verifier ->
                        new AuthorizationRequest(
                                verifier,
                                new Issuer(row.text("issuer")),
                                row.flag("issuer_in_response"),
                                new RedirectUri(row.text("redirect_uri")),
                                new ResourceIdentifier(row.text("resource")),
                                Scopes.parse(row.text("request_scopes")),
                                new RegistrationId(row.text("registration_id")),
                                BindingColumns.read(row, secrets, SealedColumn.ATTEMPT_DPOP_KEY),
                                URI.create(row.text("token_endpoint")),
                                row.optionalText("revocation_endpoint").map(URI::create),
                                LinkFor.of(
                                        row.optionalText("browser_digest").map(BrowserDigest::new)),
                                new AuthorizationRequest.AuthorizeUrl(
                                        secrets.open(row, SealedColumn.ATTEMPT_URL)
                                                .orElseThrow())));
    }

    /** Every column, whatever the state: what the state does not have becomes NULL. */
    Columns columns(SecretCipher cipher) {
        Columns columns =
                new Columns()
                        .with("flow_id", details.flowId().value())
                        .with("client_id", details.client().value())
                        .with("ordinal", details.ordinal())
                        .with("state_digest", details.state().value())
                        .with("scopes", details.scopes().parameter().orElse(""))
                        .with("started_at", details.startedAt())
                        .with("deadline", details.deadline())
                        .with("operation", details.operation())
                        .with("state", StoredWord.of(state))
                        .with("run_id", run.map(RunId::value))
                        .with("code_digest", code.map(CodeDigest::value))
                        .with("redeeming_since", since)
                        .with("grant_id", grant.map(GrantId::value))
                        .with("ended_at", endedAt)
                        .with("failure", reason.map(r -> StoredWord.of(r.kind())))
                        .with("failure_error", reason.flatMap(Reason::error));
        ProblemColumns.add(columns, reason.flatMap(Reason::problem));
        addRequest(columns, new RowSecrets(cipher, details.flowId().value()));
        return columns;
    }

    private void addRequest(Columns columns, RowSecrets secrets) {
        columns.with("issuer", request.map(r -> r.issuer().value()))
                .with("issuer_in_response", request.map(AuthorizationRequest::issuerInResponse))
                .with("redirect_uri", request.map(r -> r.redirectUri().value()))
                .with("resource", request.map(r -> r.resource().value()))
                .with("request_scopes", request.map(r -> r.scopes().parameter().orElse("")))
                .with("registration_id", request.map(r -> r.registration().value()))
                .with(
                        "browser_digest",
                        request.flatMap(r -> r.linkFor().boundTo()).map(BrowserDigest::value))
                .with("token_endpoint", request.map(r -> r.tokenEndpoint().toString()))
                .with(
                        "revocation_endpoint",
                        request.flatMap(AuthorizationRequest::revocationEndpoint)
                                .map(URI::toString));
        secrets.seal(
                columns,
                SealedColumn.ATTEMPT_VERIFIER,
                request.map(AuthorizationRequest::verifier));
        secrets.seal(
                columns, SealedColumn.ATTEMPT_URL, request.map(AuthorizationRequest::authorizeUrl));
        BindingColumns.add(
                columns,
                request.map(AuthorizationRequest::binding),
                secrets,
                SealedColumn.ATTEMPT_DPOP_KEY);
    }

    /** Why an attempt failed, in four columns. */
    record Reason(Kind kind, Optional<String> error, Optional<Problem> problem) {

        private static final Problem OF_NEWER_VERSION =
                new Problem(
                        Problem.Code.AUTHORIZATION_SERVER_BROKEN,
                        "The authorization failed for a reason that this version does not know");

        enum Kind {
            ISSUER_MISMATCH,
            DENIED,
            REDEMPTION_REFUSED,
            REDEMPTION_FAILED
        }

        static Reason of(AttemptFailure failure) {
            return switch (failure) {
                case AttemptFailure.IssuerMismatch mismatch ->
                        new Reason(Kind.ISSUER_MISMATCH, Optional.empty(), Optional.empty());
                case AttemptFailure.Denied denied ->
                        new Reason(
                                Kind.DENIED, Optional.of(denied.error().code()), Optional.empty());
                case AttemptFailure.RedemptionRefused refused ->
                        new Reason(
                                Kind.REDEMPTION_REFUSED,
                                Optional.of(refused.error().code()),
                                Optional.empty());
                case AttemptFailure.RedemptionFailed failed ->
                        new Reason(
                                Kind.REDEMPTION_FAILED,
                                Optional.empty(),
                                Optional.of(failed.problem()));
            };
        }

        AttemptFailure toDomain() {
            return switch (kind) {
                case ISSUER_MISMATCH -> new AttemptFailure.IssuerMismatch();
                case DENIED -> new AttemptFailure.Denied(new OAuthError(error.orElseThrow()));
                case REDEMPTION_REFUSED ->
                        new AttemptFailure.RedemptionRefused(new OAuthError(error.orElseThrow()));
                case REDEMPTION_FAILED ->
                        new AttemptFailure.RedemptionFailed(problem.orElseThrow());
            };
        }

        static Optional<Reason> read(Row row) {
            return row.optionalText("failure")
                    .map(word ->
                            read(
                                    StoredWord.find(Kind.class, word),
                                    row.optionalText("failure_error"),
                                    ProblemColumns.read(
                                            row, Problem.Code.AUTHORIZATION_SERVER_BROKEN)));
        }

        /** A reason that only a newer version knows counts as the one that tells as much. */
        private static Reason read(
                Optional<Kind> known, Optional<String> error, Optional<Problem> problem) {
            Kind nearest = error.isPresent() ? Kind.REDEMPTION_REFUSED : Kind.REDEMPTION_FAILED;
            return new Reason(
                    known.orElse(nearest),
                    error,
                    known.isPresent() ? problem : problem.or(() -> Optional.of(OF_NEWER_VERSION)));
        }
    }
}
