package dev.mooring.adapter.mcp;

import static dev.mooring.adapter.mcp.Talk.eventually;
import static dev.mooring.adapter.mcp.Talk.over;
import static dev.mooring.adapter.mcp.Talk.overSse;
import static dev.mooring.adapter.mcp.Talk.target;
import static dev.mooring.adapter.mcp.Talk.text;
import static dev.mooring.adapter.mcp.Talk.with;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.application.port.McpConnector.CallAnswer;
import dev.mooring.application.port.McpConnector.ConnectAnswer;
import dev.mooring.domain.client.Connection;
import dev.mooring.domain.lifecycle.Problem.Code;
import dev.mooring.domain.oauth.OAuthError;
import dev.mooring.domain.oauth.Scopes;
import dev.mooring.party.Answer;
import dev.mooring.party.AuthorizationServerParty;
import dev.mooring.party.ConformantClient;
import dev.mooring.party.LoopbackServer;
import dev.mooring.party.McpServerParty;
import dev.mooring.party.McpServerParty.Era;
import dev.mooring.party.Mischief;
import dev.mooring.party.PartyTool;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import java.util.Map;

class CredentialsTest {
    private final Talk talk = new Talk();
    private final AuthorizationServerParty issuer = AuthorizationServerParty.start();
    private McpServerParty server =
            McpServerParty.settings().protectedBy(issuer, "mcp:tools").start();

    @AfterEach
    void stop() {
        talk.close();
        server.close();
        issuer.close();
    }

    @ParameterizedTest
    @EnumSource
    void aChallengeComesFirstInEveryEra(Era era) {
        restart(McpServerParty.settings().speaking(era).protectedBy(issuer, "mcp:tools", "more"));

        assertThat(talk.connector.probe(connection(era), Talk.budget()))
                .isInstanceOfSatisfying(
                        ConnectAnswer.Challenged.class,
                        challenged -> {
                            assertThat(challenged.status()).isEqualTo(401);
                            assertThat(challenged.challenge().error()).isEmpty();
                            assertThat(challenged.challenge().scope())
                                    .isEqualTo(Scopes.parse("mcp:tools more"));
                            assertThat(challenged.challenge().resourceMetadata())
                                    .hasValueSatisfying(
                                            url -> assertThat(url).contains("/.well-known/"));
                        });
        assertThat(server.received()).hasSize(1);
    }

    @ParameterizedTest
    @EnumSource
    void theTokenGoesWithEveryRequest(Era era) {
        restart(McpServerParty.settings().speaking(era).protectedBy(issuer, "mcp:tools"));
        String token = token();
        int before = server.received().size();

        talk.connected(target(connection(era), token));
        assertThat(talk.call(target(connection(era), token), "echo", "{\"text\":\"a\"}"))
                .isEqualTo(text("a"));
        talk.connector.close();

        assertThat(server.received().subList(before, server.received().size()))
                .hasSizeGreaterThanOrEqualTo(3)
                .allSatisfy(request -> {
                    assertThat(request.headers("Authorization")).containsExactly("Bearer " + token);
                    assertThat(request.uri().toString()).doesNotContain(token);
                });
        assertThat(server.violations()).isEmpty();
    }

    @Test
    void aRefusedTokenIsAChallengeWithItsReason() {
        assertThat(talk.connect(target(over(server), "nonsense")))
                .isInstanceOfSatisfying(
                        ConnectAnswer.Challenged.class,
                        challenged ->
                                assertThat(challenged.challenge().error())
                                        .contains(OAuthError.INVALID_TOKEN));
    }

    @Test
    void aLackOfScopeIsAChallengeThatNamesIt() {
        restart(
                McpServerParty.settings()
                        .protectedBy(issuer, "mcp:tools")
                        .tools(PartyTool.needingScope("deep", "deep")));
        String token = token();
        talk.connected(target(over(server), token));

        assertThat(talk.call(target(over(server), token), "deep", "{}"))
                .isInstanceOfSatisfying(
                        CallAnswer.Challenged.class,
                        challenged -> {
                            assertThat(challenged.status()).isEqualTo(403);
                            assertThat(challenged.challenge().asksForMoreScope()).isTrue();
                            assertThat(challenged.challenge().scope())
                                    .isEqualTo(Scopes.parse("mcp:tools deep"));
                        });
        assertThat(server.calls("deep")).isZero();
    }

    @ParameterizedTest
    @EnumSource
    void aServerMayChallengeOnlyCalls(Era era) {
        restart(
                McpServerParty.settings()
                        .speaking(era)
                        .protectedBy(issuer, "mcp:tools")
                        .challengingOnlyCalls());
        talk.connected(target(connection(era)));

        assertThat(talk.call(target(connection(era)), "echo", "{\"text\":\"a\"}"))
                .isInstanceOf(CallAnswer.Challenged.class);
        assertThat(talk.call(target(connection(era), token()), "echo", "{\"text\":\"a\"}"))
                .isEqualTo(text("a"));
        assertThat(server.calls("echo")).isOne();
    }

    @ParameterizedTest
    @EnumSource
    void aServerMayShakeHandsWithAnybodyAndChallengeWhatFollows(Era era) throws Exception {
        restart(
                McpServerParty.settings()
                        .speaking(era)
                        .protectedBy(issuer, "mcp:tools")
                        .challengingOnly("tools/list", "tools/call"));

        assertThat(talk.connector.probe(connection(era), Talk.budget()))
                .isInstanceOf(ConnectAnswer.Challenged.class);
        assertThat(talk.connect(target(connection(era))))
                .isInstanceOf(ConnectAnswer.Challenged.class);
        eventually(() -> server.openSessions() == 0 && server.openStreams() == 0);

        talk.connected(target(connection(era), token()));
        assertThat(server.violations()).isEmpty();
    }

    @Test
    void a403WithoutAnyChallengeIsOneToo() {
        server.misbehave("server/discover", Mischief.failing(403));

        assertThat(talk.connect(target(over(server))))
                .isInstanceOfSatisfying(
                        ConnectAnswer.Challenged.class,
                        challenged -> {
                            assertThat(challenged.status()).isEqualTo(403);
                            assertThat(challenged.challenge().asksForMoreScope()).isFalse();
                        });
    }

    @ParameterizedTest
    @EnumSource
    void staticHeadersGoWithEveryRequest(Era era) {
        restart(McpServerParty.settings().speaking(era).wantingHeader("X-Key", "secret"));
        Connection connection = with(connection(era), Map.of("X-Key", "secret", "X-Other", "more"));

        talk.connected(target(connection));
        talk.connector.close();

        assertThat(server.received())
                .allSatisfy(request -> {
                    assertThat(request.headers("X-Key")).containsExactly("secret");
                    assertThat(request.headers("X-Other")).containsExactly("more");
                });
    }

    @Test
    void aStaticHeaderNeverStandsInForTheToken() {
        String token = token();
        Connection connection = with(over(server), Map.of("Authorization", "Basic eA=="));
        talk.connected(target(connection, token));

        assertThat(server.received("tools/list").getLast().headers("Authorization"))
                .containsExactly("Bearer " + token);
    }

    @Test
    void aStaticHeaderNeverStandsInForAnArgument() {
        restart(
                McpServerParty.settings()
                        .speaking(Era.MODERN)
                        .tools(PartyTool.mirroringItsRegion()));
        Connection connection = with(over(server), Map.of("Mcp-Param-Region", "us"));
        talk.call(target(connection), "regional", "{\"region\":\"eu\"}");

        assertThat(server.received("tools/call").getFirst().headers("Mcp-Param-Region"))
                .containsExactly("eu");
    }

    @Test
    void aTokenThatNoHeaderCanCarryIsNotSent() {
        assertThat(talk.connectProblem(target(over(server), "a\r\nX-Injected: b")).code())
                .isEqualTo(Code.TOKEN_REFUSED);
        assertThat(server.received()).isEmpty();
    }

    @Test
    void credentialsNeverFollowARedirect() {
        try (LoopbackServer elsewhere = LoopbackServer.start(request -> Answer.empty(200))) {
            server.misbehave(
                    "server/discover",
                    Mischief.instead(
                            Answer.redirect(elsewhere.origin() + "/mcp")
                                    .replacing("Location", elsewhere.origin() + "/mcp")));

            assertThat(talk.connectProblem(target(over(server), "token")).message())
                    .isEqualTo("localhost answered with a redirect (302), which is not followed");
            assertThat(elsewhere.received()).isEmpty();
        }
    }

    @Test
    void aNewTokenGetsASessionOfItsOwn() throws Exception {
        restart(McpServerParty.settings().speaking(Era.LEGACY).protectedBy(issuer, "mcp:tools"));
        talk.connected(target(over(server), token()));
        talk.connected(target(over(server), token()));

        assertThat(server.sessionsOpened()).isEqualTo(2);
        Talk.eventually(() -> server.openSessions() == 1);
    }

    private Connection connection(Era era) {
        return era == Era.HTTP_SSE ? overSse(server) : over(server);
    }

    private String token() {
        try (ConformantClient client = new ConformantClient()) {
            return client.token(server.endpoint());
        }
    }

    private void restart(McpServerParty.Settings settings) {
        server.close();
        server = settings.start();
    }
}
