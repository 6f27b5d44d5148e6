package dev.mooring.application;

import dev.mooring.domain.oauth.AssertionKey;
import dev.mooring.domain.oauth.ClientCredentials;
import dev.mooring.domain.oauth.ClientIdentifier;
import dev.mooring.domain.oauth.Issuer;
import dev.mooring.domain.oauth.RedirectUri;
import dev.mooring.domain.oauth.TokenEndpointAuthMethod;
import dev.mooring.domain.oauth.VerificationKey;

import java.util.Optional;

/**
 * How we present ourselves to authorization servers; the same for every MCP client.
 *
 * @param metadataDocument the URL of our Client ID Metadata Document, if we have a public one
 * @param key that the document publishes: whoever takes the document gets signed assertions.
 *     Absent: we are a public client there.
 */
public record OAuthClientProfile(
        String clientName,
        RedirectUri redirectUri,
        Optional<String> metadataDocument,
        Optional<VerificationKey> key) {

    /** A profile without a key. */
    public OAuthClientProfile(
            String clientName, RedirectUri redirectUri, Optional<String> metadataDocument) {
        this(clientName, redirectUri, metadataDocument, Optional.empty());
    }

    /** What we show to {@code issuer} as the client that our document at {@code url} describes. */
    ClientCredentials documented(String url, Issuer issuer) {
        ClientIdentifier clientId = new ClientIdentifier(url);
        return key.isPresent()
                ? ClientCredentials.signing(clientId, new AssertionKey(issuer, Optional.empty()))
                : new ClientCredentials(clientId, Optional.empty(), TokenEndpointAuthMethod.NONE);
    }
}
