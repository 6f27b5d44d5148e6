package dev.mooring.adapter.mcp;

import static dev.mooring.adapter.mcp.ModernEraTest.events;
import static dev.mooring.adapter.mcp.ModernEraTest.id;
import static dev.mooring.adapter.mcp.Talk.eventually;
import static dev.mooring.adapter.mcp.Talk.names;
import static dev.mooring.adapter.mcp.Talk.over;
import static dev.mooring.adapter.mcp.Talk.requests;
import static dev.mooring.adapter.mcp.Talk.target;
import static dev.mooring.adapter.mcp.Talk.text;
import static dev.mooring.party.McpServerParty.Era.LEGACY;

import static org.assertj.core.api.Assertions.assertThat;

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
import dev.mooring.party.Received;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;

class LegacyEraTest {
    private final Talk talk = new Talk();
    private McpServerParty server = McpServerParty.settings().speaking(LEGACY).start();

    @AfterEach
    void stop() {
        talk.close();
        server.close();
    }

    @ParameterizedTest
    @EnumSource
    void connectingTakesThreeRequestsOnceTheEraIsKnown(Framing framing) throws Exception {
        restart(McpServerParty.settings().speaking(LEGACY).framing(framing));

        Inventory inventory = talk.connected(target(over(server)));

        List<String> resumed = framing == Framing.SSE_RESUMED ? List.of("GET") : List.of();
        List<String> expected =
                new java.util.ArrayList<>(
                        List.of(
                                "server/discover",
                                "initialize",
                                "notifications/initialized",
                                "tools/list"));
        expected.addAll(resumed);
        assertThat(requests(server)).containsExactlyElementsOf(expected);
        assertThat(names(inventory)).containsExactly("echo", "add", "fail");
        assertThat(inventory.server().name()).isEqualTo("party");
        assertThat(inventory.server().protocolVersion()).isEqualTo(ProtocolVersion.V2025_11_25);
        assertThat(inventory.server().instructions()).contains("Use the tools kindly.");

        talk.connector.disconnect(target(over(server)).client());
        eventually(() -> server.openSessions() == 0);
        talk.connected(target(over(server)));
        expected.addAll(List.of("DELETE", "initialize", "notifications/initialized", "tools/list"));
        expected.addAll(resumed);
        assertThat(requests(server)).containsExactlyElementsOf(expected);
        assertThat(server.violations()).isEmpty();
    }

    @ParameterizedTest
    @EnumSource
    void aCallGoesOverTheSameSession(Framing framing) {
        restart(McpServerParty.settings().speaking(LEGACY).framing(framing));
        talk.connected(target(over(server)));

        assertThat(talk.call(target(over(server)), "echo", "{\"text\":\"hi\"}"))
                .isEqualTo(text("hi"));

        assertThat(server.sessionsOpened()).isOne();
        assertThat(server.violations()).isEmpty();
    }

    @Test
    void aCallInAFreshProcessNeedsNoList() {
        talk.call(target(over(server, ProtocolVersion.V2025_11_25)), "echo", "{\"text\":\"hi\"}");

        assertThat(requests(server))
                .containsExactly("initialize", "notifications/initialized", "tools/call");
        assertThat(server.violations()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"2025-03-26", "2025-06-18", "2025-11-25"})
    void anOperatorMayInsistOnARevision(String version) {
        ProtocolVersion pinned = new ProtocolVersion(version);
        Inventory inventory = talk.connected(target(over(server, pinned)));

        assertThat(inventory.server().protocolVersion()).isEqualTo(pinned);
        assertThat(server.received("tools/list").getFirst().headers("MCP-Protocol-Version"))
                .containsExactly(version);
        assertThat(server.received("initialize").getFirst().headers("MCP-Protocol-Version"))
                .isEmpty();
        assertThat(server.violations()).isEmpty();
    }

    @Test
    void anotherRevisionThanThePinnedOneIsRefusedAndTheSessionLeft() throws Exception {
        assertThat(talk.connectProblem(target(over(server, ProtocolVersion.V2024_11_05))))
                .isEqualTo(
                        new Problem(
                                Problem.Code.PROTOCOL_VERSION_UNSUPPORTED,
                                "localhost does not speak the revision of MCP that was asked for,"
                                        + " but 2025-11-25"));
        eventually(() -> server.openSessions() == 0);
        assertThat(requests(server)).containsExactly("initialize", "DELETE");
    }

    @Test
    void aServerThatListsItsRevisionsInAnErrorIsAskedForOneOfThem() {
        server.misbehaveOnce(
                "initialize",
                error(
                        400,
                        -32602,
                        ",\"data\":{\"supported\":[\"1999-01-01\",\"2025-06-18\",\"x\"]}"));
        talk.connected(target(over(server)));

        assertThat(
                        server.received("initialize")
                                .getLast()
                                .json()
                                .orElseThrow()
                                .at("/params/protocolVersion")
                                .asText())
                .isEqualTo("2025-06-18");
    }

    @Test
    void aServerThatKnowsNoneOfOurRevisionsIsAClearProblem() {
        server.misbehave(
                "initialize", error(400, -32602, ",\"data\":{\"supported\":[\"1999-01-01\"]}"));

        assertThat(talk.connectProblem(target(over(server))))
                .isEqualTo(
                        new Problem(
                                Problem.Code.PROTOCOL_VERSION_UNSUPPORTED,
                                "localhost does not speak the revision of MCP that was asked for,"
                                        + " but 1999-01-01"));
    }

    @Test
    void aServerWithoutSessionIdIsServedToo() {
        server.misbehave(
                "initialize",
                (request, honest) -> {
                    Answer answer = honest.get();
                    return Answer.text(200, "application/json", answer.body());
                });
        server.misbehave("notifications/initialized", Mischief.instead(Answer.empty(202)));
        server.misbehave("tools/list", ModernEraTest.editingResult("{\"tools\":[]}"));

        assertThat(talk.connected(target(over(server))).tools()).isEmpty();
        talk.connector.close();
        assertThat(server.received())
                .allSatisfy(r -> assertThat(r.headers("Mcp-Session-Id")).isEmpty());
        assertThat(requests(server)).doesNotContain("DELETE");
    }

    @Test
    void aSessionIdThatNoHeaderCanCarryIsRefused() {
        server.misbehave(
                "initialize", (request, honest) -> honest.get().replacing("Mcp-Session-Id", "a b"));

        assertThat(talk.connectProblem(target(over(server))).code())
                .isEqualTo(Problem.Code.SERVER_BROKEN);
    }

    @Test
    void aServerThatRefusesTheNotificationButServesUsIsServedToo() {
        server.misbehave(
                "notifications/initialized",
                (request, honest) -> {
                    var _ = honest.get();
                    return Answer.text(400, "text/plain", "What?");
                });

        assertThat(names(talk.connected(target(over(server))))).hasSize(3);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aForgottenSessionIsRepairedWithoutNotice(boolean asServersThatWereRestarted) {
        talk.connected(target(over(server)));
        server.forgetSessions();
        if (asServersThatWereRestarted) {
            server.misbehaveOnce(
                    "tools/call",
                    Mischief.instead(
                            Answer.text(
                                    400,
                                    "application/json",
                                    "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32000,\"message\":\"No"
                                        + " valid session ID\"}}")));
        }

        assertThat(talk.call(target(over(server)), "echo", "{\"text\":\"hi\"}"))
                .isEqualTo(text("hi"));

        assertThat(server.calls("echo")).isOne();
        assertThat(server.received("initialize")).hasSize(2);
        assertThat(requests(server)).doesNotContain("DELETE");
    }

    @Test
    void aServerThatForgetsEverySessionIsGivenUp() {
        talk.connected(target(over(server)));
        server.misbehave("tools/call", Mischief.failing(404));

        assertThat(talk.callProblem(target(over(server)), "echo", "{\"text\":\"hi\"}").code())
                .isEqualTo(Problem.Code.SERVER_BROKEN);
        assertThat(server.received("tools/call")).hasSize(2);
    }

    @Test
    void aPingInsideAStreamIsAnsweredAndOtherRequestsRefused() {
        server.misbehaveOnce(
                "tools/call",
                (request, honest) ->
                        events(
                                """
                                data: {"jsonrpc":"2.0","id":"p1","method":"ping"}

                                data: {"jsonrpc":"2.0","id":17,"method":"sampling/createMessage","params":{}}

                                data: {"jsonrpc":"2.0","method":"notifications/progress","params":{}}

                                data: {"jsonrpc":"2.0","id":%s,"result":{"content":[]}}

                                """
                                        .formatted(id(request))));

        assertThat(talk.call(target(over(server)), "echo", "{\"text\":\"a\"}"))
                .isEqualTo(new CallAnswer.Returned("[]", false));
        List<Received> replies =
                server.received().stream()
                        .filter(r -> !r.body().isEmpty() && !r.body().contains("\"method\""))
                        .toList();
        assertThat(replies)
                .hasSize(2)
                .allSatisfy(r -> assertThat(r.headers("Mcp-Session-Id")).hasSize(1));
        assertThat(replies.get(0).body())
                .isEqualTo("{\"jsonrpc\":\"2.0\",\"id\":\"p1\",\"result\":{}}");
        assertThat(replies.get(1).body()).contains("\"id\":17").contains("-32601");
    }

    @Test
    void aStreamIsResumedAfterTheTimeThatTheServerAsksFor() {
        restart(McpServerParty.settings().speaking(LEGACY).framing(Framing.SSE_RESUMED));
        talk.connected(target(over(server)));

        talk.call(target(over(server)), "echo", "{\"text\":\"a\"}");

        Received call = server.received("tools/call").getFirst();
        Received resumption = server.received("GET").getLast();
        assertThat(Duration.between(call.at(), resumption.at()))
                .isGreaterThanOrEqualTo(Duration.ofMillis(200));
        assertThat(resumption.headers("Last-Event-ID")).hasSize(1);
        assertThat(resumption.headers("Accept")).containsExactly("text/event-stream");
        assertThat(resumption.headers("Mcp-Session-Id")).hasSize(1);
        assertThat(resumption.headers("MCP-Protocol-Version")).containsExactly("2025-11-25");
        assertThat(server.calls("echo")).isOne();
    }

    @Test
    void aStreamMayBeResumedManyTimes() {
        talk.connected(target(over(server)));
        server.misbehaveOnce("tools/call", Mischief.instead(events("id: 1\nretry: 60\ndata:\n\n")));
        server.misbehaveOnce(
                "GET",
                Mischief.instead(
                        events(
                                "id: 2\n"
                                    + "data:"
                                    + " {\"jsonrpc\":\"2.0\",\"method\":\"notifications/message\"}\n\n")));
        server.misbehaveOnce("GET", Mischief.droppingTheRequest());
        server.misbehaveOnce(
                "GET",
                (request, honest) -> {
                    assertThat(request.headers("Last-Event-ID")).containsExactly("2");
                    return events(
                            "data: {\"jsonrpc\":\"2.0\",\"id\":%d,\"result\":{\"content\":[]}}\n\n"
                                    .formatted(3));
                });

        assertThat(talk.call(target(over(server)), "echo", "{\"text\":\"a\"}"))
                .isEqualTo(new CallAnswer.Returned("[]", false));
        assertThat(server.received("tools/call")).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(ints = {401, 403, 404, 405, 400, 500})
    void aCallWhoseStreamCannotBeResumedIsNeverMadeAgain(int status) {
        talk.connected(target(over(server)));
        server.misbehave("tools/call", Mischief.instead(events("id: 1\nretry: 1\ndata:\n\n")));
        server.misbehave("GET", Mischief.failing(status));

        assertThat(talk.callProblem(target(over(server)), "echo", "{\"text\":\"a\"}").code())
                .isEqualTo(Problem.Code.SERVER_BROKEN);
        assertThat(server.received("tools/call")).hasSize(1);
    }

    @Test
    void aCallWhoseStreamBreaksForGoodIsNeverMadeAgain() {
        talk.connected(target(over(server)));
        server.misbehave(
                "tools/call",
                Mischief.instead(
                        events(
                                "data:"
                                    + " {\"jsonrpc\":\"2.0\",\"method\":\"notifications/message\"}\n\n")));

        assertThat(talk.callProblem(target(over(server)), "echo", "{\"text\":\"a\"}"))
                .isEqualTo(
                        new Problem(
                                Problem.Code.SERVER_BROKEN,
                                "the connection to localhost broke before its answer was"
                                        + " complete"));
        assertThat(requests(server)).endsWith("tools/call");
        assertThat(server.received("tools/call")).hasSize(1);
    }

    @Test
    void aRetryBeyondTheBudgetIsNotWaitedFor() throws Exception {
        talk.connected(target(over(server)));
        server.misbehave("tools/call", Mischief.instead(events("id: 1\nretry: 600000\ndata:\n\n")));

        assertThat(talk.callProblem(target(over(server)), "echo", "{\"text\":\"a\"}").code())
                .isEqualTo(Problem.Code.SERVER_TOO_SLOW);
        eventually(() -> !server.received("notifications/cancelled").isEmpty());
    }

    @Test
    void aToolThatIsTooSlowIsCancelled() throws Exception {
        CountDownLatch gate = new CountDownLatch(1);
        talk.connected(target(over(server)));
        server.misbehave("tools/call", Mischief.waitingFor(gate));

        CallAnswer answer =
                talk.connector.call(
                        target(over(server)),
                        new ToolCall("echo", "{\"text\":\"a\"}"),
                        Budget.of(Duration.ofMillis(200)));

        assertThat(answer)
                .isEqualTo(
                        new CallAnswer.Failed(
                                new Problem(
                                        Problem.Code.SERVER_TOO_SLOW,
                                        "localhost did not answer in time")));
        eventually(() -> !server.received("notifications/cancelled").isEmpty());
        assertThat(
                        server.received("notifications/cancelled")
                                .getFirst()
                                .json()
                                .orElseThrow()
                                .at("/params/requestId"))
                .isEqualTo(
                        server.received("tools/call").getFirst().json().orElseThrow().path("id"));
        gate.countDown();
    }

    @Test
    void aListWhoseAnswerIsLostIsAskedForAgain() {
        server.misbehaveOnce("tools/list", Mischief.losingTheAnswer());

        assertThat(names(talk.connected(target(over(server))))).hasSize(3);
        assertThat(server.received("tools/list")).hasSize(2);
    }

    @Test
    void closingLeavesEverySession() {
        talk.connected(target(over(server)));
        talk.connector.close();

        assertThat(server.openSessions()).isZero();
    }

    @Test
    void aProbeLeavesTheLiveSessionAlone() throws Exception {
        talk.connected(target(over(server)));
        assertThat(talk.connector.probe(over(server), Talk.budget()))
                .isInstanceOf(ConnectAnswer.Accepted.class);
        eventually(() -> server.openSessions() == 1);

        talk.call(target(over(server)), "echo", "{\"text\":\"a\"}");
        assertThat(server.sessionsOpened()).isEqualTo(2);
    }

    @Test
    void anEndpointThatIsNotThereIsAClearProblem() {
        server.misbehave("server/discover", Mischief.failing(405));
        server.misbehave("initialize", Mischief.failing(405));

        assertThat(talk.connectProblem(target(over(server))))
                .isEqualTo(
                        new Problem(
                                Problem.Code.SERVER_BROKEN,
                                "localhost has no MCP endpoint at this address (status 405); one of"
                                    + " the 2024-11-05 transport needs the connection type sse"));
    }

    private void restart(McpServerParty.Settings settings) {
        server.close();
        server = settings.start();
    }

    static Mischief error(int status, int code, String more) {
        return (request, honest) ->
                Answer.text(
                        status,
                        "application/json",
                        "{\"jsonrpc\":\"2.0\",\"id\":%s,\"error\":{\"code\":%d,\"message\":\"x\"%s}}"
                                .formatted(id(request), code, more));
    }
}
