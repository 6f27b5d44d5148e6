package dev.mooring.application;

import dev.mooring.domain.oauth.RedirectUri;

import java.util.Optional;

/**
 * How we present ourselves to authorization servers; the same for every MCP client.
 *
 * @param metadataDocument the URL of our Client ID Metadata Document, if we have a public one
 */
public record OAuthClientProfile(
        String clientName, RedirectUri redirectUri, Optional<String> metadataDocument) {}
