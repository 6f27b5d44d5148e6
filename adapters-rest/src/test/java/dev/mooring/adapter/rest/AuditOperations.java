package dev.mooring.adapter.rest;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;

import dev.mooring.adapter.rest.edge.Json;
import dev.mooring.application.fixture.Race;
import dev.mooring.domain.access.Role;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

abstract class AuditOperations extends Operations {
    private ApiReply audit(String query) {
        return api.call("GET", "/api/audit" + query).as(Role.AUDITOR).send();
    }

    private static List<String> types(ApiReply reply) {
        List<String> types = new ArrayList<>();
        reply.hasStatus(200).json().get("events").forEach(each -> types.add(text(each, "type")));
        return types;
    }

    private static String text(JsonNode object, String field) {
        return object.path(field).asText();
    }

    @Test
    void whoDidWhatFromWhereIsToldToAuditorsAndNobodyElse() {
        ApiReply made =
                api.post("/api/mcp/client")
                        .json(HEADERS)
                        .header("X-Request-Id", "req-of-test")
                        .header("X-Forwarded-For", "203.0.113.9")
                        .send()
                        .hasStatus(200);
        String id = made.text("/mcp_client_id");

        ApiReply trail = audit("?client=" + id + "&order=oldest");

        assertThat(types(trail)).containsExactly("client_registered", "client_connected");
        JsonNode first = trail.json().get("events").get(0);
        assertThat(first.at("/actor/kind").asText()).isEqualTo("api_key");
        assertThat(first.at("/actor/name").asText()).isEqualTo("operator");
        assertThat(first.at("/actor/id").asText()).startsWith("key_");
        assertThat(text(first, "address")).isEqualTo("127.0.0.1");
        assertThat(text(first, "request_id")).isEqualTo("req-of-test");
        assertThat(text(first, "outcome")).isEqualTo("success");
        assertThat(trail.text()).doesNotContain("k3y", "203.0.113.9");
        for (Role role : List.of(Role.VIEWER, Role.OPERATOR)) {
            api.call("GET", "/api/audit").as(role).send().failsWith(403, "role_insufficient");
        }
    }

    @Test
    void whichServerItWasIsToldOfAClientThatIsGone() {
        String id = register(HEADERS.replace("/mcp\"", "/mcp?token=geheim\""));
        api.delete("/api/mcp/client/" + id).send().hasStatus(200);

        ApiReply trail = audit("?type=client_registered,client_removed&client=" + id);

        assertThat(types(trail)).containsExactly("client_removed", "client_registered");
        assertThat(trail.json().get("events"))
                .allSatisfy(event -> {
                    assertThat(event.at("/details/name").asText()).isEqualTo("search");
                    assertThat(event.at("/details/host").asText()).isEqualTo("mcp.example");
                });
        assertThat(trail.text()).doesNotContain("geheim");
    }

    @Test
    void pagesGoFromTheNewestToTheOldestUnlessToldOtherwise() {
        register(HEADERS);
        List<String> all = types(audit("?order=oldest"));

        List<String> walked = new ArrayList<>();
        String after = "";
        do {
            ApiReply page = audit("?limit=2" + after);
            walked.addAll(types(page));
            JsonNode next = page.json().path("next_after");
            after = next.isMissingNode() ? "" : "&after=" + next.asLong();
        } while (!after.isEmpty());

        assertThat(walked).isEqualTo(all.reversed()).hasSizeGreaterThan(3);
    }

    @Test
    void exportHasOneLineForEachEventAndKeepsToTheFilter() {
        register(HEADERS);
        ApiReply lines =
                api.call("GET", "/api/audit?type=client_registered,client_connected&order=oldest")
                        .as(Role.AUDITOR)
                        .header("Accept", "application/x-ndjson")
                        .send()
                        .hasStatus(200);

        assertThat(lines.header("Content-Type")).isEqualTo("application/x-ndjson");
        assertThat(lines.text().lines())
                .extracting(line -> text(Json.parse(line).orElseThrow(), "type"))
                .containsExactly("client_registered", "client_connected");
    }

    @ParameterizedTest
    @CsvSource({
        "type=nothing,       type",
        "outcome=good,       outcome",
        "order=random,       order",
        "from=yesterday,     from",
        "to=1,               to",
        "after=x,            after",
        "limit=0,            limit",
        "limit=1001,         limit",
        "client=a b,         client"
    })
    void parameterThatMeansNothingIsNamed(String query, String parameter) {
        audit("?" + query.replace(" ", "%20"))
                .failsWith(400, "invalid_parameter")
                .blames(parameter);
    }

    @Test
    void whatCameToNothingIsCountedInTheTrail() {
        for (int i = 0; i < 3; i++) {
            api.call("GET", "/api/keys").as(Role.OPERATOR).send().hasStatus(403);
        }
        api.call("GET", "/api/keys").header("x-api-key", "mrg_guess").send().hasStatus(401);
        api.call("GET", "/api/keys").send().hasStatus(401);
        api.post("/api/mcp/client").json("{\"name\":\"a\"}").send().hasStatus(400);

        api.recordRefusals();

        JsonNode found = audit("?type=requests_refused&order=oldest").json().get("events");
        assertThat(found)
                .extracting(each ->
                        text(each, "code")
                                + " "
                                + each.at("/details/operation").asText()
                                + " "
                                + each.at("/details/count").asText()
                                + " "
                                + each.at("/actor/name").asText())
                .containsExactly(
                        "role_insufficient GET /api/keys 3 operator",
                        "credential_invalid GET /api/keys 1 ",
                        "missing_field POST /api/mcp/client 1 operator");
    }

    @Test
    void streamTellsWhatHappensToClientsAndEndsWhenTheServerStops() {
        String id = register(HEADERS);
        String last = audit("?type=client_registered").json().at("/events/0/id").asText();
        CompletableFuture<ApiReply> stream =
                Race.start(() -> api.get("/api/mcp/events").header("Last-Event-ID", last).send());
        api.awaitFollowers(1);
        api.call("DELETE", "/api/keys/key_none").as(Role.ADMIN).send().hasStatus(404);
        api.recordRefusals();
        api.delete("/api/mcp/client/" + id).send().hasStatus(200);
        api.pollEvents();
        api.stop();

        ApiReply read = Race.finish(stream).hasStatus(200);
        assertThat(read.header("Content-Type")).isEqualTo("text/event-stream");
        List<JsonNode> events =
                read.text()
                        .lines()
                        .filter(line -> line.startsWith("data: "))
                        .map(line -> Json.parse(line.substring(6)).orElseThrow())
                        .toList();
        assertThat(events)
                .extracting(each -> text(each, "type"))
                .containsExactly("client_connected", "client_removed");
        assertThat(read.text().lines().filter(line -> line.startsWith("id: ")))
                .containsSubsequence(
                        events.stream().map(each -> "id: " + each.get("id").asLong()).toList());
        // Also who saw no event has something to come back with.
        assertThat(read.text())
                .startsWith("retry: 1000\nid: " + last + "\n\n")
                .doesNotContain("actor", "127.0.0.1");
    }

    @Test
    void oneCallerCannotTakeAllTheStreams() {
        List<CompletableFuture<ApiReply>> streams = new ArrayList<>();
        for (int i = 1; i <= EventsResource.MOST_OF_ONE; i++) {
            streams.add(Race.start(() -> api.get("/api/mcp/events").send()));
            api.awaitFollowers(i);
        }
        api.get("/api/mcp/events").send().failsWith(503, "overloaded");
        streams.add(Race.start(() -> api.call("GET", "/api/mcp/events").as(Role.OPERATOR).send()));
        api.awaitFollowers(EventsResource.MOST_OF_ONE + 1);
        api.stop();
        streams.forEach(stream -> Race.finish(stream).hasStatus(200));
    }

    @Test
    void lastEventIdThatIsNoneIsRefused() {
        api.get("/api/mcp/events")
                .header("Last-Event-ID", "abc")
                .send()
                .failsWith(400, "invalid_parameter")
                .blames("Last-Event-ID");
    }
}
