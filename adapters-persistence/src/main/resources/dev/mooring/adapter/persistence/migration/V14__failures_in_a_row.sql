-- How often in a row it failed to connect a client, for pauses that grow. A version that knows
-- nothing of this leaves it as it is beside a newer failure.
alter table mcp_client add column failures integer check (failures > 0);
