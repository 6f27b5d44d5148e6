-- Receivers of signed messages, each with how far in the trail it is. One node at a time sends to one
-- receiver: the one whose run has the lease, judged by this database's clock.
create table webhook (
    id              text        primary key,
    ordinal         bigint      generated always as identity unique,
    name            text        not null unique,
    url             text        not null,
    types           text        not null,
    secret          bytea       not null,
    former_secret   bytea,
    former_until    timestamptz,
    created_at      timestamptz not null,
    position        bigint      not null,
    disabled        boolean     not null default false,
    attempts        integer     not null default 0 check (attempts >= 0),
    failing_since   timestamptz,
    failure_code    text,
    last_failure_at timestamptz,
    last_success_at timestamptz,
    due_at          timestamptz not null default clock_timestamp(),
    run_id          text,
    lease_until     timestamptz,

    constraint webhook_former check (num_nulls(former_secret, former_until) in (0, 2)),
    constraint webhook_failing check (
        num_nulls(failing_since, failure_code) in (0, 2)
        and (failing_since is null or last_failure_at is not null)),
    constraint webhook_lease check (num_nulls(run_id, lease_until) in (0, 2))
);
