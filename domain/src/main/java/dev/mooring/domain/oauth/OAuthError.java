package dev.mooring.domain.oauth;

import java.util.Set;

/**
 * The {@code error} code of a refusal (RFC 6749 sections 4.1.2.1 and 5.2, RFC 6750, RFC 7591, RFC
 * 8707, RFC 9449).
 *
 * <p>An open set: a server may send codes of its own. What is no plausible code is replaced by
 * {@link #UNSPECIFIED}, so that foreign text never travels further. Descriptions are not kept at
 * all.
 */
public record OAuthError(String code) {
    public static final OAuthError ACCESS_DENIED = new OAuthError("access_denied");
    public static final OAuthError INVALID_CLIENT = new OAuthError("invalid_client");
    public static final OAuthError INVALID_GRANT = new OAuthError("invalid_grant");
    public static final OAuthError INVALID_TOKEN = new OAuthError("invalid_token");
    public static final OAuthError INSUFFICIENT_SCOPE = new OAuthError("insufficient_scope");
    public static final OAuthError INVALID_DPOP_PROOF = new OAuthError("invalid_dpop_proof");
    public static final OAuthError USE_DPOP_NONCE = new OAuthError("use_dpop_nonce");
    public static final OAuthError UNSUPPORTED_TOKEN_TYPE =
            new OAuthError("unsupported_token_type");
    public static final OAuthError INVALID_SCOPE = new OAuthError("invalid_scope");
    public static final OAuthError UNAUTHORIZED_CLIENT = new OAuthError("unauthorized_client");
    public static final OAuthError INVALID_REDIRECT_URI = new OAuthError("invalid_redirect_uri");
    public static final OAuthError UNSPECIFIED = new OAuthError("unspecified_error");

    /** RFC 6749 section 5.2, RFC 8707 section 2, and what some servers say from section 4.1.2.1. */
    private static final Set<String> FINAL_FOR_TOKENS =
            Set.of(
                    "invalid_request",
                    "invalid_client",
                    "invalid_grant",
                    "unauthorized_client",
                    "unsupported_grant_type",
                    "invalid_scope",
                    "invalid_target",
                    "access_denied");

    public OAuthError {
        code = isPlausible(code) ? code : "unspecified_error";
    }

    /**
     * Whether a token endpoint says with this that it does not know or want the client itself (RFC
     * 6749 section 5.2), whatever the client sent.
     */
    public boolean refusesClient() {
        return equals(INVALID_CLIENT) || equals(UNAUTHORIZED_CLIENT);
    }

    /**
     * Whether the server will not give the scopes that were asked for: in the words of RFC 6749, or
     * in Keycloak's for offline tokens, which it refuses only where the code is redeemed.
     */
    public boolean isOverScopes() {
        return equals(INVALID_SCOPE) || code.equals("not_allowed");
    }

    /**
     * Whether a token endpoint decides with this, so that asking again in the same way is vain. Any
     * other word may be that of a gateway before the server, and pass.
     */
    public boolean isFinalForTokens() {
        return FINAL_FOR_TOKENS.contains(code);
    }

    private static boolean isPlausible(String code) {
        return !code.isEmpty()
                && code.length() <= 64
                && code.chars()
                        .allMatch(c ->
                                (c >= 'a' && c <= 'z')
                                        || (c >= 'A' && c <= 'Z')
                                        || (c >= '0' && c <= '9')
                                        || c == '_'
                                        || c == '-'
                                        || c == '.');
    }

    @Override
    public String toString() {
        return code;
    }
}
