package dev.mooring.domain.oauth;

import static dev.mooring.domain.InvalidValueException.require;

import dev.mooring.domain.InvalidValueException;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.Locale;

/**
 * What every URL has in common that Mooring will ever call or send a person to: absolute, http or
 * https, a host, and no credentials in it. Which hosts may be called is the outbound guard's
 * decision, not this type's.
 */
public final class HttpUrl {
    private static final int MAX_LENGTH = 2048;

    private HttpUrl() {}

    /**
     * The text as a URI, unchanged.
     *
     * @throws InvalidValueException naming {@code field} when it is not an http(s) URL
     */
    public static URI requireHttpUrl(String field, String text) {
        require(text.length() <= MAX_LENGTH, field, "the URL is longer than 2048 characters");
        URI uri;
        try {
            uri = new URI(text);
        } catch (URISyntaxException e) {
            throw new InvalidValueException(field, "not a valid URL");
        }
        String scheme = uri.getScheme() == null ? "" : uri.getScheme().toLowerCase(Locale.ROOT);
        // Security best practices of MCP: a javascript: or file: URL must never reach a browser.
        require(scheme.equals("https") || scheme.equals("http"), field, "not an http or https URL");
        require(uri.getHost() != null && !uri.getHost().isEmpty(), field, "the URL has no host");
        require(uri.getPort() <= 65_535, field, "the URL has no such port");
        require(uri.getRawUserInfo() == null, field, "the URL must not contain credentials");
        return uri;
    }

    /** Scheme, host and port, in lower case and without the scheme's default port. */
    public static String origin(URI uri) {
        String scheme = uri.getScheme().toLowerCase(Locale.ROOT);
        String host = uri.getHost().toLowerCase(Locale.ROOT);
        int standard = scheme.equals("https") ? 443 : 80;
        int port = uri.getPort();
        return scheme + "://" + host + (port < 0 || port == standard ? "" : ":" + port);
    }
}
