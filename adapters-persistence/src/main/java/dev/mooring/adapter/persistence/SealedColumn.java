package dev.mooring.adapter.persistence;

/** Every column that holds sealed secrets. What is missing here would miss a change of keys. */
enum SealedColumn {
    CLIENT_HEADERS("mcp_client", "id", "headers"),
    CLIENT_OAUTH_SECRET("mcp_client", "id", "oauth_client_secret"),
    CLIENT_MORE_SECRETS("mcp_client", "id", "oauth_more_secrets"),
    ATTEMPT_VERIFIER("authorization_attempt", "flow_id", "code_verifier"),
    ATTEMPT_URL("authorization_attempt", "flow_id", "authorize_url"),
    ATTEMPT_DPOP_KEY("authorization_attempt", "flow_id", "dpop_key"),
    REGISTRATION_SECRET("client_registration", "id", "client_secret"),
    REGISTRATION_KEY("client_registration", "id", "assertion_key"),
    REGISTRATION_TOKEN("client_registration", "id", "registration_access_token"),
    GRANT_ACCESS_TOKEN("oauth_grant", "id", "access_token"),
    GRANT_REFRESH_TOKEN("oauth_grant", "id", "refresh_token"),
    GRANT_DPOP_KEY("oauth_grant", "id", "dpop_key"),
    REVOCATION_SECRET("owed_revocation", "number", "client_secret"),
    REVOCATION_KEY("owed_revocation", "number", "assertion_key"),
    REVOCATION_ACCESS_TOKEN("owed_revocation", "number", "access_token"),
    REVOCATION_REFRESH_TOKEN("owed_revocation", "number", "refresh_token"),
    REVOCATION_DPOP_KEY("owed_revocation", "number", "dpop_key"),
    DEREGISTRATION_TOKEN("owed_deregistration", "number", "registration_access_token"),
    SHARED_SECRET("shared_secret", "name", "value");

    private final String table;
    private final String key;
    private final String column;

    SealedColumn(String table, String key, String column) {
        this.table = table;
        this.key = key;
        this.column = column;
    }

    String table() {
        return table;
    }

    /** The primary key, which is the row's identity in the associated data. */
    String key() {
        return key;
    }

    String column() {
        return column;
    }

    /** The primary key's type in SQL. */
    String keyType() {
        return key.equals("number") ? "bigint" : "text";
    }

    /** Comes before every primary key. */
    String beforeAllKeys() {
        return key.equals("number") ? "-1" : "";
    }

    SecretPlace of(String row) {
        return new SecretPlace(this, row);
    }

    @Override
    public String toString() {
        return table + "." + column;
    }
}
