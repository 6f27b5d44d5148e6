package dev.mooring.domain.mcp;

import static dev.mooring.domain.InvalidValueException.require;

import dev.mooring.domain.oauth.HttpUrl;

import java.net.URI;

/** The endpoint of an MCP server: an http(s) URL without fragment, kept as it was written. */
public record ServerUri(String value) {
    private static final String FIELD = "connection_string";

    public ServerUri {
        HttpUrl.requireHttpUrl(FIELD, value);
        require(value.indexOf('#') < 0, FIELD, "the URL must not have a fragment");
    }

    public URI uri() {
        return URI.create(value);
    }

    /** Scheme, host and port, in lower case and without a default port. */
    public String origin() {
        return HttpUrl.origin(uri());
    }

    @Override
    public String toString() {
        return value;
    }
}
