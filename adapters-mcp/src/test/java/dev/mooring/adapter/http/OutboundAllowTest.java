package dev.mooring.adapter.http;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OutboundAllowTest {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "", "  ", "localhost", "localhost, 127.0.0.1 ,::1", "*.svc.cluster.local",
                        "my_service:8080",
                "10.0.0.0/8:443", "[::1]", "[::1]:3000", "[fd00::/8]:8443", "fe80::/10",
                        "Host.Example:65535"
            })
    void wellFormedListsAreRead(String list) {
        assertThatCode(() -> OutboundAllow.parse(list)).doesNotThrowAnyException();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "*",
                "*.",
                "*example",
                "a.*.example",
                "http://localhost",
                "localhost/path",
                "localhost:0",
                "localhost:65536",
                "localhost:http",
                "localhost:",
                "10.0.0.0/33",
                "10.0.0.0/",
                "10.0.0.0/-1",
                "10.0.0/8",
                "10.1",
                "0x7f.1",
                "0177.0.0.1",
                "256.0.0.1",
                "fd00::/129",
                "[::1",
                "::1]:80",
                "[localhost:80",
                "fe80::1%eth0",
                "host..example",
                "-host.example",
                "host.",
                "ho st",
                "höst"
            })
    void aBadEntryIsNamed(String entry) {
        assertThatThrownBy(() -> OutboundAllow.parse("localhost," + entry + ",127.0.0.1"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("\"" + entry + "\"");
    }

    @Test
    void anEmptyEntryIsAMistake() {
        assertThatThrownBy(() -> OutboundAllow.parse("localhost,,::1"))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
