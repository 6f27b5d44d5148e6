package dev.mooring.adapter.rest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.adapter.rest.security.IssuerParty;
import dev.mooring.domain.access.Role;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** What a browser does; the rest of it is in {@code BrowserTest}. */
abstract class SignInOperations {
    private IssuerParty issuer;
    private ApiServer api;

    @BeforeEach
    void start() throws IOException {
        issuer = new IssuerParty();
        api = new ApiServer(issuer.forBrowsers(Duration.ofMinutes(1)));
    }

    @AfterEach
    void stop() {
        api.close();
        issuer.close();
    }

    @Test
    void documentDescribesWhatIsServedAndNothingElse() {
        assertThat(api.routes()).isEqualTo(ApiServer.CONTRACT.operations());
    }

    @Test
    void browserIsLedToTheIssuerAndBack() throws Exception {
        api.call("GET", "/").send().hasStatus(200);
        ApiReply begun = api.call("GET", "/sign-in").send().hasStatus(302);
        String atIssuer = begun.header("Location");
        assertThat(atIssuer).startsWith(issuer.issuer());

        ApiReply signedIn =
                api.call("GET", "/oidc/redirect?" + consented(atIssuer))
                        .header("Cookie", begun.cookies())
                        .send()
                        .hasStatus(307);

        assertThat(signedIn.header("Location")).startsWith("/?");
        assertThat(
                        api.call("GET", "/")
                                .header("Cookie", signedIn.cookies())
                                .send()
                                .hasStatus(200)
                                .text())
                .contains("Signed in as olga");
    }

    private static String consented(String atIssuer) throws Exception {
        try (HttpClient browser = HttpClient.newHttpClient()) {
            return URI.create(
                            browser.send(
                                            HttpRequest.newBuilder(URI.create(atIssuer)).build(),
                                            BodyHandlers.discarding())
                                    .headers()
                                    .firstValue("Location")
                                    .orElseThrow())
                    .getRawQuery();
        }
    }

    /** The cookies of a browser that signed in. */
    private String signedIn() throws Exception {
        ApiReply begun = api.call("GET", "/sign-in").send().hasStatus(302);
        return api.call("GET", "/oidc/redirect?" + consented(begun.header("Location")))
                .header("Cookie", begun.cookies())
                .send()
                .hasStatus(307)
                .cookies();
    }

    private ApiServer.Call post(String target, String cookies) {
        return api.call("POST", target)
                .header("Cookie", cookies)
                .header("Sec-Fetch-Site", "same-origin");
    }

    private ApiServer.Call callback(ApiReply pending) {
        var response = api.mooring.granted(pending.text("/authorize_url"));
        return api.call(
                "GET",
                "/api/oauth/callback?iss=https://as.example&state="
                        + response.state().value()
                        + "&code="
                        + response.code().value());
    }

    @Test
    void linkThatABrowserAsksForIsItsOwn() throws Exception {
        String session = signedIn();
        ApiReply pending = post("/api/mcp/client", session).json(Operations.OAUTH).send();
        assertThat(pending.hasStatus(200).text("/link_for")).isEqualTo("this_browser");
        assertThat(pending.text("/next_steps/0")).contains("this browser");
        String cookie = pending.header("Set-Cookie");
        assertThat(cookie)
                .startsWith("mooring_flow_")
                .contains("HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=3600")
                .doesNotContain("Secure");
        String secret = pending.cookies().replaceFirst(".*=", "");
        assertThat(pending.text()).doesNotContain(secret);

        ApiServer.Call callback = callback(pending);
        ApiReply refused = callback.send().hasStatus(400);
        assertThat(refused.text()).contains("another browser").doesNotContain("<script", secret);
        callback.header("Cookie", "mooring_flow_1=" + "A".repeat(43)).send().hasStatus(400);
        callback.header("Cookie", "mooring_flow_1=junk").send().hasStatus(400);
        assertThat(status(pending)).isEqualTo("pending");

        callback.header("Cookie", session + "; " + pending.cookies()).send().hasStatus(200);
        assertThat(status(pending)).isEqualTo("authorized");
    }

    private ApiReply trail(String type) {
        return api.call("GET", "/api/audit?type=" + type).as(Role.AUDITOR).send().hasStatus(200);
    }

    @Test
    void signInsAreInTheTrail() throws Exception {
        signedIn();

        ApiReply accepted = trail("signed_in");
        assertThat(accepted.json().get("events")).hasSize(1);
        assertThat(accepted.text("/events/0/actor/kind")).isEqualTo("user");
        assertThat(accepted.text("/events/0/actor/name")).isEqualTo("olga");
        assertThat(accepted.text("/events/0/address")).isEqualTo("127.0.0.1");
        assertThat(accepted.text("/events/0/details/roles/0")).isEqualTo("operator");

        api.call("GET", "/oidc/redirect?code=a&state=b").send().hasStatus(400);
        ApiReply begun = api.call("GET", "/sign-in").send();
        String state = begun.header("Location").replaceAll(".*[?&]state=([^&]*).*", "$1");
        api.call("GET", "/oidc/redirect?code=stolen&state=" + state)
                .header("Cookie", begun.cookies())
                .send()
                .hasStatus(400);
        issuer.roles = List.of();
        signedIn();
        issuer.audience = "another-service";
        signedIn();
        api.recordRefusals();
        assertThat(trail("requests_refused").json().get("events"))
                .extracting(each ->
                        each.at("/code").asText()
                                + " "
                                + each.at("/details/operation").asText()
                                + " "
                                + each.at("/details/count").asText())
                .containsExactlyInAnyOrder(
                        "sign_in_failed GET /oidc/redirect 2",
                        "role_insufficient GET /oidc/redirect 1",
                        "credential_invalid GET /oidc/redirect 1");
        assertThat(trail("signed_in").json().get("events")).hasSize(1);
    }

    @Test
    void signInSucceedsWhileTheTrailIsAway() throws Exception {
        ApiReply begun = api.call("GET", "/sign-in").send().hasStatus(302);
        String query = consented(begun.header("Location"));
        api.storeUp.set(false);

        api.call("GET", "/oidc/redirect?" + query)
                .header("Cookie", begun.cookies())
                .send()
                .hasStatus(307);
    }

    @Test
    void whoConsentedIsInTheTrailWhereTheirBrowserIsKnown() throws Exception {
        String session = signedIn();
        ApiReply own = post("/api/mcp/client", session).json(Operations.OAUTH).send();
        callback(own).header("Cookie", own.cookies() + "; " + session).send().hasStatus(200);
        assertThat(trail("grant_stored").text("/events/0/actor/name")).isEqualTo("olga");

        ApiReply other =
                post("/api/mcp/client", session)
                        .json(Operations.OAUTH.replace("github", "gitlab"))
                        .send();
        callback(other).send().hasStatus(400);
        assertThat(trail("authorization_elsewhere").text("/events/0/actor/kind"))
                .isEqualTo("browser");
        callback(other).header("Cookie", other.cookies()).send().hasStatus(200);
        assertThat(trail("grant_stored").text("/events/0/actor/kind")).isEqualTo("browser");
    }

    @Test
    void browserHasOneCookieForAllItsLinks() throws Exception {
        String session = signedIn();
        ApiReply first = post("/api/mcp/client", session).json(Operations.OAUTH).send();
        String both = session + "; " + first.cookies();
        ApiReply second =
                post("/api/mcp/client", both)
                        .json(Operations.OAUTH.replace("github", "gitlab"))
                        .send();

        assertThat(second.cookies()).isEqualTo(first.cookies());
        callback(second).header("Cookie", both).send().hasStatus(200);
        callback(first).header("Cookie", both).send().hasStatus(200);
    }

    @Test
    void browserThatAsksForItsFirstLinksAtOnceCanFinishThemAll() throws Exception {
        String session = signedIn();
        ApiReply first = post("/api/mcp/client", session).json(Operations.OAUTH).send();
        ApiReply second =
                post("/api/mcp/client", session)
                        .json(Operations.OAUTH.replace("github", "gitlab"))
                        .send();

        assertThat(nameOf(second)).isNotEqualTo(nameOf(first));
        String both = first.cookies() + "; " + second.cookies();
        callback(first).header("Cookie", both).send().hasStatus(200);
        callback(second).header("Cookie", both).send().hasStatus(200);
    }

    private static String nameOf(ApiReply reply) {
        return reply.cookies().replaceFirst("=.*", "");
    }

    @Test
    void answerWithoutALinkGivesNoCookie() throws Exception {
        String session = signedIn();
        post("/api/mcp/client", session).json(Operations.OAUTH).send().hasStatus(200);

        ApiReply taken = post("/api/mcp/client", session).json(Operations.OAUTH).send();
        assertThat(taken.hasStatus(409).cookies()).isEmpty();
        ApiReply unknown = post("/api/mcp/client/nobody/reauthorize", session).send();
        assertThat(unknown.hasStatus(404).cookies()).isEmpty();
    }

    @Test
    void browserThatLostAnAnswerCanFinishTheLinkOfTheNextOne() throws Exception {
        String session = signedIn();
        post("/api/mcp/client", session)
                .header("Idempotency-Key", "one")
                .json(Operations.OAUTH)
                .send()
                .hasStatus(200);

        ApiReply repeated =
                post("/api/mcp/client", session)
                        .header("Idempotency-Key", "one")
                        .json(Operations.OAUTH)
                        .send()
                        .hasStatus(200);
        assertThat(repeated.text("/link_for")).isEqualTo("this_browser");
        post("/api/mcp/client?link_for=anyone", session)
                .header("Idempotency-Key", "one")
                .json(Operations.OAUTH)
                .send()
                .failsWith(409, "idempotency_key_reused");
        callback(repeated).header("Cookie", repeated.cookies()).send().hasStatus(200);
    }

    /** All our cookies open with one key; this one anybody gets who wants it. */
    @Test
    void cookieOfTheSignInIsNoSession() {
        String state = api.call("GET", "/sign-in").send().hasStatus(302).cookies();

        assertThat(state).contains("mooring_state=");
        int before = issuer.keyRequests.get();
        ApiReply refused =
                api.call("GET", "/api/mcp/clients")
                        .header("Cookie", state.replace("mooring_state", "mooring_access"))
                        .send();
        refused.failsWith(401, "credential_invalid");
        assertThat(refused.cookies()).isEmpty();
        // Else anybody could have us ask the issuer, and forget its keys, as often as they like.
        assertThat(issuer.keyRequests).hasValue(before);
    }

    /** Browsers keep such a name to this host, all of its paths, and TLS (RFC 6265bis 4.1.3.2). */
    @Test
    void overHttpsCookiesAreForThisHostAlone() throws Exception {
        api.close();
        api =
                new ApiServer(
                        issuer.forBrowsers(Duration.ofMinutes(1)),
                        URI.create("https://mooring.example"));
        List<String> set = new ArrayList<>();
        ApiReply begun = api.call("GET", "/sign-in").send().hasStatus(302);
        set.addAll(begun.response().headers().allValues("Set-Cookie"));
        ApiReply signedIn =
                api.call("GET", "/oidc/redirect?" + consented(begun.header("Location")))
                        .header("Cookie", begun.cookies())
                        .send()
                        .hasStatus(307);
        set.addAll(signedIn.response().headers().allValues("Set-Cookie"));
        ApiReply pending =
                post("/api/mcp/client", signedIn.cookies()).json(Operations.OAUTH).send();
        set.addAll(pending.hasStatus(200).response().headers().allValues("Set-Cookie"));
        ApiReply out = api.call("POST", "/sign-out").header("Sec-Fetch-Site", "same-origin").send();
        set.addAll(out.hasStatus(303).response().headers().allValues("Set-Cookie"));

        assertThat(set)
                .hasSizeGreaterThan(5)
                .allSatisfy(cookie -> {
                    assertThat(cookie).startsWith("__Host-mooring_").contains("Path=/", "HttpOnly");
                    assertThat(cookie).contains("Secure", "SameSite=Lax").doesNotContain("Domain");
                });
        assertThat(pending.header("Set-Cookie")).startsWith("__Host-mooring_flow_");
        callback(pending).header("Cookie", pending.cookies()).send().hasStatus(200);
    }

    @Test
    void browserMayAskForALinkForSomebodyElse() throws Exception {
        String session = signedIn();
        ApiReply pending =
                post("/api/mcp/client?link_for=anyone", session).json(Operations.OAUTH).send();
        assertThat(pending.hasStatus(200).text("/link_for")).isEqualTo("anyone");
        assertThat(pending.cookies()).isEmpty();
        String reauthorize = "/api/mcp/client/" + pending.text("/mcp_client_id") + "/reauthorize";

        ApiReply own = post(reauthorize, session).send().hasStatus(200);
        assertThat(own.text("/link_for")).isEqualTo("this_browser");
        callback(own).send().hasStatus(400);
        ApiReply handedOut = post(reauthorize + "?link_for=anyone", session).send().hasStatus(200);
        callback(handedOut).send().hasStatus(200);
    }

    @Test
    void programHasNoBrowserToTieALinkTo() {
        ApiReply pending = api.post("/api/mcp/client").json(Operations.OAUTH).send().hasStatus(200);
        assertThat(pending.text("/link_for")).isEqualTo("anyone");
        String reauthorize = "/api/mcp/client/" + pending.text("/mcp_client_id") + "/reauthorize";

        api.post("/api/mcp/client?link_for=this_browser")
                .json(Operations.OAUTH.replace("github", "gitlab"))
                .send()
                .failsWith(400, "invalid_parameter")
                .blames("link_for");
        for (String word : new String[] {"this_browser", "me"}) {
            api.post(reauthorize + "?link_for=" + word)
                    .send()
                    .failsWith(400, "invalid_parameter")
                    .blames("link_for");
        }
    }

    private String status(ApiReply pending) {
        return api.get(pending.text("/status_url")).send().hasStatus(200).text("/status");
    }

    @Test
    void signInThatIsNotOursFails() {
        api.call("GET", "/oidc/redirect?code=a&state=b").send().failsWith(400, "sign_in_failed");
    }

    @Test
    void withoutTheIssuerNobodySignsIn() throws Exception {
        ApiReply begun = api.call("GET", "/sign-in").send().hasStatus(302);
        String query = consented(begun.header("Location"));
        issuer.goAway();

        api.call("GET", "/oidc/redirect?" + query)
                .header("Cookie", begun.cookies())
                .send()
                .failsWith(503, "issuer_unavailable");
        try (ApiServer another = new ApiServer(issuer.forBrowsers(Duration.ofMinutes(1)))) {
            another.call("GET", "/sign-in").send().failsWith(503, "issuer_unavailable");
        }
    }

    @Test
    void browserSignsOutFromOurOwnPages() {
        api.call("POST", "/sign-out").header("Sec-Fetch-Site", "same-origin").send().hasStatus(303);
        api.call("POST", "/sign-out")
                .header("Sec-Fetch-Site", "cross-site")
                .send()
                .failsWith(403, "cross_site_request");
    }
}
