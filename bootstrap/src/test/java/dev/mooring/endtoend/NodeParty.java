package dev.mooring.endtoend;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * A real server from a public npm package, as a process on a loopback port. It is ready when made,
 * and dies with this JVM. Only for tests marked {@link NeedsNpm}.
 */
final class NodeParty implements AutoCloseable {

    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final Pattern READY = Pattern.compile("^ready (\\S+)$");

    private final ChildProcess process;
    private final String address;

    private NodeParty(ChildProcess process, String address) {
        this.process = process;
        this.address = address;
    }

    /** The authorization server oidc-provider, whose {@link #address()} is its issuer. */
    static NodeParty authorizationServer(Duration accessTokenLifetime) {
        return authorizationServer(accessTokenLifetime, Map.of());
    }

    /** The same with more of its settings, which its script explains. */
    static NodeParty authorizationServer(Duration accessTokenLifetime, Map<String, String> more) {
        Map<String, String> environment = new HashMap<>(more);
        environment.put("ACCESS_TOKEN_SECONDS", "" + accessTokenLifetime.toSeconds());
        return announced("authorization-server.mjs", environment);
    }

    /** The MCP server of the TypeScript SDK v2, of both eras, behind this authorization server. */
    static NodeParty dualEraServer(NodeParty issuer) {
        return dualEraServer(issuer.address());
    }

    /** The same behind any authorization server whose tokens are JWTs. */
    static NodeParty dualEraServer(String issuer) {
        return announced("mcp-server.mjs", Map.of("ISSUER", issuer));
    }

    /** The same, which takes only tokens that are bound to a key of the caller's. */
    static NodeParty dualEraServerThatWantsProof(NodeParty issuer) {
        return announced("mcp-server.mjs", Map.of("ISSUER", issuer.address(), "DPOP", "required"));
    }

    /** The same, which refuses the legacy era. */
    static NodeParty modernServer(NodeParty issuer) {
        return announced("mcp-server.mjs", Map.of("ISSUER", issuer.address(), "LEGACY", "reject"));
    }

    /** The demo of the TypeScript SDK v1: authorization server and legacy MCP server in one. */
    static NodeParty demo() {
        int port = FreePorts.next();
        ChildProcess process =
                start(
                        List.of(
                                "node_modules/@modelcontextprotocol/sdk/dist/esm/examples/server"
                                        + "/simpleStreamableHttp.js",
                                "--oauth",
                                "--oauth-strict"),
                        Map.of("MCP_PORT", "" + port, "MCP_AUTH_PORT", "" + FreePorts.next()));
        process.awaitLine(Pattern.compile("MCP Streamable HTTP Server listening"), PATIENCE);
        process.awaitLine(Pattern.compile("OAuth Authorization Server listening"), PATIENCE);
        return new NodeParty(process, "http://localhost:" + port + "/mcp");
    }

    /** Its issuer or its MCP endpoint. */
    String address() {
        return address;
    }

    /** What it printed. */
    List<String> output() {
        return process.output();
    }

    /** The first line, already printed or to come in time, that begins so. */
    String awaitLine(String start) {
        return process.awaitLine(Pattern.compile("^" + Pattern.quote(start) + ".*$"), PATIENCE)
                .group();
    }

    @Override
    public void close() {
        process.close();
    }

    private static NodeParty announced(String script, Map<String, String> environment) {
        ChildProcess process = start(List.of(script), environment);
        return new NodeParty(process, process.awaitLine(READY, PATIENCE).group(1));
    }

    private static ChildProcess start(List<String> arguments, Map<String, String> environment) {
        Path directory = NpmPackages.directory();
        List<String> command =
                new ArrayList<>(List.of(NpmPackages.node().toString(), "--import", "./party.mjs"));
        command.addAll(arguments);
        return ChildProcess.start(command, directory, environment);
    }
}
