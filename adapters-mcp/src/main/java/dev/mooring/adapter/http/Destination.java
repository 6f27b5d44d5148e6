package dev.mooring.adapter.http;

import java.net.InetAddress;
import java.net.URI;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Where a URL points: the part of it that decides whether it may be called.
 *
 * @param secure https rather than http
 * @param host a lower-case name, or an address literal without brackets
 * @param port the URL's, or the scheme's own
 */
record Destination(boolean secure, String host, int port) {

    private static final Pattern DOTTED =
            Pattern.compile("(?:(?:0|[1-9]\\d{0,2})\\.){3}(?:0|[1-9]\\d{0,2})");
    private static final Pattern NUMBER = Pattern.compile("\\d+|0x[0-9a-f]*");

    /**
     * Reads what {@link URI} let through, which refuses backslashes, blanks and control characters
     * by itself.
     *
     * @throws OutboundException if the URL is not an absolute http or https URL of one plain host
     */
    static Destination of(URI uri) {
        String scheme = uri.getScheme() == null ? "" : uri.getScheme().toLowerCase(Locale.ROOT);
        if (!scheme.equals("https") && !scheme.equals("http")) {
            throw OutboundException.refused("the URL is not an https or http URL");
        }
        if (uri.getRawUserInfo() != null) {
            throw OutboundException.refused("the URL carries user information");
        }
        if (uri.getRawFragment() != null) {
            throw OutboundException.refused("the URL carries a fragment");
        }
        if (uri.getHost() == null) {
            throw OutboundException.refused("the URL has no host name or address that can be read");
        }
        boolean secure = scheme.equals("https");
        int port = uri.getPort() == -1 ? (secure ? 443 : 80) : uri.getPort();
        if (port < 1 || port > 65_535) {
            throw OutboundException.refused("the URL's port is not between 1 and 65535");
        }
        return new Destination(secure, plainHost(uri.getHost().toLowerCase(Locale.ROOT)), port);
    }

    private static String plainHost(String host) {
        if (host.startsWith("[")) {
            if (host.contains("%")) {
                throw OutboundException.refused("the URL's address names a network interface");
            }
            return host.substring(1, host.length() - 1);
        }
        if (host.endsWith(".")) {
            throw OutboundException.refused("the URL's host ends in a dot");
        }
        // Libraries disagree on 127.1, 0177.0.0.1 and 0x7f000001, so only the canonical form is an
        // address.
        if (endsInNumber(host) && !DOTTED.matcher(host).matches()) {
            throw OutboundException.refused(
                    "the URL's host is a number that is not a dotted IPv4 address");
        }
        return host;
    }

    /**
     * Whether a URL parser of a browser would take this host for an IPv4 address (WHATWG URL, "ends
     * in a number").
     */
    static boolean endsInNumber(String host) {
        return NUMBER.matcher(host.substring(host.lastIndexOf('.') + 1)).matches();
    }

    /** The address, if the host is one rather than a name. */
    Optional<InetAddress> literal() {
        return host.contains(":") || endsInNumber(host)
                ? Optional.of(InetAddress.ofLiteral(host))
                : Optional.empty();
    }

    String scheme() {
        return secure ? "https" : "http";
    }

    @Override
    public String toString() {
        return scheme() + "://" + (host.contains(":") ? "[" + host + "]" : host) + ":" + port;
    }
}
