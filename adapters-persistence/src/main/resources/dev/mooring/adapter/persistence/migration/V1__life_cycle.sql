-- The life cycle of MCP clients. Each state has its own CHECK that names the columns it must have
-- and those it must not have, so that a half-written state cannot be stored.
--
-- Locks are taken in one order: mcp_client, authorization_attempt, oauth_grant,
-- client_registration, everything else.
--
-- bytea columns hold sealed secrets; they are listed in SealedColumn.java. JSON that is only ever
-- read as a whole is text, which may hold whatever JSON may, such as an escaped NUL.

create table mcp_client (
    id                        text        primary key,
    ordinal                   bigint      generated always as identity,
    revision                  bigint      not null check (revision > 0),
    created_at                timestamptz not null,
    name                      text        not null,
    endpoint_slug             text        not null,
    server_uri                text        not null,
    transport                 text        not null check (transport in ('http', 'sse')),
    protocol_version          text,
    trusted_ca                text,
    headers                   bytea,
    auth_type                 text        not null check (auth_type in ('none', 'headers', 'oauth')),
    oauth_config_id           text,
    oauth_settings            text,
    oauth_client_secret       bytea,
    tools                     text,
    tool_execution_timeout_ms bigint      not null check (tool_execution_timeout_ms > 0),
    tool_sync_interval_ms     bigint      check (tool_sync_interval_ms > 0),
    ping_available            boolean     not null,
    disabled                  boolean     not null,
    state                     text        not null,
    grant_id                  text,
    inventory                 text,
    since                     timestamptz,
    failure_code              text,
    failure_message           text,
    failure_at                timestamptz,
    cause                     text,
    cause_error               text,
    cause_scopes              text,

    constraint mcp_client_name unique (name),
    constraint mcp_client_slug unique (endpoint_slug),
    constraint mcp_client_ordinal unique (ordinal),
    constraint mcp_client_oauth_config unique (oauth_config_id),
    constraint mcp_client_oauth check (case auth_type
        when 'oauth' then oauth_config_id is not null and oauth_settings is not null
        else num_nonnulls(oauth_config_id, oauth_settings, oauth_client_secret) = 0 end),
    constraint mcp_client_failure check (
        num_nulls(failure_code, failure_message, failure_at) in (0, 3)),
    constraint mcp_client_cause check (case cause
        when 'refresh_refused' then cause_error is not null and cause_scopes is null
        when 'scope_needed'    then cause_error is null and cause_scopes is not null
        when 'token_refused'   then num_nonnulls(cause_error, cause_scopes) = 0
        when 'revoked'         then num_nonnulls(cause_error, cause_scopes) = 0
        when 'settings_changed' then num_nonnulls(cause_error, cause_scopes) = 0
        when 'answer_lost'     then num_nonnulls(cause_error, cause_scopes) = 0
        else cause is null and num_nonnulls(cause_error, cause_scopes) = 0 end),
    constraint mcp_client_state check (case state
        when 'pending_oauth' then num_nonnulls(grant_id, inventory, since, failure_at, cause) = 0
        when 'authorized'    then grant_id is not null and num_nonnulls(since, cause) = 0
        when 'connected'     then inventory is not null and since is not null
                                  and num_nonnulls(failure_at, cause) = 0
        when 'disconnected'  then num_nonnulls(since, cause) = 0
        when 'needs_reauth'  then cause is not null and since is not null
                                  and num_nonnulls(grant_id, failure_at) = 0
        else false end)
);

create index mcp_client_by_state on mcp_client (state, ordinal);

-- Our client at one issuer for one redirect URI: entered for one MCP client, or our own.
create table client_registration (
    id                        text        primary key,
    kind                      text        not null,
    issuer                    text        not null,
    redirect_uri              text        not null,
    client_id                 text        not null,
    client_secret             bytea,
    auth_method               text        not null
        check (auth_method in ('none', 'client_secret_basic', 'client_secret_post')),
    retired                   boolean     not null,
    entered_for               text        references mcp_client on delete cascade,
    secret_expires_at         timestamptz,
    configuration_endpoint    text,
    registration_access_token bytea,

    constraint client_registration_method check (auth_method = 'none' or client_secret is not null),
    constraint client_registration_management check (
        num_nulls(configuration_endpoint, registration_access_token) in (0, 2)),
    constraint client_registration_kind check (case kind
        when 'given'             then entered_for is not null
                                      and num_nonnulls(secret_expires_at, configuration_endpoint) = 0
        when 'metadata_document' then num_nonnulls(entered_for, secret_expires_at,
                                                   configuration_endpoint) = 0
        when 'dynamic'           then entered_for is null
        else false end)
);

create unique index client_registration_given
    on client_registration (entered_for, issuer, redirect_uri) where kind = 'given';
create unique index client_registration_own
    on client_registration (kind, issuer, redirect_uri) where kind <> 'given' and not retired;

create table authorization_attempt (
    flow_id              text        primary key,
    client_id            text        not null references mcp_client on delete cascade,
    ordinal              integer     not null check (ordinal > 0),
    state_digest         text        not null,
    scopes               text        not null,
    started_at           timestamptz not null,
    deadline             timestamptz not null,
    state                text        not null,
    code_verifier        bytea,
    issuer               text,
    issuer_in_response   boolean,
    redirect_uri         text,
    resource             text,
    request_scopes       text,
    registration_id      text        references client_registration,
    token_endpoint       text,
    revocation_endpoint  text,
    authorize_url        bytea,
    run_id               text,
    code_digest          text,
    redeeming_since      timestamptz,
    grant_id             text,
    ended_at             timestamptz,
    failure              text,
    failure_error        text,
    failure_code         text,
    failure_message      text,

    constraint authorization_attempt_ordinal unique (client_id, ordinal),
    constraint authorization_attempt_state_digest unique (state_digest),
    -- The request is there as long as a response may come, with its secrets, and then it is gone.
    constraint authorization_attempt_request check (case
        when state in ('started', 'redeeming') then
            num_nulls(code_verifier, issuer, issuer_in_response, redirect_uri, resource,
                      request_scopes, registration_id, token_endpoint, authorize_url) = 0
        else num_nonnulls(code_verifier, issuer, issuer_in_response, redirect_uri, resource,
                          request_scopes, registration_id, token_endpoint, revocation_endpoint,
                          authorize_url) = 0 end),
    constraint authorization_attempt_failure check (case failure
        when 'issuer_mismatch'    then num_nonnulls(failure_error, failure_code, failure_message) = 0
        when 'denied'             then failure_error is not null
                                       and num_nonnulls(failure_code, failure_message) = 0
        when 'redemption_refused' then failure_error is not null
                                       and num_nonnulls(failure_code, failure_message) = 0
        when 'redemption_failed'  then failure_error is null
                                       and num_nulls(failure_code, failure_message) = 0
        else failure is null
             and num_nonnulls(failure_error, failure_code, failure_message) = 0 end),
    constraint authorization_attempt_state check (case state
        when 'started'    then num_nonnulls(run_id, code_digest, redeeming_since, grant_id, ended_at,
                                            failure) = 0
        when 'redeeming'  then num_nulls(run_id, code_digest, redeeming_since) = 0
                               and num_nonnulls(grant_id, ended_at, failure) = 0
        when 'succeeded'  then num_nulls(code_digest, grant_id, ended_at) = 0
                               and num_nonnulls(run_id, redeeming_since, failure) = 0
        when 'failed'     then num_nulls(ended_at, failure) = 0
                               and num_nonnulls(run_id, redeeming_since, grant_id) = 0
        when 'unknown'    then num_nulls(code_digest, ended_at) = 0
                               and num_nonnulls(run_id, redeeming_since, grant_id, failure) = 0
        when 'expired'    then ended_at is not null
                               and num_nonnulls(run_id, code_digest, redeeming_since, grant_id,
                                                failure) = 0
        when 'superseded' then ended_at is not null
                               and num_nonnulls(run_id, code_digest, redeeming_since, grant_id,
                                                failure) = 0
        else false end)
);

create index authorization_attempt_started
    on authorization_attempt (deadline) where state = 'started';
create index authorization_attempt_redeeming
    on authorization_attempt (redeeming_since) where state = 'redeeming';
create index authorization_attempt_registration
    on authorization_attempt (registration_id) where registration_id is not null;

-- Reading a grant by its generation and storing by comparison is what keeps refreshes safe; the
-- lease is judged by this database's clock.
create table oauth_grant (
    id                    text        primary key,
    client_id             text        not null references mcp_client on delete cascade,
    ordinal               integer     not null check (ordinal > 0),
    generation            bigint      not null check (generation > 0),
    issuer                text        not null,
    resource              text        not null,
    registration_id       text        not null references client_registration,
    token_endpoint        text        not null,
    revocation_endpoint   text,
    access_token          bytea       not null,
    refresh_token         bytea,
    refresh_token_digest  text,
    expires_at            timestamptz,
    scopes                text        not null,
    issued_at             timestamptz not null,
    refresh_run           text,
    refresh_sent_digest   text,
    refresh_since         timestamptz,
    lease_until           timestamptz,

    constraint oauth_grant_client unique (client_id),
    constraint oauth_grant_refresh_token check (
        num_nulls(refresh_token, refresh_token_digest) in (0, 2)),
    constraint oauth_grant_refresh check (
        num_nulls(refresh_run, refresh_sent_digest, refresh_since) in (0, 3)),
    constraint oauth_grant_lease check (lease_until is null or refresh_run is not null)
);

create index oauth_grant_registration on oauth_grant (registration_id);

-- One run at a time connects a client; a row without an outcome and with a lease is that run.
create table connection_run (
    run_id          text        primary key,
    client_id       text        not null references mcp_client on delete cascade,
    lease_until     timestamptz not null,
    outcome         text,
    failure_code    text,
    failure_message text,
    finished_at     timestamptz,

    constraint connection_run_outcome check (case outcome
        when 'connected' then finished_at is not null
                              and num_nonnulls(failure_code, failure_message) = 0
        when 'failed'    then finished_at is not null
                              and num_nulls(failure_code, failure_message) = 0
        else outcome is null
             and num_nonnulls(finished_at, failure_code, failure_message) = 0 end)
);

create unique index connection_run_underway on connection_run (client_id) where outcome is null;
create index connection_run_client on connection_run (client_id, finished_at);

-- Tokens still to be given back (RFC 7009). They outlive their client, so nothing is referred to.
create table owed_revocation (
    number              bigint      primary key,
    grant_id            text        not null,
    revocation_endpoint text        not null,
    client_id           text        not null,
    client_secret       bytea,
    auth_method         text        not null
        check (auth_method in ('none', 'client_secret_basic', 'client_secret_post')),
    access_token        bytea       not null,
    refresh_token       bytea,
    expires_at          timestamptz,
    scopes              text        not null,
    trusted_ca          text,
    attempts            integer     not null check (attempts >= 0),
    due_at              timestamptz not null,

    constraint owed_revocation_method check (auth_method = 'none' or client_secret is not null)
);

create sequence owed_revocation_number owned by owed_revocation.number;
create index owed_revocation_due on owed_revocation (due_at);

-- What happened, in the order in which it was written; outlives the clients it tells of.
create table client_event (
    number    bigint      generated always as identity primary key,
    client_id text        not null,
    at        timestamptz not null,
    type      text        not null,
    detail    jsonb       not null
);

create index client_event_client on client_event (client_id, number);

create table api_key (
    id         text        primary key,
    ordinal    bigint      generated always as identity unique,
    name       text        not null unique,
    role       text        not null check (role in ('viewer', 'operator', 'admin')),
    digest     text        not null unique,
    created_at timestamptz not null,
    expires_at timestamptz
);

create table idempotency_key (
    key         text        primary key,
    fingerprint text        not null,
    client_id   text        not null,
    expires_at  timestamptz not null
);

create index idempotency_key_expiry on idempotency_key (expires_at);

-- One-way fingerprints of the encryption keys in use, by which a wrong key is refused at start.
create table encryption_key (
    id          text  primary key,
    fingerprint bytea not null
);
