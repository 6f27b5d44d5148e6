package dev.mooring.adapter.rest.security;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.adapter.rest.Envelope;
import dev.mooring.adapter.rest.Eventually;
import dev.mooring.adapter.rest.TestServer;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.net.CookieManager;
import java.net.CookiePolicy;
import java.net.HttpCookie;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

class BrowserTest {
    private IssuerParty issuer;
    private TestServer server;
    private CookieManager cookies;
    private HttpClient browser;

    @BeforeEach
    void start() throws IOException {
        issuer = new IssuerParty();
        server = TestServer.start(issuer.forBrowsers(Duration.ofMillis(50)));
        cookies = new CookieManager(null, CookiePolicy.ACCEPT_ALL);
        browser =
                HttpClient.newBuilder()
                        .cookieHandler(cookies)
                        .followRedirects(HttpClient.Redirect.NORMAL)
                        .build();
    }

    @AfterEach
    void stop() {
        browser.close();
        server.close();
        issuer.close();
    }

    @Test
    void personSignsInAndIsAdmittedToTheApi() throws Exception {
        assertThat(get("/").body()).contains("The service is running", "/sign-in");

        HttpResponse<String> landed = get("/sign-in");

        assertThat(landed.statusCode()).isEqualTo(200);
        assertThat(landed.uri().getPath()).isEqualTo("/");
        assertThat(landed.body()).contains("Signed in as olga (operator)");
        assertThat(landed.headers().firstValue("Content-Security-Policy").orElseThrow())
                .startsWith("default-src 'none'");
        HttpResponse<String> api = get("/api/item/7");
        assertThat(api.statusCode()).isEqualTo(200);
        assertThat(Envelope.read(api.body()).get("caller").asText()).isEqualTo("olga");
    }

    @Test
    void nameOfThePersonIsEscapedOnThePage() throws Exception {
        issuer.userName = "<script>alert(1)</script>";

        assertThat(get("/sign-in").body())
                .contains("&lt;script&gt;")
                .doesNotContain("<script>alert");
    }

    @Test
    void tokensInCookiesAreEncryptedAndOutOfReachOfScripts() throws Exception {
        HttpClient manual = HttpClient.newBuilder().cookieHandler(cookies).build();
        URI atIssuer = location(manual, server.url("/sign-in"));
        URI back = location(manual, atIssuer.toString());
        HttpResponse<String> redeemed = send(manual, HttpRequest.newBuilder(back).build());

        List<String> set = redeemed.headers().allValues("Set-Cookie");
        assertThat(set)
                .filteredOn(cookie -> cookie.startsWith("mooring_access"))
                .singleElement()
                .asString()
                .containsIgnoringCase("HttpOnly")
                .contains("SameSite=Lax", "Path=/");
        for (HttpCookie cookie : cookies.getCookieStore().getCookies()) {
            String decoded =
                    new String(
                            Base64.getMimeDecoder()
                                    .decode(cookie.getValue().getBytes(StandardCharsets.UTF_8)),
                            StandardCharsets.ISO_8859_1);
            assertThat(cookie.getValue()).doesNotContain("eyJ");
            assertThat(decoded).doesNotContain("eyJ", "accessToken", "originalUri");
        }
        assertThat(redeemed.headers().firstValue("Location").orElseThrow()).startsWith("/?");
    }

    @Test
    void changeFromASignedInBrowserMustComeFromOurOwnPage() throws Exception {
        get("/sign-in");
        String own = server.url("");

        assertThat(post("Sec-Fetch-Site", "same-origin").statusCode()).isEqualTo(200);
        assertThat(post("Origin", own).statusCode()).isEqualTo(200);
        for (HttpResponse<String> forged :
                List.of(
                        post("X-Nothing", "said"),
                        post("Sec-Fetch-Site", "cross-site"),
                        post("Sec-Fetch-Site", "same-site"),
                        post("Sec-Fetch-Site", "none"),
                        post("Origin", "null"),
                        post("Origin", "https://evil.example"),
                        post("Origin", own + ".evil.example"))) {
            assertThat(forged.statusCode()).isEqualTo(403);
            assertThat(Envelope.check(403, forged.body()).get("code").asText())
                    .isEqualTo("cross_site_request");
        }
    }

    @Test
    void apiCallIsNeverRedirected() throws Exception {
        HttpClient manual = HttpClient.newHttpClient();
        for (String cookie : List.of("x=y", "mooring_access=nonsense", "mooring_access=AAAA")) {
            HttpResponse<String> reply =
                    send(
                            manual,
                            HttpRequest.newBuilder(URI.create(server.url("/api/item/7")))
                                    .header("Cookie", cookie)
                                    .build());

            assertThat(reply.statusCode()).isEqualTo(401);
            assertThat(reply.headers().firstValue("Location")).isEmpty();
            Envelope.check(401, reply.body());
        }
    }

    @Test
    void roleOfThePersonDecides() throws Exception {
        issuer.roles = List.of("mooring-viewer");
        get("/sign-in");

        assertThat(get("/api/item/7").statusCode()).isEqualTo(200);
        assertThat(post("Sec-Fetch-Site", "same-origin").statusCode()).isEqualTo(403);
    }

    @Test
    void personWithoutARoleIsNotAdmitted() throws Exception {
        issuer.roles = List.of();
        get("/sign-in");

        assertThat(get("/api/item/7").statusCode()).isEqualTo(403);
    }

    @Test
    void keysOfTheIssuerMayRotate() throws Exception {
        get("/sign-in");
        assertThat(get("/api/item/7").statusCode()).isEqualTo(200);

        issuer.rotateKeys();
        cookies.getCookieStore().removeAll();
        get("/sign-in");

        assertThat(get("/api/item/7").statusCode()).isEqualTo(200);
    }

    @Test
    void whoComesWhileTheRotatedKeysAreLookedUpWaitsForThem() throws Exception {
        startWithLongInterval();
        get("/sign-in");
        assertThat(get("/api/item/7").statusCode()).isEqualTo(200);
        issuer.rotateKeys();
        cookies.getCookieStore().removeAll();
        signInAtAnotherNode();
        CountDownLatch gate = issuer.holdKeys();
        int before = issuer.keyRequests.get();

        List<CompletableFuture<HttpResponse<String>>> replies = new ArrayList<>();
        replies.add(getAside("/api/item/7"));
        Eventually.isTrue(() -> issuer.keyRequests.get() > before);
        for (int i = 0; i < 5; i++) {
            replies.add(getAside("/api/item/7"));
        }
        // None of the others may be answered yet; this is the time to be wrong in.
        CompletableFuture.anyOf(replies.toArray(CompletableFuture[]::new))
                .completeOnTimeout("none", 300, TimeUnit.MILLISECONDS)
                .join();
        gate.countDown();

        assertThat(replies)
                .extracting(reply -> reply.get().statusCode())
                .containsOnly(200)
                .hasSize(6);
    }

    @Test
    void signInsThatFailDoNotMakeUsAskTheIssuerEachTime() throws Exception {
        startWithLongInterval();
        failToSignIn();
        // What the first made us forget is read again once.
        failToSignIn();
        int before = issuer.keyRequests.get();

        failToSignIn();

        assertThat(issuer.keyRequests).hasValue(before);
    }

    private void startWithLongInterval() {
        server.close();
        server = TestServer.start(issuer.forBrowsers(Duration.ofMinutes(4)));
    }

    private void failToSignIn() throws Exception {
        try (HttpClient manual = HttpClient.newBuilder().cookieHandler(cookies).build()) {
            URI atIssuer = location(manual, server.url("/sign-in"));
            String state = atIssuer.getQuery().replaceAll(".*state=([^&]*).*", "$1");
            HttpResponse<String> reply = get("/oidc/redirect?code=stolen&state=" + state);
            assertThat(Envelope.check(400, reply.body()).get("code").asText())
                    .isEqualTo("sign_in_failed");
        }
    }

    private CompletableFuture<HttpResponse<String>> getAside(String path) {
        return browser.sendAsync(
                HttpRequest.newBuilder(URI.create(server.url(path))).build(),
                BodyHandlers.ofString());
    }

    /** What renews them is used up at the issuer, so the answer must bring them whatever it is. */
    @Test
    void renewedCookiesComeWithAnyAnswer() throws Exception {
        record Case(String method, String path, String site, int status) {}
        for (Case answered :
                List.of(
                        new Case("GET", "/api/item/7", "same-origin", 200),
                        new Case("GET", "/", "same-origin", 200),
                        new Case("GET", "/api/boom", "same-origin", 500),
                        new Case("POST", "/api/item", "same-origin", 400),
                        new Case("DELETE", "/api/item/7", "same-origin", 403),
                        new Case("POST", "/api/item", "cross-site", 403))) {
            signInWithExpiredTokens();

            HttpResponse<String> reply =
                    send(
                            browser,
                            HttpRequest.newBuilder(URI.create(server.url(answered.path())))
                                    .header("Sec-Fetch-Site", answered.site())
                                    .method(answered.method(), BodyPublishers.ofString("x"))
                                    .build());

            assertThat(reply.statusCode()).as("%s", answered).isEqualTo(answered.status());
            assertThat(reply.headers().allValues("Set-Cookie"))
                    .as("%s", answered)
                    .anyMatch(cookie -> cookie.startsWith("mooring_access="));
            assertThat(get("/api/item/7").statusCode()).as("%s", answered).isEqualTo(200);
        }
    }

    private void signInWithExpiredTokens() throws Exception {
        cookies.getCookieStore().removeAll();
        issuer.tokensLive = Duration.ofMinutes(-1);
        signInWithoutLanding();
        issuer.tokensLive = Duration.ofMinutes(5);
    }

    /**
     * So that this node has not seen the key yet with which the tokens in the cookies are signed.
     */
    private void signInAtAnotherNode() throws Exception {
        try (TestServer another =
                TestServer.start(issuer.forBrowsers(OidcIssuer.DEFAULT_REFRESH_INTERVAL))) {
            assertThat(
                            send(
                                            browser,
                                            HttpRequest.newBuilder(
                                                            URI.create(another.url("/sign-in")))
                                                    .build())
                                    .statusCode())
                    .isEqualTo(200);
        }
    }

    /** The front page would use the cookies at once. */
    private void signInWithoutLanding() throws Exception {
        try (HttpClient manual = HttpClient.newBuilder().cookieHandler(cookies).build()) {
            URI atIssuer = location(manual, server.url("/sign-in"));
            URI back = location(manual, atIssuer.toString());
            assertThat(send(manual, HttpRequest.newBuilder(back).build()).statusCode())
                    .isEqualTo(307);
        }
    }

    @Test
    void cookieThatCannotBeCheckedWhileTheIssuerIsAwaySpoilsNoOther() throws Exception {
        get("/sign-in");
        List<HttpCookie> good = List.copyOf(cookies.getCookieStore().getCookies());
        issuer.rotateKeys();
        cookies.getCookieStore().removeAll();
        signInAtAnotherNode();
        issuer.goAway();

        HttpResponse<String> uncheckable = get("/api/item/7");

        assertThat(uncheckable.statusCode()).isEqualTo(503);
        assertThat(uncheckable.headers().firstValue("Retry-After")).contains("2");
        assertThat(Envelope.check(503, uncheckable.body()).get("code").asText())
                .isEqualTo("issuer_unavailable");
        List<HttpCookie> newer = List.copyOf(cookies.getCookieStore().getCookies());
        use(good);
        assertThat(get("/api/item/7").statusCode()).isEqualTo(200);

        issuer.comeBack();
        use(newer);
        Eventually.isTrue(() -> statusOf("/api/item/7") == 200);
    }

    private void use(List<HttpCookie> kept) {
        cookies.getCookieStore().removeAll();
        kept.forEach(cookie -> cookies.getCookieStore().add(URI.create(server.url("/")), cookie));
    }

    private int statusOf(String path) {
        try {
            return get(path).statusCode();
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void signInThatTheIssuerCannotFinishIs503() throws Exception {
        try (HttpClient manual = HttpClient.newBuilder().cookieHandler(cookies).build()) {
            URI atIssuer = location(manual, server.url("/sign-in"));
            URI back = location(manual, atIssuer.toString());
            issuer.goAway();

            HttpResponse<String> reply = send(manual, HttpRequest.newBuilder(back).build());

            assertThat(reply.statusCode()).isEqualTo(503);
            assertThat(reply.headers().firstValue("Retry-After")).contains("2");
            assertThat(Envelope.check(503, reply.body()).get("code").asText())
                    .isEqualTo("issuer_unavailable");
        }
    }

    @Test
    void signingOutClearsTheCookiesAsTheyWereSet() throws Exception {
        HttpRequest own =
                HttpRequest.newBuilder(URI.create(server.url("/sign-out")))
                        .header("Origin", server.url(""))
                        .POST(BodyPublishers.noBody())
                        .build();

        List<String> set = send(HttpClient.newHttpClient(), own).headers().allValues("Set-Cookie");

        assertThat(set)
                .hasSize(5)
                .allMatch(cookie -> cookie.contains("Expires=Thu, 1 Jan 1970"))
                .allMatch(cookie -> cookie.contains("Path=/"))
                // Over plain http a browser would ignore it, and keep the token.
                .noneMatch(cookie -> cookie.contains("Secure"));
    }

    @Test
    void redirectTakesGetAlone() throws Exception {
        HttpResponse<String> reply =
                send(
                        browser,
                        HttpRequest.newBuilder(URI.create(server.url("/oidc/redirect")))
                                .POST(BodyPublishers.noBody())
                                .build());

        assertThat(reply.statusCode()).isEqualTo(405);
        assertThat(reply.headers().firstValue("Allow")).contains("GET, HEAD, OPTIONS");
    }

    @Test
    void signedOutBrowserIsNobody() throws Exception {
        get("/sign-in");
        HttpRequest forged =
                HttpRequest.newBuilder(URI.create(server.url("/sign-out")))
                        .POST(BodyPublishers.noBody())
                        .build();
        assertThat(send(browser, forged).statusCode()).isEqualTo(403);
        assertThat(get("/api/item/7").statusCode()).isEqualTo(200);

        HttpRequest own =
                HttpRequest.newBuilder(URI.create(server.url("/sign-out")))
                        .header("Origin", server.url(""))
                        .POST(BodyPublishers.noBody())
                        .build();
        HttpResponse<String> landed = send(browser, own);

        assertThat(landed.body()).contains("/sign-in");
        assertThat(get("/api/item/7").statusCode()).isEqualTo(401);
    }

    @Test
    void responseThatWeDidNotAskForIsRefusedWithoutItsWords() throws Exception {
        for (String query :
                List.of(
                        "?error=access_denied&error_description=%3Cb%3Ecall+0900%3C/b%3E",
                        "?code=abc", "?code=abc&state=made-up", "")) {
            HttpResponse<String> reply = get("/oidc/redirect" + query);

            assertThat(reply.statusCode()).isEqualTo(400);
            assertThat(Envelope.check(400, reply.body()).get("code").asText())
                    .isEqualTo("sign_in_failed");
            assertThat(reply.body()).doesNotContain("0900", "access_denied", "made-up");
        }
    }

    @Test
    void stateOfAnotherBrowserIsRefused() throws Exception {
        HttpClient manual = HttpClient.newBuilder().cookieHandler(cookies).build();
        location(manual, server.url("/sign-in"));

        HttpResponse<String> reply = get("/oidc/redirect?code=abc&state=of-another");

        assertThat(reply.statusCode()).isEqualTo(400);
        assertThat(reply.headers().firstValue("Content-Type")).contains("application/json");
        assertThat(Envelope.check(400, reply.body()).get("code").asText())
                .isEqualTo("sign_in_failed");
    }

    @Test
    void codeThatTheIssuerRefusesIsASignInThatFailed() throws Exception {
        failToSignIn();
    }

    @Test
    void nothingOfTheRequestDecidesWhereTheSignInEnds() throws Exception {
        HttpRequest lured =
                HttpRequest.newBuilder(URI.create(server.url("/sign-in?next=https://evil.example")))
                        .header("X_ORIG_URI_HEADER", "https://evil.example/")
                        .build();

        HttpResponse<String> landed = send(browser, lured);

        assertThat(landed.body()).contains("Signed in as olga");
        assertThat(landed.uri().toString()).startsWith(server.url("/?"));
    }

    @Test
    void signInWithoutItsIssuerIs503() throws Exception {
        issuer.goAway();

        HttpResponse<String> reply = get("/sign-in");

        assertThat(reply.statusCode()).isEqualTo(503);
        assertThat(Envelope.check(503, reply.body()).get("code").asText())
                .isEqualTo("issuer_unavailable");
        assertThat(get("/").statusCode()).isEqualTo(200);
    }

    private HttpResponse<String> post(String header, String value) throws Exception {
        return send(
                browser,
                HttpRequest.newBuilder(URI.create(server.url("/api/item")))
                        .header("Content-Type", "application/json")
                        .header(header, value)
                        .POST(BodyPublishers.ofString("{\"name\":\"a\"}"))
                        .build());
    }

    private HttpResponse<String> get(String path) throws Exception {
        return send(browser, HttpRequest.newBuilder(URI.create(server.url(path))).build());
    }

    private static URI location(HttpClient client, String url) throws Exception {
        HttpResponse<String> reply = send(client, HttpRequest.newBuilder(URI.create(url)).build());
        assertThat(reply.statusCode()).isEqualTo(302);
        return URI.create(reply.headers().firstValue("Location").orElseThrow());
    }

    private static HttpResponse<String> send(HttpClient client, HttpRequest request)
            throws Exception {
        return client.send(request, BodyHandlers.ofString());
    }
}
