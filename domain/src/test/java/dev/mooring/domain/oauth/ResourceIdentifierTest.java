package dev.mooring.domain.oauth;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.domain.Refused;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.net.URI;

class ResourceIdentifierTest {

    @ParameterizedTest
    @CsvSource({
        // the server itself, and the roads that lead to it
        "https://mcp.example/mcp, https://mcp.example/mcp",
        "https://mcp.example/mcp/, https://mcp.example/mcp",
        "https://mcp.example/mcp, https://mcp.example/mcp/",
        "https://mcp.example, https://mcp.example/mcp",
        "https://mcp.example/, https://mcp.example/mcp",
        "https://mcp.example/a, https://mcp.example/a/mcp",
        "https://mcp.example/mcp, https://mcp.example/mcp?tenant=1",
        "https://mcp.example/mcp?tenant=1, https://mcp.example/mcp?tenant=1",
        // the same origin in other words
        "https://MCP.example/mcp, https://mcp.example/mcp",
        "https://mcp.example:443/mcp, https://mcp.example/mcp"
    })
    void aResourceMayStandForTheServerOnItsPath(String resource, String server) {
        assertThat(new ResourceIdentifier(resource).covers(URI.create(server))).isTrue();
    }

    @ParameterizedTest
    @CsvSource({
        "https://evil.example/mcp, https://mcp.example/mcp",
        "https://mcp.example.evil.example/mcp, https://mcp.example/mcp",
        "http://mcp.example/mcp, https://mcp.example/mcp",
        "https://mcp.example:8443/mcp, https://mcp.example/mcp",
        "https://mcp.example/mcp2, https://mcp.example/mcp",
        "https://mcp.example/mc, https://mcp.example/mcp",
        "https://mcp.example/mcp/deeper, https://mcp.example/mcp",
        "https://mcp.example/MCP, https://mcp.example/mcp",
        "https://mcp.example/mcp?tenant=1, https://mcp.example/mcp",
        "https://mcp.example/mcp?tenant=1, https://mcp.example/mcp?tenant=2"
    })
    void aResourceMayNotStandForAnyOtherServer(String resource, String server) {
        assertThat(new ResourceIdentifier(resource).covers(URI.create(server))).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"mcp", "urn:mcp:server", "https://mcp.example/mcp#top"})
    void whatIsNoResourceIsRefusedByName(String text) {
        Refused.naming("oauth_config.resource", () -> new ResourceIdentifier(text));
    }
}
