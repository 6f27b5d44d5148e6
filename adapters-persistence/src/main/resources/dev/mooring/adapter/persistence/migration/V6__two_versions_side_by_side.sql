-- While nodes are upgraded one after the other, two versions write the same rows. The older one knows
-- nothing of what came later: it leaves columns as they are, beside content that they do not belong
-- to, and writes JSON without the members it never read. The database, which all versions have in
-- common, sees that from the columns that a statement names, and mends it in the same statement.

-- Whose key it is, and of which tokens the type: of the grant, and of the generation, with which a
-- statement wrote them.
alter table oauth_grant
    add column dpop_key_of   text,
    add column token_type_of bigint;

update oauth_grant set
    dpop_key_of = case when dpop_key is not null then id end,
    token_type_of = case when token_type is not null then generation end,
    token_type = case when dpop_required then 'dpop' else token_type end;

alter table oauth_grant
    drop constraint oauth_grant_dpop,
    add constraint oauth_grant_dpop check (
        num_nulls(dpop_key, dpop_required) in (0, 2)
        and (token_type is distinct from 'dpop' or dpop_key is not null)
        and (dpop_required is distinct from true or token_type is not distinct from 'dpop'));

create function mooring_grant_key_written() returns trigger language plpgsql as $$
begin
    new.dpop_key_of := new.id;
    return new;
end $$;

create function mooring_grant_type_written() returns trigger language plpgsql as $$
begin
    new.token_type_of := new.generation;
    return new;
end $$;

create function mooring_grant_written() returns trigger language plpgsql as $$
begin
    if new.dpop_key_of is distinct from new.id then
        new.dpop_key := null;
        new.dpop_required := null;
        new.token_type := null;
    elsif new.token_type_of is distinct from new.generation then
        -- Whoever does not know of the key has asked for tokens that are not bound to it.
        new.dpop_required := case when new.dpop_key is not null then false end;
        new.token_type := null;
    end if;
    return new;
end $$;

-- Triggers of one kind fire in the order of their names.
create trigger oauth_grant_1 before insert or update of dpop_key on oauth_grant
    for each row execute function mooring_grant_key_written();
create trigger oauth_grant_2 before insert or update of token_type on oauth_grant
    for each row execute function mooring_grant_type_written();
create trigger oauth_grant_3 before update on oauth_grant
    for each row when (new.id <> old.id or new.generation <> old.generation)
    execute function mooring_grant_written();

-- Ended attempts keep no secret, whoever ends them.
update authorization_attempt set dpop_key = null, dpop_required = null
where state not in ('started', 'redeeming');

create function mooring_attempt_ended() returns trigger language plpgsql as $$
begin
    new.dpop_key := null;
    new.dpop_required := null;
    return new;
end $$;

create trigger authorization_attempt_ended before update on authorization_attempt
    for each row when (new.dpop_key is not null and new.state not in ('started', 'redeeming'))
    execute function mooring_attempt_ended();

alter table authorization_attempt
    drop constraint authorization_attempt_dpop,
    add constraint authorization_attempt_dpop check (
        num_nulls(dpop_key, dpop_required) in (0, 2)
        and (dpop_key is null or state in ('started', 'redeeming')));

-- The settings say under "writer" which members, and which methods, their writer knows; the first
-- version says nothing and knew those below. What the writer does not know is kept, but exceptions
-- are not kept for another server than the one that they were made for.
create function mooring_settings_written() returns trigger language plpgsql as $$
declare
    before  json    := old.oauth_settings;
    after   json    := new.oauth_settings;
    members text[]  := string_to_array(coalesce(after #>> '{writer,members}',
        'issuer client_id authorize_url token_url registration_url revocation_url scopes resource'
        ' token_endpoint_auth_method authorize_params'), ' ');
    methods text[]  := string_to_array(coalesce(after #>> '{writer,methods}',
        'none client_secret_basic client_secret_post'), ' ');
    moved   boolean := new.server_uri <> old.server_uri or exists (
        select from unnest(array['issuer', 'authorize_url', 'token_url', 'registration_url',
                                 'resource']) as member
        where before ->> member is distinct from after ->> member);
begin
    select json_object_agg(key, value) into new.oauth_settings
    from (
        select key, value from json_each(after)
        union all
        select key, value from json_each(before)
        where after -> key is null and key <> 'writer'
          and (key <> all (members) and not (moved and key = 'exceptions')
               or key = 'token_endpoint_auth_method' and value #>> '{}' <> all (methods))
    ) as kept;
    return new;
end $$;

-- JSON may hold an escaped NUL, which these functions do not take.
create trigger mcp_client_settings before update of oauth_settings on mcp_client
    for each row when (old.oauth_config_id = new.oauth_config_id
        and old.oauth_settings <> new.oauth_settings
        and strpos(old.oauth_settings || new.oauth_settings, '\u0000') = 0)
    execute function mooring_settings_written();

-- Whoever makes a client one without OAuth, or has entered credentials prove themselves otherwise,
-- does so whether it knows of these secrets or not.
create function mooring_client_without_oauth() returns trigger language plpgsql as $$
begin
    new.oauth_more_secrets := null;
    return new;
end $$;

create trigger mcp_client_without_oauth before update on mcp_client
    for each row when (new.auth_type <> 'oauth' and new.oauth_more_secrets is not null)
    execute function mooring_client_without_oauth();

create function mooring_registration_without_key() returns trigger language plpgsql as $$
begin
    new.assertion_key := null;
    return new;
end $$;

create trigger client_registration_without_key before update on client_registration
    for each row when (new.auth_method <> 'private_key_jwt' and new.assertion_key is not null)
    execute function mooring_registration_without_key();

-- Since when a registration of our own is not offered any more: later it is forgotten.
alter table client_registration
    add column retired_at timestamptz;

update client_registration set retired_at = clock_timestamp() where retired and kind <> 'given';

create function mooring_registration_retired() returns trigger language plpgsql as $$
begin
    new.retired_at := clock_timestamp();
    return new;
end $$;

create trigger client_registration_retired before insert or update of retired on client_registration
    for each row when (new.retired and new.kind <> 'given' and new.retired_at is null)
    execute function mooring_registration_retired();

create index client_registration_retired on client_registration (retired_at)
    where retired and kind <> 'given';
