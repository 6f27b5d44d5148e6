package dev.mooring.adapter.rest;

import dev.mooring.adapter.rest.edge.Answer;
import dev.mooring.adapter.rest.edge.RefusedException;
import dev.mooring.adapter.rest.edge.Reply;
import dev.mooring.adapter.rest.edge.RequestTrace;
import dev.mooring.application.ConsentLink;
import dev.mooring.domain.access.Caller;
import dev.mooring.domain.lifecycle.BrowserSecret;
import dev.mooring.domain.lifecycle.LinkFor;

import io.helidon.common.parameters.Parameters;
import io.helidon.http.SetCookie;
import io.helidon.webserver.http.ServerRequest;

import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.random.RandomGenerator;

/**
 * The cookie by which the browser that asked for a link is known again when it comes back from the
 * authorization server. One for all links of a browser, so that any number of them may be open. A
 * browser that asks for its first ones all at once gets several, of different names, so that no
 * answer takes from it what another one gave.
 */
final class FlowCookie {
    private static final String PARAMETER = "link_for";
    private static final String ANYONE = "anyone";
    private static final String THIS_BROWSER = "this_browser";

    /** Longer than any link lives, also one that this browser asks for again. */
    private static final Duration LIFETIME = Duration.ofHours(1);

    /** As many as are looked at: a browser has one or a few, and somebody may add others. */
    private static final int MOST_VALUES = 16;

    /** How much of a digest is enough to tell names apart. */
    private static final int NAME_DIGITS = 8;

    private final RandomGenerator random;
    private final String name;
    private final boolean https;

    /**
     * Made for one origin.
     *
     * @param publicUrl where browsers find us
     */
    FlowCookie(URI publicUrl, RandomGenerator random) {
        this.random = random;
        https = publicUrl.getScheme().equals("https");
        // With this prefix browsers take a cookie only from this host, for all paths, over TLS.
        name = (https ? "__Host-" : "") + "mooring_flow_";
    }

    /**
     * What the caller wants.
     *
     * @param cookie by which the browser is known again
     */
    record Wish(LinkFor linkFor, Optional<String> cookie) {
        /** The answer with a link. No other one sets the cookie. */
        Reply answer(ConsentLink link, List<String> warnings) {
            cookie.filter(_ -> link.linkFor().equals(linkFor))
                    .ifPresent(value ->
                            RequestTrace.current().ifPresent(trace -> trace.addCookie(value)));
            return Answer.json(PendingView.of(link, warnings));
        }
    }

    /**
     * Whose the link is to be: a signed-in browser's own, unless it says otherwise; anybody's, if a
     * program asks.
     */
    Wish wish(ServerRequest request, Caller caller) {
        String wish =
                new Query(request)
                        .oneOf(PARAMETER, Set.of(ANYONE, THIS_BROWSER))
                        .orElse(caller.browser() ? THIS_BROWSER : ANYONE);
        if (wish.equals(ANYONE)) {
            return new Wish(new LinkFor.Anyone(), Optional.empty());
        }
        if (!caller.browser()) {
            throw new RefusedException(
                    Errors.invalidParameter(
                            PARAMETER,
                            "this_browser needs a browser that signed in here, not another"
                                    + " credential"));
        }
        BrowserSecret secret =
                heldBy(request).stream().findFirst().orElseGet(() -> BrowserSecret.random(random));
        return new Wish(new LinkFor.OneBrowser(secret.digest()), Optional.of(cookie(secret)));
    }

    /** What the browser holds of what we gave it. */
    List<BrowserSecret> heldBy(ServerRequest request) {
        Parameters cookies = request.headers().cookies();
        return cookies.names().stream()
                .filter(each -> each.startsWith(name))
                .sorted()
                .flatMap(each -> cookies.all(each).stream())
                .filter(BrowserSecret::isOne)
                .limit(MOST_VALUES)
                .map(BrowserSecret::new)
                .toList();
    }

    private String cookie(BrowserSecret secret) {
        String suffix = secret.digest().value().substring(0, NAME_DIGITS);
        return SetCookie.builder(name + suffix, secret.value())
                .path("/")
                .maxAge(LIFETIME)
                .httpOnly(true)
                .secure(https)
                // Strict would hide it when the authorization server sends the browser back.
                .sameSite(SetCookie.SameSite.LAX)
                .build()
                .toString();
    }
}
