package dev.mooring.adapter.rest;

import static java.lang.System.Logger.Level.WARNING;

import dev.mooring.adapter.rest.edge.Answer;
import dev.mooring.adapter.rest.edge.ErrorAnswers;
import dev.mooring.adapter.rest.edge.Reply;
import dev.mooring.adapter.rest.edge.Routes;
import dev.mooring.application.HandleAuthorizationResponse;
import dev.mooring.application.HandleAuthorizationResponse.Outcome;
import dev.mooring.application.port.StoreUnavailableException;
import dev.mooring.domain.Identifiers;
import dev.mooring.domain.InvalidValueException;
import dev.mooring.domain.lifecycle.AttemptFailure;
import dev.mooring.domain.oauth.AuthorizationCode;
import dev.mooring.domain.oauth.AuthorizationResponse;
import dev.mooring.domain.oauth.OAuthError;
import dev.mooring.domain.oauth.State;

import io.helidon.http.HeaderNames;
import io.helidon.http.Method;
import io.helidon.http.Status;
import io.helidon.webserver.http.ServerRequest;

import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;

/**
 * The redirect URI, where the authorization server sends the browser back to. It answers a person
 * with a page, which has nothing of the response in it.
 */
final class CallbackResource implements Resource {
    /** Where it is, below the public base URL. */
    static final String PATH = "/api/oauth/callback";

    private static final System.Logger LOG = System.getLogger(CallbackResource.class.getName());

    private final HandleAuthorizationResponse handleResponse;
    private final FlowCookie flowCookie;
    private final RandomGenerator random;

    CallbackResource(
            HandleAuthorizationResponse handleResponse,
            FlowCookie flowCookie,
            RandomGenerator random) {
        this.handleResponse = handleResponse;
        this.flowCookie = flowCookie;
        this.random = random;
    }

    @Override
    public void addTo(Routes routes) {
        routes.open(Method.GET, PATH, this::callback, this::askedForLinks);
    }

    /** Whether this is a browser that signed in and has links of its own. */
    private boolean askedForLinks(ServerRequest request) {
        return !flowCookie.heldBy(request).isEmpty();
    }

    private Reply callback(ServerRequest request) {
        return response(request)
                .map(response -> handle(response, request))
                .orElseGet(() -> failed("The answer of the authorization server is incomplete."));
    }

    /** A person gets a page also while the database is away; a program what it gets elsewhere. */
    private Answer handle(AuthorizationResponse response, ServerRequest request) {
        try {
            return page(handleResponse.handle(response, flowCookie.heldBy(request)));
        } catch (StoreUnavailableException e) {
            if (!wantsPage(request)) {
                throw e;
            }
            LOG.log(WARNING, "A response waits for the database: {0}", e.getMessage());
            return notNow();
        }
    }

    private static boolean wantsPage(ServerRequest request) {
        return request.headers()
                .first(HeaderNames.ACCEPT)
                .filter(accepted -> accepted.contains("text/html"))
                .isPresent();
    }

    /**
     * RFC 6749 section 4.1.2: state with a code, or with an error. Section 3.1: a parameter that
     * comes twice is an invalid response.
     */
    private static Optional<AuthorizationResponse> response(ServerRequest request) {
        boolean doubled =
                List.of("state", "code", "error", "iss").stream()
                        .anyMatch(name -> request.query().all(name, List::of).size() > 1);
        if (doubled) {
            return Optional.empty();
        }
        try {
            Optional<String> iss = parameter(request, "iss");
            Optional<State> state = parameter(request, "state").map(State::new);
            Optional<OAuthError> error = parameter(request, "error").map(OAuthError::new);
            Optional<AuthorizationCode> code =
                    parameter(request, "code").map(AuthorizationCode::new);
            return state.flatMap(known ->
                    error.<AuthorizationResponse>map(
                                    why -> new AuthorizationResponse.Denied(known, why, iss))
                            .or(() ->
                                    code.map(text ->
                                            new AuthorizationResponse.Granted(known, text, iss))));
        } catch (InvalidValueException notOurs) {
            return Optional.empty();
        }
    }

    private static Optional<String> parameter(ServerRequest request, String name) {
        return request.query().all(name, List::of).stream().findFirst();
    }

    private Answer page(Outcome outcome) {
        return switch (outcome) {
            case Outcome.Authorized authorized ->
                    page(
                            Status.OK_200,
                            "Authorized",
                            "The authorization succeeded. You can close this window.",
                            "oauth_success");
            case Outcome.StillRedeeming still -> stillRedeeming();
            case Outcome.WrongBrowser wrong -> wrongBrowser();
            case Outcome.Failed failed -> failed(sentence(failed.reason()));
            case Outcome.UnknownState unknown ->
                    failed("This link is unknown here. It may be too old, or was changed.");
            case Outcome.AlreadyUsed used -> failed("This link was used before.");
            case Outcome.Expired expired -> failed("This link is too old.");
            case Outcome.Superseded superseded ->
                    failed("A newer link took the place of this one.");
            case Outcome.AnswerLost lost ->
                    failed("The answer of the authorization server was lost.");
        };
    }

    private static String sentence(AttemptFailure reason) {
        return switch (reason) {
            case AttemptFailure.Denied denied -> "The authorization was denied.";
            case AttemptFailure.IssuerMismatch mismatch ->
                    "The answer did not come from the authorization server that was asked.";
            case AttemptFailure.RedemptionRefused refused ->
                    "The authorization server did not accept its own code.";
            case AttemptFailure.RedemptionFailed failed ->
                    "The authorization server could not be reached.";
        };
    }

    private Answer failed(String sentence) {
        return page(
                Status.BAD_REQUEST_400,
                "Not authorized",
                sentence + " Please start the authorization again.",
                "oauth_failed");
    }

    /** Whoever opened this window is told nothing: the authorization goes on elsewhere. */
    private Answer wrongBrowser() {
        String body =
                """
                <h1>Another browser</h1>
                <p>This authorization was begun in another browser and can be finished only there. \
                Nothing was changed. To finish it here, start it here, or ask for a link for anyone.</p>\
                """;
        return HtmlPage.of(Status.BAD_REQUEST_400, "Another browser", body, nonce());
    }

    /**
     * What the browser brought may be brought again: it shows what became of it, if it was used.
     */
    private Answer notNow() {
        String seconds = String.valueOf(ErrorAnswers.RETRY_SOON.toSeconds());
        String body =
                """
                <h1>Not just now</h1>
                <p>Something that we need is away. This page loads again by itself.</p>
                <meta http-equiv="refresh" content="%s">\
                """
                        .formatted(seconds);
        return HtmlPage.of(Status.SERVICE_UNAVAILABLE_503, "Not just now", body, nonce())
                .with(HeaderNames.RETRY_AFTER, seconds);
    }

    private Answer stillRedeeming() {
        String body =
                """
                <h1>Almost done</h1>
                <p>The authorization is being completed. This page loads again by itself.</p>
                <meta http-equiv="refresh" content="2">\
                """;
        return HtmlPage.of(Status.ACCEPTED_202, "Almost done", body, nonce())
                .with(HeaderNames.RETRY_AFTER, "2");
    }

    private Answer page(Status status, String title, String sentence, String messageType) {
        String nonce = nonce();
        // Whoever opened the window may be a dashboard elsewhere; the message says no more than
        // the page does, so it may be heard by anybody.
        String body =
                """
                <h1>%s</h1>
                <p>%s</p>
                <script nonce="%s">
                if (window.opener) { window.opener.postMessage({type: '%s'}, '*'); }
                </script>\
                """
                        .formatted(title, sentence, nonce, messageType);
        return HtmlPage.of(status, title, body, nonce);
    }

    private String nonce() {
        return Identifiers.random128(random);
    }
}
