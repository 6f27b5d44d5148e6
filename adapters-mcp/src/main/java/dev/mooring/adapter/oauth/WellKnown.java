package dev.mooring.adapter.oauth;

import dev.mooring.domain.oauth.AccessChallenge;
import dev.mooring.domain.oauth.HttpUrl;
import dev.mooring.domain.oauth.Issuer;

import java.net.URI;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Where metadata may be, in the order in which MCP wants the places asked. */
final class WellKnown {
    private static final String PROTECTED_RESOURCE = "/.well-known/oauth-protected-resource";
    private static final String AUTHORIZATION_SERVER = "/.well-known/oauth-authorization-server";
    private static final String OPENID_CONFIGURATION = "/.well-known/openid-configuration";

    private WellKnown() {}

    /** MCP "Protected Resource Metadata Discovery Requirements". */
    static List<URI> protectedResource(URI server, AccessChallenge challenge) {
        // RFC 9728 section 5.1: what the challenge names comes first.
        Stream<URI> named = challenge.resourceMetadata().flatMap(WellKnown::url).stream();
        // RFC 9728 section 3.1: the well-known string goes between host and path, and a slash that
        // is all of the path goes away. Many servers drop one at the end of a longer path as well.
        String path = path(server);
        String query = server.getRawQuery() == null ? "" : "?" + server.getRawQuery();
        Stream<String> places =
                Stream.of(path + query, withoutTrailingSlash(path) + query, "")
                        .map(rest -> PROTECTED_RESOURCE + rest);
        return Stream.concat(named, places.map(place -> at(server, place))).distinct().toList();
    }

    /** MCP "Authorization Server Metadata Discovery". */
    static List<URI> authorizationServer(Issuer issuer) {
        URI uri = URI.create(issuer.value());
        // RFC 8414 section 3.1: a terminating slash is removed before anything is inserted. This is
        // for the place only; the identifier itself is compared with its slash.
        String path = withoutTrailingSlash(path(uri));
        Stream<String> places =
                path.isEmpty()
                        ? Stream.of(AUTHORIZATION_SERVER, OPENID_CONFIGURATION)
                        : Stream.of(
                                AUTHORIZATION_SERVER + path,
                                OPENID_CONFIGURATION + path,
                                path + OPENID_CONFIGURATION);
        return places.map(place -> at(uri, place)).toList();
    }

    private static String path(URI uri) {
        return "/".equals(uri.getRawPath()) ? "" : uri.getRawPath();
    }

    private static String withoutTrailingSlash(String path) {
        return path.endsWith("/") ? path.substring(0, path.length() - 1) : path;
    }

    private static URI at(URI origin, String place) {
        return URI.create(origin.getScheme() + "://" + origin.getRawAuthority() + place);
    }

    private static Optional<URI> url(String text) {
        try {
            // With a fragment it is no place that could be asked.
            return Optional.of(HttpUrl.requireHttpUrl("resource_metadata", text))
                    .filter(uri -> uri.getRawFragment() == null);
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }
}
