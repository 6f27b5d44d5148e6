package dev.mooring.adapter.rest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.adapter.rest.security.IssuerParty;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;

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
                .startsWith("mooring_flow=")
                .contains("HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=3600")
                .doesNotContain("Secure");
        String secret = pending.cookies().substring("mooring_flow=".length());
        assertThat(pending.text()).doesNotContain(secret);

        ApiServer.Call callback = callback(pending);
        ApiReply refused = callback.send().hasStatus(400);
        assertThat(refused.text()).contains("another browser").doesNotContain("<script", secret);
        callback.header("Cookie", "mooring_flow=" + "A".repeat(43)).send().hasStatus(400);
        callback.header("Cookie", "mooring_flow=junk").send().hasStatus(400);
        assertThat(status(pending)).isEqualTo("pending");

        callback.header("Cookie", session + "; " + pending.cookies()).send().hasStatus(200);
        assertThat(status(pending)).isEqualTo("authorized");
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
