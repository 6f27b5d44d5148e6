package dev.mooring.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;

import dev.mooring.adapter.persistence.embedded.EmbeddedPostgres;
import dev.mooring.endtoend.Mooring.Pending;
import dev.mooring.party.AuthorizationServerParty;
import dev.mooring.party.McpServerParty;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** What happens at two nodes, as the trail and the streams of both tell it. */
final class AuditIT {
    private static final Duration SOON = Duration.ofMinutes(1);

    private static EmbeddedPostgres database;
    private static TwoNodes nodes;

    private final Mooring atOne = new Mooring(nodes.one().address(), TwoNodes.KEY);
    private final Mooring atTwo = new Mooring(nodes.two().address(), TwoNodes.KEY);
    private final AuthorizationServerParty issuer = AuthorizationServerParty.start();
    private final McpServerParty server =
            McpServerParty.settings().protectedBy(issuer, "mcp:tools").start();

    @BeforeAll
    static void start() {
        database = EmbeddedPostgres.start(SharedService.newDataDirectory(), new SecureRandom());
        nodes = TwoNodes.start(database.access());
    }

    @AfterAll
    static void end() {
        nodes.close();
        database.close();
    }

    @AfterEach
    void stop() {
        atOne.close();
        atTwo.close();
        server.close();
        issuer.close();
    }

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

        List<JsonNode> trail = trail(pending.id());

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
        try (EventStream first = new EventStream(nodes.two().address(), TwoNodes.KEY, "")) {
            pending = atOne.register(server.endpoint());
            String id = pending.id();
            Eventually.holds("the start is seen", SOON, () -> first.of(id).size() >= 2);
            seen.addAll(first.of(id));
        }
        atTwo.consent(pending);
        atOne.complete(pending.id());
        String last = seen.getLast().get("id").asText();
        try (EventStream second = new EventStream(nodes.one().address(), TwoNodes.KEY, last)) {
            atTwo.delete(pending.id());
            Eventually.holds(
                    "the end is seen",
                    SOON,
                    () -> words(second.of(pending.id()), "/type").contains("client_removed"));
            seen.addAll(second.of(pending.id()));
        }

        assertThat(words(seen, "/id")).isEqualTo(words(trail(pending.id()), "/id"));
        assertThat(seen).noneMatch(event -> event.has("actor") || event.has("address"));
    }
}
