package dev.mooring.domain.client;

import static dev.mooring.domain.InvalidValueException.require;

/** The unique name of an MCP client for use in a URL path. */
public record EndpointSlug(String value) {
    public EndpointSlug {
        require(
                value.matches("[a-z0-9]([a-z0-9-]{0,126}[a-z0-9])?"),
                "endpoint_slug",
                "must be 1 to 128 lower-case letters, digits and inner hyphens");
    }

    @Override
    public String toString() {
        return value;
    }
}
