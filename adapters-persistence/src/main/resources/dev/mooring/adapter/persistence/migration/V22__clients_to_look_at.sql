-- Finds clients that are due, and has each looked at once.

create index mcp_client_connect on mcp_client (connect_at) where connect_at is not null;

update mcp_client set connect_at = clock_timestamp() + random() * interval '5 minutes'
where not disabled
  and (state = 'disconnected' or state = 'connected' and tool_sync_interval_ms is not null);
