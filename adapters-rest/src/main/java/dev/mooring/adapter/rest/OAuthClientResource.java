package dev.mooring.adapter.rest;

import dev.mooring.adapter.rest.edge.Answer;
import dev.mooring.adapter.rest.edge.ApiError;
import dev.mooring.adapter.rest.edge.ErrorCode;
import dev.mooring.adapter.rest.edge.Reply;
import dev.mooring.adapter.rest.edge.Routes;
import dev.mooring.application.DescribeOAuthClient;
import dev.mooring.domain.oauth.ClientMetadata;
import dev.mooring.domain.oauth.RedirectUri;
import dev.mooring.domain.oauth.VerificationKey;

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
            Optional<String> tokenEndpointAuthSigningAlg,
            Optional<KeySetView> jwks,
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
                    metadata.key().map(key -> key.algorithm().word()),
                    metadata.key().map(KeySetView::of),
                    metadata.applicationType(),
                    metadata.scope().parameter());
        }
    }

    /** RFC 7517 section 5. */
    private record KeySetView(List<KeyView> keys) {
        static KeySetView of(VerificationKey key) {
            return new KeySetView(List.of(KeyView.of(key)));
        }
    }

    /** RFC 7517 section 4, with what RFC 7518 section 6 adds for the public half of each kind. */
    private record KeyView(
            String kty,
            String use,
            String alg,
            String kid,
            Optional<String> crv,
            Optional<String> x,
            Optional<String> y,
            Optional<String> n,
            Optional<String> e) {
        static KeyView of(VerificationKey key) {
            return switch (key) {
                case VerificationKey.Curve curve ->
                        new KeyView(
                                "EC",
                                "sig",
                                key.algorithm().word(),
                                key.keyId(),
                                Optional.of(VerificationKey.Curve.NAME),
                                Optional.of(curve.x()),
                                Optional.of(curve.y()),
                                Optional.empty(),
                                Optional.empty());
                case VerificationKey.Rsa rsa ->
                        new KeyView(
                                "RSA",
                                "sig",
                                key.algorithm().word(),
                                key.keyId(),
                                Optional.empty(),
                                Optional.empty(),
                                Optional.empty(),
                                Optional.of(rsa.modulus()),
                                Optional.of(rsa.exponent()));
            };
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
