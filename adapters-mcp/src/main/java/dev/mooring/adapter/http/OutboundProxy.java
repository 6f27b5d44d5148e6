package dev.mooring.adapter.http;

import java.util.Optional;

/**
 * An HTTP proxy that carries every call through CONNECT, except those to allow-listed hosts and
 * networks, which are dialled directly.
 *
 * @param connectsByName false: we resolve and check the target and ask the proxy for the checked
 *     address; true: the proxy is given the name, and what it may reach is the proxy's to decide
 */
public record OutboundProxy(
        String host, int port, Optional<Credentials> credentials, boolean connectsByName) {

    /** What the proxy asks for (HTTP Basic). */
    public record Credentials(String user, String password) {

        @Override
        public String toString() {
            return "Credentials[redacted]";
        }
    }

    public OutboundProxy {
        if (host.isBlank()) {
            throw new IllegalArgumentException("proxy host is blank");
        }
        if (port < 1 || port > 65_535) {
            throw new IllegalArgumentException("proxy port is not between 1 and 65535");
        }
    }
}
