-- The trail knows whose the grants were.
update owed_revocation set owed_for = event.client_id
from client_event event
where event.type in ('grant_stored', 'grant_obtained')
  and event.detail ->> 'grant_id' = owed_revocation.grant_id;
