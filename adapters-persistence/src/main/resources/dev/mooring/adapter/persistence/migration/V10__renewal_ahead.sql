-- When a grant is renewed ahead of the end of its token, by this database's clock; absent: not ahead.
-- A version that knows nothing of this leaves the time as it is beside newer tokens, which are then
-- renewed once too early.
alter table oauth_grant add column renew_at timestamptz;

create index oauth_grant_renew on oauth_grant (renew_at) where renew_at is not null;

-- Grants of before: in the last sixth of an hour of their tokens, and those that are over by now not
-- all at once.
update oauth_grant set
    renew_at = greatest(expires_at - (interval '5 minutes' + random() * interval '5 minutes'),
                        clock_timestamp() + random() * interval '10 minutes')
where refresh_token is not null and expires_at is not null;

-- How often in a row it failed to get tokens for a client, and until when nobody asks again.
create table client_pause (
    client_id       text        primary key references mcp_client on delete cascade,
    failures        integer     not null check (failures > 0),
    failure_code    text        not null,
    failure_message text        not null,
    until           timestamptz not null
);

-- Token endpoints that said when they want to be asked again.
create table token_endpoint_pause (
    token_endpoint  text        primary key,
    failure_code    text        not null,
    failure_message text        not null,
    until           timestamptz not null
);
