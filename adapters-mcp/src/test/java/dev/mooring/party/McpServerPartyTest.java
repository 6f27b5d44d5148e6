package dev.mooring.party;

import static dev.mooring.party.ConformantClient.json;
import static dev.mooring.party.ConformantClient.lastEvent;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.mooring.party.McpServerParty.Era;
import dev.mooring.party.McpServerParty.MetadataPlace;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.Map;

final class McpServerPartyTest {

    private final ConformantClient client = new ConformantClient();
    private final AuthorizationServerParty issuer = AuthorizationServerParty.start();
    private McpServerParty server = McpServerParty.settings().start();

    @AfterEach
    void stop() {
        server.close();
        issuer.close();
        client.close();
    }

    @Nested
    final class Protection {

        @Test
        void theWholeFlowFromChallengeToToolWorksWithoutAnyViolation() {
            restart(McpServerParty.settings().protectedBy(issuer, "mcp:tools"));

            String token = client.token(server.endpoint());
            HttpResponse<String> answer =
                    client.modern(server.endpoint(), token, "tools/call", echo("hi"));

            assertThat(json(answer).at("/result/content/0/text").asText()).isEqualTo("hi");
            assertThat(server.violations()).isEmpty();
            assertThat(issuer.refusals()).isEmpty();
            assertThat(server.calls("echo")).isEqualTo(1);
        }

        @Test
        void theFirstChallengeHasNoErrorAndNamesScopeAndMetadata() {
            restart(McpServerParty.settings().protectedBy(issuer, "mcp:tools"));

            assertThat(client.challenge(server.endpoint()))
                    .startsWith("Bearer ")
                    .contains("scope=\"mcp:tools\"")
                    .contains("resource_metadata=\"")
                    .doesNotContain("error=");
        }

        @Test
        void aTokenForAnotherResourceIsRefused() {
            restart(McpServerParty.settings().protectedBy(issuer));
            try (McpServerParty another = McpServerParty.settings().protectedBy(issuer).start()) {
                String token = client.token(another.endpoint());

                HttpResponse<String> answer =
                        client.modern(
                                server.endpoint(), token, "server/discover", JsonRpc.object());

                assertThat(answer.statusCode()).isEqualTo(401);
                assertThat(answer.headers().firstValue("WWW-Authenticate").orElseThrow())
                        .contains("error=\"invalid_token\"");
            }
        }

        @Test
        void anExpiredTokenIsRefused() {
            restart(McpServerParty.settings().protectedBy(issuer));
            String token = client.token(server.endpoint());

            issuer.expireAccessTokens();

            assertThat(discover(token).statusCode()).isEqualTo(401);
        }

        @Test
        void aToolMayNeedMoreScopes() {
            restart(
                    McpServerParty.settings()
                            .protectedBy(issuer, "mcp:tools")
                            .tools(PartyTool.needingScope("rule", "mcp:admin")));

            HttpResponse<String> answer =
                    client.modern(
                            server.endpoint(),
                            client.token(server.endpoint()),
                            "tools/call",
                            JsonRpc.object().put("name", "rule"));

            assertThat(answer.statusCode()).isEqualTo(403);
            assertThat(answer.headers().firstValue("WWW-Authenticate").orElseThrow())
                    .contains("error=\"insufficient_scope\"")
                    .contains("scope=\"mcp:tools mcp:admin\"");
        }

        @Test
        void metadataOfTheWholeOriginIsAboutTheOrigin() {
            restart(McpServerParty.settings().protectedBy(issuer).metadata(MetadataPlace.AT_ROOT));

            assertThat(client.resourceMetadata(server.endpoint()).path("resource").asText())
                    .isEqualTo(server.resource())
                    .doesNotContain("/mcp");
            assertThat(discover(client.token(server.endpoint())).statusCode()).isEqualTo(200);
        }

        @Test
        void metadataAtACustomAddressIsFoundByTheChallengeOnly() {
            restart(McpServerParty.settings().protectedBy(issuer).metadata(MetadataPlace.CUSTOM));

            assertThat(client.resourceMetadata(server.endpoint()).path("resource").asText())
                    .isEqualTo(server.endpoint());
            assertThat(
                            client.get(
                                            server.endpoint()
                                                    .replace(
                                                            "/mcp",
                                                            "/.well-known/oauth-protected-resource/mcp"))
                                    .statusCode())
                    .isEqualTo(404);
        }

        @Test
        void aServerMayChallengeOnlyToolCalls() {
            restart(McpServerParty.settings().protectedBy(issuer).challengingOnlyCalls());

            assertThat(discover("").statusCode()).isEqualTo(200);
            assertThat(client.modern(server.endpoint(), "", "tools/call", echo("hi")).statusCode())
                    .isEqualTo(401);
        }

        @Test
        void aStaticHeaderCanBeTheKey() {
            restart(McpServerParty.settings().wantingHeader("X-Key", "open sesame"));

            assertThat(discover("").statusCode()).isEqualTo(401);
            assertThat(
                            client.modern(
                                            server.endpoint(),
                                            "",
                                            "server/discover",
                                            JsonRpc.object(),
                                            Map.of("X-Key", "open sesame"))
                                    .statusCode())
                    .isEqualTo(200);
        }
    }

    @Nested
    final class Modern {

        @Test
        void itDiscoversListsAndCalls() {
            assertThat(json(discover("")).at("/result/supportedVersions/0").asText())
                    .isEqualTo("2026-07-28");
            assertThat(
                            json(client.modern(
                                            server.endpoint(), "", "tools/list", JsonRpc.object()))
                                    .at("/result/tools"))
                    .hasSize(3);
            assertThat(
                            json(client.modern(
                                            server.endpoint(),
                                            "",
                                            "tools/call",
                                            JsonRpc.object().put("name", "fail")))
                                    .at("/result/isError")
                                    .asBoolean())
                    .isTrue();
        }

        @ParameterizedTest
        @CsvSource({
            "MCP-Protocol-Version, ''",
            "MCP-Protocol-Version, 2025-11-25",
            "Mcp-Method, ''",
            "Mcp-Method, tools/list",
            "Mcp-Name, ''",
            "Mcp-Name, add",
            "Accept, application/json"
        })
        void headersThatContradictTheBodyAreRefused(String header, String value) {
            HttpResponse<String> answer =
                    client.modern(
                            server.endpoint(), "", "tools/call", echo("hi"), Map.of(header, value));

            assertThat(answer.statusCode()).isEqualTo(400);
            assertThat(json(answer).at("/error/code").asInt()).isEqualTo(-32020);
            assertThat(server.violations()).hasSize(1);
        }

        @Test
        void aNameMayComeEncoded() {
            Map<String, String> encoded = Map.of("Mcp-Name", "=?base64?ZWNobw==?=");

            assertThat(
                            client.modern(server.endpoint(), "", "tools/call", echo("hi"), encoded)
                                    .statusCode())
                    .isEqualTo(200);
        }

        @Test
        void anArgumentThatIsToBeMirroredMustBe() {
            restart(McpServerParty.settings().tools(PartyTool.mirroringItsRegion()));
            ObjectNode call = JsonRpc.object().put("name", "regional");
            call.putObject("arguments").put("region", "north");

            assertThat(
                            json(client.modern(server.endpoint(), "", "tools/call", call))
                                    .at("/error/code")
                                    .asInt())
                    .isEqualTo(-32020);
            assertThat(
                            client.modern(
                                            server.endpoint(),
                                            "",
                                            "tools/call",
                                            call,
                                            Map.of("Mcp-Param-Region", "north"))
                                    .statusCode())
                    .isEqualTo(200);
        }

        @Test
        void anUnknownMethodIsNotFound() {
            HttpResponse<String> answer =
                    client.modern(server.endpoint(), "", "tools/invent", JsonRpc.object());

            assertThat(answer.statusCode()).isEqualTo(404);
            assertThat(json(answer).at("/error/code").asInt()).isEqualTo(-32601);
        }

        @Test
        void aMissingCapabilityIsNamed() {
            restart(McpServerParty.settings().tools(PartyTool.needingCapability("elicitation")));

            JsonNode answer =
                    json(
                            client.modern(
                                    server.endpoint(),
                                    "",
                                    "tools/call",
                                    JsonRpc.object().put("name", "capable")));

            assertThat(answer.at("/error/code").asInt()).isEqualTo(-32021);
            assertThat(answer.at("/error/data/requiredCapabilities").has("elicitation")).isTrue();
        }

        @Test
        void aModernServerNamesItsVersionsToALegacyClient() {
            restart(McpServerParty.settings().speaking(Era.MODERN));

            HttpResponse<String> answer =
                    client.legacy(
                            server.endpoint(),
                            "",
                            "initialize",
                            client.initialization("2025-11-25"));

            assertThat(json(answer).at("/error/code").asInt()).isEqualTo(-32022);
            assertThat(json(answer).at("/error/data/supported/0").asText()).isEqualTo("2026-07-28");
        }

        @Test
        void aQuestionComesAsAResultOfItsOwnType() {
            restart(McpServerParty.settings().tools(PartyTool.asking()));

            assertThat(
                            json(client.modern(
                                            server.endpoint(),
                                            "",
                                            "tools/call",
                                            JsonRpc.object().put("name", "ask")))
                                    .at("/result/resultType")
                                    .asText())
                    .isEqualTo("input_required");
        }
    }

    @Nested
    final class Legacy {

        @ParameterizedTest
        @EnumSource(
                value = Framing.class,
                names = {"JSON", "SSE"})
        void aSessionIsOpenedUsedAndEnded(Framing framing) {
            restart(McpServerParty.settings().speaking(Era.LEGACY).framing(framing));
            String session = client.session(server.endpoint());

            HttpResponse<String> answer =
                    client.legacy(server.endpoint(), session, "tools/call", echo("hi"));
            JsonNode message = framing == Framing.JSON ? json(answer) : lastEvent(answer);

            assertThat(message.at("/result/content/0/text").asText()).isEqualTo("hi");
            assertThat(server.violations()).isEmpty();
            assertThat(server.openSessions()).isEqualTo(1);
        }

        @Test
        void aModernRequestIsTurnedAwayWithoutAModernError() {
            restart(McpServerParty.settings().speaking(Era.LEGACY));

            HttpResponse<String> answer = discover("");

            assertThat(answer.statusCode()).isEqualTo(400);
            assertThat(json(answer).at("/error/code").asInt()).isEqualTo(-32000);
        }

        @Test
        void aForgottenSessionIsNotFound() {
            restart(McpServerParty.settings().speaking(Era.LEGACY));
            String session = client.session(server.endpoint());

            server.forgetSessions();

            assertThat(
                            client.legacy(
                                            server.endpoint(),
                                            session,
                                            "tools/list",
                                            JsonRpc.object())
                                    .statusCode())
                    .isEqualTo(404);
        }

        @Test
        void nothingButPingIsServedBeforeInitialized() {
            String session =
                    client.legacy(
                                    server.endpoint(),
                                    "",
                                    "initialize",
                                    client.initialization("2025-11-25"))
                            .headers()
                            .firstValue("Mcp-Session-Id")
                            .orElseThrow();

            assertThat(
                            client.legacy(server.endpoint(), session, "ping", JsonRpc.object())
                                    .statusCode())
                    .isEqualTo(200);
            assertThat(
                            client.legacy(
                                            server.endpoint(),
                                            session,
                                            "tools/list",
                                            JsonRpc.object())
                                    .statusCode())
                    .isEqualTo(400);
        }

        @Test
        void anUnknownVersionIsAnsweredWithTheNewestKnown() {
            JsonNode answer =
                    json(
                            client.legacy(
                                    server.endpoint(),
                                    "",
                                    "initialize",
                                    client.initialization("1999-01-01")));

            assertThat(answer.at("/result/protocolVersion").asText()).isEqualTo("2025-11-25");
        }

        @Test
        void aStreamLeftEarlyIsResumedByItsEvent() {
            restart(McpServerParty.settings().speaking(Era.LEGACY).framing(Framing.SSE_RESUMED));
            String session = client.session(server.endpoint());
            String early =
                    client.legacy(server.endpoint(), session, "tools/call", echo("hi")).body();
            String event = early.lines().findFirst().orElseThrow().substring("id: ".length());

            HttpResponse<String> resumed =
                    client.get(
                            server.endpoint(),
                            "Accept",
                            "text/event-stream",
                            "Mcp-Session-Id",
                            session,
                            "Last-Event-ID",
                            event);

            assertThat(early).contains("retry: 200");
            assertThat(lastEvent(resumed).at("/result/content/0/text").asText()).isEqualTo("hi");
        }
    }

    @Nested
    final class HttpSse {

        @Test
        void answersComeOnTheStream() throws IOException {
            restart(McpServerParty.settings().path("/sse").speaking(Era.HTTP_SSE));
            try (InputStream stream = URI.create(server.endpoint()).toURL().openStream();
                    BufferedReader lines =
                            new BufferedReader(
                                    new InputStreamReader(stream, StandardCharsets.UTF_8))) {
                String messages = server.endpoint().replace("/sse", nextData(lines));

                HttpResponse<String> accepted =
                        client.rpc(
                                messages,
                                client.message(
                                        1, "initialize", client.initialization("2024-11-05")),
                                Map.of());

                assertThat(accepted.statusCode()).isEqualTo(202);
                assertThat(
                                Answer.JSON
                                        .readTree(nextData(lines))
                                        .at("/result/protocolVersion")
                                        .asText())
                        .isEqualTo("2024-11-05");
                assertThat(server.openStreams()).isEqualTo(1);
            }
        }

        @Test
        void aPostToTheStreamsAddressIsNotAllowed() {
            restart(McpServerParty.settings().path("/sse").speaking(Era.HTTP_SSE));

            assertThat(discover("").statusCode()).isEqualTo(405);
        }

        private String nextData(BufferedReader lines) throws IOException {
            String line = lines.readLine();
            while (!line.startsWith("data: ")) {
                line = lines.readLine();
            }
            return line.substring("data: ".length());
        }
    }

    @Nested
    final class Tools {

        @Test
        void listsComeByPages() {
            restart(McpServerParty.settings().pageSize(2));
            JsonNode first =
                    json(client.modern(server.endpoint(), "", "tools/list", JsonRpc.object()));
            String cursor = first.at("/result/nextCursor").asText();

            JsonNode second =
                    json(
                            client.modern(
                                    server.endpoint(),
                                    "",
                                    "tools/list",
                                    JsonRpc.object().put("cursor", cursor)));

            assertThat(first.at("/result/tools")).hasSize(2);
            assertThat(second.at("/result/tools")).hasSize(1);
            assertThat(second.at("/result").has("nextCursor")).isFalse();
        }

        @Test
        void anUnknownToolIsAnError() {
            assertThat(
                            json(client.modern(
                                            server.endpoint(),
                                            "",
                                            "tools/call",
                                            JsonRpc.object().put("name", "none")))
                                    .at("/error/code")
                                    .asInt())
                    .isEqualTo(-32602);
        }

        @Test
        void misbehaviourIsPerMethod() {
            server.misbehaveOnce("tools/list", Mischief.failing(500));

            assertThat(discover("").statusCode()).isEqualTo(200);
            assertThat(
                            client.modern(server.endpoint(), "", "tools/list", JsonRpc.object())
                                    .statusCode())
                    .isEqualTo(500);
            assertThat(
                            client.modern(server.endpoint(), "", "tools/list", JsonRpc.object())
                                    .statusCode())
                    .isEqualTo(200);
        }
    }

    private HttpResponse<String> discover(String token) {
        return client.modern(server.endpoint(), token, "server/discover", JsonRpc.object());
    }

    private static ObjectNode echo(String text) {
        ObjectNode call = JsonRpc.object().put("name", "echo");
        call.putObject("arguments").put("text", text);
        return call;
    }

    private void restart(McpServerParty.Settings settings) {
        server.close();
        server = settings.start();
    }
}
