package dev.mooring.domain.oauth;

import java.net.URI;

/**
 * Whom an http(s) URL belongs to: scheme, host and port, in lower case and without the scheme's
 * default port.
 */
public record Origin(String value) {

    /**
     * The origin of a URL.
     *
     * @param url as {@link HttpUrl#requireHttpUrl} lets it pass
     */
    public static Origin of(URI url) {
        return new Origin(HttpUrl.origin(url));
    }

    @Override
    public String toString() {
        return value;
    }
}
