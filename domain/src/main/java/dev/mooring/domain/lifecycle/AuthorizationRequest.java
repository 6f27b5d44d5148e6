package dev.mooring.domain.lifecycle;

import dev.mooring.domain.Secret;
import dev.mooring.domain.oauth.ClientIdentifier;
import dev.mooring.domain.oauth.CodeVerifier;
import dev.mooring.domain.oauth.Issuer;
import dev.mooring.domain.oauth.RedirectUri;
import dev.mooring.domain.oauth.ResourceIdentifier;
import dev.mooring.domain.oauth.Scopes;
import dev.mooring.domain.oauth.State;
import dev.mooring.domain.oauth.TokenBinding;

import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * What we sent the browser with, as far as the response must be held against it, and what redeeming
 * the code will need. Kept only until the attempt ends.
 *
 * @param issuer who must answer (RFC 9207); recorded before the browser leaves, as MCP demands
 * @param issuerInResponse whether the server promised to say {@code iss}
 * @param binding what the tokens are to be bound to; the key is made for this attempt alone
 * @param tokenEndpoint where the code will be redeemed
 * @param revocationEndpoint where a grant that nobody wants any more can be given back
 * @param linkFor which browser may bring the response
 * @param authorizeUrl the link itself, so that an equal request gets the same link again
 */
public record AuthorizationRequest(
        CodeVerifier verifier,
        Issuer issuer,
        boolean issuerInResponse,
        RedirectUri redirectUri,
        ResourceIdentifier resource,
        Scopes scopes,
        RegistrationId registration,
        TokenBinding binding,
        URI tokenEndpoint,
        Optional<URI> revocationEndpoint,
        LinkFor linkFor,
        AuthorizeUrl authorizeUrl) {
    /** The same request, whose response only that browser may bring. */
    public AuthorizationRequest madeFor(LinkFor whom) {
        return new AuthorizationRequest(
                verifier,
                issuer,
                issuerInResponse,
                redirectUri,
                resource,
                scopes,
                registration,
                binding,
                tokenEndpoint,
                revocationEndpoint,
                whom,
                authorizeUrl);
    }

    /** The link a person opens. It contains the {@code state}, so it is a secret until used. */
    public record AuthorizeUrl(String value) implements Secret {
        /**
         * An authorization request of RFC 6749 section 4.1.1 with PKCE (RFC 7636 section 4.3) and
         * resource indicator (RFC 8707 section 2). Parameters that the endpoint's URL already has
         * are kept (RFC 6749 section 3.1).
         */
        static AuthorizeUrl of(
                URI authorizationEndpoint,
                ClientIdentifier clientId,
                RedirectUri redirectUri,
                State state,
                CodeVerifier verifier,
                Optional<ResourceIdentifier> resource,
                Scopes scopes,
                Map<String, String> additional) {
            Map<String, String> parameters = new LinkedHashMap<>();
            parameters.put("response_type", "code");
            parameters.put("client_id", clientId.value());
            parameters.put("redirect_uri", redirectUri.value());
            scopes.parameter().ifPresent(scope -> parameters.put("scope", scope));
            parameters.put("state", state.value());
            parameters.put("code_challenge", verifier.challenge());
            parameters.put("code_challenge_method", "S256");
            resource.ifPresent(known -> parameters.put("resource", known.value()));
            additional.forEach(parameters::putIfAbsent);
            // OpenID Connect Core section 11: a server must ignore offline_access unless it is told
            // to ask for consent.
            if (scopes.contains(Scopes.OFFLINE_ACCESS)) {
                parameters.putIfAbsent("prompt", "consent");
            }

            String endpoint = authorizationEndpoint.toString();
            int fragment = endpoint.indexOf('#');
            StringBuilder url =
                    new StringBuilder(fragment < 0 ? endpoint : endpoint.substring(0, fragment));
            char separator = authorizationEndpoint.getRawQuery() == null ? '?' : '&';
            for (Map.Entry<String, String> parameter : parameters.entrySet()) {
                url.append(separator)
                        .append(encode(parameter.getKey()))
                        .append('=')
                        .append(encode(parameter.getValue()));
                separator = '&';
            }
            return new AuthorizeUrl(url.toString());
        }

        private static String encode(String text) {
            // Form encoding writes a blank as "+"; "%20" is read alike by every server.
            return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
        }

        @Override
        public String toString() {
            return REDACTED;
        }
    }
}
