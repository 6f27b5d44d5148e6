package dev.mooring.endtoend;

import static dev.mooring.party.ConformantClient.json;
import static dev.mooring.party.ConformantClient.lastEvent;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.mooring.party.ConformantClient;
import dev.mooring.party.Parameters;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.stream.Collectors;

/** The same conformant client that our own parties satisfy also satisfies the real ones. */
@NeedsNpm
final class NodePartyIT {

    private final ConformantClient client = new ConformantClient();
    private final Browser browser = new Browser();

    @AfterEach
    void stop() {
        client.close();
        browser.close();
    }

    @Test
    void theDemoServerIsReachedByTheWholeFlow() {
        try (NodeParty demo = NodeParty.demo()) {
            String token = tokens(demo.address()).path("access_token").asText();

            assertThat(token).isNotEmpty();
            assertThat(
                            client.modern(
                                            demo.address(),
                                            token,
                                            "server/discover",
                                            ApiClient.object())
                                    .statusCode())
                    .isEqualTo(400);
        }
    }

    @Test
    void theDualEraServerIsReachedByTheWholeFlowAndItsTokensRotate() {
        try (NodeParty issuer = NodeParty.authorizationServer(Duration.ofHours(1));
                NodeParty server = NodeParty.dualEraServer(issuer)) {
            JsonNode tokens = tokens(server.address());
            String token = tokens.path("access_token").asText();
            ObjectNode greeting = ApiClient.object().put("name", "greet");
            greeting.putObject("arguments").put("name", "you");

            assertThat(
                            json(client.modern(server.address(), token, "tools/call", greeting))
                                    .at("/result/content/0/text")
                                    .asText())
                    .isEqualTo("Hello, you!");
            assertThat(tokens.path("refresh_token").asText()).isNotEmpty();
        }
    }

    @Test
    void theModernServerRefusesTheLegacyEra() {
        try (NodeParty issuer = NodeParty.authorizationServer(Duration.ofHours(1));
                NodeParty server = NodeParty.modernServer(issuer)) {
            String token = tokens(server.address()).path("access_token").asText();
            ObjectNode initialize =
                    client.message(1, "initialize", client.initialization("2025-11-25"));
            Map<String, String> headers =
                    Map.of(
                            "Accept",
                            "application/json, text/event-stream",
                            "Authorization",
                            "Bearer " + token);

            var answer = client.rpc(server.address(), initialize, headers);

            JsonNode message = answer.body().startsWith("{") ? json(answer) : lastEvent(answer);
            assertThat(message.at("/error/code").asInt()).isEqualTo(-32022);
        }
    }

    private JsonNode tokens(String endpoint) {
        JsonNode resource = client.resourceMetadata(endpoint);
        String identifier = resource.path("resource").asText();
        JsonNode metadata =
                client.serverMetadata(resource.path("authorization_servers").path(0).asText());
        String clientId = client.register(metadata, "none").path("client_id").asText();
        String query =
                client.authorization(clientId, identifier).entrySet().stream()
                        .map(each -> each.getKey() + "=" + encode(each.getValue()))
                        .collect(Collectors.joining("&"));
        Parameters answer =
                Parameters.parse(
                        browser.openUntil(
                                        metadata.path("authorization_endpoint").asText()
                                                + "?"
                                                + query,
                                        ConformantClient.REDIRECT_URI)
                                .getRawQuery());
        return json(
                client.post(
                        metadata.path("token_endpoint").asText(),
                        client.redemption(clientId, answer.text("code"), identifier)));
    }

    private static String encode(String value) {
        return URLEncoder.encode(value, StandardCharsets.UTF_8);
    }
}
