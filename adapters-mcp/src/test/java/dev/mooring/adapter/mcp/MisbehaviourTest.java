package dev.mooring.adapter.mcp;

import static dev.mooring.adapter.mcp.LegacyEraTest.error;
import static dev.mooring.adapter.mcp.ModernEraTest.editingResult;
import static dev.mooring.adapter.mcp.ModernEraTest.events;
import static dev.mooring.adapter.mcp.ModernEraTest.id;
import static dev.mooring.adapter.mcp.Talk.names;
import static dev.mooring.adapter.mcp.Talk.over;
import static dev.mooring.adapter.mcp.Talk.requests;
import static dev.mooring.adapter.mcp.Talk.target;

import static org.assertj.core.api.Assertions.assertThat;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.mooring.adapter.http.OutboundAllow;
import dev.mooring.application.port.Budget;
import dev.mooring.application.port.McpConnector.CallAnswer;
import dev.mooring.application.port.McpConnector.ConnectAnswer;
import dev.mooring.domain.lifecycle.Problem;
import dev.mooring.domain.lifecycle.Problem.Code;
import dev.mooring.domain.mcp.Inventory;
import dev.mooring.domain.mcp.Tool;
import dev.mooring.party.Answer;
import dev.mooring.party.McpServerParty;
import dev.mooring.party.Mischief;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;

class MisbehaviourTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String ECHO = "{\"text\":\"a\"}";

    private final Talk talk = new Talk();
    private final McpServerParty server =
            McpServerParty.settings().speaking(McpServerParty.Era.MODERN).start();

    @AfterEach
    void stop() {
        talk.close();
        server.close();
    }

    @ParameterizedTest
    @CsvSource({
        "302,SERVER_BROKEN",
        "400,SERVER_BROKEN",
        "404,SERVER_BROKEN",
        "408,SERVER_TOO_SLOW",
        "410,SERVER_BROKEN",
        "429,SERVER_UNREACHABLE",
        "500,SERVER_BROKEN",
        "502,SERVER_UNREACHABLE",
        "503,SERVER_UNREACHABLE",
        "504,SERVER_TOO_SLOW",
    })
    void aStatusBecomesAProblemInOurWords(int status, Code code) {
        server.misbehave("tools/call", Mischief.failing(status));

        Problem problem = talk.callProblem(target(over(server)), "echo", ECHO);

        assertThat(problem.code()).isEqualTo(code);
        assertThat(problem.message())
                .startsWith("localhost ")
                .contains("" + status)
                .doesNotContain("purpose");
    }

    @Test
    void anErrorThatBlamesTheRequestIsPassedOnWhateverTheStatus() {
        server.misbehave("tools/call", error(500, -32602, ""));

        assertThat(talk.call(target(over(server)), "echo", ECHO))
                .isEqualTo(new CallAnswer.Rejected(-32602, "x"));
    }

    @Test
    void anErrorOfTheServersOwnIsAFailureOfTheServer() {
        server.misbehave("tools/call", error(500, -32603, ""));

        assertThat(talk.callProblem(target(over(server)), "echo", ECHO).code())
                .isEqualTo(Code.SERVER_BROKEN);
    }

    @Test
    void nobodyAtTheAddressIsUnreachable() {
        server.close();

        assertThat(talk.connectProblem(target(over(server))))
                .isEqualTo(new Problem(Code.SERVER_UNREACHABLE, "no connection to localhost"));
    }

    @Test
    void anAddressThatTheGuardRefusesIsSaidToBe() {
        try (Talk guarded = new Talk(OutboundAllow.NOTHING)) {
            assertThat(guarded.connectProblem(target(over(server))))
                    .isEqualTo(
                            new Problem(
                                    Code.ADDRESS_NOT_ALLOWED,
                                    "localhost has an address that may not be called"));
            assertThat(guarded.connectProblem(target(Talk.overSse(server))).code())
                    .isEqualTo(Code.ADDRESS_NOT_ALLOWED);
        }
        assertThat(server.received()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"server/discover", "tools/list", "tools/call"})
    void aServerThatNeverAnswersIsTooSlow(String method) {
        CountDownLatch gate = new CountDownLatch(1);
        server.misbehave(method, Mischief.waitingFor(gate));
        long start = System.nanoTime();

        CallAnswer answer =
                talk.connector.call(
                        target(over(server)),
                        new dev.mooring.application.port.McpConnector.ToolCall("echo", ECHO),
                        Budget.of(Duration.ofMillis(500)));

        assertThat(answer)
                .isEqualTo(
                        new CallAnswer.Failed(
                                new Problem(
                                        Code.SERVER_TOO_SLOW, "localhost did not answer in time")));
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(3));
        gate.countDown();
    }

    @Test
    void aServerThatDripsIsTooSlow() {
        server.misbehave("tools/list", Mischief.trickling(Duration.ofMillis(20)));

        assertThat(talk.connector.connect(target(over(server)), Budget.of(Duration.ofMillis(600))))
                .isInstanceOfSatisfying(
                        ConnectAnswer.Failed.class,
                        failed ->
                                assertThat(failed.problem().code())
                                        .isEqualTo(Code.SERVER_TOO_SLOW));
    }

    @Test
    void aStreamWithoutAResponseIsTooSlow() {
        server.misbehave("tools/list", endless(": still there\n\n", Duration.ofMillis(20)));

        assertThat(talk.connector.connect(target(over(server)), Budget.of(Duration.ofMillis(600))))
                .isInstanceOfSatisfying(
                        ConnectAnswer.Failed.class,
                        failed ->
                                assertThat(failed.problem().code())
                                        .isEqualTo(Code.SERVER_TOO_SLOW));
    }

    @Test
    void aStreamOfNothingButNewsIsCutOff() {
        String news =
                "data: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/message\",\"params\":{\"data\":\"%s\"}}\n\n"
                        .formatted("x".repeat(10_000));
        server.misbehave("tools/list", endless(news, Duration.ZERO));

        assertThat(talk.connectProblem(target(over(server))))
                .isEqualTo(
                        new Problem(
                                Code.SERVER_BROKEN, "localhost answered with more than is read"));
    }

    @Test
    void aStreamThatStaysOpenAfterTheResponseCostsNoTime() {
        server.misbehave(
                "tools/call",
                (request, honest) ->
                        Answer.stream(body -> {
                            body.write(
                                    "data: {\"jsonrpc\":\"2.0\",\"id\":%s,\"result\":{\"content\":[]}}\n\n"
                                            .formatted(id(request))
                                            .getBytes(UTF_8));
                            body.flush();
                            Thread.sleep(Duration.ofMinutes(5));
                        }));
        talk.connected(target(over(server)));
        long start = System.nanoTime();

        for (int i = 0; i < 20; i++) {
            assertThat(talk.call(target(over(server)), "echo", ECHO))
                    .isEqualTo(new CallAnswer.Returned("[]", false));
        }

        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(5));
    }

    @Test
    void anAnswerThatIsTooLargeIsNotRead() {
        server.misbehave("tools/list", Mischief.swollenBy(5 << 20));

        assertThat(talk.connectProblem(target(over(server))))
                .isEqualTo(
                        new Problem(
                                Code.SERVER_BROKEN, "localhost answered with more than is read"));
    }

    @Test
    void anEventThatIsTooLargeIsNotRead() {
        server.misbehave(
                "tools/list", Mischief.instead(events("data: " + "x".repeat(5 << 20) + "\n\n")));

        assertThat(talk.connectProblem(target(over(server))))
                .isEqualTo(
                        new Problem(
                                Code.SERVER_BROKEN, "localhost answered with more than is read"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"text/html", "text/plain", "application/octet-stream"})
    void anAnswerOfAnotherKindIsRefused(String mediaType) {
        server.misbehave("tools/list", Mischief.labelled(mediaType));

        assertThat(talk.connectProblem(target(over(server))))
                .isEqualTo(
                        new Problem(
                                Code.SERVER_BROKEN,
                                "localhost sent neither JSON nor an event stream"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "<html>Hello</html>",
                "",
                "{}",
                "{\"jsonrpc\":\"2.0\",\"id\":999,\"result\":{}}",
                "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/message\"}",
                // The id is ours, which is 2, and yet it is not.
                "{\"jsonrpc\":\"2.0\",\"id\":\"2\",\"result\":{\"tools\":[]}}",
                "{\"jsonrpc\":\"2.0\",\"id\":2.0,\"result\":{\"tools\":[]}}",
                "{\"jsonrpc\":\"2.0\",\"id\":[2],\"result\":{\"tools\":[]}}",
                "{\"jsonrpc\":\"2.0\",\"id\":null,\"result\":{\"tools\":[]}}",
                "{\"jsonrpc\":\"2.0\",\"id\":18446744073709551618,\"result\":{\"tools\":[]}}",
                "{\"jsonrpc\":\"2.0\",\"id\":2e0,\"result\":{\"tools\":[]}}",
                "{\"jsonrpc\":\"2.0\",\"id\":2,\"id\":3,\"result\":{\"tools\":[]}}",
                // Not a result.
                "{\"jsonrpc\":\"2.0\",\"id\":2,\"result\":[]}",
                "{\"jsonrpc\":\"2.0\",\"id\":2,\"result\":null}",
                "{\"jsonrpc\":\"2.0\",\"id\":2}",
                "[[{\"jsonrpc\":\"2.0\",\"id\":2,\"result\":{\"tools\":[]}}]]",
            })
    void anAnswerToSomethingElseIsRefused(String body) {
        server.misbehave(
                "tools/list", Mischief.instead(Answer.text(200, "application/json", body)));

        assertThat(talk.connectProblem(target(over(server))))
                .isEqualTo(
                        new Problem(
                                Code.SERVER_BROKEN,
                                "localhost sent an answer that is not to our request"));
    }

    @Test
    void anAnswerThatIsTooDeepIsRefused() {
        server.misbehave(
                "tools/list",
                editingResult("{\"tools\":" + "[".repeat(2000) + "]".repeat(2000) + "}"));

        assertThat(talk.connectProblem(target(over(server))).code()).isEqualTo(Code.SERVER_BROKEN);
    }

    @ParameterizedTest
    @ValueSource(ints = {101, 10_000, 500_000})
    void aMessageThatIsTooDeepIsSkippedAndCostsNoStack(int depth) {
        server.misbehave(
                "tools/list",
                (request, honest) ->
                        events(
                                "data: "
                                        + "[".repeat(depth)
                                        + "\n\ndata: "
                                        + "{\"a\":".repeat(depth)
                                        + "\n\n"
                                        + event(id(request), "{\"tools\":[]}")));

        assertThat(talk.connected(target(over(server))).tools()).isEmpty();
    }

    @Test
    void answersToOthersMayComeFirstAndInBatches() {
        server.misbehave(
                "tools/list",
                (request, honest) ->
                        events(
                                event("999", "{\"tools\":[{}]}")
                                        + event("\"" + id(request) + "\"", "{\"tools\":[{}]}")
                                        + "data:"
                                        + " [{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":1}},"
                                        + "{\"jsonrpc\":\"2.0\",\"id\":%s,\"result\":{\"tools\":[]}}]\n\n"
                                                .formatted(id(request))));

        assertThat(talk.connected(target(over(server))).tools()).isEmpty();
    }

    @Test
    void aStreamOfTinyPiecesIsPutTogether() {
        server.misbehave(
                "tools/list",
                (request, honest) ->
                        Answer.stream(body -> {
                            String text = ":\n".repeat(5000) + event(id(request), "{\"tools\":[]}");
                            for (byte each : text.getBytes(UTF_8)) {
                                body.write(each);
                                body.flush();
                            }
                        }));

        assertThat(talk.connected(target(over(server))).tools()).isEmpty();
    }

    @Test
    void aServerThatAsksUsWithoutEndIsNotAnsweredWithoutEnd() {
        server.speak(McpServerParty.Era.LEGACY);
        server.misbehave(
                "tools/list",
                (request, honest) ->
                        events(
                                "data: {\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"ping\"}\n\n"
                                                .repeat(500)
                                        + event(id(request), "{\"tools\":[]}")));

        assertThat(talk.connected(target(over(server))).tools()).isEmpty();
        assertThat(requests(server).stream().filter("response"::equals)).hasSize(64);
    }

    @Test
    void aMemberOfASchemaThatStandsThereTwiceIsKeptOnce() {
        server.misbehave(
                "tools/list",
                editingResult(
                        "{\"tools\":[{\"name\":\"a\",\"name\":\"b\",\"inputSchema\":"
                                + "{\"type\":\"string\",\"type\":\"object\"}}]}"));

        assertThat(talk.connected(target(over(server))).tools())
                .singleElement()
                .satisfies(tool -> {
                    assertThat(tool.name()).isEqualTo("b");
                    assertThat(tool.inputSchema()).isEqualTo("{\"type\":\"object\"}");
                });
    }

    /** What a schema refers to is its reader's business; we only carry it. */
    @Test
    void aSchemaIsKeptAsItIsAndNothingThatItNamesIsFetched() {
        String schema =
                """
                {"$schema":"https://json-schema.org/draft/2020-12/schema","type":"object",\
                "$defs":{"z":{"$anchor":"z","type":"string","pattern":"^\\\\d+$"},"a":{"const":1.10}},\
                "properties":{"p":{"$ref":"%1$s/canary"},"q":{"$ref":"#/$defs/z"},"r":{"$dynamicRef":"%1$s/d"}},\
                "allOf":[{"if":{"required":["p"]},"then":{"minProperties":12345678901234567890},"else":false}],\
                "unevaluatedProperties":false,"additionalProperties":{"maximum":0.1},"x-größe":null}\
                """
                        .formatted(server.endpoint().replace("/mcp", ""));
        server.misbehave(
                "tools/list",
                editingResult(
                        "{\"tools\":[{\"name\":\"a\",\"inputSchema\":%s}]}".formatted(schema)));

        assertThat(talk.connected(target(over(server))).tools())
                .singleElement()
                .satisfies(tool -> assertThat(tool.inputSchema()).isEqualTo(schema));
        talk.call(target(over(server)), "a", "{\"p\":1}");
        assertThat(server.received()).allSatisfy(r -> assertThat(r.path()).isEqualTo("/mcp"));
    }

    @Test
    void aListWithoutEndIsRefused() {
        AtomicInteger page = new AtomicInteger();
        server.misbehave(
                "tools/list",
                (request, honest) ->
                        editingResult(
                                        "{\"tools\":[],\"nextCursor\":\"%d\"}"
                                                .formatted(page.incrementAndGet()))
                                .answer(request, honest));

        assertThat(talk.connectProblem(target(over(server))))
                .isEqualTo(
                        new Problem(
                                Code.SERVER_BROKEN,
                                "localhost lists its tools on more than 50 pages"));
        assertThat(server.received("tools/list")).hasSize(50);
    }

    @Test
    void aListOfTooManyToolsIsRefused() {
        ArrayNode tools = JSON.createArrayNode();
        for (int i = 0; i <= 1000; i++) {
            tools.add(tool("tool" + i));
        }
        server.misbehave("tools/list", editingResult("{\"tools\":%s}".formatted(tools)));

        assertThat(talk.connectProblem(target(over(server))))
                .isEqualTo(new Problem(Code.SERVER_BROKEN, "localhost lists more than 1000 tools"));
    }

    @Test
    void aListWithoutToolsIsRefused() {
        server.misbehave("tools/list", editingResult("{}"));

        assertThat(talk.connectProblem(target(over(server))))
                .isEqualTo(
                        new Problem(
                                Code.SERVER_BROKEN, "localhost sent a tool list without tools"));
    }

    @Test
    void aToolThatCannotBeKeptIsLeftOutAlone() {
        ArrayNode tools = JSON.createArrayNode();
        tools.add(tool(""));
        tools.add(tool(" "));
        tools.add(tool("x".repeat(257)));
        tools.add(tool("a\u0000b"));
        tools.add(tool("a\nb\u001b"));
        tools.add(tool("good"));
        tools.add(tool("good"));
        tools.add(tool("noSchema")).get(7);
        ((ObjectNode) tools.get(7)).remove("inputSchema");
        tools.add(tool("hugeSchema"));
        ((ObjectNode) tools.get(8).get("inputSchema")).put("description", "x".repeat(70_000));
        tools.add(tool("nulInSchema"));
        ((ObjectNode) tools.get(9).get("inputSchema")).put("description", "\u0000");
        tools.add("no tool at all");
        server.misbehave("tools/list", editingResult("{\"tools\":%s}".formatted(tools)));

        assertThat(names(talk.connected(target(over(server))))).containsExactly("good");
    }

    @Test
    void whatAServerSaysOfItselfIsBounded() {
        ObjectNode tool = tool("t").put("description", "d\u0000" + "x".repeat(20_000));
        tool.putObject("annotations").put("title", "y".repeat(1000));
        server.misbehave("tools/list", editingResult("{\"tools\":[%s]}".formatted(tool)));
        server.misbehave(
                "server/discover",
                editingResult(
                        """
                        {"supportedVersions":["2026-07-28"],"instructions":"%s",
                         "_meta":{"io.modelcontextprotocol/serverInfo":{"name":"%s","version":"%s"}}}
                        """
                                .formatted(
                                        "i".repeat(40_000), "n".repeat(5000), "v".repeat(5000))));

        Inventory inventory = talk.connected(target(over(server)));

        assertThat(inventory.server().name()).hasSize(256);
        assertThat(inventory.server().version()).hasSize(128);
        assertThat(inventory.server().instructions().orElseThrow()).hasSize(16 << 10);
        Tool kept = inventory.tools().getFirst();
        assertThat(kept.description().orElseThrow()).hasSize(8 << 10).startsWith("d\uFFFDx");
        assertThat(kept.title().orElseThrow()).hasSize(256);
        assertThat(kept.inputSchema()).isEqualTo("{\"type\":\"object\"}");
    }

    @Test
    void aFailedConnectLeavesNothingBehindThatCouldSpoilTheNext() {
        talk.connected(target(over(server)));
        server.misbehaveOnce("tools/list", Mischief.failing(500));
        talk.connectProblem(target(over(server)));

        assertThat(names(talk.connected(target(over(server))))).hasSize(3);
        assertThat(requests(server))
                .containsExactly(
                        "server/discover",
                        "tools/list",
                        "tools/list",
                        "server/discover",
                        "tools/list");
    }

    private static String event(String id, String result) {
        return "data: {\"jsonrpc\":\"2.0\",\"id\":%s,\"result\":%s}\n\n".formatted(id, result);
    }

    private static ObjectNode tool(String name) {
        ObjectNode tool = JSON.createObjectNode().put("name", name);
        tool.putObject("inputSchema").put("type", "object");
        return tool;
    }

    private static Mischief endless(String event, Duration pause) {
        return Mischief.instead(
                Answer.stream(body -> {
                    while (true) {
                        body.write(event.getBytes(UTF_8));
                        body.flush();
                        Thread.sleep(pause);
                    }
                }));
    }
}
