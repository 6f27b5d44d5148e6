-- Which of the encryption keys seals is the database's to say, so that all nodes agree and a new
-- key is used only when everybody has it. A key is announced, then current, then former; keys that
-- an older version remembers are former, until a start makes one of them current.

alter table encryption_key
    add column standing text not null default 'former'
        check (standing in ('announced', 'current', 'former')),
    add column since timestamptz not null default clock_timestamp();

create unique index encryption_key_current on encryption_key (standing) where standing = 'current';

-- The nodes that serve, as they say themselves every few seconds: which keys each of them has and
-- which one it seals with.
create table encryption_key_holder (
    node        text        primary key,
    process     text        not null,
    key_ids     text        not null,
    sealing_key text        not null,
    seen_at     timestamptz not null
);

-- Random secrets that all nodes have in common, each for one purpose.
create table shared_secret (
    name  text  primary key,
    value bytea not null
);
