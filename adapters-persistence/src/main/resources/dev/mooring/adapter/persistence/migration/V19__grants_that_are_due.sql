-- What grants are due, for many rows and for two versions side by side.

-- Scheme, host and port of a URL, in lower case and without the scheme's default port.
create function mooring_origin(url text) returns text
    language sql immutable strict parallel safe as $$
    select regexp_replace(lower(substring(url from '^[^/]*//[^/?#]*')),
                          '^(https://.*):443$|^(http://.*):80$', '\1\2')
$$;

-- To look past all that is due at a token endpoint that pauses.
create index oauth_grant_renew_by_endpoint on oauth_grant (token_endpoint, renew_at)
    where renew_at is not null;

-- A version that knows nothing of renew_at leaves it empty, or as it was beside other tokens. This
-- one leaves it empty only where nothing is to be renewed ahead: see RenewalWindow.
create function mooring_grant_to_renew() returns trigger language plpgsql as $$
declare
    margin interval := least(interval '15 minutes',
        greatest(interval '1 minute', (new.expires_at - new.issued_at) / 5));
begin
    new.renew_at := new.expires_at - margin * (1 + random() / 2);
    return new;
end $$;

create trigger oauth_grant_to_renew before insert or update of access_token on oauth_grant
    for each row when (new.renew_at is null and new.refresh_token is not null
        and new.expires_at - new.issued_at >= interval '2 minutes')
    execute function mooring_grant_to_renew();

-- Which that trigger does.
update oauth_grant set access_token = access_token
where renew_at is null and refresh_token is not null
  and expires_at - issued_at >= interval '2 minutes';
