package dev.mooring.adapter.rest;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;

import dev.mooring.domain.access.Role;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.time.Duration;

abstract class KeyOperations extends Operations {
    @Test
    void keyIsShownOnceAndWorksUntilItIsDeleted() {
        ApiReply created = create("{\"name\":\"dashboard\",\"role\":\"viewer\"}").hasStatus(200);
        String key = created.text("/key");

        assertThat(api.call("GET", "/api/mcp/clients").header("x-api-key", key).send().status())
                .isEqualTo(200);
        ApiReply list = api.call("GET", "/api/keys").as(Role.ADMIN).send().hasStatus(200);
        assertThat(list.json().get("count").asInt()).isEqualTo(5);
        assertThat(list.text()).contains("dashboard").doesNotContain(key, "digest");

        String target = "/api/keys/" + created.text("/id");
        api.call("DELETE", target).as(Role.ADMIN).send().hasStatus(200);
        api.call("GET", "/api/mcp/clients")
                .header("x-api-key", key)
                .send()
                .failsWith(401, "credential_invalid");
        api.call("DELETE", target).as(Role.ADMIN).send().failsWith(404, "key_not_found");
    }

    @Test
    void expiredKeyIsRefused() {
        ApiReply created =
                create(
                                """
                                {"name":"guest","role":"operator",
                                 "expires_at":"2026-11-01T14:00:00+01:00"}\
                                """)
                        .hasStatus(200);
        assertThat(created.text("/expires_at")).isEqualTo("2026-11-01T13:00:00Z");
        String key = created.text("/key");
        api.call("GET", "/api/mcp/clients").header("x-api-key", key).send().hasStatus(200);

        api.mooring.clock().advance(Duration.ofHours(1));

        ApiReply refused =
                api.call("GET", "/api/mcp/clients")
                        .header("x-api-key", key)
                        .send()
                        .failsWith(401, "credential_expired");
        assertThat(refused.header("WWW-Authenticate")).contains("error=\"invalid_token\"");
    }

    @Test
    void scopesNarrowWhatTheRoleMay() {
        ApiReply created =
                create("{\"name\":\"runner\",\"role\":\"operator\",\"scopes\":[\"tools:execute\"]}")
                        .hasStatus(200);
        assertThat(created.json().get("scopes").toString()).isEqualTo("[\"tools:execute\"]");
        String key = created.text("/key");

        api.call("POST", "/v1/mcp/tool/execute")
                .header("x-api-key", key)
                .json("{\"function\":{\"name\":\"none-none\",\"arguments\":\"{}\"}}")
                .send()
                .failsWith(404, "client_not_found");
        api.call("GET", "/api/mcp/clients")
                .header("x-api-key", key)
                .send()
                .failsWith(403, "scope_insufficient");
        api.call("GET", "/api/keys")
                .header("x-api-key", key)
                .send()
                .failsWith(403, "role_insufficient");
    }

    @Test
    void aKeyMakesNoneThatMayMore() {
        String key =
                create(
                                """
                                {"name":"office","role":"admin",
                                 "scopes":["keys:read","keys:write","clients:read"]}\
                                """)
                        .hasStatus(200)
                        .text("/key");

        api.call("POST", "/api/keys")
                .header("x-api-key", key)
                .json("{\"name\":\"boss\",\"role\":\"admin\"}")
                .send()
                .failsWith(403, "scope_insufficient");
        api.call("POST", "/api/keys")
                .header("x-api-key", key)
                .json("{\"name\":\"reader\",\"role\":\"viewer\",\"scopes\":[\"clients:read\"]}")
                .send()
                .hasStatus(200);
        String boss = create("{\"name\":\"boss\",\"role\":\"admin\"}").hasStatus(200).text("/id");
        api.call("DELETE", "/api/keys/" + boss)
                .header("x-api-key", key)
                .send()
                .failsWith(403, "scope_insufficient");
    }

    @Test
    void lastUseIsShown() {
        String name = "operator";
        assertThat(lastUseOf(name).isMissingNode()).isTrue();

        api.post("/api/mcp/client/mcp_0/reconnect").send();
        api.recordKeyUse.handle();

        assertThat(lastUseOf(name).asText()).isEqualTo("2026-11-01T12:00:00Z");
    }

    private JsonNode lastUseOf(String name) {
        ApiReply list = api.call("GET", "/api/keys").as(Role.AUDITOR).send().hasStatus(200);
        for (JsonNode key : list.json().get("keys")) {
            if (key.get("name").asText().equals(name)) {
                return key.path("last_used_at");
            }
        }
        throw new AssertionError("There is no key " + name);
    }

    @Test
    void takenNameIsRefused() {
        create("{\"name\":\"viewer\",\"role\":\"viewer\"}")
                .failsWith(409, "already_taken")
                .blames("name");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            textBlock =
                    """
                    {"role":"viewer"}                                            | missing_field | name
                    {"name":"a"}                                                 | missing_field | role
                    {"name":"a","role":"emperor"}                                | invalid_field | role
                    {"name":"a b","role":"viewer"}                               | invalid_field | name
                    {"name":"a","role":"viewer","expires_at":"soon"}             | invalid_field | expires_at
                    {"name":"a","role":"viewer","expires_at":12}                 | invalid_field | expires_at
                    {"name":"a","role":"viewer","expires_at":"2020-01-01T00:00:00Z"} | invalid_field | expires_at
                    {"name":"a","role":"viewer","scopes":[]}                     | invalid_field | scopes
                    {"name":"a","role":"viewer","scopes":["*"]}                  | invalid_field | scopes
                    {"name":"a","role":"viewer","scopes":["tools:execute"]}      | invalid_field | scopes
                    {"name":"a","role":"viewer","key":"mine"}                    | unknown_field | key
                    """)
    void badFieldIsNamed(String body, String code, String param) {
        create(body).failsWith(400, code).blames(param);
    }

    private ApiReply create(String body) {
        return api.call("POST", "/api/keys").as(Role.ADMIN).json(body).send();
    }
}
