-- What clients are due, likewise. A migration of its own, as are the next ones: none may hold one table
-- while it waits for another, which requests take in another order, nor read one through under a
-- lock that keeps others from reading.

-- When a client is connected without anybody who asks for it; absent: never.
alter table mcp_client add column connect_at timestamptz;

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
