package dev.mooring.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.mooring.endtoend.ApiClient.Reply;
import dev.mooring.endtoend.Mooring.Pending;
import dev.mooring.party.AuthorizationServerParty;
import dev.mooring.party.AuthorizationServerParty.Endpoint;
import dev.mooring.party.McpServerParty;
import dev.mooring.party.McpServerParty.Era;
import dev.mooring.party.Mischief;
import dev.mooring.party.PartyTool;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;

/** {@code POST /v1/mcp/tool/execute}, and how a grant is kept alive under it. */
final class ExecuteToolIT {

    private final Mooring mooring = SharedService.mooring();
    private final AuthorizationServerParty issuer = AuthorizationServerParty.start();
    private final McpServerParty server =
            McpServerParty.settings()
                    .protectedBy(issuer, "mcp:tools")
                    .tools(
                            PartyTool.echo(),
                            PartyTool.failing(),
                            PartyTool.mirroringItsRegion(),
                            PartyTool.annotatedWrongly(),
                            PartyTool.needingScope("rule", "mcp:admin"),
                            PartyTool.needingScope("dream", "mcp:never"))
                    .start();

    @AfterEach
    void stop() {
        mooring.close();
        server.close();
        issuer.close();
    }

    @Test
    void aMalformedCallIsRefused() {
        Pending pending = mooring.connect(server.endpoint());
        ObjectNode notJson = ApiClient.object().put("id", "1").put("type", "function");
        notJson.putObject("function")
                .put("name", pending.name() + "-echo")
                .put("arguments", "not json");
        ObjectNode noFunction = ApiClient.object().put("id", "1").put("type", "function");

        Envelope.isError(mooring.api().post("/v1/mcp/tool/execute", notJson), 400);
        Envelope.isError(mooring.api().post("/v1/mcp/tool/execute", noFunction), 400);
    }

    @Test
    void anUnknownClientOrToolIsNotFound() {
        Pending pending = mooring.connect(server.endpoint());

        Envelope.isError(mooring.echo("nobody", "x"), 404, "client_not_found");
        Envelope.isError(
                mooring.execute(pending.name(), "none", ApiClient.object()), 404, "tool_not_found");
    }

    @Test
    void argumentsThatTheServerRefusesAreABadRequest() {
        Pending pending = mooring.connect(server.endpoint());

        Envelope.isError(
                mooring.execute(pending.name(), "echo", ApiClient.object()),
                400,
                "tool_call_rejected");
    }

    @Test
    void anErrorOfTheToolItselfIsAResult() {
        Pending pending = mooring.connect(server.endpoint());

        Reply reply = mooring.execute(pending.name(), "fail", ApiClient.object());

        assertThat(reply.status()).as(reply.body()).isEqualTo(200);
        assertThat(reply.text("/content")).isEqualTo("It failed.");
        assertThat(reply.json().at("/is_error").asBoolean()).isTrue();
    }

    @Test
    void annotatedArgumentsAreMirroredAndMisannotatedToolsAreNotOffered() {
        Pending pending = mooring.connect(server.endpoint());

        Reply regional =
                mooring.execute(
                        pending.name(), "regional", ApiClient.object().put("region", "nörd "));
        Reply misannotated =
                mooring.execute(
                        pending.name(), "misannotated", ApiClient.object().put("amount", 1.5));

        assertThat(regional.status()).as(regional.body()).isEqualTo(200);
        Envelope.isError(misannotated, 404, "tool_not_found");
        assertThat(server.violations()).isEmpty();
    }

    @Test
    void beforeTheConsentTheCallSaysWhoMustDoWhat() {
        Pending pending = mooring.register(server.endpoint());

        Reply reply = mooring.echo(pending.name(), "too early");

        Envelope.isError(reply, 403, "authorization_required");
        JsonNode required = reply.json().at("/extra_fields/mcp_auth_required");
        assertThat(required.path("mcp_client_id").asText()).isEqualTo(pending.id());
        assertThat(required.path("flow_id").asText()).isEqualTo(pending.flowId());
        assertThat(required.path("authorize_url").asText()).isEqualTo(pending.authorizeUrl());
        assertThat(required.path("scopes").isArray()).isTrue();
    }

    @Test
    void anExpiredTokenIsRefreshedOnceForAllCallers() throws Exception {
        Pending pending = mooring.connect(server.endpoint());
        issuer.expireAccessTokens();

        try (ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<Reply>> replies =
                    IntStream.range(0, 8)
                            .mapToObj(i -> callers.submit(() -> mooring.echo(pending.name(), "x")))
                            .toList();
            for (Future<Reply> reply : replies) {
                assertThat(reply.get().status()).as(reply.get().body()).isEqualTo(200);
            }
        }

        assertThat(refreshes()).isEqualTo(1);
        assertThat(server.calls("echo")).isEqualTo(8);
        assertThat(issuer.refusals()).isEmpty();
    }

    @Test
    void aRotatedRefreshTokenIsKept() {
        Pending pending = mooring.connect(server.endpoint());

        for (int i = 1; i <= 3; i++) {
            issuer.expireAccessTokens();
            assertThat(mooring.echo(pending.name(), "again").status()).isEqualTo(200);
            assertThat(refreshes()).isEqualTo(i);
        }
    }

    @Test
    void aGrantThatEndedAsksThePerson() {
        Pending pending = mooring.connect(server.endpoint());
        issuer.endGrants();

        Reply reply = mooring.echo(pending.name(), "ended");

        Envelope.isError(reply, 403, "authorization_required");
        assertThat(mooring.state(pending.id())).isEqualTo("needs_reauth");
        mooring.browser().open(reply.text("/extra_fields/mcp_auth_required/authorize_url"));
        assertThat(mooring.complete(pending.id()).status()).isEqualTo(200);
        assertThat(mooring.echo(pending.name(), "anew").status()).isEqualTo(200);
    }

    @Test
    void anAuthorizationServerThatIsAwayEndsNoGrant() {
        Pending pending = mooring.connect(server.endpoint());
        issuer.expireAccessTokens();
        issuer.misbehave(Endpoint.TOKEN, Mischief.failing(503));

        assertThat(mooring.echo(pending.name(), "away").status()).isIn(502, 504);
        assertThat(mooring.status(pending.configId())).isEqualTo("authorized");
    }

    @Test
    void aToolThatNeedsMoreStepsUpOnce() {
        Pending pending = mooring.connect(server.endpoint());

        Reply reply = mooring.execute(pending.name(), "rule", ApiClient.object());
        Envelope.isError(reply, 403, "authorization_required");
        assertThat(reply.json().at("/extra_fields/mcp_auth_required/scopes").toString())
                .contains("mcp:tools", "mcp:admin");
        assertThat(mooring.echo(pending.name(), "as before").status()).isEqualTo(200);
        mooring.browser().open(reply.text("/extra_fields/mcp_auth_required/authorize_url"));

        assertThat(mooring.execute(pending.name(), "rule", ApiClient.object()).status())
                .isEqualTo(200);
    }

    @Test
    void aStepUpThatTheServerNeverGrantsIsNotAskedForEver() {
        Pending pending = mooring.connect(server.endpoint());

        Reply first = mooring.execute(pending.name(), "dream", ApiClient.object());
        mooring.browser().open(first.text("/extra_fields/mcp_auth_required/authorize_url"));
        Reply second = mooring.execute(pending.name(), "dream", ApiClient.object());

        Envelope.isError(first, 403, "authorization_required");
        assertThat(second.status()).isIn(403, 502);
        assertThat(issuer.received(Endpoint.AUTHORIZATION).size()).isLessThanOrEqualTo(3);
        assertThat(mooring.echo(pending.name(), "still serves").status()).isEqualTo(200);
    }

    @Test
    void aCallThatMayHaveHadEffectsIsNeverReplayed() {
        Pending pending = mooring.connect(server.endpoint());
        server.misbehave("tools/call", Mischief.losingTheAnswer());

        assertThat(mooring.echo(pending.name(), "lost").status()).isEqualTo(502);

        assertThat(server.calls("echo")).isEqualTo(1);
    }

    @Test
    void aToolThatTakesLongerThanAllowedIs504() {
        Pending pending =
                mooring.connect(
                        Mooring.request(server.endpoint()).put("tool_execution_timeout", 1));
        CountDownLatch gate = new CountDownLatch(1);
        server.misbehave("tools/call", Mischief.waitingFor(gate));
        try {
            Envelope.isError(mooring.echo(pending.name(), "slow"), 504);
        } finally {
            gate.countDown();
        }
    }

    @Test
    void aBrokenServerIs502WithoutItsWords() {
        Pending pending = mooring.connect(server.endpoint());
        server.misbehave("tools/call", Mischief.failing(500));

        Reply reply = mooring.echo(pending.name(), "broken");

        Envelope.isError(reply, 502);
        assertThat(reply.body()).doesNotContain("on purpose");
    }

    @Test
    void aServerThatForgotOurSessionIsMetAnew() {
        try (McpServerParty legacy =
                McpServerParty.settings().speaking(Era.LEGACY).protectedBy(issuer).start()) {
            Pending pending = mooring.connect(legacy.endpoint());
            mooring.echo(pending.name(), "first");

            legacy.forgetSessions();

            assertThat(mooring.echo(pending.name(), "second").status()).isEqualTo(200);
            assertThat(legacy.calls("echo")).isEqualTo(2);
        }
    }

    private long refreshes() {
        return issuer.received(Endpoint.TOKEN).stream()
                .filter(request -> request.form().text("grant_type").equals("refresh_token"))
                .count();
    }
}
