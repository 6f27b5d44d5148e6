-- Of a registration that an operator entered, retired now says that its credentials were entered
-- anew since, so that they may be for another issuer; refused_at, that the server refused them.
alter table client_registration
    add column refused_at timestamptz,
    add constraint client_registration_refused check (refused_at is null or kind = 'given');

-- The tool whose call asked for more scopes; absent for attempts that were begun for another reason.
alter table authorization_attempt
    add column operation text;
