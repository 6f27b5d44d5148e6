package dev.mooring.domain.oauth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mooring.domain.InvalidValueException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.net.URI;

class HttpUrlTest {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "https://mcp.example",
                "HTTPS://mcp.example/mcp",
                "http://127.0.0.1:8080/mcp?a=b",
                "http://[::1]:65535/",
                "https://mcp.example/%20/#fragment"
            })
    void anHttpUrlIsTakenAsItIs(String text) {
        assertThat(HttpUrl.requireHttpUrl("field", text)).hasToString(text);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "mcp.example",
                "//mcp.example",
                "javascript:alert(1)",
                "data:text/html,x",
                "file:///etc/passwd",
                "https:",
                "https://",
                "https:///path",
                "https:mcp.example",
                "https://mcp.example/a b",
                "https://mcp.example/\u0000",
                "https://mcp.example/\r\nHost: evil",
                "https://me@mcp.example",
                "https://me:secret@mcp.example",
                "https://@mcp.example",
                "https://mcp.example:65536",
                "https://mcp.example:99999999999"
            })
    void whatIsNoHttpUrlIsRefusedByNameAndNotRepeated(String text) {
        assertThatThrownBy(() -> HttpUrl.requireHttpUrl("connection_string", text))
                .isInstanceOfSatisfying(
                        InvalidValueException.class,
                        e -> assertThat(e.field()).isEqualTo("connection_string"))
                .message()
                .doesNotContain("secret", "evil", "passwd");
    }

    @Test
    void anEndlessUrlIsRefused() {
        String longest = "https://mcp.example/" + "a".repeat(2048 - 20);
        assertThat(HttpUrl.requireHttpUrl("field", longest)).hasToString(longest);
        assertThatThrownBy(() -> HttpUrl.requireHttpUrl("field", longest + "a"))
                .isInstanceOf(InvalidValueException.class);
    }

    @ParameterizedTest
    @CsvSource({
        "https://MCP.example/a?b, https://mcp.example",
        "HTTPS://mcp.example:443, https://mcp.example",
        "http://mcp.example:80/, http://mcp.example",
        "http://mcp.example:443, http://mcp.example:443",
        "https://mcp.example:80, https://mcp.example:80",
        "http://[::1]:8080/x, http://[::1]:8080"
    })
    void anOriginIsSchemeHostAndPort(String url, String origin) {
        assertThat(HttpUrl.origin(URI.create(url))).isEqualTo(origin);
    }
}
