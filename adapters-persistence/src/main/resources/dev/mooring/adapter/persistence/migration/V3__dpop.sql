-- Tokens may be bound to a key of ours (RFC 9449): the key is made with the attempt, and goes with the
-- tokens. An earlier version, which may run beside this one, leaves these columns as they are.

alter table authorization_attempt
    add column dpop_key      bytea,
    add column dpop_required boolean,
    add constraint authorization_attempt_dpop check (
        num_nulls(dpop_key, dpop_required) in (0, 2));

alter table oauth_grant
    add column dpop_key      bytea,
    add column dpop_required boolean,
    add column token_type    text check (token_type in ('bearer', 'dpop')),
    add constraint oauth_grant_dpop check (
        num_nulls(dpop_key, dpop_required) in (0, 2)
        and (token_type is distinct from 'dpop' or dpop_key is not null)
        and (dpop_required is distinct from true or token_type = 'dpop'));

alter table owed_revocation
    add column dpop_key   bytea,
    add column token_type text check (token_type in ('bearer', 'dpop'));
