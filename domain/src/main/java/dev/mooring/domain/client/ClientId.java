package dev.mooring.domain.client;

import static dev.mooring.domain.InvalidValueException.require;

import dev.mooring.domain.Identifiers;

import java.util.random.RandomGenerator;

/**
 * Our identifier of an MCP client, ours or chosen by the caller. Never looks like an {@link
 * OAuthConfigId}, so that {@code complete-oauth} can take either.
 */
public record ClientId(String value) {
    public ClientId {
        require(
                value.matches("[A-Za-z0-9][A-Za-z0-9._-]{0,127}"),
                "client_id",
                "must be 1 to 128 letters, digits, dots, hyphens or underscores");
        require(
                !OAuthConfigId.looksLikeOne(value),
                "client_id",
                "must not begin with " + OAuthConfigId.PREFIX);
    }

    public static ClientId random(RandomGenerator random) {
        return new ClientId("mcp_" + Identifiers.random128(random));
    }

    @Override
    public String toString() {
        return value;
    }
}
