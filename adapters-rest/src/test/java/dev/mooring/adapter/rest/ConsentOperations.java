package dev.mooring.adapter.rest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.application.ConsentLink;
import dev.mooring.application.OAuthClientProfile;
import dev.mooring.application.port.AuthorizationServerDiscovery.ResourceAnswer;
import dev.mooring.application.port.TokenEndpoint;
import dev.mooring.domain.lifecycle.Problem;
import dev.mooring.domain.oauth.AuthorizationResponse;
import dev.mooring.domain.oauth.DpopDemand;
import dev.mooring.domain.oauth.Issuer;
import dev.mooring.domain.oauth.OAuthError;
import dev.mooring.domain.oauth.ProtectedResource;
import dev.mooring.domain.oauth.RedirectUri;
import dev.mooring.domain.oauth.ResourceIdentifier;
import dev.mooring.domain.oauth.Scopes;
import dev.mooring.domain.oauth.VerificationKey;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

abstract class ConsentOperations extends Operations {
    @Test
    void consentOfAPersonAuthorizesAndThePageTellsItsOpener() {
        ConsentLink link = api.mooring.register("github");

        ApiReply page = api.call("GET", callback(link)).send().hasStatus(200);

        assertThat(page.header("Content-Type")).isEqualTo("text/html; charset=utf-8");
        assertThat(page.text())
                .contains("You can close this window", "postMessage({type: 'oauth_success'}");
        String policy = page.header("Content-Security-Policy");
        String nonce = policy.replaceAll(".*script-src 'nonce-([0-9a-f]+)'.*", "$1");
        assertThat(page.text()).contains("<script nonce=\"" + nonce + "\">");
        assertThat(policy).contains("default-src 'none'", "frame-ancestors 'none'");
        assertThat(status(link)).isEqualTo("authorized");
    }

    @Test
    void repeatShowsTheSamePageWithoutRedeemingTwice() {
        ConsentLink link = api.mooring.register("github");
        String callback = callback(link);

        api.call("GET", callback).send().hasStatus(200);
        api.call("GET", callback).send().hasStatus(200);

        assertThat(api.mooring.tokenEndpoint().redemptions().count()).isEqualTo(1);
    }

    @Test
    void headDoesWhatGetDoes() {
        ConsentLink link = api.mooring.register("github");

        assertThat(api.call("HEAD", callback(link)).send().hasStatus(200).text()).isEmpty();
    }

    @Test
    void deniedConsentFailsWithoutTheWordsOfTheResponse() {
        ConsentLink link = api.mooring.register("github");
        String state = api.mooring.granted(link).state().value();

        ApiReply page =
                api.call(
                                "GET",
                                "/api/oauth/callback?iss=https://as.example&state="
                                        + state
                                        + "&error=access_denied&error_description="
                                        + encode("<script>call 0900</script>"))
                        .send()
                        .hasStatus(400);

        assertThat(page.text())
                .contains("The authorization was denied.", "'oauth_failed'")
                .doesNotContain("0900", "access_denied", state);
        assertThat(status(link)).isEqualTo("failed");
    }

    @Test
    void responseOfAnotherIssuerIsRefused() {
        ConsentLink link = api.mooring.register("github");
        String callback = callback(link).replace("as.example", "evil.example");

        ApiReply page = api.call("GET", callback).send().hasStatus(400);

        assertThat(page.text()).contains("did not come from").doesNotContain("evil");
        assertThat(api.mooring.tokenEndpoint().redemptions().count()).isZero();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "?code=abc",
                "?state=abc",
                "?state=&code=abc",
                "?state=made-up&code=abc",
                "?state=a&state=b&code=abc",
                "?state=a&code=abc&code=def",
                "?state=%3Cscript%3E&code=abc",
            })
    void responseThatIsNotOursIsRefused(String query) {
        ApiReply page = api.call("GET", "/api/oauth/callback" + query).send().hasStatus(400);

        assertThat(page.text()).doesNotContain("made-up", "abc", "<script>");
    }

    @Test
    void codeOfAnotherResponseIsRefused() {
        ConsentLink link = api.mooring.register("github");
        api.call("GET", callback(link)).send().hasStatus(200);

        ApiReply page = api.call("GET", callback(link)).send().hasStatus(400);

        assertThat(page.text()).contains("This link was used before.");
    }

    @Test
    void lateResponseIsRefused() {
        ConsentLink link = api.mooring.register("github");
        String callback = callback(link);
        api.mooring.clock().advance(Duration.ofMinutes(16));

        assertThat(api.call("GET", callback).send().hasStatus(400).text()).contains("too old");
        assertThat(status(link)).isEqualTo("expired");
    }

    @Test
    void olderLinkIsRefused() {
        ConsentLink link = api.mooring.connect("github");
        ApiReply first = api.post("/api/mcp/client/" + link.client() + "/reauthorize").send();
        String older = callback(api.mooring.granted(first.text("/authorize_url")));
        api.put("/api/mcp/client/" + link.client())
                .json("{\"oauth_config\":{\"scopes\":[\"x\"]}}")
                .send();
        api.post("/api/mcp/client/" + link.client() + "/reauthorize").send().hasStatus(200);

        assertThat(api.call("GET", older).send().hasStatus(400).text()).contains("newer link");
    }

    @Test
    void enteredCredentialsAreNotShownToAnotherIssuer() {
        ApiReply first =
                api.post("/api/mcp/client")
                        .json(
                                """
                                {"name":"github","connection_type":"http",
                                 "connection_string":"https://mcp.example/mcp",
                                 "oauth_config":{"client_id":"given","client_secret":"s3cr3t"}}\
                                """)
                        .send()
                        .hasStatus(200);
        String client = "/api/mcp/client/" + first.text("/mcp_client_id");
        api.call("GET", callback(api.mooring.granted(first.text("/authorize_url"))))
                .send()
                .hasStatus(200);
        api.mooring
                .discovery()
                .resources()
                .always(question ->
                        new ResourceAnswer.Found(
                                new ProtectedResource(
                                        new ResourceIdentifier("https://mcp.example/mcp"),
                                        List.of(new Issuer("https://other.example")),
                                        Scopes.NONE,
                                        DpopDemand.NONE)));

        ApiReply refused =
                api.post(client + "/reauthorize")
                        .send()
                        .failsWith(422, "credentials_of_other_issuer");
        assertThat(refused.text("/error/message"))
                .contains("as.example", "oauth_config.issuer", "client_secret");

        api.put(client)
                .json("{\"oauth_config\":{\"client_secret\":\"s3cr3t\"}}")
                .send()
                .hasStatus(200);
        assertThat(api.post(client + "/reauthorize").send().hasStatus(200).text("/authorize_url"))
                .startsWith("https://other.example/");
    }

    @Test
    void refusedCodeAndLostAnswerAreTold() {
        ConsentLink refused = api.mooring.register("refused");
        api.mooring
                .tokenEndpoint()
                .redemptions()
                .next(new TokenEndpoint.Answer.Refused(OAuthError.INVALID_GRANT));
        assertThat(api.call("GET", callback(refused)).send().hasStatus(400).text())
                .contains("did not accept its own code");

        ConsentLink away = api.mooring.register("away");
        // Once, and as often as a code that never left is sent again.
        for (int tries = 0; tries < 5; tries++) {
            api.mooring
                    .tokenEndpoint()
                    .redemptions()
                    .next(
                            new TokenEndpoint.Answer.Unavailable(
                                    new Problem(
                                            Problem.Code.AUTHORIZATION_SERVER_UNREACHABLE,
                                            "as.example is away"),
                                    Optional.empty()));
        }
        assertThat(api.call("GET", callback(away)).send().hasStatus(400).text())
                .contains("could not be reached");

        ConsentLink lost = api.mooring.register("lost");
        api.mooring
                .tokenEndpoint()
                .redemptions()
                .next(
                        new TokenEndpoint.Answer.Lost(
                                new Problem(
                                        Problem.Code.AUTHORIZATION_SERVER_BROKEN,
                                        "as.example broke off")));
        assertThat(api.call("GET", callback(lost)).send().hasStatus(400).text())
                .contains("was lost");
    }

    @Test
    void sameResponseInTwoTabsMakesTheSecondWait() {
        ConsentLink link = api.mooring.register("github");
        String callback = callback(link);
        var hold = api.mooring.tokenEndpoint().redemptions().holdNext();
        CompletableFuture<ApiReply> first = new CompletableFuture<>();
        Thread.ofVirtual().start(() -> first.complete(api.call("GET", callback).send()));
        hold.awaitAsked();

        ApiReply second = api.call("GET", callback).send().hasStatus(202);

        assertThat(second.text()).contains("http-equiv=\"refresh\"");
        hold.release();
        first.join().hasStatus(200);
    }

    @Test
    void callbackWithoutTheDatabaseIsUnavailable() {
        String callback = callback(api.mooring.register("github"));
        api.storeUp.set(false);

        api.call("GET", callback).send().failsWith(503, "store_unavailable");

        String takes = "text/html,application/xhtml+xml,*/*;q=0.8";
        ApiReply page = api.call("GET", callback).header("Accept", takes).send().hasStatus(503);
        assertThat(page.header("Content-Type")).startsWith("text/html");
        assertThat(page.header("Retry-After")).isEqualTo("2");
        assertThat(page.text()).contains("loads again by itself", "http-equiv=\"refresh\"");
        assertThat(page.text()).doesNotContain("db.internal", "state=", "<script");

        api.storeUp.set(true);
        api.call("GET", callback).header("Accept", takes).send().hasStatus(200);
    }

    @Test
    void statusFollowsTheAttempt() {
        ConsentLink link = api.mooring.register("github");
        String target = "/api/oauth/config/" + link.config() + "/status";

        ApiReply pending = api.get(target).send().hasStatus(200);
        assertThat(pending.text("/status")).isEqualTo("pending");
        assertThat(pending.text("/flow_id")).isEqualTo(link.flow().value());
        assertThat(pending.text("/expires_at")).isEqualTo("2026-11-01T12:15:00Z");

        api.mooring.consent(link);
        ApiReply authorized = api.get(target).send().hasStatus(200);
        assertThat(authorized.text("/status")).isEqualTo("authorized");
        assertThat(authorized.text("/token_expires_at")).isEqualTo("2026-11-01T13:00:00Z");
        assertThat(authorized.json().get("token_scopes")).hasSize(2);

        ApiReply again = api.post("/api/mcp/client/" + link.client() + "/reauthorize").send();
        ApiReply newer =
                api.get(target + "?flow_id=" + again.text("/flow_id")).send().hasStatus(200);
        assertThat(newer.text("/flow_status")).isEqualTo("pending");
        assertThat(newer.text("/status")).isEqualTo("authorized");
        assertThat(api.get(target + "?flow_id=" + link.flow()).send().text("/flow_status"))
                .isEqualTo("authorized");
        api.get(target + "?flow_id=flow_0").send().failsWith(404, "flow_not_found");
        api.get(target + "?flow_id=flow_0&flow_id=flow_1")
                .send()
                .failsWith(400, "invalid_parameter")
                .blames("flow_id");
        api.get("/api/oauth/config/oauth_0/status").send().failsWith(404, "oauth_config_not_found");
        api.get("/api/oauth/config/mcp_0/status").send().failsWith(404, "oauth_config_not_found");
    }

    @Test
    void revokingIsRepeatable() {
        ConsentLink link = api.mooring.connect("github");
        String target = "/api/oauth/config/" + link.config();

        for (int i = 0; i < 2; i++) {
            assertThat(api.delete(target).send().hasStatus(200).text())
                    .isEqualTo("{\"message\":\"OAuth token revoked successfully\"}");
        }

        assertThat(status(link)).isEqualTo("revoked");
        assertThat(api.mooring.tokenEndpoint()).isNotNull();
        api.delete("/api/oauth/config/oauth_0").send().failsWith(404, "oauth_config_not_found");
    }

    @Test
    void metadataDocumentIsThereWithAPublicUrlOnly() {
        api.call("GET", "/.well-known/oauth-client")
                .send()
                .failsWith(404, "metadata_document_not_published");

        String url = "https://mooring.example/.well-known/oauth-client";
        OAuthClientProfile profile =
                new OAuthClientProfile(
                        "Mooring",
                        new RedirectUri("https://mooring.example/api/oauth/callback"),
                        Optional.of(url));
        try (ApiServer published = new ApiServer(profile, Optional.empty())) {
            ApiReply document =
                    published.call("GET", "/.well-known/oauth-client").send().hasStatus(200);
            assertThat(document.text("/client_id")).isEqualTo(url);
            assertThat(document.text("/client_name")).isEqualTo("Mooring");
            assertThat(document.text("/grant_types/1")).isEqualTo("refresh_token");
            assertThat(document.text("/token_endpoint_auth_method")).isEqualTo("none");
            assertThat(document.text("/application_type")).isEqualTo("web");
            assertThat(document.text("/redirect_uris/0"))
                    .isEqualTo("https://mooring.example/api/oauth/callback");
        }
    }

    @Test
    void metadataDocumentPublishesThePublicHalfOfOurKeyAndNothingElse() {
        VerificationKey.Curve curve = new VerificationKey.Curve("an-x", "a-y");
        VerificationKey.Rsa rsa = new VerificationKey.Rsa("a-modulus", "AQAB");

        assertThat(published(curve))
                .containsExactlyInAnyOrder(
                        "kty=EC",
                        "use=sig",
                        "alg=ES256",
                        "kid=" + curve.keyId(),
                        "crv=P-256",
                        "x=an-x",
                        "y=a-y");
        assertThat(published(rsa))
                .containsExactlyInAnyOrder(
                        "kty=RSA",
                        "use=sig",
                        "alg=RS256",
                        "kid=" + rsa.keyId(),
                        "n=a-modulus",
                        "e=AQAB");
    }

    private static List<String> published(VerificationKey key) {
        OAuthClientProfile profile =
                new OAuthClientProfile(
                        "Mooring",
                        new RedirectUri("https://mooring.example/api/oauth/callback"),
                        Optional.of("https://mooring.example/.well-known/oauth-client"),
                        Optional.of(key));
        try (ApiServer server = new ApiServer(profile, Optional.empty())) {
            ApiReply document =
                    server.call("GET", "/.well-known/oauth-client").send().hasStatus(200);
            assertThat(document.text("/token_endpoint_auth_method")).isEqualTo("private_key_jwt");
            assertThat(document.text("/token_endpoint_auth_signing_alg"))
                    .isEqualTo(key.algorithm().word());
            assertThat(document.json().at("/jwks/keys")).hasSize(1);
            return document.json().at("/jwks/keys/0").properties().stream()
                    .map(member -> member.getKey() + "=" + member.getValue().asText())
                    .toList();
        }
    }

    private String status(ConsentLink link) {
        return api.get("/api/oauth/config/" + link.config() + "/status").send().text("/status");
    }

    private String callback(ConsentLink link) {
        return callback(api.mooring.granted(link));
    }

    private static String callback(AuthorizationResponse.Granted response) {
        return "/api/oauth/callback?state="
                + encode(response.state().value())
                + "&code="
                + encode(response.code().value())
                + "&iss=https://as.example&session_state=x";
    }

    private static String encode(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }
}
