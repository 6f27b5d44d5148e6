package dev.mooring.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;

import dev.mooring.endtoend.Browser.Page;
import dev.mooring.endtoend.Mooring.Pending;
import dev.mooring.party.AuthorizationServerParty;
import dev.mooring.party.AuthorizationServerParty.Endpoint;
import dev.mooring.party.AuthorizationServerParty.Person;
import dev.mooring.party.McpServerParty;
import dev.mooring.party.Mischief;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import java.net.URI;

/** What the browser brings back, and how the attempt stands afterwards. */
final class CallbackIT {

    private final Mooring mooring = SharedService.mooring();
    private final AuthorizationServerParty issuer = AuthorizationServerParty.start();
    private final McpServerParty server =
            McpServerParty.settings().protectedBy(issuer, "mcp:tools").start();

    @AfterEach
    void stop() {
        mooring.close();
        server.close();
        issuer.close();
    }

    @Test
    void thePageSaysNothingThatWasSentAndIsLockedDown() {
        Pending pending = mooring.register(server.endpoint());
        URI callback = callback(pending);

        Page page = mooring.browser().open(callback.toString());

        assertThat(page.status()).isEqualTo(200);
        assertThat(page.header("Content-Type").orElse("")).startsWith("text/html");
        assertThat(page.header("Cache-Control").orElse("")).contains("no-store");
        assertThat(page.header("Referrer-Policy").orElse("")).isEqualTo("no-referrer");
        assertThat(page.header("Content-Security-Policy").orElse(""))
                .contains("default-src 'none'")
                .doesNotContain("unsafe");
        for (String part : callback.getRawQuery().split("&", -1)) {
            assertThat(page.body()).doesNotContain(part.substring(part.indexOf('=') + 1));
        }
    }

    @Test
    void aRepeatShowsTheSamePageAndRedeemsNothing() {
        Pending pending = mooring.register(server.endpoint());
        String callback = callback(pending).toString();

        Page first = mooring.browser().open(callback);
        Page second = mooring.browser().open(callback);

        assertThat(second.status()).isEqualTo(200);
        assertThat(second.body().length()).isEqualTo(first.body().length());
        assertThat(issuer.redemptions()).isEqualTo(1);
    }

    @Test
    void theSameStateWithAnotherCodeIsRefused() {
        Pending pending = mooring.register(server.endpoint());
        String callback = callback(pending).toString();
        mooring.browser().open(callback);

        Page page = mooring.browser().open(callback.replaceAll("code=[^&]+", "code=another"));

        refused(page);
        assertThat(mooring.status(pending.configId())).isEqualTo("authorized");
        assertThat(issuer.redemptions()).isEqualTo(1);
    }

    @Test
    void anUnknownStateIsRefused() {
        refused(open("?code=x&state=never-issued"));
        refused(open("?code=x"));
        refused(open(""));
        refused(open("?code=x&code=y&state=a&state=b"));
    }

    @Test
    void aDenialIsRecordedAndItsWordsAreNotShown() {
        issuer.person(Person.DENIES);
        Pending pending = mooring.register(server.endpoint());

        Page page = mooring.consent(pending);

        refused(page);
        assertThat(page.body()).doesNotContain("<b>").doesNotContain("said");
        assertThat(mooring.status(pending.configId())).isEqualTo("failed");
        Envelope.isError(mooring.complete(pending.id()), 400, "oauth_not_authorized");
    }

    @Test
    void aDeniedPersonMayBeAskedAgain() {
        issuer.person(Person.DENIES);
        Pending pending = mooring.register(server.endpoint());
        mooring.consent(pending);
        issuer.person(Person.CONSENTS);

        Pending again = Mooring.pending(pending.name(), mooring.reauthorize(pending.id()));
        mooring.consent(again);

        assertThat(mooring.complete(pending.id()).status()).isEqualTo(200);
        assertThat(statusOf(pending, pending.flowId()).path("flow_status").asText())
                .isEqualTo("failed");
        assertThat(statusOf(pending, again.flowId()).path("flow_status").asText())
                .isEqualTo("authorized");
    }

    @Test
    void aResponseOfAnotherIssuerIsRefusedBeforeItsCodeGoesAnywhere() {
        issuer.misbehave(
                Endpoint.AUTHORIZATION, Mischief.redirectingWith("iss", "https://evil.test"));
        Pending pending = mooring.register(server.endpoint());

        Page page = mooring.consent(pending);

        refused(page);
        assertThat(page.body()).doesNotContain("evil.test");
        assertThat(issuer.received(Endpoint.TOKEN)).isEmpty();
        assertThat(mooring.status(pending.configId())).isEqualTo("failed");
    }

    @Test
    void aResponseThatHidesAnAnnouncedIssuerIsRefused() {
        issuer.misbehave(Endpoint.AUTHORIZATION, Mischief.redirectingWithout("iss"));

        refused(mooring.consent(mooring.register(server.endpoint())));
        assertThat(issuer.received(Endpoint.TOKEN)).isEmpty();
    }

    @Test
    void anIssuerIsComparedLetterByLetter() {
        issuer.misbehave(
                Endpoint.AUTHORIZATION, Mischief.redirectingWith("iss", issuer.issuer() + "/"));

        refused(mooring.consent(mooring.register(server.endpoint())));
    }

    @Test
    void aNewerAttemptTakesTheOldOnesPlace() {
        Pending first = mooring.connect(server.endpoint());
        Pending second = Mooring.pending(first.name(), mooring.reauthorize(first.id()));
        mooring.consent(second);

        // The link of an attempt that is over leads nowhere, whatever the server answers.
        refused(mooring.consent(first));
        assertThat(mooring.state(first.id())).isEqualTo("connected");
    }

    @Test
    void aLostAnswerNeverSendsTheCodeAgain() {
        Pending pending = mooring.register(server.endpoint());
        String callback = callback(pending).toString();
        issuer.misbehaveOnce(Endpoint.TOKEN, Mischief.losingTheAnswer());

        refused(mooring.browser().open(callback));
        refused(mooring.browser().open(callback));

        assertThat(issuer.redemptions()).isEqualTo(1);
        assertThat(mooring.status(pending.configId())).isEqualTo("failed");
        mooring.consent(Mooring.pending(pending.name(), mooring.reauthorize(pending.id())));
        assertThat(mooring.complete(pending.id()).status()).isEqualTo(200);
    }

    @Test
    void aRefusedCodeEndsTheAttempt() {
        Pending pending = mooring.register(server.endpoint());
        issuer.misbehave(Endpoint.TOKEN, Mischief.withStatus(200));
        URI callback = callback(pending);

        // An OAuth error in an answer of status 200 is an error all the same.
        refused(
                mooring.browser()
                        .open(callback.toString().replaceAll("code=[^&]+", "code=made-up")));

        assertThat(mooring.status(pending.configId())).isEqualTo("failed");
    }

    @Test
    void theStatusTellsOfTokensOnceThereAreAny() {
        Pending pending = mooring.register(server.endpoint());
        JsonNode before = mooring.api().get(pending.statusUrl()).json();
        mooring.consent(pending);
        JsonNode after = mooring.api().get(pending.statusUrl()).json();

        assertThat(before.path("id").asText()).isEqualTo(pending.configId());
        assertThat(before.path("flow_id").asText()).isEqualTo(pending.flowId());
        assertThat(before.path("status").asText()).isEqualTo("pending");
        assertThat(before.has("token_expires_at")).isFalse();
        assertThat(after.path("status").asText()).isEqualTo("authorized");
        assertThat(after.path("flow_status").asText()).isEqualTo("authorized");
        assertThat(after.path("token_expires_at").asText()).endsWith("Z");
        assertThat(after.path("token_scopes").toString()).contains("mcp:tools");
        Envelope.isError(
                mooring.api().get("/api/oauth/config/oauth_nobody/status"),
                404,
                "oauth_config_not_found");
        Envelope.isError(
                mooring.api().get(pending.statusUrl() + "?flow_id=flow_nobody"),
                404,
                "flow_not_found");
    }

    @Test
    void revokingAConfigRevokesUpstreamAndCanBeRepeated() {
        Pending pending = mooring.connect(server.endpoint());
        String path = "/api/oauth/config/" + pending.configId();

        assertThat(mooring.api().delete(path).text("/message"))
                .isEqualTo("OAuth token revoked successfully");
        assertThat(mooring.api().delete(path).status()).isEqualTo(200);

        assertThat(mooring.status(pending.configId())).isEqualTo("revoked");
        assertThat(mooring.state(pending.id())).isEqualTo("needs_reauth");
        Eventually.holds("the token is revoked", () -> !issuer.revoked().isEmpty());
        Envelope.isError(mooring.echo(pending.name(), "revoked"), 403, "authorization_required");
        Envelope.isError(mooring.api().delete("/api/oauth/config/oauth_nobody"), 404);
    }

    private Page open(String query) {
        return mooring.browser()
                .open(SharedService.get().address() + "/api/oauth/callback" + query);
    }

    /** The callback's address with everything that the authorization server sends there. */
    private URI callback(Pending pending) {
        return mooring.browser()
                .openUntil(
                        pending.authorizeUrl(),
                        SharedService.get().address() + "/api/oauth/callback");
    }

    private JsonNode statusOf(Pending pending, String flowId) {
        return mooring.api()
                .get("/api/oauth/config/%s/status?flow_id=%s".formatted(pending.configId(), flowId))
                .json();
    }

    private static void refused(Page page) {
        assertThat(page.status()).as(page.body()).isEqualTo(400);
        assertThat(page.header("Content-Type").orElse("")).startsWith("text/html");
        assertThat(page.header("Cache-Control").orElse("")).contains("no-store");
    }
}
