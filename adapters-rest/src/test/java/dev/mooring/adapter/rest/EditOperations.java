package dev.mooring.adapter.rest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.application.fixture.Clients;
import dev.mooring.application.port.McpConnector.ConnectAnswer;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

abstract class EditOperations extends Operations {
    @Test
    void namedFieldsChangeAndTheOthersStay() {
        String id = register(HEADERS);

        ApiReply edited =
                put(id, "{\"name\":\"renamed\",\"tools_to_execute\":[],\"tool_sync_interval\":9}")
                        .hasStatus(200);

        assertThat(edited.text("/status")).isEqualTo("success");
        assertThat(edited.header("ETag")).isEqualTo("\"2\"");
        ApiReply shown = api.get("/api/mcp/client/" + id).send();
        assertThat(shown.text("/config/name")).isEqualTo("renamed");
        assertThat(shown.text("/config/endpoint_slug")).isEqualTo("search");
        assertThat(shown.json().at("/config/tools_to_execute")).isEmpty();
        assertThat(shown.json().at("/config/tool_sync_interval").asInt()).isEqualTo(9);
        assertThat(shown.json().at("/config/headers")).hasSize(1);
    }

    @Test
    void nullRestoresTheDefault() {
        String id = register(OPEN);
        put(id, "{\"tool_sync_interval\":9,\"tools_to_execute\":[\"echo\"]}").hasStatus(200);

        put(id, "{\"tool_sync_interval\":null,\"tools_to_execute\":null}").hasStatus(200);

        ApiReply shown = api.get("/api/mcp/client/" + id).send();
        assertThat(shown.json().at("/config/tool_sync_interval").isMissingNode()).isTrue();
        assertThat(shown.text("/config/tools_to_execute/0")).isEqualTo("*");
    }

    @Test
    void emptyChangeChangesNothing() {
        String id = register(OPEN);
        String before = config(id);

        assertThat(put(id, "{}").hasStatus(200).text("/status")).isEqualTo("success");

        assertThat(config(id)).isEqualTo(before);
    }

    @ParameterizedTest
    @ValueSource(strings = {OPEN, HEADERS, OAUTH})
    void shownConfigCanBeSentBackAsItIs(String body) {
        String id = register(body);
        String before = config(id);

        put(id, before).hasStatus(200);

        assertThat(config(id)).isEqualTo(before);
    }

    private String config(String id) {
        return api.get("/api/mcp/client/" + id).send().json().get("config").toString();
    }

    @Test
    void redactedHeaderKeepsItsValueAndOthersAreReplaced() {
        String id = register(HEADERS);

        put(id, "{\"headers\":{\"X-API-Key\":\"[redacted]\",\"X-More\":\"1\"}}").hasStatus(200);
        var headers = api.mooring.connector().connects().last().connection().headers();
        assertThat(headers.byName().get("x-api-key").value()).isEqualTo("k3y");
        put(id, "{\"headers\":{\"X-More\":\"2\"}}").hasStatus(200);

        assertThat(api.mooring.connector().connects().last().connection().headers().names())
                .containsExactly("x-more");
    }

    @Test
    void clientIsDisabledAndEnabledAgain() {
        String id = register(OPEN);

        assertThat(put(id, "{\"disabled\":true}").text("/state")).isEqualTo("disabled");
        assertThat(put(id, "{\"name\":\"still\"}").text("/state")).isEqualTo("disabled");
        assertThat(put(id, "{\"disabled\":false}").text("/state")).isEqualTo("connected");
    }

    @Test
    void changeOfWhatTheGrantIsForNeedsConsentAgain() {
        String id = api.mooring.connect("github").client().value();

        ApiReply edited = put(id, "{\"oauth_config\":{\"scopes\":[\"admin\"]}}").hasStatus(200);

        assertThat(edited.text("/status")).isEqualTo("partial_success");
        assertThat(edited.text("/state")).isEqualTo("needs_reauth");
        assertThat(edited.json().has("problem")).isFalse();
    }

    @Test
    void failureToConnectAnewIsToldAndTheChangeStays() {
        String id = register(OPEN);
        api.mooring.connector().connects().next(new ConnectAnswer.Failed(Clients.UNREACHABLE));

        ApiReply edited =
                put(id, "{\"connection_string\":\"https://open.other.example/mcp\"}")
                        .hasStatus(200);

        assertThat(edited.text("/status")).isEqualTo("partial_success");
        assertThat(edited.text("/problem/code")).isEqualTo("server_unreachable");
        assertThat(api.get("/api/mcp/client/" + id).send().text("/config/connection_string"))
                .isEqualTo("https://open.other.example/mcp");
    }

    @Test
    void oauthConfigIsPatchedMemberByMember() {
        String id =
                register(
                        OAUTH.replace(
                                "}",
                                ",\"oauth_config\":{\"client_id\":\"a\",\"client_secret\":\"s\","
                                        + "\"scopes\":[\"read\"]}}"));

        put(id, "{\"oauth_config\":{\"scopes\":null}}").hasStatus(200);

        ApiReply shown = api.get("/api/mcp/client/" + id).send();
        assertThat(shown.json().at("/config/oauth_config/scopes")).isEmpty();
        assertThat(shown.text("/config/oauth_config/client_id")).isEqualTo("a");
        assertThat(shown.text("/config/oauth_config/client_secret")).isEqualTo("[redacted]");
    }

    @Test
    void storedSecretIsNotSentElsewhere() {
        String id =
                register(
                        OAUTH.replace(
                                "}",
                                ",\"oauth_config\":{\"client_id\":\"a\",\"client_secret\":\"s\"}}"));

        put(id, "{\"oauth_config\":{\"client_id\":\"b\"}}")
                .failsWith(422, "settings_conflict")
                .blames("oauth_config.client_secret");
        put(id, "{\"oauth_config\":{\"client_id\":\"b\",\"client_secret\":\"[redacted]\"}}")
                .failsWith(422, "settings_conflict")
                .blames("oauth_config.client_secret");
        put(id, "{\"oauth_config\":{\"client_id\":\"b\",\"client_secret\":\"t\"}}").hasStatus(200);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            textBlock =
                    """
                    {"client_id":"other"}                   | invalid_field | client_id
                    {"auth_type":"none"}                    | invalid_field | auth_type
                    {"oauth_config_id":"oauth_other"}       | invalid_field | oauth_config_id
                    {"name":"a-b"}                          | invalid_field | name
                    {"name":null}                           | missing_field | name
                    {"colour":1}                            | unknown_field | colour
                    {"connection_type":"stdio"}             | invalid_field | connection_type
                    {"oauth_config":{"colour":1}}           | unknown_field | oauth_config.colour
                    """)
    void badFieldIsNamed(String patch, String code, String param) {
        String id = register(OAUTH);

        put(id, patch).failsWith(400, code).blames(param);
    }

    /** What stands for something that is stored is fine by itself. */
    @Test
    void redactedStandsForNothingWhereNothingIsStored() {
        put(register(OAUTH), "{\"headers\":{\"x-key\":\"[redacted]\"}}")
                .failsWith(422, "settings_conflict")
                .blames("headers");
        put(
                        register(OAUTH.replace("github", "gitlab")),
                        "{\"oauth_config\":{\"client_secret\":\"[redacted]\"}}")
                .failsWith(422, "settings_conflict")
                .blames("oauth_config.client_secret");
        api.post("/api/mcp/client")
                .json(HEADERS.replace("k3y", "[redacted]"))
                .send()
                .failsWith(400, "invalid_field")
                .blames("headers");
    }

    @Test
    void staleRevisionIsRefused() {
        String id = register(OPEN);
        String target = "/api/mcp/client/" + id;

        api.put(target)
                .header("If-Match", "\"1\"")
                .json("{\"name\":\"one\"}")
                .send()
                .hasStatus(200);
        api.put(target)
                .header("If-Match", "\"1\"")
                .json("{\"name\":\"two\"}")
                .send()
                .failsWith(412, "revision_stale")
                .blames("If-Match");
        api.put(target).header("If-Match", "*").json("{\"name\":\"two\"}").send().hasStatus(200);
        for (String bad : new String[] {"1", "W/\"1\"", "\"x\"", "\"1\", \"2\"", "\"\""}) {
            api.put(target)
                    .header("If-Match", bad)
                    .json("{}")
                    .send()
                    .failsWith(400, "invalid_parameter")
                    .blames("If-Match");
        }
    }

    @Test
    void takenNameIsRefused() {
        register(OPEN);
        String id = register(OPEN.replace("search", "other"));

        put(id, "{\"name\":\"search\"}").failsWith(409, "already_taken").blames("name");
    }

    @Test
    void unknownClientIsNotFound() {
        put("mcp_0", "{}").failsWith(404, "client_not_found");
    }

    @Test
    void fieldsThatOnlyBifrostHasAreNamedInWarnings() {
        String id = register(OPEN);

        ApiReply edited = put(id, "{\"tools_to_auto_execute\":[\"echo\"]}").hasStatus(200);

        assertThat(edited.text("/warnings/0")).startsWith("tools_to_auto_execute:");
    }

    private ApiReply put(String id, String body) {
        return api.put("/api/mcp/client/" + id).json(body).send();
    }
}
