package dev.mooring.domain.client;

import static dev.mooring.domain.InvalidValueException.require;

import dev.mooring.domain.oauth.ClientCredentials;
import dev.mooring.domain.oauth.ClientIdentifier;
import dev.mooring.domain.oauth.ClientSecret;
import dev.mooring.domain.oauth.HttpUrl;
import dev.mooring.domain.oauth.Issuer;
import dev.mooring.domain.oauth.SubjectToken;
import dev.mooring.domain.oauth.TokenEndpointAuthMethod;

import java.util.Optional;

/**
 * The identity provider of an enterprise, which decides who may use which MCP server (MCP extension
 * enterprise-managed authorization). It exchanges the token of a person for an assertion.
 *
 * @param tokenUrl absent: discovered from the issuer
 * @param clientId our client there, which need not be the one at the MCP authorization server
 * @param method absent: by secret if there is one, in the way the RFC has as default
 * @param subjectTokenType the registered URI for the type of {@code subjectToken}
 */
public record IdentityProvider(
        Issuer issuer,
        Optional<String> tokenUrl,
        ClientIdentifier clientId,
        Optional<ClientSecret> clientSecret,
        Optional<TokenEndpointAuthMethod> method,
        SubjectToken subjectToken,
        String subjectTokenType) {
    public static final String ID_TOKEN = "urn:ietf:params:oauth:token-type:id_token";

    private static final String FIELD = "oauth_config.identity_provider.";

    public IdentityProvider {
        tokenUrl.ifPresent(url -> HttpUrl.requireHttpUrl(FIELD + "token_url", url));
        method.ifPresent(word -> {
            require(
                    word != TokenEndpointAuthMethod.PRIVATE_KEY_JWT,
                    FIELD + "token_endpoint_auth_method",
                    "must be none, client_secret_basic or client_secret_post");
            require(
                    word.needsSecret() == clientSecret.isPresent(),
                    FIELD + "client_secret",
                    "does not go with the authentication method " + word.word());
        });
        require(
                subjectTokenType.matches("urn:[!-~]{1,250}"),
                FIELD + "subject_token_type",
                "must be a URN, such as " + ID_TOKEN);
    }

    /** What our client shows at its token endpoint. */
    public ClientCredentials credentials() {
        return new ClientCredentials(
                clientId,
                clientSecret,
                method.orElse(
                        clientSecret.isPresent()
                                ? TokenEndpointAuthMethod.CLIENT_SECRET_BASIC
                                : TokenEndpointAuthMethod.NONE));
    }

    /**
     * Whether both are vouched for by the same party. Another subject token is a fresh one: most
     * are good for an hour at most, and an operator enters the next.
     */
    boolean keepsGrantUnder(IdentityProvider other) {
        return isAskedLike(other) && subjectTokenType.equals(other.subjectTokenType);
    }

    /** Whether our secrets would go to the same party, from the same client. */
    boolean isAskedLike(IdentityProvider other) {
        return issuer.equals(other.issuer)
                && tokenUrl.equals(other.tokenUrl)
                && clientId.equals(other.clientId);
    }
}
