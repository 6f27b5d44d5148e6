package dev.mooring.adapter.rest;

import dev.mooring.adapter.rest.edge.Answer;
import dev.mooring.adapter.rest.edge.Reply;
import dev.mooring.adapter.rest.edge.Routes;
import dev.mooring.adapter.rest.security.BrowserSignIn;
import dev.mooring.adapter.rest.security.SecurityGate;
import dev.mooring.domain.Identifiers;
import dev.mooring.domain.access.Caller;

import io.helidon.http.Method;
import io.helidon.http.Status;
import io.helidon.webserver.http.ServerRequest;

import java.util.Optional;
import java.util.random.RandomGenerator;

/** {@code /}: says that the service runs, and to a browser who is signed in. */
final class LandingPage {
    private final SecurityGate gate;
    private final RandomGenerator random;

    LandingPage(SecurityGate gate, RandomGenerator random) {
        this.gate = gate;
        this.random = random;
    }

    void addTo(Routes routes) {
        routes.open(Method.GET, "/", this::page);
        gate.browserSignIn()
                .ifPresent(signIn -> {
                    routes.open(Method.GET, BrowserSignIn.SIGN_IN, signIn::signIn);
                    routes.open(Method.GET, BrowserSignIn.REDIRECT, signIn::unanswered);
                    routes.open(
                            Method.POST,
                            BrowserSignIn.SIGN_OUT,
                            request -> signOut(signIn, request));
                });
    }

    private Answer page(ServerRequest request) {
        String body = "<h1>Mooring</h1>\n<p>The service is running.</p>\n" + person(request);
        return HtmlPage.of(Status.OK_200, "Mooring", body, Identifiers.random128(random));
    }

    private String person(ServerRequest request) {
        if (gate.browserSignIn().isEmpty()) {
            return "";
        }
        Optional<Caller> caller = gate.signedIn(request);
        return caller.map(who ->
                        """
                        <p>Signed in as %s (%s).</p>
                        <form method="post" action="%s"><button>Sign out</button></form>\
                        """
                                .formatted(
                                        HtmlPage.escape(who.name()),
                                        who.roleWords(),
                                        BrowserSignIn.SIGN_OUT))
                .orElse("<p><a href=\"%s\">Sign in</a></p>".formatted(BrowserSignIn.SIGN_IN));
    }

    private Reply signOut(BrowserSignIn signIn, ServerRequest request) {
        if (gate.isFromElsewhere(request)) {
            return SecurityGate.crossSite();
        }
        return signIn.signOut(request);
    }
}
