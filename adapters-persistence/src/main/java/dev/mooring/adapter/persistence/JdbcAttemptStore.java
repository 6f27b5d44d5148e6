package dev.mooring.adapter.persistence;

import dev.mooring.application.port.AttemptStore;
import dev.mooring.domain.client.ClientId;
import dev.mooring.domain.lifecycle.AuthorizationAttempt;
import dev.mooring.domain.lifecycle.FlowId;
import dev.mooring.domain.oauth.StateDigest;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** Attempts in the table {@code authorization_attempt}. */
final class JdbcAttemptStore implements AttemptStore {

    private static final String FIND =
            "select * from authorization_attempt where flow_id = :flow_id";

    private static final String FIND_BY_STATE =
            "select * from authorization_attempt where state_digest = :state_digest";

    private static final String NEWEST =
            """
            select * from authorization_attempt where client_id = :client_id
            order by ordinal desc limit 1
            """;

    private static final String NEWEST_ASKING =
            """
            select * from authorization_attempt
            where client_id = :client_id and :scope = any (string_to_array(scopes, ' '))
            order by ordinal desc limit 1
            """;

    private static final String CONSENTED =
            """
            select * from authorization_attempt
            where client_id = :client_id and state = 'succeeded'
            order by ordinal desc limit 1
            """;

    private static final String OPEN =
            """
            select * from authorization_attempt
            where client_id = :client_id and state in ('started', 'redeeming')
            order by ordinal
            """;

    private static final String GIVEN_UP =
            """
            select * from authorization_attempt
            where client_id = :client_id and state = 'unknown'
            order by ordinal
            """;

    private static final String STEP_UPS =
            """
            select count(*) as step_ups from authorization_attempt
            where client_id = :client_id and operation = :operation and started_at >= :since
              and state = 'succeeded'
            """;

    private static final String IS_OPEN =
            """
            select state in ('started', 'redeeming') as open
            from authorization_attempt where flow_id = :flow_id
            """;

    private static final String INSERT =
            """
            insert into authorization_attempt (
                flow_id, client_id, ordinal, state_digest, scopes, started_at, deadline, state,
                code_verifier, issuer, issuer_in_response, redirect_uri, resource, request_scopes,
                registration_id, token_endpoint, revocation_endpoint, authorize_url, run_id,
                code_digest, redeeming_since, grant_id, ended_at, failure, failure_error,
                failure_code, failure_message, dpop_key, dpop_required, operation,
                browser_digest)
            values (
                :flow_id, :client_id, :ordinal, :state_digest, :scopes, :started_at, :deadline,
                :state, :code_verifier, :issuer, :issuer_in_response, :redirect_uri, :resource,
                :request_scopes, :registration_id, :token_endpoint, :revocation_endpoint,
                :authorize_url, :run_id, :code_digest, :redeeming_since, :grant_id, :ended_at,
                :failure, :failure_error, :failure_code, :failure_message, :dpop_key,
                :dpop_required, :operation, :browser_digest)
            """;

    /** All that may change; what an attempt began with stays. */
    private static final String UPDATE =
            """
            update authorization_attempt set
                state = :state, code_verifier = :code_verifier, issuer = :issuer,
                issuer_in_response = :issuer_in_response, redirect_uri = :redirect_uri,
                resource = :resource, request_scopes = :request_scopes,
                registration_id = :registration_id, token_endpoint = :token_endpoint,
                revocation_endpoint = :revocation_endpoint, authorize_url = :authorize_url,
                run_id = :run_id, code_digest = :code_digest, redeeming_since = :redeeming_since,
                grant_id = :grant_id, ended_at = :ended_at, failure = :failure,
                failure_error = :failure_error, failure_code = :failure_code,
                failure_message = :failure_message, dpop_key = :dpop_key,
                dpop_required = :dpop_required, browser_digest = :browser_digest
            where flow_id = :flow_id
            """;

    private static final String UPDATE_STARTED = UPDATE + " and state = 'started'";

    private static final String UPDATE_REDEEMING =
            UPDATE
                    + """
                     and (state = 'redeeming' and run_id = :held_by
                          or state = 'unknown' and code_digest = :held_code and :state = 'succeeded')
                    """;

    private static final String UPDATE_UNKNOWN = UPDATE + " and state = 'unknown'";

    private static final String OVERDUE =
            """
            select * from authorization_attempt where state = 'started' and deadline <= :now
            order by deadline limit :limit
            """;

    private static final String ABANDONED =
            """
            select * from authorization_attempt
            where state = 'redeeming' and redeeming_since < :since
            order by redeeming_since limit :limit
            """;

    private static final String FORGET =
            """
            delete from authorization_attempt where flow_id in (
                select flow_id from authorization_attempt old
                where ended_at < :before
                  and exists (select 1 from authorization_attempt newer
                      where newer.client_id = old.client_id and newer.ordinal > old.ordinal)
                  and (state <> 'succeeded'
                      or exists (select 1 from authorization_attempt newer
                          where newer.client_id = old.client_id and newer.ordinal > old.ordinal
                            and newer.state = 'succeeded'))
                  and (:scope <> all (string_to_array(scopes, ' '))
                      or exists (select 1 from authorization_attempt newer
                          where newer.client_id = old.client_id and newer.ordinal > old.ordinal
                            and :scope = any (string_to_array(newer.scopes, ' '))))
                order by ended_at limit :limit
                for update skip locked)
            """;

    private final Statements statements;
    private final SecretCipher cipher;

    JdbcAttemptStore(JdbcUnitOfWork unitOfWork, SecretCipher cipher) {
        this.statements = new Statements(unitOfWork);
        this.cipher = cipher;
    }

    @Override
    public Optional<AuthorizationAttempt> find(FlowId id) {
        return one(FIND, new Columns().with("flow_id", id.value()));
    }

    @Override
    public Optional<AuthorizationAttempt> find(StateDigest state) {
        return one(FIND_BY_STATE, new Columns().with("state_digest", state.value()));
    }

    @Override
    public Optional<AuthorizationAttempt> newest(ClientId client) {
        return one(NEWEST, new Columns().with("client_id", client.value()));
    }

    @Override
    public Optional<AuthorizationAttempt> newestAskingFor(ClientId client, String scope) {
        return one(
                NEWEST_ASKING,
                new Columns().with("client_id", client.value()).with("scope", scope));
    }

    @Override
    public Optional<AuthorizationAttempt.Succeeded> consented(ClientId client) {
        return statements
                .one(CONSENTED, new Columns().with("client_id", client.value()))
                .map(row -> AttemptRow.read(row, cipher).toSucceeded());
    }

    @Override
    public List<AuthorizationAttempt> open(ClientId client) {
        return statements.all(OPEN, new Columns().with("client_id", client.value())).stream()
                .map(row -> AttemptRow.read(row, cipher).toAttempt())
                .toList();
    }

    @Override
    public List<AuthorizationAttempt.Unknown> givenUp(ClientId client) {
        return statements.all(GIVEN_UP, new Columns().with("client_id", client.value())).stream()
                .map(row -> AttemptRow.read(row, cipher).toUnknown())
                .toList();
    }

    @Override
    public int stepUps(ClientId client, String operation, Instant since) {
        Columns columns =
                new Columns()
                        .with("client_id", client.value())
                        .with("operation", operation)
                        .with("since", since);
        return statements
                .one(STEP_UPS, columns)
                .map(row -> Math.toIntExact(row.number("step_ups")))
                .orElseThrow();
    }

    @Override
    public void insert(AuthorizationAttempt.Started attempt) {
        statements.change(INSERT, AttemptRow.of(attempt).columns(cipher));
    }

    @Override
    public boolean claim(AuthorizationAttempt.Redeeming claimed) {
        return statements.changeOne(UPDATE_STARTED, AttemptRow.of(claimed).columns(cipher));
    }

    @Override
    public boolean end(AuthorizationAttempt.Started started, AuthorizationAttempt.Ended ended) {
        return statements.changeOne(UPDATE_STARTED, AttemptRow.of(ended).columns(cipher));
    }

    @Override
    public boolean end(AuthorizationAttempt.Redeeming redeeming, AuthorizationAttempt.Ended ended) {
        return statements.changeOne(
                UPDATE_REDEEMING,
                AttemptRow.of(ended)
                        .columns(cipher)
                        .with("held_by", redeeming.run().value())
                        .with("held_code", redeeming.code().value()));
    }

    @Override
    public boolean end(
            AuthorizationAttempt.Unknown unknown, AuthorizationAttempt.Superseded superseded) {
        return statements.changeOne(UPDATE_UNKNOWN, AttemptRow.of(superseded).columns(cipher));
    }

    @Override
    public Optional<AuthorizationAttempt> awaitEnd(FlowId id, Duration patience) {
        Columns columns = new Columns().with("flow_id", id.value());
        Patience.ask(
                patience,
                () ->
                        statements.one(IS_OPEN, columns).filter(row -> row.flag("open")).isPresent()
                                ? Optional.empty()
                                : Optional.of(true));
        return find(id);
    }

    @Override
    public List<AuthorizationAttempt.Started> overdue(Instant now, int limit) {
        return statements.all(OVERDUE, new Columns().with("now", now).with("limit", limit)).stream()
                .map(row -> AttemptRow.read(row, cipher).toStarted())
                .toList();
    }

    @Override
    public List<AuthorizationAttempt.Redeeming> abandoned(Instant since, int limit) {
        return statements
                .all(ABANDONED, new Columns().with("since", since).with("limit", limit))
                .stream()
                .map(row -> AttemptRow.read(row, cipher).toRedeeming())
                .toList();
    }

    @Override
    public int forget(Instant before, String scope, int limit) {
        return Math.toIntExact(
                statements.change(
                        FORGET,
                        new Columns()
                                .with("before", before)
                                .with("scope", scope)
                                .with("limit", limit)));
    }

    private Optional<AuthorizationAttempt> one(String sql, Columns columns) {
        return statements.one(sql, columns).map(row -> AttemptRow.read(row, cipher).toAttempt());
    }
}
