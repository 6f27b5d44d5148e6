package dev.mooring.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;

import dev.mooring.endtoend.ApiClient.Reply;
import dev.mooring.endtoend.Mooring.Pending;
import dev.mooring.party.Answer;
import dev.mooring.party.LoopbackServer;
import dev.mooring.party.Received;

import org.junit.jupiter.api.Test;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** What happens at two nodes, as the trail and the streams of both tell it. */
final class AuditIT extends AcrossNodes {
    private static final Duration SOON = Duration.ofMinutes(1);

    private static List<String> words(List<JsonNode> events, String pointer) {
        return events.stream().map(event -> event.at(pointer).asText()).toList();
    }

    private List<JsonNode> trail(String clientId) {
        List<JsonNode> events = new ArrayList<>();
        atTwo.api()
                .get("/api/audit?order=oldest&client=" + clientId)
                .json()
                .get("events")
                .forEach(events::add);
        return events;
    }

    @Test
    void theWholeLifeOfAClientIsInTheTrailWithWhoDidItFromWhere() {
        Pending pending = atOne.connect(server.endpoint());
        assertThat(atTwo.delete(pending.id()).status()).isEqualTo(200);

        Eventually.holds(
                "the tokens are given back",
                SOON,
                () -> words(trail(pending.id()), "/type").contains("revocation_delivered"));
        List<JsonNode> all = trail(pending.id());
        JsonNode last = all.getLast();
        assertThat(last.at("/type").asText()).isEqualTo("revocation_delivered");
        assertThat(last.at("/outcome").asText()).isEqualTo("success");
        assertThat(last.at("/actor/kind").asText()).isEqualTo("service");
        assertThat(last.at("/actor/name").asText()).isEqualTo("revocations");

        List<JsonNode> trail = all.subList(0, all.size() - 1);
        assertThat(words(trail, "/type"))
                .containsExactly(
                        "client_registered",
                        "authorization_started",
                        "authorization_claimed",
                        "grant_stored",
                        "client_connected",
                        "grant_revoked",
                        "client_removed");
        assertThat(words(trail, "/actor/kind"))
                .containsExactly(
                        "api_key", "api_key", "browser", "browser", "api_key", "api_key",
                        "api_key");
        assertThat(words(trail, "/actor/name"))
                .containsExactly("admin", "admin", "", "", "admin", "admin", "admin");
        assertThat(words(trail, "/address"))
                .allSatisfy(address -> assertThat(address).isIn("127.0.0.1", "0:0:0:0:0:0:0:1"));
        assertThat(words(trail, "/request_id")).doesNotContain("");
        assertThat(words(trail, "/outcome")).containsOnly("success");
        assertThat(atOne.api().get("/api/audit?type=api_key_made").text("/events/0/actor/kind"))
                .isEqualTo("service");
    }

    @Test
    void aStreamSeesBothNodesAndGoesOnAtTheOtherOneAfterACut() {
        List<JsonNode> seen = new ArrayList<>();
        Pending pending;
        try (EventStream first = new EventStream(two.address(), TwoNodes.KEY, "")) {
            pending = atOne.register(server.endpoint());
            String id = pending.id();
            Eventually.holds("the start is seen", SOON, () -> first.of(id).size() >= 2);
            seen.addAll(first.of(id));
        }
        atTwo.consent(pending);
        atOne.complete(pending.id());
        String last = seen.getLast().get("id").asText();
        try (EventStream second = new EventStream(one.address(), TwoNodes.KEY, last)) {
            atTwo.delete(pending.id());
            Eventually.holds(
                    "the end is seen",
                    SOON,
                    () -> words(second.of(pending.id()), "/type").contains("revocation_delivered"));
            seen.addAll(second.of(pending.id()));
        }

        assertThat(words(seen, "/id")).isEqualTo(words(trail(pending.id()), "/id"));
        assertThat(seen).noneMatch(event -> event.has("actor") || event.has("address"));
    }

    @Test
    void aWebhookIsToldOnceItTakesWhatItIsToldAndCanTellThatItIsUs() throws Exception {
        AtomicInteger failures = new AtomicInteger(2);
        try (LoopbackServer receiver =
                LoopbackServer.start(
                        request -> Answer.empty(failures.getAndDecrement() > 0 ? 500 : 204))) {
            Reply made =
                    atOne.api()
                            .post(
                                    "/api/webhooks",
                                    ApiClient.JSON.readTree(
                                            """
                                            {"name":"receiver","url":"%s/hook",
                                             "types":["client_registered","client_removed"]}\
                                            """
                                                    .formatted(receiver.origin())));
            assertThat(made.status()).as(made.body()).isEqualTo(200);
            Pending pending = atTwo.register(server.endpoint());
            atOne.delete(pending.id());

            Eventually.holds("both events are taken", SOON, () -> receiver.received().size() >= 4);
            List<Received> messages = receiver.received();
            assertThat(messages.stream().map(each -> each.header("webhook-id")).distinct())
                    .hasSize(2);
            assertThat(messages.stream().map(AuditIT::type))
                    .containsExactly(
                            "client_registered",
                            "client_registered",
                            "client_registered",
                            "client_removed");
            for (Received message : messages) {
                assertThat(message.header("webhook-signature"))
                        .contains(signature(made.text("/secret"), message));
                assertThat(message.body()).doesNotContain("whsec_", TwoNodes.KEY, "admin");
            }

            String target = "/api/webhooks/" + made.text("/id");
            Reply replayed =
                    atTwo.api().post(target + "/replay", ApiClient.object().put("after", 0));
            assertThat(replayed.status()).as(replayed.body()).isEqualTo(200);
            Eventually.holds(
                    "the past is told again",
                    SOON,
                    () ->
                            receiver.received().stream()
                                            .map(each -> each.header("webhook-id"))
                                            .filter(messages.getLast().header("webhook-id")::equals)
                                            .count()
                                    >= 2);
            Eventually.holds(
                    "it stands well",
                    SOON,
                    () ->
                            atOne.api()
                                    .get("/api/webhooks")
                                    .text("/webhooks/0/status")
                                    .equals("active"));
            assertThat(atOne.api().delete(target).status()).isEqualTo(200);
        }
    }

    private static String type(Received message) {
        try {
            return ApiClient.JSON.readTree(message.body()).at("/type").asText();
        } catch (JsonProcessingException malformed) {
            throw new AssertionError(malformed);
        }
    }

    /** As a receiver computes it, by the words of Standard Webhooks. */
    private static String signature(String secret, Received message) throws Exception {
        Mac mac = Mac.getInstance("HmacSHA256");
        byte[] key = Base64.getDecoder().decode(secret.substring("whsec_".length()));
        mac.init(new SecretKeySpec(key, "HmacSHA256"));
        String signed =
                message.header("webhook-id").orElseThrow()
                        + "."
                        + message.header("webhook-timestamp").orElseThrow()
                        + "."
                        + message.body();
        return "v1," + Base64.getEncoder().encodeToString(mac.doFinal(signed.getBytes(UTF_8)));
    }
}
