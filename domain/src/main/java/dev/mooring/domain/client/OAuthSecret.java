package dev.mooring.domain.client;

/** A secret among {@link OAuthSettings}, by the field in which an operator enters it. */
public enum OAuthSecret {
    CLIENT_SECRET("oauth_config.client_secret"),
    PRIVATE_KEY("oauth_config.private_key_pem"),
    ASSERTION("oauth_config.assertion"),
    /** The name is no secret, but what it stands for is. */
    ASSERTION_FILE("oauth_config.assertion_file"),
    IDENTITY_PROVIDER_SECRET("oauth_config.identity_provider.client_secret"),
    SUBJECT_TOKEN("oauth_config.identity_provider.subject_token");

    private final String field;

    OAuthSecret(String field) {
        this.field = field;
    }

    /** The field's name in the HTTP contract. */
    public String field() {
        return field;
    }
}
