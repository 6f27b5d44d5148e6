package dev.mooring.adapter.mcp;

import static dev.mooring.adapter.mcp.Talk.eventually;
import static dev.mooring.adapter.mcp.Talk.names;
import static dev.mooring.adapter.mcp.Talk.overSse;
import static dev.mooring.adapter.mcp.Talk.requests;
import static dev.mooring.adapter.mcp.Talk.target;
import static dev.mooring.adapter.mcp.Talk.text;
import static dev.mooring.party.McpServerParty.Era.HTTP_SSE;

import static org.assertj.core.api.Assertions.assertThat;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.mooring.application.port.Budget;
import dev.mooring.application.port.McpConnector.CallAnswer;
import dev.mooring.application.port.McpConnector.ConnectAnswer;
import dev.mooring.application.port.McpConnector.ToolCall;
import dev.mooring.domain.lifecycle.Problem;
import dev.mooring.domain.mcp.Inventory;
import dev.mooring.domain.mcp.ProtocolVersion;
import dev.mooring.domain.mcp.Transport;
import dev.mooring.party.Answer;
import dev.mooring.party.AuthorizationServerParty;
import dev.mooring.party.McpServerParty;
import dev.mooring.party.Mischief;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.time.Duration;
import java.util.Optional;

class LegacySseTest {
    private final Talk talk = new Talk();
    private McpServerParty server = McpServerParty.settings().speaking(HTTP_SSE).start();

    @AfterEach
    void stop() {
        talk.close();
        server.close();
    }

    @Test
    void connectingOpensAStreamAndTakesThreeMessages() {
        Inventory inventory = talk.connected(target(overSse(server)));

        assertThat(requests(server))
                .containsExactly("GET", "initialize", "notifications/initialized", "tools/list");
        assertThat(names(inventory)).containsExactly("echo", "add", "fail");
        assertThat(inventory.server().protocolVersion()).isEqualTo(ProtocolVersion.V2024_11_05);
        assertThat(server.violations()).isEmpty();
    }

    @Test
    void callsGoOverTheSameStream() {
        talk.connected(target(overSse(server)));

        assertThat(talk.call(target(overSse(server)), "echo", "{\"text\":\"hi\"}"))
                .isEqualTo(text("hi"));
        assertThat(talk.call(target(overSse(server)), "echo", "{}"))
                .isEqualTo(new CallAnswer.Rejected(-32602, "An argument is missing."));
        assertThat(server.received("GET")).hasSize(1);
        assertThat(server.violations()).isEmpty();
    }

    @Test
    void disconnectingClosesTheStream() throws Exception {
        talk.connected(target(overSse(server)));
        assertThat(server.openStreams()).isOne();

        talk.connector.disconnect(target(overSse(server)).client());

        eventually(() -> server.openStreams() == 0);
    }

    @Test
    void aProbeClosesItsStream() throws Exception {
        assertThat(talk.connector.probe(overSse(server), Talk.budget()))
                .isInstanceOf(ConnectAnswer.Accepted.class);

        eventually(() -> server.openStreams() == 0);
    }

    @Test
    void afterDisconnectingTheNextCallOpensAnotherStream() throws Exception {
        talk.connected(target(overSse(server)));
        talk.connector.disconnect(target(overSse(server)).client());
        eventually(() -> server.openStreams() == 0);

        assertThat(talk.call(target(overSse(server)), "echo", "{\"text\":\"hi\"}"))
                .isEqualTo(text("hi"));
        assertThat(server.received("GET")).hasSize(2);
    }

    @Test
    void aStreamThatEndedIsOpenedAgain() throws Exception {
        CallAnswer answer =
                new CallAnswer.Failed(new Problem(Problem.Code.SERVER_BROKEN, "not called"));
        // A call may still meet the end of the stream; then it fails and is not made again.
        for (int round = 0; round < 20 && answer instanceof CallAnswer.Failed; round++) {
            try (ScriptedSse scripted = new ScriptedSse("?session=1")) {
                talk.connected(scripted.target());
                scripted.endStream();

                answer = talk.call(scripted.target(), "echo", "{}");

                assertThat(scripted.posted("tools/call")).isOne();
                assertThat(scripted.posted("initialize"))
                        .isEqualTo(answer instanceof CallAnswer.Failed ? 1 : 2);
            }
        }
        assertThat(answer).isEqualTo(new CallAnswer.Returned("[]", false));
    }

    @Test
    void aCallThatWasAcceptedBeforeTheStreamEndedIsNeverMadeAgain() {
        try (ScriptedSse scripted = new ScriptedSse("/messages")) {
            talk.connected(scripted.target());
            scripted.endsInsteadOfAnswering("tools/call");

            assertThat(talk.callProblem(scripted.target(), "echo", "{}").code())
                    .isEqualTo(Problem.Code.SERVER_BROKEN);
            assertThat(scripted.posted("tools/call")).isOne();
        }
    }

    @Test
    void aListThatWasLostWithItsStreamIsAskedForAgain() {
        try (ScriptedSse scripted = new ScriptedSse("/messages")) {
            scripted.endsInsteadOfAnswering("tools/list");

            assertThat(talk.connected(scripted.target()).tools()).isEmpty();
            assertThat(scripted.posted("tools/list")).isEqualTo(2);
        }
    }

    @Test
    void aPingOnTheStreamIsAnswered() throws Exception {
        try (ScriptedSse scripted = new ScriptedSse("/messages")) {
            talk.connected(scripted.target());
            scripted.say("{\"jsonrpc\":\"2.0\",\"id\":\"p1\",\"method\":\"ping\"}");

            eventually(() ->
                    scripted.bodies()
                            .contains("{\"jsonrpc\":\"2.0\",\"id\":\"p1\",\"result\":{}}"));
        }
    }

    @Test
    void aServerThatForgotTheStreamIsConnectedAnew() {
        talk.connected(target(overSse(server)));
        server.misbehaveOnce("tools/call", Mischief.failing(404));

        assertThat(talk.call(target(overSse(server)), "echo", "{\"text\":\"hi\"}"))
                .isEqualTo(text("hi"));
        assertThat(server.received("GET")).hasSize(2);
        assertThat(server.calls("echo")).isOne();
    }

    @Test
    void aCallWhoseStreamEndsIsNeverMadeAgain() {
        talk.connected(target(overSse(server)));
        server.misbehave(
                "tools/call",
                (request, honest) -> {
                    Answer accepted = honest.get();
                    server.close();
                    return accepted;
                });

        assertThat(talk.callProblem(target(overSse(server)), "echo", "{\"text\":\"hi\"}").code())
                .isIn(Problem.Code.SERVER_BROKEN, Problem.Code.SERVER_UNREACHABLE);
        assertThat(server.received("tools/call")).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "http://localhost:1/messages",
                "https://localhost/messages",
                "//example.com/m",
                "javascript:alert(1)",
                "http://[",
                "http://user:pw@localhost/m"
            })
    void anAddressOfAnotherOriginIsRefused(String address) throws Exception {
        restart(McpServerParty.settings().speaking(HTTP_SSE).messagesAt(address));

        assertThat(talk.connectProblem(target(overSse(server))))
                .isEqualTo(
                        new Problem(
                                Problem.Code.SERVER_BROKEN,
                                "localhost names another server to send messages to"));
        eventually(() -> server.openStreams() == 0);
    }

    @Test
    void anAddressMayBeRelativeInEveryWay() {
        restart(
                McpServerParty.settings()
                        .path("/mcp/sse")
                        .speaking(HTTP_SSE)
                        .messagesAt("../messages"));
        assertThat(names(talk.connected(target(overSse(server))))).hasSize(3);
    }

    @Test
    void aServerThatNeverNamesAnAddressIsTooSlow() throws Exception {
        server.misbehave(
                "GET",
                Mischief.instead(
                        Answer.stream(body -> {
                            while (true) {
                                body.write(": waiting\n\n".getBytes(UTF_8));
                                body.flush();
                                Thread.sleep(20);
                            }
                        })));

        ConnectAnswer answer =
                talk.connector.connect(target(overSse(server)), Budget.of(Duration.ofMillis(300)));

        assertThat(answer)
                .isEqualTo(
                        new ConnectAnswer.Failed(
                                new Problem(
                                        Problem.Code.SERVER_TOO_SLOW,
                                        "localhost did not answer in time")));
    }

    @Test
    void aToolThatIsTooSlowIsCancelled() throws Exception {
        talk.connected(target(overSse(server)));
        server.misbehave("tools/call", Mischief.instead(Answer.empty(202)));

        CallAnswer answer =
                talk.connector.call(
                        target(overSse(server)),
                        new ToolCall("echo", "{\"text\":\"a\"}"),
                        Budget.of(Duration.ofMillis(200)));

        assertThat(answer)
                .isEqualTo(
                        new CallAnswer.Failed(
                                new Problem(
                                        Problem.Code.SERVER_TOO_SLOW,
                                        "localhost did not answer in time")));
        eventually(() -> !server.received("notifications/cancelled").isEmpty());
    }

    @Test
    void aServerOfTheOtherTransportIsAClearProblem() {
        restart(McpServerParty.settings());

        assertThat(talk.connectProblem(target(overSse(server))).code())
                .isEqualTo(Problem.Code.SERVER_BROKEN);
    }

    @Test
    void aRevisionOfTheModernEraCannotBePinned() {
        assertThat(
                        talk.connectProblem(
                                        target(
                                                Talk.to(
                                                        server.endpoint(),
                                                        Transport.HTTP_WITH_SSE,
                                                        Optional.of(ProtocolVersion.V2026_07_28))))
                                .code())
                .isEqualTo(Problem.Code.PROTOCOL_VERSION_UNSUPPORTED);
        assertThat(server.received()).isEmpty();
    }

    @Test
    void aChallengeToTheStreamIsPassedOn() {
        try (AuthorizationServerParty issuer = AuthorizationServerParty.start()) {
            restart(McpServerParty.settings().speaking(HTTP_SSE).protectedBy(issuer, "mcp"));

            assertThat(talk.connect(target(overSse(server))))
                    .isInstanceOfSatisfying(
                            ConnectAnswer.Challenged.class,
                            c -> {
                                assertThat(c.status()).isEqualTo(401);
                                assertThat(c.challenge().resourceMetadata()).isPresent();
                            });
        }
    }

    private void restart(McpServerParty.Settings settings) {
        server.close();
        server = settings.start();
    }
}
