-- What a grant was asked for, beside what it was given: the next token is asked for with the same. An
-- earlier version leaves the column as it is when it puts another grant into the row.
alter table oauth_grant
    add column asked_scopes    text,
    add column asked_scopes_of text;

create function mooring_grant_asked_written() returns trigger language plpgsql as $$
begin
    new.asked_scopes_of := new.id;
    return new;
end $$;

create function mooring_grant_asked_outdated() returns trigger language plpgsql as $$
begin
    if new.asked_scopes_of is distinct from new.id then
        new.asked_scopes := null;
    end if;
    return new;
end $$;

-- Triggers of one kind fire in the order of their names.
create trigger oauth_grant_4 before insert or update of asked_scopes on oauth_grant
    for each row execute function mooring_grant_asked_written();
create trigger oauth_grant_5 before update on oauth_grant
    for each row when (new.id <> old.id)
    execute function mooring_grant_asked_outdated();

-- A client whose first grant nobody has to consent to may have failed to get one.
alter table mcp_client
    drop constraint mcp_client_state,
    add constraint mcp_client_state check (case state
        when 'pending_oauth' then num_nonnulls(grant_id, inventory, since, cause) = 0
        when 'authorized'    then grant_id is not null and num_nonnulls(since, cause) = 0
        when 'connected'     then inventory is not null and since is not null
                                  and num_nonnulls(failure_at, cause) = 0
        when 'disconnected'  then num_nonnulls(since, cause) = 0
        when 'needs_reauth'  then cause is not null and since is not null
                                  and num_nonnulls(grant_id, failure_at) = 0
        else false end);

-- By which CA the server is trusted where a registration is managed, and since when nothing refers to
-- the registration, as far as anybody looked.
alter table client_registration
    add column management_ca text,
    add column idle_since    timestamptz;

-- Registrations still to be deleted at their servers (RFC 7592). They are forgotten here already, so
-- nothing is referred to.
create table owed_deregistration (
    number                    bigint      primary key,
    registration_id           text        not null,
    configuration_endpoint    text        not null,
    registration_access_token bytea       not null,
    trusted_ca                text,
    attempts                  integer     not null check (attempts >= 0),
    due_at                    timestamptz not null
);

create sequence owed_deregistration_number owned by owed_deregistration.number;
create index owed_deregistration_due on owed_deregistration (due_at);
