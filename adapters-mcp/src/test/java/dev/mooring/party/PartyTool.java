package dev.mooring.party;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.function.Function;

/**
 * A tool of an MCP party.
 *
 * @param scopes what a token needs on top of what the server asks of every request
 * @param capability a client capability that the tool cannot do without; empty for none
 * @param behaviour makes the result of {@code tools/call} from its arguments
 */
public record PartyTool(
        String name,
        String description,
        ObjectNode inputSchema,
        Set<String> scopes,
        String capability,
        Function<JsonNode, ObjectNode> behaviour) {

    /** Returns its argument {@code text}. */
    public static PartyTool echo() {
        return of("echo", "Returns its text.", arguments -> text(arguments.path("text").asText()))
                .taking("text", "string");
    }

    /** Adds its integer arguments {@code a} and {@code b}. */
    public static PartyTool add() {
        return of(
                        "add",
                        "Adds two integers.",
                        arguments ->
                                text(
                                        ""
                                                + (arguments.path("a").asLong()
                                                        + arguments.path("b").asLong())))
                .taking("a", "integer")
                .taking("b", "integer");
    }

    /** Always reports an error of its own, in the result. */
    public static PartyTool failing() {
        return of("fail", "Always fails.", arguments -> text("It failed.").put("isError", true));
    }

    /** Needs a scope of its own, so that a token without it is asked to step up. */
    public static PartyTool needingScope(String name, String... scopes) {
        PartyTool plain = of(name, "Needs more scopes.", arguments -> text("stepped up"));
        return new PartyTool(
                plain.name,
                plain.description,
                plain.inputSchema,
                new LinkedHashSet<>(Arrays.asList(scopes)),
                "",
                plain.behaviour);
    }

    /** Wants its argument {@code region} mirrored in the header {@code Mcp-Param-Region}. */
    public static PartyTool mirroringItsRegion() {
        PartyTool tool =
                of("regional", "Acts in a region.", arguments -> text(arguments.toString()))
                        .taking("region", "string");
        ((ObjectNode) tool.inputSchema.path("properties").path("region"))
                .put("x-mcp-header", "Region");
        return tool;
    }

    /** Has a header annotation that no client may accept. */
    public static PartyTool annotatedWrongly() {
        PartyTool tool =
                of("misannotated", "Nobody may list this.", arguments -> text(""))
                        .taking("amount", "number");
        ((ObjectNode) tool.inputSchema.path("properties").path("amount"))
                .put("x-mcp-header", "not a token");
        return tool;
    }

    /** Asks a question instead of answering, as the modern era does by a result type. */
    public static PartyTool asking() {
        return of(
                "ask",
                "Needs an answer first.",
                arguments -> {
                    ObjectNode result = JsonRpc.object().put("resultType", "input_required");
                    result.putObject("inputRequests")
                            .putObject("name")
                            .put("method", "elicitation/create")
                            .putObject("params")
                            .put("message", "What is your name?");
                    return result;
                });
    }

    /** Refuses clients without this capability (modern era). */
    public static PartyTool needingCapability(String capability) {
        PartyTool plain = of("capable", "Needs a capable client.", arguments -> text("capable"));
        return new PartyTool(
                plain.name,
                plain.description,
                plain.inputSchema,
                Set.of(),
                capability,
                plain.behaviour);
    }

    /** A tool without arguments that does this. */
    public static PartyTool of(
            String name, String description, Function<JsonNode, ObjectNode> behaviour) {
        ObjectNode schema = JsonRpc.object().put("type", "object");
        schema.putObject("properties");
        schema.putArray("required");
        return new PartyTool(name, description, schema, Set.of(), "", behaviour);
    }

    /** A result that is this text. */
    public static ObjectNode text(String text) {
        ObjectNode result = JsonRpc.object();
        result.putArray("content").addObject().put("type", "text").put("text", text);
        return result;
    }

    private PartyTool taking(String argument, String type) {
        ObjectNode schema = inputSchema.deepCopy();
        schema.withObject("/properties").putObject(argument).put("type", type);
        schema.withArray("/required").add(argument);
        return new PartyTool(name, description, schema, scopes, capability, behaviour);
    }

    ObjectNode listed() {
        ObjectNode tool = JsonRpc.object().put("name", name).put("description", description);
        tool.set("inputSchema", inputSchema);
        return tool;
    }
}
