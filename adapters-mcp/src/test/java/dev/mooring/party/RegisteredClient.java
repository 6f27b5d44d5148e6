package dev.mooring.party;

import com.fasterxml.jackson.databind.node.ObjectNode;

import java.util.Set;

/**
 * An OAuth client as the authorization server knows it.
 *
 * @param secret empty for a client whose authentication method is {@code none}
 * @param metadata what it registered with, its defaults filled in (RFC 7591 §2)
 */
public record RegisteredClient(
        String clientId,
        String secret,
        String authMethod,
        Set<String> redirectUris,
        Set<String> grantTypes,
        String registrationAccessToken,
        ObjectNode metadata) {}
