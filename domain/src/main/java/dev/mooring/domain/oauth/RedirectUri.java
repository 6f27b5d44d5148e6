package dev.mooring.domain.oauth;

/**
 * Where the authorization server sends the browser back to (RFC 6749 section 3.1.2): our callback.
 */
public record RedirectUri(String value) {
    public RedirectUri {
        HttpUrl.requireHttpUrl("redirect_uri", value);
    }

    /**
     * Whether the callback is on the person's own machine. A dynamic registration then calls itself
     * {@code native}, else {@code web} (MCP client registration, {@code application_type}).
     */
    public boolean isLoopback() {
        String host = HttpUrl.requireHttpUrl("redirect_uri", value).getHost();
        return host.equalsIgnoreCase("localhost")
                || host.equals("127.0.0.1")
                || host.equals("[::1]");
    }

    @Override
    public String toString() {
        return value;
    }
}
