package dev.mooring.bootstrap;

import dev.mooring.adapter.http.Body;
import dev.mooring.adapter.http.GuardedHttp;
import dev.mooring.adapter.http.OutboundAllow;
import dev.mooring.adapter.http.OutboundRequest;
import dev.mooring.adapter.http.OutboundSettings;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/**
 * A short life of the service for the JVM to learn from, which then writes what it learned into an
 * AOT cache (JEP 483, JEP 514): on a store of its own, on ports of its own, with nobody else's
 * configuration, asked for a little of everything.
 */
final class Training {
    private static final SecureRandom RANDOM = new SecureRandom();
    private static final List<String> SHOWN =
            List.of(
                    "/",
                    "/openapi",
                    "/health/live",
                    "/health/ready",
                    "/api/mcp/clients",
                    "/api/mcp/client/mcp_0",
                    "/api/oauth/config/oauth_0/status",
                    "/api/oauth/callback?state=none&code=none",
                    "/api/keys",
                    "/nowhere");

    private Training() {}

    /**
     * Lives through it.
     *
     * @param directory where the store may be; the caller removes it
     */
    static void run(Path directory, String version) throws IOException {
        String key = "training-" + HexFormat.of().formatHex(RANDOM.generateSeed(16));
        Map<String, String> environment =
                Map.of(
                        "MOORING_DATA_DIR", directory.toString(),
                        "MOORING_PORT", freePort(),
                        "MOORING_ADMIN_PORT", freePort(),
                        "MOORING_ADMIN_KEY", key,
                        "MOORING_OUTBOUND_ALLOW", "127.0.0.1");
        Configuration configuration = Configuration.read(environment, directory);
        OutboundSettings loopback =
                OutboundSettings.of(OutboundAllow.parse("127.0.0.1"), "Mooring-Training");
        try (Application application = Application.start(configuration, version);
                GuardedHttp http = new GuardedHttp(loopback)) {
            URI api = URI.create("http://127.0.0.1:" + application.port());
            for (String path : SHOWN) {
                http.send(OutboundRequest.get(api.resolve(path)).withHeader("x-api-key", key));
            }
            register(http, api, key, "headers");
            register(http, api, key, "oauth");
            http.send(
                    OutboundRequest.get(
                            URI.create(
                                    "http://127.0.0.1:" + application.adminPort() + "/metrics")));
        }
    }

    /** Asks for a client of a server that is none, so that all is tried and nothing kept. */
    private static void register(GuardedHttp http, URI api, String key, String authType) {
        String body =
                """
                {"name":"training","connection_type":"http","connection_string":"%s/nowhere",\
                "auth_type":"%s"}\
                """
                        .formatted(api, authType);
        http.send(
                OutboundRequest.post(
                                api.resolve("/api/mcp/client"), "application/json", Body.of(body))
                        .withHeader("x-api-key", key));
    }

    private static String freePort() throws IOException {
        try (ServerSocket probe = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return String.valueOf(probe.getLocalPort());
        }
    }
}
