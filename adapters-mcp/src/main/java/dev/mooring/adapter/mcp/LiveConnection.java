package dev.mooring.adapter.mcp;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.mooring.application.port.Budget;
import dev.mooring.domain.lifecycle.Problem;
import dev.mooring.domain.lifecycle.Problem.Code;
import dev.mooring.domain.mcp.ProtocolVersion;
import dev.mooring.domain.mcp.ServerProfile;
import dev.mooring.domain.mcp.Tool;

import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * A server that has accepted us, ready for requests. What an era needs to remember from one request
 * to the next is in here. Any number of threads may use it at once.
 */
sealed interface LiveConnection permits ModernConnection, LegacyConnection {
    /** Who the server said it is when it accepted us. */
    ServerProfile server();

    /** Asks for all the tools that the server has for us now. */
    Outcome<List<Tool>> listTools(Budget budget);

    /** Calls a tool, at most once, and gives its result as the server sent it. */
    Outcome<ObjectNode> callTool(String name, ObjectNode arguments, Budget budget);

    /** Says good-bye where the era knows such a thing: two seconds at most, and never fails. */
    void leave();

    /**
     * A server as it introduces itself.
     *
     * @param info its {@code serverInfo}, which some leave out
     * @param result what its {@code instructions} are in
     */
    static ServerProfile profile(
            String host, JsonNode info, ProtocolVersion version, JsonNode result) {
        String name = ForeignText.bounded(info.path("name").asText(), 256);
        JsonNode instructions = result.path("instructions");
        return new ServerProfile(
                name.isBlank() ? host : name,
                ForeignText.bounded(info.path("version").asText("unknown"), 128),
                version,
                instructions.isTextual()
                        ? Optional.of(ForeignText.bounded(instructions.asText(), 16 << 10))
                        : Optional.empty());
    }

    static Problem unsupported(String host, List<ProtocolVersion> supported) {
        String known =
                supported.stream()
                        .limit(8)
                        .map(ProtocolVersion::value)
                        .collect(Collectors.joining(", "));
        return new Problem(
                Code.PROTOCOL_VERSION_UNSUPPORTED,
                host
                        + " does not speak the revision of MCP that was asked for"
                        + (known.isEmpty() ? "" : ", but " + known));
    }
}
