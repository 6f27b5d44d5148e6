package dev.mooring.adapter.rest;

import dev.mooring.adapter.rest.edge.Answer;
import dev.mooring.adapter.rest.edge.ApiError;
import dev.mooring.adapter.rest.edge.ErrorCode;
import dev.mooring.adapter.rest.edge.Reply;
import dev.mooring.adapter.rest.edge.Routes;
import dev.mooring.application.DescribeOAuthClient;
import dev.mooring.domain.oauth.ClientMetadata;
import dev.mooring.domain.oauth.RedirectUri;

import io.helidon.http.HeaderNames;
import io.helidon.http.Method;
import io.helidon.webserver.http.ServerRequest;

import java.util.List;
import java.util.Optional;

/**
 * Our Client ID Metadata Document, for authorization servers that take a URL as client id
 * (draft-ietf-oauth-client-id-metadata-document section 4).
 */
final class OAuthClientResource implements Resource {
    private final DescribeOAuthClient describeOAuthClient;

    /** The names are those of RFC 7591 section 2. */
    private record MetadataView(
            String clientId,
            String clientName,
            Optional<String> clientUri,
            List<String> redirectUris,
            List<String> grantTypes,
            List<String> responseTypes,
            String tokenEndpointAuthMethod,
            String applicationType,
            Optional<String> scope) {
        static MetadataView of(DescribeOAuthClient.Document document) {
            ClientMetadata metadata = document.metadata();
            return new MetadataView(
                    document.clientId().value(),
                    metadata.clientName(),
                    metadata.clientUri(),
                    metadata.redirectUris().stream().map(RedirectUri::value).toList(),
                    metadata.grantTypes(),
                    metadata.responseTypes(),
                    metadata.tokenEndpointAuthMethod().word(),
                    metadata.applicationType(),
                    metadata.scope().parameter());
        }
    }

    OAuthClientResource(DescribeOAuthClient describeOAuthClient) {
        this.describeOAuthClient = describeOAuthClient;
    }

    @Override
    public void addTo(Routes routes) {
        routes.open(Method.GET, "/.well-known/oauth-client", this::document);
    }

    private Reply document(ServerRequest request) {
        return describeOAuthClient
                .handle()
                .<Reply>map(document ->
                        Answer.json(MetadataView.of(document))
                                .with(HeaderNames.CACHE_CONTROL, "max-age=300"))
                .orElseGet(() ->
                        ApiError.of(
                                ErrorCode.METADATA_DOCUMENT_NOT_PUBLISHED,
                                "This instance has no public https base URL"));
    }
}
