-- The word of a role that a version before this one does not know; such a version sees a key of the
-- role beside it, which may less.
alter table api_key
    add column narrow_role text check (narrow_role in ('auditor')),
    add constraint api_key_narrow_role check (narrow_role is null or role = 'viewer');

-- What of the role's permissions a key has, separated by blanks. A version before this one would let
-- it do all that the role may, so it must not find such a key: the digest has a mark in front of it.
alter table api_key
    add column scopes text,
    add constraint api_key_scopes check ((scopes is not null) = starts_with(digest, 'narrowed:'));

-- A secret is given once, with the mark or without it.
create unique index api_key_secret on api_key (right(digest, 64));

alter table api_key add column last_used_at timestamptz;

-- The digest of what the browser that began an attempt holds; absent: any browser may finish it.
alter table authorization_attempt add column browser_digest text;
