-- What is due, for many rows and for two versions side by side.

-- Scheme, host and port of a URL, in lower case and without the scheme's default port.
create function mooring_origin(url text) returns text
    language sql immutable strict parallel safe as $$
    select regexp_replace(lower(substring(url from '^[^/]*//[^/?#]*')),
                          '^(https://.*):443$|^(http://.*):80$', '\1\2')
$$;

-- To look past all that is due at a token endpoint that pauses.
create index oauth_grant_renew_by_endpoint on oauth_grant (token_endpoint, renew_at)
    where renew_at is not null;

-- A version that knows nothing of renew_at leaves it empty, or as it was beside other tokens. This
-- one leaves it empty only where nothing is to be renewed ahead: see RenewalWindow.
create function mooring_grant_to_renew() returns trigger language plpgsql as $$
declare
    margin interval := least(interval '15 minutes',
        greatest(interval '1 minute', (new.expires_at - new.issued_at) / 5));
begin
    new.renew_at := new.expires_at - margin * (1 + random() / 2);
    return new;
end $$;

create trigger oauth_grant_to_renew before insert or update of access_token on oauth_grant
    for each row when (new.renew_at is null and new.refresh_token is not null
        and new.expires_at - new.issued_at >= interval '2 minutes')
    execute function mooring_grant_to_renew();

-- Which that trigger does.
update oauth_grant set access_token = access_token
where renew_at is null and refresh_token is not null
  and expires_at - issued_at >= interval '2 minutes';

-- When a client is connected without anybody who asks for it; absent: never.
alter table mcp_client add column connect_at timestamptz;

create index mcp_client_connect on mcp_client (connect_at) where connect_at is not null;

-- A version that knows nothing of this has somebody look at what it wrote, who then says when.
create function mooring_client_to_look_at() returns trigger language plpgsql as $$
begin
    new.connect_at := clock_timestamp();
    return new;
end $$;

create trigger mcp_client_to_look_at_1 before insert on mcp_client
    for each row when (new.connect_at is null and not new.disabled
        and (new.state = 'disconnected'
             or new.state = 'connected' and new.tool_sync_interval_ms is not null))
    execute function mooring_client_to_look_at();

create trigger mcp_client_to_look_at_2 before update on mcp_client
    for each row when (new.connect_at is not distinct from old.connect_at and not new.disabled
        and (new.state = 'disconnected'
             or new.state = 'connected' and new.tool_sync_interval_ms is not null)
        and (old.state, old.disabled, old.failure_at, old.tool_sync_interval_ms)
            is distinct from
            (new.state, new.disabled, new.failure_at, new.tool_sync_interval_ms))
    execute function mooring_client_to_look_at();

update mcp_client set connect_at = clock_timestamp() + random() * interval '5 minutes'
where not disabled
  and (state = 'disconnected' or state = 'connected' and tool_sync_interval_ms is not null);
