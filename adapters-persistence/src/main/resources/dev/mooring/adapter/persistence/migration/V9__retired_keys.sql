-- A retired key stays known, so that it is never taken for one that was never used: its source may
-- have it still. A version that knows nothing of this sees a former key.

alter table encryption_key
    add column retired_at timestamptz,
    add constraint encryption_key_retired check (retired_at is null or standing = 'former');

-- Beside the ids, as two keys may have one id: each as id:fingerprint. Absent for a node of a
-- version that does not tell.
alter table encryption_key_holder add column key_fingerprints text;
