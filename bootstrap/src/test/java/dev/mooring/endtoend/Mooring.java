package dev.mooring.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.mooring.endtoend.ApiClient.Credential;
import dev.mooring.endtoend.ApiClient.Reply;
import dev.mooring.endtoend.Browser.Page;

import java.util.UUID;

/** What a user of the service does, in the service's own words. */
final class Mooring implements AutoCloseable {

    static final String CONNECTED = "MCP client connected successfully with OAuth";

    /** A client that waits for a person's consent, as its registration was answered. */
    record Pending(
            String id,
            String name,
            String configId,
            String flowId,
            String authorizeUrl,
            String statusUrl,
            String completeUrl) {}

    private final ApiClient api;
    private final Browser browser;

    /** A user with this admin key. */
    Mooring(String address, String key) {
        this(address, key, new Browser());
    }

    /** A user with this admin key, and a browser of a person who knows something. */
    Mooring(String address, String key, Browser browser) {
        this.api = new ApiClient(address, new Credential.ApiKey(key));
        this.browser = browser;
    }

    /** Plain HTTP with this user's credential. */
    ApiClient api() {
        return api;
    }

    /** This user's browser. */
    Browser browser() {
        return browser;
    }

    /** A request for a client behind OAuth, under a name that nobody has. */
    static ObjectNode request(String endpoint) {
        return ApiClient.object()
                .put("name", "t" + UUID.randomUUID().toString().replace("-", ""))
                .put("connection_type", "http")
                .put("connection_string", endpoint)
                .put("auth_type", "oauth");
    }

    /** Registers a client behind OAuth at this endpoint. */
    Pending register(String endpoint) {
        return register(request(endpoint));
    }

    /** Registers a client behind OAuth. */
    Pending register(ObjectNode request) {
        Reply reply = api.post("/api/mcp/client", request);
        assertThat(reply.status()).as(reply.body()).isEqualTo(200);
        return pending(request.path("name").asText(), reply);
    }

    /** Reads a pending answer, which must have everything such an answer has. */
    static Pending pending(String name, Reply reply) {
        assertThat(reply.text("/status")).as(reply.body()).isEqualTo("pending_oauth");
        assertThat(reply.text("/message")).isNotEmpty();
        assertThat(reply.text("/expires_at")).endsWith("Z");
        assertThat(reply.json().at("/next_steps")).isNotEmpty();
        return new Pending(
                reply.text("/mcp_client_id"),
                name,
                reply.text("/oauth_config_id"),
                reply.text("/flow_id"),
                reply.text("/authorize_url"),
                reply.text("/status_url"),
                reply.text("/complete_url"));
    }

    /** Opens the link as the person does, through to our callback's page. */
    Page consent(Pending pending) {
        return browser.open(pending.authorizeUrl());
    }

    /** Completes the flow of the client with this id, or of this OAuth config. */
    Reply complete(String id) {
        return api.post("/api/mcp/client/" + id + "/complete-oauth");
    }

    /** Registers, consents and completes. */
    Pending connect(String endpoint) {
        return connect(request(endpoint));
    }

    /** Registers, consents and completes. */
    Pending connect(ObjectNode request) {
        Pending pending = register(request);
        Page page = consent(pending);
        assertThat(page.status()).as(page.body()).isEqualTo(200);
        Reply completed = complete(pending.id());
        assertThat(completed.status()).as(completed.body()).isEqualTo(200);
        return pending;
    }

    Reply client(String id) {
        return api.get("/api/mcp/client/" + id);
    }

    String state(String id) {
        return client(id).text("/state");
    }

    Reply reauthorize(String id) {
        return api.post("/api/mcp/client/" + id + "/reauthorize");
    }

    Reply delete(String id) {
        return api.delete("/api/mcp/client/" + id);
    }

    /** The status of an OAuth config: {@code pending authorized failed expired revoked}. */
    String status(String configId) {
        return api.get("/api/oauth/config/" + configId + "/status").text("/status");
    }

    /** Executes a tool of this client. */
    Reply execute(String clientName, String tool, ObjectNode arguments) {
        ObjectNode call = ApiClient.object().put("id", "call_1").put("type", "function");
        call.putObject("function")
                .put("name", clientName + "-" + tool)
                .put("arguments", arguments.toString());
        return api.post("/v1/mcp/tool/execute", call);
    }

    /** Executes the tool that the parties call {@code echo}. */
    Reply echo(String clientName, String text) {
        return execute(clientName, "echo", ApiClient.object().put("text", text));
    }

    @Override
    public void close() {
        api.close();
        browser.close();
    }
}
