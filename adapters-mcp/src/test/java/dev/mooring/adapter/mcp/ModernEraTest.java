package dev.mooring.adapter.mcp;

import static dev.mooring.adapter.mcp.Talk.names;
import static dev.mooring.adapter.mcp.Talk.over;
import static dev.mooring.adapter.mcp.Talk.requests;
import static dev.mooring.adapter.mcp.Talk.target;
import static dev.mooring.adapter.mcp.Talk.text;
import static dev.mooring.party.McpServerParty.Era.MODERN;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;

import dev.mooring.application.port.Budget;
import dev.mooring.application.port.McpConnector.CallAnswer;
import dev.mooring.application.port.McpConnector.ConnectAnswer;
import dev.mooring.application.port.McpConnector.ToolCall;
import dev.mooring.domain.lifecycle.Problem;
import dev.mooring.domain.mcp.Inventory;
import dev.mooring.domain.mcp.ProtocolVersion;
import dev.mooring.party.Answer;
import dev.mooring.party.Framing;
import dev.mooring.party.McpServerParty;
import dev.mooring.party.Mischief;
import dev.mooring.party.PartyTool;
import dev.mooring.party.Received;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.time.Duration;

class ModernEraTest {
    private final Talk talk = new Talk();
    private McpServerParty server = McpServerParty.settings().speaking(MODERN).start();

    @AfterEach
    void stop() {
        talk.close();
        server.close();
    }

    @ParameterizedTest
    @EnumSource(names = {"JSON", "SSE"})
    void connectingTakesTwoRequests(Framing framing) {
        restart(McpServerParty.settings().speaking(MODERN).framing(framing));

        Inventory inventory = talk.connected(target(over(server)));

        assertThat(requests(server)).containsExactly("server/discover", "tools/list");
        assertThat(names(inventory)).containsExactly("echo", "add", "fail");
        assertThat(inventory.server().name()).isEqualTo("party");
        assertThat(inventory.server().version()).isEqualTo("1.0.0");
        assertThat(inventory.server().protocolVersion()).isEqualTo(ProtocolVersion.V2026_07_28);
        assertThat(inventory.server().instructions()).contains("Use the tools kindly.");
        assertThat(inventory.listedAt()).isEqualTo(Talk.NOW);
        assertThat(server.violations()).isEmpty();
    }

    @ParameterizedTest
    @EnumSource(names = {"JSON", "SSE"})
    void aCallTakesOneMore(Framing framing) {
        restart(McpServerParty.settings().speaking(MODERN).framing(framing));
        talk.connected(target(over(server)));

        assertThat(talk.call(target(over(server)), "echo", "{\"text\":\"hi\"}"))
                .isEqualTo(text("hi"));

        assertThat(requests(server)).containsExactly("server/discover", "tools/list", "tools/call");
        assertThat(server.violations()).isEmpty();
    }

    @Test
    void everyRequestSaysInBodyAndHeadersWhatItIs() {
        talk.connected(target(over(server)));
        talk.call(target(over(server)), "echo", "{\"text\":\"hi\"}");

        assertThat(server.received())
                .hasSize(3)
                .allSatisfy(request -> {
                    JsonNode message = request.json().orElseThrow();
                    JsonNode meta = message.path("params").path("_meta");
                    assertThat(meta.path("io.modelcontextprotocol/protocolVersion").asText())
                            .isEqualTo("2026-07-28");
                    assertThat(meta.path("io.modelcontextprotocol/clientInfo").toString())
                            .isEqualTo("{\"name\":\"Mooring\",\"version\":\"1.0\"}");
                    assertThat(meta.path("io.modelcontextprotocol/clientCapabilities").toString())
                            .isEqualTo("{}");
                    assertThat(request.headers("MCP-Protocol-Version"))
                            .containsExactly("2026-07-28");
                    assertThat(request.headers("Mcp-Method"))
                            .containsExactly(message.path("method").asText());
                    assertThat(request.headers("Accept"))
                            .containsExactly("application/json, text/event-stream");
                    assertThat(request.headers("Content-Type")).containsExactly("application/json");
                    assertThat(request.headers("Mcp-Session-Id")).isEmpty();
                });
        assertThat(server.received().get(2).headers("Mcp-Name")).containsExactly("echo");
        assertThat(server.received())
                .extracting(r -> r.json().orElseThrow().path("id").asLong())
                .doesNotHaveDuplicates();
    }

    @Test
    void aToolOfAnyNameCanBeCalled() {
        restart(
                McpServerParty.settings()
                        .speaking(MODERN)
                        .tools(PartyTool.of("größe ", "", a -> PartyTool.text("ok"))));

        assertThat(talk.call(target(over(server)), "größe ", "{}")).isEqualTo(text("ok"));
        assertThat(server.violations()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"eu", " padded ", "世界", "a\\nb", "=?base64?eA==?="})
    void anArgumentIsMirroredWhereTheToolAsksForIt(String region) {
        restart(McpServerParty.settings().speaking(MODERN).tools(PartyTool.mirroringItsRegion()));

        assertThat(
                        talk.call(
                                target(over(server)),
                                "regional",
                                "{\"region\":\"%s\"}".formatted(region)))
                .isInstanceOf(CallAnswer.Returned.class);
        assertThat(server.received("tools/call").getFirst().headers("Mcp-Param-Region")).hasSize(1);
        assertThat(server.violations()).isEmpty();
    }

    @Test
    void anArgumentThatNoHeaderCanCarryIsNotSent() {
        restart(McpServerParty.settings().speaking(MODERN).tools(PartyTool.mirroringItsRegion()));

        assertThat(
                        talk.call(
                                target(over(server)),
                                "regional",
                                "{\"region\":\"%s\"}".formatted("x".repeat(100_000))))
                .isEqualTo(
                        new CallAnswer.Rejected(
                                -32602, "the argument region is too large for its header"));
        assertThat(server.received("tools/call")).isEmpty();
    }

    @Test
    void aCallInAFreshProcessLearnsTheMirroringFirst() {
        restart(McpServerParty.settings().speaking(MODERN).tools(PartyTool.mirroringItsRegion()));

        talk.call(target(over(server)), "regional", "{\"region\":\"eu\"}");

        assertThat(requests(server)).containsExactly("server/discover", "tools/list", "tools/call");
    }

    @Test
    void aToolThatNowWantsItsArgumentMirroredGetsIt() {
        restart(
                McpServerParty.settings()
                        .speaking(MODERN)
                        .tools(PartyTool.of("regional", "", a -> PartyTool.text("plain"))));
        talk.connected(target(over(server)));
        server.offer(PartyTool.mirroringItsRegion());

        assertThat(talk.call(target(over(server)), "regional", "{\"region\":\"eu\"}"))
                .isInstanceOf(CallAnswer.Returned.class);
        assertThat(requests(server).subList(2, 5))
                .containsExactly("tools/call", "tools/list", "tools/call");
        assertThat(server.calls("regional")).isOne();
    }

    @Test
    void aServerThatMissesHeadersWithoutReasonIsNotAskedForEver() {
        server.misbehave(
                "tools/call",
                (request, honest) ->
                        Answer.text(
                                400,
                                "application/json",
                                "{\"jsonrpc\":\"2.0\",\"id\":%s,\"error\":{\"code\":-32020,\"message\":\"x\"}}"
                                        .formatted(id(request))));

        assertThat(talk.callProblem(target(over(server)), "echo", "{\"text\":\"a\"}").code())
                .isEqualTo(Problem.Code.SERVER_BROKEN);
        assertThat(server.received("tools/call")).hasSize(1);
    }

    @Test
    void aToolWithAnInvalidAnnotationIsLeftOutAndNeverCalled() {
        restart(
                McpServerParty.settings()
                        .speaking(MODERN)
                        .tools(PartyTool.annotatedWrongly(), PartyTool.echo()));

        assertThat(names(talk.connected(target(over(server))))).containsExactly("echo");
        assertThat(talk.call(target(over(server)), "misannotated", "{\"amount\":1}"))
                .isInstanceOfSatisfying(
                        CallAnswer.Rejected.class, r -> assertThat(r.code()).isEqualTo(-32602));
        assertThat(server.received("tools/call")).isEmpty();
    }

    @Test
    void allPagesAreListed() {
        restart(McpServerParty.settings().speaking(MODERN).pageSize(1));

        assertThat(names(talk.connected(target(over(server)))))
                .containsExactly("echo", "add", "fail");
        assertThat(server.received("tools/list")).hasSize(3);
        assertThat(server.violations()).isEmpty();
    }

    @Test
    void aToolsOwnFailureIsAResult() {
        assertThat(talk.call(target(over(server)), "fail", "{}"))
                .isEqualTo(
                        new CallAnswer.Returned(
                                "[{\"type\":\"text\",\"text\":\"It failed.\"}]", true));
    }

    @Test
    void aResultMayHaveOnlyStructuredContent() {
        server.misbehave(
                "tools/call",
                editingResult("{\"resultType\":\"complete\",\"structuredContent\":{\"n\":1.10}}"));

        assertThat(talk.call(target(over(server)), "echo", "{\"text\":\"a\"}"))
                .isEqualTo(new CallAnswer.Returned("{\"n\":1.10}", false));
    }

    @Test
    void aResultWithoutTypeIsComplete() {
        server.misbehave("tools/call", editingResult("{\"content\":[]}"));

        assertThat(talk.call(target(over(server)), "echo", "{\"text\":\"a\"}"))
                .isEqualTo(new CallAnswer.Returned("[]", false));
    }

    @Test
    void aResultOfAnUnknownTypeIsInvalid() {
        server.misbehave(
                "tools/call", editingResult("{\"resultType\":\"partial\",\"content\":[]}"));

        assertThat(talk.callProblem(target(over(server)), "echo", "{\"text\":\"a\"}").code())
                .isEqualTo(Problem.Code.SERVER_BROKEN);
    }

    @Test
    void aQuestionInsteadOfAResultIsAClearProblem() {
        restart(McpServerParty.settings().speaking(MODERN).tools(PartyTool.asking()));

        assertThat(talk.callProblem(target(over(server)), "ask", "{}"))
                .isEqualTo(
                        new Problem(
                                Problem.Code.CLIENT_CAPABILITY_MISSING,
                                "localhost wants more input, which Mooring has nobody to ask for"));
    }

    @Test
    void aQuestionForAListMakesNoSense() {
        server.misbehave("tools/list", unfinished("\"requestState\":\"s\""));

        assertThat(talk.connectProblem(target(over(server))).code())
                .isEqualTo(Problem.Code.SERVER_BROKEN);
        assertThat(server.received("tools/list")).hasSize(1);
    }

    @Test
    void aCallThatTheServerHasOnlyBegunGoesOnWithItsState() {
        restart(McpServerParty.settings().speaking(MODERN).tools(PartyTool.mirroringItsRegion()));
        String state = "{\\\"a\\\": 1.0,\\u0000 \\ud83c\\udf0d\\\\}";
        server.misbehaveOnce("tools/call", unfinished("\"requestState\":\"" + state + "\""));
        server.misbehaveOnce(
                "tools/call", unfinished("\"inputRequests\":{},\"requestState\":\"2\""));

        assertThat(talk.call(target(over(server)), "regional", "{\"region\":\"eu\"}"))
                .isInstanceOf(CallAnswer.Returned.class);
        talk.call(target(over(server)), "regional", "{\"region\":\"us\"}");

        assertThat(server.received("tools/call"))
                .extracting(r -> r.json().orElseThrow().at("/params/requestState").asText("none"))
                .containsExactly("none", "{\"a\": 1.0,\u0000 🌍\\}", "2", "none");
        assertThat(server.received("tools/call"))
                .extracting(ModernEraTest::id)
                .doesNotHaveDuplicates();
        assertThat(server.received("tools/call").subList(0, 3))
                .allSatisfy(r -> {
                    JsonNode params = r.json().orElseThrow().path("params");
                    assertThat(params.path("name").asText()).isEqualTo("regional");
                    assertThat(params.path("arguments").toString())
                            .isEqualTo("{\"region\":\"eu\"}");
                    assertThat(params.has("inputResponses")).isFalse();
                    assertThat(r.headers("Mcp-Name")).containsExactly("regional");
                    assertThat(r.headers("Mcp-Param-Region")).containsExactly("eu");
                });
        assertThat(server.violations()).isEmpty();
    }

    /** Some servers let a longer job be polled like that. */
    @Test
    void aCallMayNeedManyRounds() {
        for (int round = 0; round < 12; round++) {
            server.misbehaveOnce("tools/call", unfinished("\"requestState\":\"s\""));
        }

        assertThat(talk.call(target(over(server)), "echo", "{\"text\":\"a\"}"))
                .isEqualTo(text("a"));
        assertThat(server.received("tools/call")).hasSize(13);
    }

    @Test
    void aCallGoesOnOnlyForAsLongAsItsTimeAllows() {
        server.misbehave("tools/call", unfinished("\"requestState\":\"s\""));
        talk.connected(target(over(server)));

        CallAnswer answer =
                talk.connector.call(
                        target(over(server)),
                        new ToolCall("echo", "{\"text\":\"a\"}"),
                        Budget.of(Duration.ofMillis(400)));

        assertThat(answer)
                .isInstanceOfSatisfying(
                        CallAnswer.Failed.class,
                        failed ->
                                assertThat(failed.problem().code())
                                        .isEqualTo(Problem.Code.SERVER_TOO_SLOW));
        assertThat(server.received("tools/call")).hasSizeLessThan(11);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\"x\":1",
                "\"inputRequests\":{}",
                "\"requestState\":null",
                "\"requestState\":{\"a\":1}",
                "\"requestState\":7",
            })
    void anUnfinishedCallWithoutAStateIsBroken(String how) {
        server.misbehave("tools/call", unfinished(how));

        assertThat(talk.callProblem(target(over(server)), "echo", "{\"text\":\"a\"}"))
                .isEqualTo(
                        new Problem(
                                Problem.Code.SERVER_BROKEN,
                                "localhost wants to be called again, but not how"));
        assertThat(server.received("tools/call")).hasSize(1);
    }

    @Test
    void aStateThatIsHugeIsNotCarriedBack() {
        server.misbehave(
                "tools/call", unfinished("\"requestState\":\"%s\"".formatted("s".repeat(70_000))));

        assertThat(talk.callProblem(target(over(server)), "echo", "{\"text\":\"a\"}").code())
                .isEqualTo(Problem.Code.SERVER_BROKEN);
        assertThat(server.received("tools/call")).hasSize(1);
    }

    /** What would be repeated after a first round: it may have had effects, so now it is not. */
    @ParameterizedTest
    @ValueSource(ints = {400, 401, 403, 404, 405, -32020})
    void aCallThatWasBegunNeverBeginsAnew(int refusal) {
        talk.connected(target(over(server)));
        server.misbehaveOnce("tools/call", unfinished("\"requestState\":\"s\""));
        server.misbehaveOnce(
                "tools/call",
                refusal < 0 ? LegacyEraTest.error(400, refusal, "") : Mischief.failing(refusal));

        assertThat(talk.callProblem(target(over(server)), "echo", "{\"text\":\"a\"}").code())
                .isEqualTo(Problem.Code.SERVER_BROKEN);
        assertThat(requests(server))
                .containsExactly("server/discover", "tools/list", "tools/call", "tools/call");
    }

    @Test
    void aToolThatNeedsAMoreCapableClientIsAClearProblem() {
        restart(
                McpServerParty.settings()
                        .speaking(MODERN)
                        .tools(PartyTool.needingCapability("sampling")));

        assertThat(talk.callProblem(target(over(server)), "capable", "{}").code())
                .isEqualTo(Problem.Code.CLIENT_CAPABILITY_MISSING);
    }

    @Test
    void requestsOfTheServersAreNotHeard() {
        server.misbehave(
                "tools/call",
                (request, honest) ->
                        events(
                                """
                                data: {"jsonrpc":"2.0","id":"s1","method":"ping"}

                                data: {"jsonrpc":"2.0","id":999,"result":{"content":[]}}

                                data: {"jsonrpc":"2.0","id":%s,"result":{"resultType":"complete","content":[]}}

                                """
                                        .formatted(id(request))));

        assertThat(talk.call(target(over(server)), "echo", "{\"text\":\"a\"}"))
                .isEqualTo(new CallAnswer.Returned("[]", false));
        assertThat(server.received()).hasSize(3);
    }

    @Test
    void aListWhoseStreamBreaksIsAskedForAnewUnderANewId() {
        restart(McpServerParty.settings().speaking(MODERN).framing(Framing.SSE));
        server.misbehaveOnce("server/discover", Mischief.cuttingOffAfter(40));
        server.misbehaveOnce("tools/list", Mischief.cuttingOffAfter(40));

        assertThat(names(talk.connected(target(over(server))))).hasSize(3);
        assertThat(requests(server))
                .containsExactly("server/discover", "server/discover", "tools/list", "tools/list");
        assertThat(server.received("tools/list"))
                .extracting(ModernEraTest::id)
                .doesNotHaveDuplicates();
    }

    @Test
    void aCallWhoseStreamBreaksIsNeverMadeAgain() {
        restart(McpServerParty.settings().speaking(MODERN).framing(Framing.SSE));
        talk.connected(target(over(server)));
        server.misbehaveOnce("tools/call", Mischief.cuttingOffAfter(40));

        assertThat(talk.callProblem(target(over(server)), "echo", "{\"text\":\"a\"}").code())
                .isEqualTo(Problem.Code.SERVER_BROKEN);
        assertThat(server.received("tools/call")).hasSize(1);
    }

    @Test
    void aCallWhoseAnswerIsLostIsNeverMadeAgain() {
        talk.connected(target(over(server)));
        server.misbehaveOnce("tools/call", Mischief.losingTheAnswer());

        assertThat(talk.callProblem(target(over(server)), "echo", "{\"text\":\"a\"}").code())
                .isEqualTo(Problem.Code.SERVER_BROKEN);
        assertThat(server.calls("echo")).isOne();
    }

    @Test
    void anUnknownToolIsNotAskedForButLookedUpOnceMore() {
        talk.connected(target(over(server)));

        assertThat(talk.call(target(over(server)), "nonsense", "{}"))
                .isEqualTo(
                        new CallAnswer.Rejected(
                                -32602, "the server lists no usable tool of this name"));
        assertThat(requests(server)).containsExactly("server/discover", "tools/list", "tools/list");
    }

    @Test
    void anErrorOfTheServersIsPassedOn() {
        assertThat(talk.call(target(over(server)), "echo", "{}"))
                .isEqualTo(new CallAnswer.Rejected(-32602, "An argument is missing."));
    }

    @Test
    void disconnectingCostsNothing() {
        talk.connected(target(over(server)));
        talk.connector.disconnect(target(over(server)).client());
        talk.connector.close();

        assertThat(requests(server)).containsExactly("server/discover", "tools/list");
    }

    @Test
    void aServerWithoutToolsNeedNotKnowTheRequest() {
        server.misbehave(
                "server/discover",
                editingResult("{\"supportedVersions\":[\"2026-07-28\"],\"capabilities\":{}}"));
        server.misbehave(
                "tools/list",
                (request, honest) ->
                        Answer.text(
                                404,
                                "application/json",
                                "{\"jsonrpc\":\"2.0\",\"id\":%s,\"error\":{\"code\":-32601,\"message\":\"x\"}}"
                                        .formatted(id(request))));

        Inventory inventory = talk.connected(target(over(server)));
        assertThat(inventory.tools()).isEmpty();
        assertThat(inventory.server().name()).isEqualTo("localhost");
        assertThat(inventory.server().version()).isEqualTo("unknown");
    }

    @Test
    void aPinnedRevisionThatTheServerLacksIsAClearProblem() {
        assertThat(talk.connectProblem(target(over(server, ProtocolVersion.V2025_11_25))))
                .isEqualTo(
                        new Problem(
                                Problem.Code.PROTOCOL_VERSION_UNSUPPORTED,
                                "localhost does not speak the revision of MCP that was asked for,"
                                        + " but 2026-07-28"));
        assertThat(
                        talk.connectProblem(target(over(server, new ProtocolVersion("2027-01-01"))))
                                .code())
                .isEqualTo(Problem.Code.PROTOCOL_VERSION_UNSUPPORTED);
        assertThat(requests(server)).containsExactly("initialize");
    }

    @Test
    void connectingAgainOnlyListsAgain() {
        talk.connected(target(over(server)));
        server.offer(PartyTool.add());

        assertThat(names(talk.connected(target(over(server))))).containsExactly("add");
        assertThat(requests(server)).containsExactly("server/discover", "tools/list", "tools/list");
    }

    @Test
    void aProbeLeavesNothingBehind() {
        assertThat(talk.connector.probe(over(server), Talk.budget()))
                .isInstanceOf(ConnectAnswer.Accepted.class);
        talk.connected(target(over(server)));

        assertThat(requests(server))
                .containsExactly("server/discover", "tools/list", "server/discover", "tools/list");
    }

    private void restart(McpServerParty.Settings settings) {
        server.close();
        server = settings.start();
    }

    static String id(Received request) {
        return request.json().orElseThrow().path("id").toString();
    }

    static Answer events(String text) {
        return Answer.text(200, "text/event-stream", text);
    }

    private static Mischief unfinished(String how) {
        return editingResult("{\"resultType\":\"input_required\",%s}".formatted(how));
    }

    static Mischief editingResult(String result) {
        return (request, honest) ->
                Answer.text(
                        200,
                        "application/json",
                        "{\"jsonrpc\":\"2.0\",\"id\":%s,\"result\":%s}"
                                .formatted(id(request), result));
    }
}
