-- A node may sleep for minutes while the encryption keys are changed (a process that is stopped, a
-- machine that is moved), and wake in the middle of a write. Nobody waits for it, and what it seals
-- with a key that was retired meanwhile could be opened by nobody. So the database refuses such a
-- write as a collision, which every version tries again, with the key that it has learnt of by then.

-- Whether a value is sealed with a key that is not current. That is seldom so, and only then there is
-- more to find out.
create function mooring_sealed_late(sealed bytea) returns boolean language plpgsql stable as $$
begin
    return length(sealed) > 2 and not exists (
        select from encryption_key
        where id = encode(substring(sealed from 3 for get_byte(sealed, 1)), 'escape')
          and standing = 'current');
end $$;

-- A former key may still seal. Its row is locked until the write is durable, so that a retirement,
-- which locks it as well before it counts what needs the key, comes wholly before or wholly after.
create function mooring_sealed_with_living_key() returns trigger language plpgsql as $$
declare
    name    text;
    sealed  bytea;
    before  bytea;
    retired boolean;
begin
    foreach name in array tg_argv loop
        execute format('select ($1).%I', name) into sealed using new;
        if tg_op = 'UPDATE' then
            execute format('select ($1).%I', name) into before using old;
        end if;
        if length(sealed) > 2 and sealed is distinct from before then
            select retired_at is not null into retired from encryption_key
            where id = encode(substring(sealed from 3 for get_byte(sealed, 1)), 'escape')
            for share;
            if retired then
                raise exception 'a secret was sealed with an encryption key that is retired' using
                    errcode = 'serialization_failure',
                    constraint = 'encryption_key_not_retired',
                    table = tg_table_name,
                    column = name;
            end if;
        end if;
    end loop;
    return null;
end $$;

-- On every column that holds sealed secrets.
do $$
declare
    guarded record;
begin
    for guarded in
        select relation, names, (
            select string_agg(format('mooring_sealed_late(new.%I)', name), ' or ')
            from unnest(names) as name) as late
        from (values
            ('mcp_client', array['headers', 'oauth_client_secret', 'oauth_more_secrets']),
            ('authorization_attempt', array['code_verifier', 'authorize_url', 'dpop_key']),
            ('client_registration',
                array['client_secret', 'assertion_key', 'registration_access_token']),
            ('oauth_grant', array['access_token', 'refresh_token', 'dpop_key']),
            ('owed_revocation', array['client_secret', 'assertion_key', 'access_token',
                'refresh_token', 'dpop_key']),
            ('owed_deregistration', array['registration_access_token']),
            ('webhook', array['secret', 'former_secret']),
            ('shared_secret', array['value'])) as sealed (relation, names)
    loop
        execute format(
            'create trigger %1$s_sealed after insert or update of %2$s on %1$s for each row'
            ' when (%3$s) execute function mooring_sealed_with_living_key(%2$s)',
            guarded.relation, array_to_string(guarded.names, ', '), guarded.late);
    end loop;
end $$;
