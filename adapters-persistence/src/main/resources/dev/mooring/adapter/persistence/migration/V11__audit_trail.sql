-- Events are the audit trail: also what is done to Mooring itself, and with each of them who did it,
-- from where, and how it came out. A version that knows nothing of this leaves all that empty.
alter table client_event
    alter column client_id drop not null,
    add column outcome    text check (outcome in ('success', 'refused', 'failed')),
    add column code       text,
    add column actor_kind text,
    add column actor_id   text,
    add column actor      text,
    add column address    text,
    add column request_id text;

create function mooring_event_outcome(type text, detail jsonb) returns text language sql immutable
as $$
    select case
        when type in ('authorization_unknown', 'authorization_expired', 'client_connection_failed')
            then 'failed'
        when type = 'authorization_failed'
            then case when detail ? 'problem' then 'failed' else 'refused' end
        when type = 'reauthorization_needed'
            and detail ->> 'cause' not in ('revoked', 'settings_changed') then 'refused'
        else 'success' end
$$;

create function mooring_event_code(detail jsonb) returns text language sql immutable
as $$
    select coalesce(detail ->> 'error', detail ->> 'problem', detail ->> 'reason',
                    detail ->> 'cause', 'unknown')
$$;

update client_event set outcome = mooring_event_outcome(type, detail);
update client_event set code = mooring_event_code(detail) where outcome <> 'success';

alter table client_event alter column outcome set not null;

create function mooring_event_written() returns trigger language plpgsql as $$
begin
    new.outcome := mooring_event_outcome(new.type, new.detail);
    new.code := case when new.outcome <> 'success' then mooring_event_code(new.detail) end;
    return new;
end $$;

create trigger client_event_written before insert on client_event
    for each row when (new.outcome is null) execute function mooring_event_written();

create index client_event_at on client_event (at);
create index client_event_actor on client_event (actor, number);
create index client_event_actor_id on client_event (actor_id, number) where actor_id <> '';
create index client_event_type on client_event (type, number);
create index client_event_trouble on client_event (outcome, number) where outcome <> 'success';

-- What is written stays as it is, until it is so old that it is forgotten as a whole. That is done
-- by the one function below, so that no slip elsewhere can take anything out of the trail.
create function mooring_event_stays() returns trigger language plpgsql as $$
begin
    if tg_op = 'DELETE' and current_setting('mooring.forgetting', true) = 'on'
            and old.at < clock_timestamp() - interval '1 hour' then
        return old;
    end if;
    raise exception 'client_event is append-only';
end $$;

create function mooring_events_stay() returns trigger language plpgsql as $$
begin
    raise exception 'client_event is append-only';
end $$;

create trigger client_event_stays before update or delete on client_event
    for each row execute function mooring_event_stays();
create trigger client_event_all_stay before truncate on client_event
    for each statement execute function mooring_events_stay();

create function mooring_forget_events(before timestamptz, most integer) returns bigint
language plpgsql as $$
declare
    forgotten bigint;
begin
    perform set_config('mooring.forgetting', 'on', true);
    delete from client_event where number in (
        select number from client_event where at < before order by at limit most);
    get diagnostics forgotten = row_count;
    perform set_config('mooring.forgetting', 'off', true);
    return forgotten;
end $$;
