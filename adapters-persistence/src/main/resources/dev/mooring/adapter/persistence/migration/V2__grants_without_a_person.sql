-- Grants for which nobody has to consent, and clients that prove themselves by a signature.

-- One sealed JSON object with the secrets of the settings besides the client secret.
alter table mcp_client
    add column oauth_more_secrets bytea,
    add constraint mcp_client_more_secrets check (
        auth_type = 'oauth' or oauth_more_secrets is null),
    drop constraint mcp_client_cause,
    add constraint mcp_client_cause check (case cause
        when 'refresh_refused' then cause_error is not null and cause_scopes is null
        when 'grant_refused'   then cause_error is not null and cause_scopes is null
        when 'scope_needed'    then cause_error is null and cause_scopes is not null
        when 'token_refused'   then num_nonnulls(cause_error, cause_scopes) = 0
        when 'revoked'         then num_nonnulls(cause_error, cause_scopes) = 0
        when 'settings_changed' then num_nonnulls(cause_error, cause_scopes) = 0
        when 'answer_lost'     then num_nonnulls(cause_error, cause_scopes) = 0
        else cause is null and num_nonnulls(cause_error, cause_scopes) = 0 end);

-- With what an assertion is signed, and for whom: one sealed JSON object.
alter table client_registration
    add column assertion_key bytea,
    drop constraint client_registration_auth_method_check,
    drop constraint client_registration_method,
    add constraint client_registration_method check (case auth_method
        when 'none'                then assertion_key is null
        when 'client_secret_basic' then client_secret is not null and assertion_key is null
        when 'client_secret_post'  then client_secret is not null and assertion_key is null
        when 'private_key_jwt'     then assertion_key is not null
        else false end);

alter table owed_revocation
    add column assertion_key bytea,
    drop constraint owed_revocation_auth_method_check,
    drop constraint owed_revocation_method,
    add constraint owed_revocation_method check (case auth_method
        when 'none'                then assertion_key is null
        when 'client_secret_basic' then client_secret is not null and assertion_key is null
        when 'client_secret_post'  then client_secret is not null and assertion_key is null
        when 'private_key_jwt'     then assertion_key is not null
        else false end);
