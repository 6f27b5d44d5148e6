package dev.mooring.application;

import dev.mooring.domain.oauth.ClientIdentifier;
import dev.mooring.domain.oauth.ClientMetadata;

import java.util.Optional;

/** Says who we are as an OAuth client: the content of our Client ID Metadata Document. */
public final class DescribeOAuthClient {
    private final OAuthClientProfile profile;

    public DescribeOAuthClient(OAuthClientProfile profile) {
        this.profile = profile;
    }

    /** The document; its {@code client_id} is the URL where it is published. */
    public record Document(ClientIdentifier clientId, ClientMetadata metadata) {}

    /** Empty when we have no public https URL to publish it at. */
    public Optional<Document> handle() {
        return profile.metadataDocument()
                .map(url ->
                        new Document(
                                new ClientIdentifier(url),
                                ClientMetadata.signing(
                                        profile.clientName(),
                                        profile.redirectUri(),
                                        profile.key())));
    }
}
