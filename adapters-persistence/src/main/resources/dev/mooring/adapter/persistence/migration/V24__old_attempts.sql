-- Attempts that ended long ago are deleted, but those by which clients go on: found by when they ended.

create index authorization_attempt_ended
    on authorization_attempt (ended_at) where ended_at is not null;
