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
