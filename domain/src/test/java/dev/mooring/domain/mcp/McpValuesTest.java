package dev.mooring.domain.mcp;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.domain.Refused;
import dev.mooring.domain.mcp.ProtocolVersion.Era;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.util.List;

class McpValuesTest {

    @ParameterizedTest
    @CsvSource({
        "2024-11-05, LEGACY",
        "2025-11-25, LEGACY",
        "2026-07-27, LEGACY",
        "2026-07-28, MODERN",
        "2027-01-01, MODERN"
    })
    void theRevisionDecidesTheEra(String version, Era era) {
        assertThat(new ProtocolVersion(version).era()).isEqualTo(era);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "latest", "2025-6-18", "2025-06-18 ", "2025-06-18T00:00:00Z"})
    void whatIsNoRevisionIsRefused(String version) {
        Refused.naming("protocol_version", () -> new ProtocolVersion(version));
    }

    @ParameterizedTest
    @ValueSource(strings = {"stdio", "websocket", "HTTP", ""})
    void whatIsNoTransportIsRefused(String word) {
        Refused.naming("connection_type", () -> Transport.parse(word));
    }

    @Test
    void transportsAreKnownByTheirWords() {
        for (Transport transport : Transport.values()) {
            assertThat(Transport.parse(transport.word())).isEqualTo(transport);
        }
    }

    @Test
    void aSelectionPermitsAllOrWhatItNames() {
        assertThat(ToolSelection.of(List.of("*", "echo")).permits("anything")).isTrue();
        assertThat(ToolSelection.of(List.of("echo")).permits("echo")).isTrue();
        assertThat(ToolSelection.of(List.of("echo")).permits("ECHO")).isFalse();
        assertThat(ToolSelection.of(List.of()).permits("echo")).isFalse();
    }

    @Test
    void aServerIsAnHttpUrlWithoutFragment() {
        assertThat(new ServerUri("https://MCP.example:443/mcp").origin())
                .isEqualTo("https://mcp.example");
        Refused.naming("connection_string", () -> new ServerUri("https://mcp.example/#a"));
        Refused.naming("connection_string", () -> new ServerUri("mcp.example"));
    }
}
