-- Whose tokens are owed back, since when, and to whom: what is owed to one server must not wait for
-- another. How often a server asked for patience does not count as an attempt. A version that knows
-- nothing of this writes rows that are complete but for the first.
create function mooring_creditor(url text) returns text language sql immutable as $$
    select coalesce(
        regexp_replace(
            lower(substring(url from '^[^:/?#]+://[^/?#]+')),
            '^(https://.*):443$|^(http://.*):80$', '\1\2'),
        url)
$$;

alter table owed_revocation
    add column owed_for text,
    add column owed_at  timestamptz not null default clock_timestamp(),
    add column excused  integer     not null default 0 check (excused >= 0),
    add column origin   text        not null
        generated always as (mooring_creditor(revocation_endpoint)) stored;

alter table owed_deregistration
    add column owed_at timestamptz not null default clock_timestamp(),
    add column excused integer     not null default 0 check (excused >= 0),
    add column origin  text        not null
        generated always as (mooring_creditor(configuration_endpoint)) stored;

-- In the place of those by due_at alone, in which whoever looks for what is due at one origin might
-- read all that is due at another. The version before this one looks without.
create index owed_revocation_origin on owed_revocation (origin, due_at);
create index owed_deregistration_origin on owed_deregistration (origin, due_at);
drop index owed_revocation_due;
drop index owed_deregistration_due;

-- Whom nothing that is owed is brought to for a while, as they asked for.
create table owed_pause (
    origin text        primary key,
    until  timestamptz not null
);
