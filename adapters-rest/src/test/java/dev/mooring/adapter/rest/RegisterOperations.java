package dev.mooring.adapter.rest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.application.port.McpConnector.ConnectAnswer;
import dev.mooring.domain.access.Role;
import dev.mooring.domain.lifecycle.Problem;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

import java.util.List;
import java.util.stream.IntStream;

abstract class RegisterOperations extends Operations {
    @Test
    void clientBehindOAuthIsPendingWithALink() {
        ApiReply pending = api.post("/api/mcp/client").json(OAUTH).send().hasStatus(200);

        assertThat(pending.text("/status")).isEqualTo("pending_oauth");
        assertThat(pending.text("/authorize_url")).startsWith("https://as.example/");
        assertThat(pending.text("/complete_url"))
                .isEqualTo("/api/mcp/client/" + pending.text("/mcp_client_id") + "/complete-oauth");
        assertThat(pending.text("/expires_at")).isEqualTo("2026-11-01T12:15:00Z");
        assertThat(pending.json().has("warnings")).isFalse();
        assertThat(pending.header("Cache-Control")).isEqualTo("no-store");
    }

    @Test
    void openClientAndOneWithHeadersAreConnectedAtOnce() {
        ApiReply open = api.post("/api/mcp/client").json(OPEN).send().hasStatus(200);

        assertThat(open.text("/status")).isEqualTo("success");
        assertThat(open.text("/message")).isEqualTo("MCP client connected successfully");
        api.delete("/api/mcp/client/" + open.text("/mcp_client_id")).send().hasStatus(200);
        api.post("/api/mcp/client").json(HEADERS).send().hasStatus(200);
        assertThat(api.mooring.connector().connects().last().connection().headers().names())
                .containsExactly("x-api-key");
    }

    @Test
    void disabledClientIsStoredAndNotConnected() {
        String body = OPEN.replace("{\"name\"", "{\"disabled\":true,\"name\"");

        ApiReply reply = api.post("/api/mcp/client").json(body).send().hasStatus(200);

        assertThat(reply.text("/message")).isEqualTo("MCP client registered; it is disabled");
        assertThat(api.mooring.connector().connects().count()).isZero();
    }

    @Test
    void everyFieldIsTakenAndShownAgain() {
        String body =
                """
                {"client_id":"my-client","name":"all_of_it","endpoint_slug":"all",
                 "connection_type":"sse","connection_string":"https://mcp.example/sse",
                 "auth_type":"oauth",
                 "oauth_config":{"issuer":"https://as.example","client_id":"given",
                   "client_secret":"s3cr3t","authorize_url":"https://as.example/a",
                   "token_url":"https://as.example/t","registration_url":"https://as.example/r",
                   "revocation_url":"https://as.example/v","scopes":["read"],
                   "resource":"https://mcp.example/","token_endpoint_auth_method":"client_secret_post",
                   "authorize_params":{"access_type":"offline"},
                   "dpop_bound_access_tokens":true,
                   "exceptions":["omit_resource","issuer_mismatch"]},
                 "headers":{"X-Tenant":"t1"},"tools_to_execute":["echo"],
                 "tool_execution_timeout":60,"tool_sync_interval":5,"is_ping_available":false,
                 "disabled":false,"protocol_version":"2025-11-25",
                 "tls_config":{"ca_cert_pem":"-----BEGIN CERTIFICATE-----\\nMII\\n-----END"}}\
                """;

        ApiReply pending = api.post("/api/mcp/client").json(body).send().hasStatus(200);

        assertThat(pending.text("/warnings/0")).contains("S256");
        ApiReply shown = api.get("/api/mcp/client/my-client").send().hasStatus(200);
        assertThat(shown.json().get("config").toPrettyString())
                .isEqualToIgnoringWhitespace(
                        """
                        {"client_id":"my-client","name":"all_of_it","endpoint_slug":"all",
                         "connection_type":"sse","connection_string":"https://mcp.example/sse",
                         "auth_type":"oauth","oauth_config_id":"%s",
                         "oauth_config":{"issuer":"https://as.example","client_id":"given",
                           "client_secret":"[redacted]","authorize_url":"https://as.example/a",
                           "token_url":"https://as.example/t",
                           "registration_url":"https://as.example/r",
                           "revocation_url":"https://as.example/v","scopes":["read"],
                           "resource":"https://mcp.example/",
                           "token_endpoint_auth_method":"client_secret_post",
                           "authorize_params":{"access_type":"offline"},
                           "dpop_bound_access_tokens":true,
                           "exceptions":["issuer_mismatch","omit_resource"],
                           "grant_type":"authorization_code"},
                         "headers":{"x-tenant":"[redacted]"},"tools_to_execute":["echo"],
                         "tool_execution_timeout":60,"tool_sync_interval":5,
                         "is_ping_available":false,"disabled":false,
                         "protocol_version":"2025-11-25",
                         "tls_config":{"ca_cert_pem":"-----BEGIN CERTIFICATE-----\\nMII\\n-----END"}}\
                        """
                                .formatted(pending.text("/oauth_config_id")));
    }

    @Test
    void endpointsWithoutAnIssuerAreWarnedOf() {
        String body =
                """
                {"name":"github","connection_type":"http",
                 "connection_string":"https://mcp.example/mcp",
                 "oauth_config":{"client_id":"given","authorize_url":"https://as.example/a",
                   "token_url":"https://as.example/t"%s}}\
                """;

        ApiReply without =
                api.post("/api/mcp/client").json(body.formatted("")).send().hasStatus(200);
        assertThat(without.text("/warnings/1")).contains("RFC 9207", "oauth_config.issuer");

        ApiReply with =
                api.post("/api/mcp/client")
                        .json(
                                body.replace("github", "other")
                                        .formatted(",\"issuer\":\"https://as.example\""))
                        .send()
                        .hasStatus(200);
        assertThat(with.json().get("warnings")).hasSize(1);
    }

    @Test
    void whatIsLeftOutHasItsDefault() {
        String id = register(OPEN);

        ApiReply shown = api.get("/api/mcp/client/" + id).send();

        assertThat(shown.text("/config/endpoint_slug")).isEqualTo("search");
        assertThat(shown.text("/config/auth_type")).isEqualTo("none");
        assertThat(shown.text("/config/tools_to_execute/0")).isEqualTo("*");
        assertThat(shown.json().at("/config/tool_execution_timeout").asInt()).isEqualTo(30);
        assertThat(shown.json().at("/config/is_ping_available").asBoolean()).isTrue();
        assertThat(shown.json().at("/config/tool_sync_interval").isMissingNode()).isTrue();
    }

    @Test
    void nullAndEmptyAreAsGoodAsAbsent() {
        String body =
                """
                {"client_id":null,"name":"github","endpoint_slug":null,"connection_type":"http",
                 "connection_string":"https://mcp.example/mcp","auth_type":null,
                 "oauth_config":{"issuer":"","client_id":null,"client_secret":"","scopes":null,
                   "token_endpoint_auth_method":"","authorize_params":null,
                   "dpop_bound_access_tokens":null},
                 "headers":null,"tools_to_execute":null,"tool_execution_timeout":0,
                 "tool_sync_interval":-1,"is_ping_available":null,"disabled":null,
                 "protocol_version":null,"tls_config":null}\
                """;

        ApiReply pending = api.post("/api/mcp/client").json(body).send().hasStatus(200);

        assertThat(pending.text("/status")).isEqualTo("pending_oauth");
    }

    @Test
    void fieldsThatOnlyBifrostHasAreNamedInWarnings() {
        String body =
                OPEN.replace(
                        "{\"name\"",
                        "{\"is_code_mode_client\":true,\"tool_pricing\":{\"a\":1},"
                                + "\"tls_config\":{\"insecure_skip_verify\":true},\"name\"");

        ApiReply reply = api.post("/api/mcp/client").json(body).send().hasStatus(200);

        assertThat(reply.json().get("warnings"))
                .extracting(warning -> warning.asText().split(":", 2)[0])
                .containsExactly(
                        "is_code_mode_client", "tool_pricing", "tls_config.insecure_skip_verify");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            textBlock =
                    """
                    "colour":"red"                              | unknown_field | colour
                    "oauth_config":{"colour":"red"}             | unknown_field | oauth_config.colour
                    "client_id":"oauth_x"                       | invalid_field | client_id
                    "name":7                                    | invalid_field | name
                    "name":"a-b"                                | invalid_field | name
                    "name":""                                   | invalid_field | name
                    "name":null                                 | missing_field | name
                    "endpoint_slug":"A b"                       | invalid_field | endpoint_slug
                    "connection_type":"stdio"                   | invalid_field | connection_type
                    "connection_type":"carrier-pigeon"          | invalid_field | connection_type
                    "connection_type":null                      | missing_field | connection_type
                    "connection_string":"ftp://mcp.example/"    | invalid_field | connection_string
                    "connection_string":null                    | missing_field | connection_string
                    "auth_type":"kerberos"                      | invalid_field | auth_type
                    "auth_type":"headers"                       | invalid_field | headers
                    "auth_type":"none","oauth_config":{}        | invalid_field | oauth_config
                    "oauth_config":{"issuer":"x"}               | invalid_field | oauth_config.issuer
                    "oauth_config":{"client_secret":"s"}        | invalid_field | oauth_config.client_id
                    "oauth_config":{"client_id":"a","client_secret":"[redacted]"} | invalid_field | oauth_config.client_secret
                    "oauth_config":{"authorize_url":"https://as.example/a"}       | invalid_field | oauth_config.token_url
                    "oauth_config":{"scopes":["a b"]}           | invalid_field | oauth_config.scopes
                    "oauth_config":{"token_endpoint_auth_method":"x"} | invalid_field | oauth_config.token_endpoint_auth_method
                    "oauth_config":{"authorize_params":{"state":"x"}} | invalid_field | oauth_config.authorize_params
                    "oauth_config":{"exceptions":["all"]}       | invalid_field | oauth_config.exceptions
                    "headers":{"Host":"x"}                      | invalid_field | headers
                    "headers":{"X-Key":"[redacted]"}            | invalid_field | headers
                    "headers":{"X-Key":7}                       | invalid_field | headers.X-Key
                    "tools_to_execute":"echo"                   | invalid_field | tools_to_execute
                    "tool_execution_timeout":601                | invalid_field | tool_execution_timeout
                    "tool_execution_timeout":"30"               | invalid_field | tool_execution_timeout
                    "tool_sync_interval":43201                  | invalid_field | tool_sync_interval
                    "disabled":"yes"                            | invalid_field | disabled
                    "protocol_version":"latest"                 | invalid_field | protocol_version
                    "tls_config":{"ca_cert_pem":"x"}            | invalid_field | tls_config.ca_cert_pem
                    """)
    void badFieldIsNamed(String field, String code, String param) {
        String name = field.split("\"", 3)[1];
        String body =
                OPEN.contains("\"" + name + "\"")
                        ? OPEN.replaceAll("\"" + name + "\":\"[^\"]*\"", field)
                        : OPEN.replace("{\"name\"", "{" + field + ",\"name\"");

        api.post("/api/mcp/client").json(body).send().failsWith(400, code).blames(param);
        assertThat(api.mooring.connector().connects().count()).isZero();
    }

    @Test
    void takenNameSlugAndIdAreToldBeforeAnybodyIsAsked() {
        register(OPEN.replace("{\"name\"", "{\"client_id\":\"one\",\"name\""));
        int asked = api.mooring.connector().connects().count();

        api.post("/api/mcp/client")
                .json(OPEN)
                .send()
                .failsWith(409, "already_taken")
                .blames("name");
        String slug =
                OPEN.replace("search", "Search").replace("{", "{\"endpoint_slug\":\"search\",");
        api.post("/api/mcp/client")
                .json(slug)
                .send()
                .failsWith(409, "already_taken")
                .blames("endpoint_slug");
        String id = OPEN.replace("search", "other").replace("{", "{\"client_id\":\"one\",");
        api.post("/api/mcp/client")
                .json(id)
                .send()
                .failsWith(409, "already_taken")
                .blames("client_id");
        assertThat(api.mooring.connector().connects().count()).isEqualTo(asked);
    }

    @ParameterizedTest
    @EnumSource(Problem.Code.class)
    void problemOfTheServerHasTheStatusOfItsBlame(Problem.Code code) {
        api.mooring
                .connector()
                .connects()
                .next(new ConnectAnswer.Failed(new Problem(code, "mcp.example is not well")));

        int status =
                switch (code.blame()) {
                    case REFUSED -> 422;
                    case BROKEN -> 502;
                    case SLOW -> 504;
                    case NOBODY -> 409;
                };
        ApiReply reply =
                api.post("/api/mcp/client")
                        .json(OPEN)
                        .send()
                        .failsWith(status, code.name().toLowerCase(java.util.Locale.ROOT));
        assertThat(reply.text("/type"))
                .isEqualTo(code.blame() == Problem.Blame.NOBODY ? "conflict" : "upstream");
        assertThat(reply.text("/error/message")).isEqualTo("mcp.example is not well");
        assertThat(api.get("/api/mcp/clients").send().json().get("total_count").asInt()).isZero();
    }

    @Test
    void repeatedRequestMakesOneClientAndGetsTheSameLink() {
        List<ApiReply> replies =
                IntStream.range(0, 3)
                        .mapToObj(i ->
                                api.post("/api/mcp/client")
                                        .header("Idempotency-Key", "order-1")
                                        .json(OAUTH)
                                        .send()
                                        .hasStatus(200))
                        .toList();

        assertThat(replies).extracting(ApiReply::text).containsOnly(replies.getFirst().text());
        assertThat(api.get("/api/mcp/clients").send().json().get("count").asInt()).isEqualTo(1);
    }

    @Test
    void repeatOfAFinishedRegistrationTellsHowTheClientStands() {
        api.post("/api/mcp/client").header("Idempotency-Key", "k").json(OPEN).send();
        api.put("/api/mcp/client/" + onlyId()).json("{\"disabled\":true}").send().hasStatus(200);

        ApiReply repeat =
                api.post("/api/mcp/client").header("Idempotency-Key", "k").json(OPEN).send();

        assertThat(repeat.text("/message")).isEqualTo("MCP client registered; it is disabled");
    }

    private String onlyId() {
        return api.get("/api/mcp/clients").send().text("/clients/0/config/client_id");
    }

    @Test
    void keyOfAnotherRequestIsRefused() {
        api.post("/api/mcp/client").header("Idempotency-Key", "k").json(OPEN).send();

        api.post("/api/mcp/client")
                .header("Idempotency-Key", "k")
                .json(OAUTH)
                .send()
                .failsWith(409, "idempotency_key_reused")
                .blames("Idempotency-Key");
        api.call("POST", "/api/mcp/client")
                .as(Role.ADMIN)
                .header("Idempotency-Key", "k")
                .json(OAUTH)
                .send()
                .hasStatus(200);
    }

    @Test
    void idempotencyKeyBelongsToACallerAndNotToAName() {
        for (String body : List.of(OPEN, OAUTH)) {
            ApiReply made =
                    api.call("POST", "/api/keys")
                            .as(Role.ADMIN)
                            .json("{\"name\":\"ci\",\"role\":\"operator\"}")
                            .send()
                            .hasStatus(200);
            api.call("POST", "/api/mcp/client")
                    .header("x-api-key", made.text("/key"))
                    .header("Idempotency-Key", "k")
                    .json(body)
                    .send()
                    .hasStatus(200);
            api.call("DELETE", "/api/keys/" + made.text("/id")).as(Role.ADMIN).send();
        }
    }

    @Test
    void badIdempotencyKeyIsRefused() {
        api.post("/api/mcp/client")
                .header("Idempotency-Key", "x".repeat(256))
                .json(OPEN)
                .send()
                .failsWith(400, "invalid_parameter")
                .blames("Idempotency-Key");
    }

    @Test
    void secretIsInNoAnswer() {
        String body =
                OAUTH.replace(
                        "}",
                        ",\"oauth_config\":{\"client_id\":\"a\",\"client_secret\":\"hunter2\"},\"headers\":{\"X-Key\":\"hunter3\"}}");

        ApiReply pending = api.post("/api/mcp/client").json(body).send().hasStatus(200);

        String id = pending.text("/mcp_client_id");
        assertThat(pending.text()).doesNotContain("hunter");
        assertThat(api.get("/api/mcp/client/" + id).send().text()).doesNotContain("hunter");
        assertThat(api.get("/api/mcp/clients").send().text()).doesNotContain("hunter");
    }
}
