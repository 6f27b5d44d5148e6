package dev.mooring.domain.oauth;

import static dev.mooring.domain.InvalidValueException.require;

import java.net.URI;

/**
 * What a token is good for: the {@code resource} of RFC 8707 and RFC 9728, an absolute URI without
 * fragment.
 *
 * <p>It is sent byte for byte as the protected resource metadata spelled it, because authorization
 * servers compare it as a string.
 */
public record ResourceIdentifier(String value) {
    private static final String FIELD = "oauth_config.resource";

    public ResourceIdentifier {
        HttpUrl.requireHttpUrl(FIELD, value);
        require(value.indexOf('#') < 0, FIELD, "a resource identifier has no fragment");
    }

    /**
     * Whether metadata that calls itself this resource may speak for the MCP server at {@code
     * server}: same origin, and a path that leads to the server's (RFC 9728 section 3.3). Anything
     * else could lure a token away to a stranger.
     */
    public boolean covers(URI server) {
        URI own = URI.create(value);
        if (!HttpUrl.origin(own).equals(HttpUrl.origin(server)) || own.getRawQuery() != null) {
            return value.equals(server.toString());
        }
        String prefix = withTrailingSlash(own.getRawPath());
        return withTrailingSlash(server.getRawPath()).startsWith(prefix);
    }

    private static String withTrailingSlash(String path) {
        return path.endsWith("/") ? path : path + "/";
    }

    @Override
    public String toString() {
        return value;
    }
}
