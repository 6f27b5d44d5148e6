package dev.mooring.adapter.rest;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** Tests of some operations, each against a fresh server. They run as parts of one test. */
abstract class Operations {
    static final String OAUTH =
            """
            {"name":"github","connection_type":"http",\
            "connection_string":"https://mcp.example/mcp","auth_type":"oauth"}\
            """;
    static final String OPEN =
            """
            {"name":"search","connection_type":"http",\
            "connection_string":"https://open.example/mcp"}\
            """;
    static final String HEADERS =
            """
            {"name":"search","connection_type":"http",\
            "connection_string":"https://mcp.example/mcp","headers":{"X-Api-Key":"k3y"}}\
            """;

    ApiServer api;

    @BeforeEach
    void start() {
        api = new ApiServer();
    }

    @AfterEach
    void stop() {
        api.close();
    }

    /** Registers a client and returns its id. */
    String register(String body) {
        ApiReply reply = api.post("/api/mcp/client").json(body).send().hasStatus(200);
        return reply.text("/mcp_client_id");
    }
}
