package dev.mooring.adapter.rest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.application.fixture.Clients;
import dev.mooring.domain.lifecycle.ClientState;
import dev.mooring.domain.lifecycle.McpClient;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.util.List;

abstract class ShowOperations extends Operations {
    @Test
    void clientOfEveryStateIsShownWithItsState() {
        List<McpClient> all = Clients.everyState();
        api.mooring
                .database()
                .execute(() -> {
                    all.forEach(api.mooring.ports().clients()::insert);
                    return true;
                });

        for (McpClient client : all) {
            ApiReply shown = api.get("/api/mcp/client/" + client.id()).send().hasStatus(200);
            assertThat(shown.text("/state")).isEqualTo(ClientState.of(client).word());
            assertThat(shown.header("ETag")).isEqualTo("\"1\"");
        }
        ApiReply list = api.get("/api/mcp/clients?limit=100").send().hasStatus(200);
        assertThat(list.json().get("clients")).hasSize(all.size());
    }

    @Test
    void connectedClientIsShownWithToolsAndCredential() {
        String id = api.mooring.connect("github").client().value();

        ApiReply shown = api.get("/api/mcp/client/" + id).send().hasStatus(200);

        assertThat(shown.text("/state")).isEqualTo("connected");
        assertThat(shown.text("/tools/0/name")).isEqualTo("echo");
        assertThat(shown.text("/tools/0/parameters/type")).isEqualTo("object");
        assertThat(shown.text("/authorization/status")).isEqualTo("authorized");
        assertThat(shown.text("/credential/issuer")).isEqualTo("https://as.example");
        assertThat(shown.text("/credential/token_type")).isEqualTo("Bearer");
        assertThat(shown.json().at("/credential/refreshable").asBoolean()).isTrue();
        assertThat(shown.text()).doesNotContain("access-1", "refresh-1");
        assertThat(api.get("/api/mcp/clients").send().json().at("/clients/0/tools/0")).hasSize(2);
    }

    @Test
    void listIsCutIntoPagesAndFiltered() {
        for (String name : List.of("alpha", "beta", "gamma")) {
            register(OPEN.replace("search", name));
        }
        register(OAUTH);

        ApiReply page = api.get("/api/mcp/clients?limit=2&offset=1").send().hasStatus(200);
        assertThat(page.json().get("count").asInt()).isEqualTo(2);
        assertThat(page.json().get("total_count").asInt()).isEqualTo(4);
        assertThat(page.text("/clients/0/config/name")).isEqualTo("beta");
        assertThat(names("search=AMM")).containsExactly("gamma");
        assertThat(names("state=pending_oauth")).containsExactly("github");
        assertThat(names("auth_type=none&connection_type=http"))
                .containsExactly("alpha", "beta", "gamma");
        assertThat(names("connection_type=sse")).isEmpty();
        assertThat(names("offset=2147483647")).isEmpty();
        assertThat(names("search=")).hasSize(4);
    }

    private List<String> names(String query) {
        return api
                .get("/api/mcp/clients?" + query)
                .send()
                .hasStatus(200)
                .json()
                .get("clients")
                .findValuesAsText("name")
                .stream()
                .filter(name -> !name.equals("echo") && !name.equals("add"))
                .filter(name -> !name.equals("Scripted"))
                .toList();
    }

    @ParameterizedTest
    @CsvSource({
        "limit=0, limit",
        "limit=101, limit",
        "limit=ten, limit",
        "limit=-1, limit",
        "limit=99999999999, limit",
        "limit=1&limit=2, limit",
        "offset=-1, offset",
        "offset=2147483648, offset",
        "state=happy, state",
        "auth_type=magic, auth_type",
        "connection_type=stdio, connection_type",
    })
    void badParameterIsNamed(String query, String param) {
        api.get("/api/mcp/clients?" + query)
                .send()
                .failsWith(400, "invalid_parameter")
                .blames(param);
    }

    @ParameterizedTest
    @ValueSource(strings = {"mcp_0", "oauth_1", "%20", "a%2Fb", "%3Cscript%3E"})
    void unknownClientIsNotFound(String id) {
        ApiReply reply = api.get("/api/mcp/client/" + id).send().hasStatus(404);

        assertThat(reply.text()).doesNotContain("script");
    }

    @Test
    void removedClientIsGone() {
        String id = register(OPEN);

        ApiReply removed = api.delete("/api/mcp/client/" + id).send().hasStatus(200);

        assertThat(removed.text("/message")).isEqualTo("MCP client removed successfully");
        api.get("/api/mcp/client/" + id).send().failsWith(404, "client_not_found");
        api.delete("/api/mcp/client/" + id).send().failsWith(404, "client_not_found");
    }
}
