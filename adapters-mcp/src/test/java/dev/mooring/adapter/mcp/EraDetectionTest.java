package dev.mooring.adapter.mcp;

import static dev.mooring.adapter.mcp.LegacyEraTest.error;
import static dev.mooring.adapter.mcp.ModernEraTest.editingResult;
import static dev.mooring.adapter.mcp.Talk.over;
import static dev.mooring.adapter.mcp.Talk.requests;
import static dev.mooring.adapter.mcp.Talk.target;
import static dev.mooring.adapter.mcp.Talk.text;
import static dev.mooring.party.McpServerParty.Era.LEGACY;
import static dev.mooring.party.McpServerParty.Era.MODERN;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.domain.lifecycle.Problem.Code;
import dev.mooring.domain.mcp.ProtocolVersion;
import dev.mooring.domain.mcp.ProtocolVersion.Era;
import dev.mooring.party.Answer;
import dev.mooring.party.McpServerParty;
import dev.mooring.party.Mischief;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.time.Duration;
import java.util.List;

class EraDetectionTest {
    private static final List<String> LEGACY_CONNECT =
            List.of("initialize", "notifications/initialized", "tools/list");

    private final Talk talk = new Talk();
    private final McpServerParty server = McpServerParty.settings().start();

    @AfterEach
    void stop() {
        talk.close();
        server.close();
    }

    @Test
    void aServerOfBothErasIsTalkedToInTheModernOne() {
        assertThat(eraOfConnect()).isEqualTo(Era.MODERN);
        assertThat(requests(server)).containsExactly("server/discover", "tools/list");
    }

    @Test
    void anOperatorsRevisionDecides() {
        talk.connected(target(over(server, ProtocolVersion.V2025_11_25)));
        assertThat(requests(server)).containsExactlyElementsOf(LEGACY_CONNECT);
    }

    @Test
    void aPinnedModernRevisionHasNoFallBack() {
        server.speak(LEGACY);
        assertThat(talk.connectProblem(target(over(server, ProtocolVersion.V2026_07_28))).code())
                .isEqualTo(Code.SERVER_BROKEN);
        assertThat(requests(server)).containsExactly("server/discover");
    }

    /** What servers of the legacy era were seen to say to a request that they do not know. */
    @ParameterizedTest
    @CsvSource({"400", "404", "405", "406", "415", "422", "500", "501"})
    void aRefusalThatOnlyShowsIgnoranceLeadsToTheHandshake(int status) {
        server.speak(LEGACY);
        server.misbehave("server/discover", Mischief.failing(status));

        assertThat(eraOfConnect()).isEqualTo(Era.LEGACY);
    }

    @ParameterizedTest
    @CsvSource({"200,-32601", "200,-32600", "200,-32602", "400,-32000", "404,-32601", "404,-32001"})
    void soDoesAnErrorThatIsNotOfTheModernEra(int status, int code) {
        server.speak(LEGACY);
        server.misbehave("server/discover", error(status, code, ""));

        assertThat(eraOfConnect()).isEqualTo(Era.LEGACY);
    }

    /** Words of frameworks, gateways and single-page applications rather than of MCP. */
    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "400;text/plain;Bad Request: Mcp-Session-Id header is required",
                "400;application/json;{\"error\":\"invalid_request\"}",
                "400;application/json;{\"jsonrpc\":\"2.0\",\"error\":{\"code\":-32700,\"message\":\"x\"}}",
                "404;application/json;{\"detail\":\"Not Found\"}",
                "404;text/html;<h1>Not here</h1>",
                "405;application/json;[]",
                "405;text/html;<h1>Not allowed</h1>",
                "422;application/json;{\"detail\":[{\"loc\":[\"body\"]}]}",
                "200;text/html;<h1>Welcome</h1>",
                "200;application/json;{\"status\":\"ok\"}",
                "202;text/plain;",
                "204;text/plain;",
            })
    void soDoesWhatIsNoAnswerOfTheModernEraAtAll(int status, String mediaType, String body) {
        server.speak(LEGACY);
        server.misbehave(
                "server/discover",
                Mischief.instead(Answer.text(status, mediaType, body == null ? "" : body)));

        assertThat(eraOfConnect()).isEqualTo(Era.LEGACY);
    }

    @Test
    void soDoesAResultThatIsNoDiscovery() {
        server.speak(LEGACY);
        server.misbehave("server/discover", editingResult("{}"));

        assertThat(eraOfConnect()).isEqualTo(Era.LEGACY);
    }

    @Test
    void soDoesADiscoveryThatOffersOnlyLegacyRevisions() {
        server.speak(LEGACY);
        server.misbehave(
                "server/discover", editingResult("{\"supportedVersions\":[\"2025-11-25\"]}"));

        assertThat(eraOfConnect()).isEqualTo(Era.LEGACY);
    }

    @Test
    void soDoesAnUnsupportedVersionErrorThatOffersOnlyLegacyRevisions() {
        server.speak(LEGACY);
        server.misbehave(
                "server/discover",
                error(400, -32022, ",\"data\":{\"supported\":[\"2025-06-18\"]}"));

        assertThat(eraOfConnect()).isEqualTo(Era.LEGACY);
    }

    @ParameterizedTest
    @ValueSource(ints = {408, 429, 502, 503, 504, 302})
    void aServerThatIsNotWellIsNotAskedTwice(int status) {
        server.misbehave("server/discover", Mischief.failing(status));

        talk.connectProblem(target(over(server)));

        assertThat(requests(server)).containsExactly("server/discover");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "-32020; ; SERVER_BROKEN",
                "-32021; ; CLIENT_CAPABILITY_MISSING",
                "-32022; ,\"data\":{\"supported\":[\"2027-01-01\"]} ; PROTOCOL_VERSION_UNSUPPORTED",
            })
    void anErrorOfTheModernEraIsTakenAtItsWord(int code, String data, Code problem) {
        server.misbehave("server/discover", error(400, code, data == null ? "" : data));

        assertThat(talk.connectProblem(target(over(server))).code()).isEqualTo(problem);
        assertThat(requests(server)).containsExactly("server/discover");
    }

    @Test
    void aServerThatListsTheRevisionItRefusedIsAskedOnceMore() {
        server.misbehaveOnce(
                "server/discover",
                error(400, -32022, ",\"data\":{\"supported\":[\"2026-07-28\"]}"));

        assertThat(eraOfConnect()).isEqualTo(Era.MODERN);
        assertThat(requests(server))
                .containsExactly("server/discover", "server/discover", "tools/list");
    }

    @Test
    void aServerThatKeepsRefusingTheRevisionItListsIsNotAskedForEver() {
        server.misbehave(
                "server/discover",
                error(400, -32022, ",\"data\":{\"supported\":[\"2026-07-28\"]}"));

        assertThat(talk.connectProblem(target(over(server))).code())
                .isEqualTo(Code.PROTOCOL_VERSION_UNSUPPORTED);
        assertThat(requests(server)).containsExactly("server/discover", "server/discover");
    }

    @Test
    void aLegacyServerIsRememberedForAWhile() {
        server.speak(LEGACY);
        eraOfConnect();
        reconnect();
        assertThat(server.received("server/discover")).hasSize(1);

        talk.now.set(Talk.NOW.plus(Duration.ofHours(2)));
        reconnect();
        assertThat(server.received("server/discover")).hasSize(2);
    }

    @Test
    void anUpgradedServerIsNoticedByItsRefusalOfTheHandshake() {
        server.speak(LEGACY);
        eraOfConnect();
        talk.connector.disconnect(target(over(server)).client());
        server.speak(MODERN);

        assertThat(eraOfConnect()).isEqualTo(Era.MODERN);
    }

    @Test
    void aServerThatIsUpgradedUnderALiveSessionIsFollowed() {
        server.speak(LEGACY);
        eraOfConnect();
        server.speak(MODERN);

        assertThat(talk.call(target(over(server)), "echo", "{\"text\":\"a\"}"))
                .isEqualTo(text("a"));
        assertThat(server.calls("echo")).isOne();
    }

    @Test
    void aServerThatIsTakenBackUnderALiveConnectionIsFollowed() {
        eraOfConnect();
        server.speak(LEGACY);
        server.misbehaveOnce(
                "tools/call",
                Mischief.instead(
                        Answer.text(
                                400,
                                "application/json",
                                "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32000,"
                                        + "\"message\":\"Server not initialized\"}}")));

        assertThat(talk.call(target(over(server)), "echo", "{\"text\":\"a\"}"))
                .isEqualTo(text("a"));
        assertThat(server.calls("echo")).isOne();
    }

    private Era eraOfConnect() {
        return talk.connected(target(over(server))).server().protocolVersion().era();
    }

    private void reconnect() {
        talk.connector.disconnect(target(over(server)).client());
        assertThat(eraOfConnect()).isEqualTo(Era.LEGACY);
    }
}
