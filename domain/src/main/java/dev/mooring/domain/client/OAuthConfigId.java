package dev.mooring.domain.client;

import static dev.mooring.domain.InvalidValueException.require;

import dev.mooring.domain.Identifiers;

import java.util.random.RandomGenerator;

/** Names the OAuth side of an MCP client in the HTTP contract. */
public record OAuthConfigId(String value) {
    static final String PREFIX = "oauth_";

    public OAuthConfigId {
        require(
                value.matches(PREFIX + "[A-Za-z0-9_-]{1,64}"),
                "oauth_config_id",
                "must begin with " + PREFIX);
    }

    public static OAuthConfigId random(RandomGenerator random) {
        return new OAuthConfigId(PREFIX + Identifiers.random128(random));
    }

    public static boolean looksLikeOne(String text) {
        return text.startsWith(PREFIX);
    }

    @Override
    public String toString() {
        return value;
    }
}
