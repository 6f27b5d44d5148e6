package dev.mooring.adapter.mcp;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.mooring.domain.lifecycle.Problem.Code;
import dev.mooring.domain.mcp.Tool;

import java.lang.System.Logger.Level;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * Reads the pages of {@code tools/list}. A single tool that cannot be kept is left out, with a
 * warning; a list without end is refused as a whole, because half a list would look like the truth.
 */
final class ToolListing {
    private static final System.Logger LOG = System.getLogger(ToolListing.class.getName());

    private static final int MOST_TOOLS = 1000;
    private static final int MOST_PAGES = 50;
    private static final int MOST_NAME = 256;
    private static final int MOST_TITLE = 256;
    private static final int MOST_DESCRIPTION = 8 << 10;
    private static final int MOST_SCHEMA = 64 << 10;

    /** Of all tools together, in characters: they are kept in one row, and read with it. */
    private static final int MOST_IN_ALL = 2 << 20;

    private static final int MOST_COMPLAINTS = 10;

    private final String host;
    private final Map<String, ListedTool> tools = new LinkedHashMap<>();
    private int listed;
    private int complaints;
    private long characters;

    private ToolListing(String host) {
        this.host = host;
    }

    /** A tool, and its input schema as a tree. */
    record ListedTool(Tool tool, ObjectNode inputSchema) {}

    /**
     * All tools, in the server's order.
     *
     * @param page asks for one page, given the parameters of the request
     */
    static Outcome<List<ListedTool>> collect(
            String host, Function<ObjectNode, Outcome<ObjectNode>> page) {
        return new ToolListing(host).from(page, JsonRpc.object(), 1);
    }

    /**
     * A server without tools need not know the request; that it says so in a proper answer still
     * means that it accepts us.
     */
    static <T> Outcome<List<T>> noneIfNotOffered(Refusal refusal, boolean announced) {
        return !announced
                        && refusal instanceof Refusal.Rejected rejected
                        && rejected.hasCode(JsonRpc.METHOD_NOT_FOUND)
                ? Outcome.success(List.of())
                : Outcome.refused(refusal);
    }

    private Outcome<List<ListedTool>> from(
            Function<ObjectNode, Outcome<ObjectNode>> page, ObjectNode parameters, int number) {
        return page.apply(parameters)
                .then(result -> {
                    if (!result.path("tools").isArray()) {
                        return broken("sent a tool list without tools");
                    }
                    listed += result.path("tools").size();
                    if (listed > MOST_TOOLS) {
                        return broken("lists more than " + MOST_TOOLS + " tools");
                    }
                    result.path("tools").forEach(this::add);
                    if (characters > MOST_IN_ALL) {
                        return broken("describes its tools in more than 2 MiB");
                    }
                    JsonNode cursor = result.path("nextCursor");
                    if (!cursor.isTextual()) {
                        return Outcome.success(List.copyOf(tools.values()));
                    }
                    return number < MOST_PAGES
                            ? from(
                                    page,
                                    JsonRpc.object().put("cursor", cursor.asText()),
                                    number + 1)
                            : broken("lists its tools on more than " + MOST_PAGES + " pages");
                });
    }

    private void add(JsonNode entry) {
        String name = entry.path("name").asText();
        if (name.isBlank()
                || name.length() > MOST_NAME
                || !ForeignText.bounded(name, MOST_NAME).equals(name)) {
            complain(name, "its name is empty, too long or not printable");
            return;
        }
        if (!(entry.get("inputSchema") instanceof ObjectNode schema)) {
            complain(name, "it has no input schema");
            return;
        }
        String schemaText = JsonRpc.text(schema);
        if (schemaText.length() > MOST_SCHEMA || !ForeignText.isStorable(schemaText)) {
            complain(name, "its input schema is too long or not text");
            return;
        }
        Optional<String> title =
                text(entry.path("title"), MOST_TITLE)
                        .or(() -> text(entry.path("annotations").path("title"), MOST_TITLE));
        Tool tool =
                new Tool(
                        name, title, text(entry.path("description"), MOST_DESCRIPTION), schemaText);
        characters += schemaText.length() + tool.description().map(String::length).orElse(0);
        if (tools.putIfAbsent(name, new ListedTool(tool, schema)) != null) {
            complain(name, "there is one of that name already");
        }
    }

    /** The first few are enough to know what is wrong with a server. */
    private void complain(String name, String why) {
        complaints++;
        if (complaints <= MOST_COMPLAINTS) {
            leaveOut(host, name, why);
        }
    }

    /** Says that a tool is not usable, and why; what the server calls it is foreign text. */
    static void leaveOut(String host, String tool, String why) {
        LOG.log(
                Level.WARNING,
                "Tool \"{0}\" of {1} is left out: {2}",
                ForeignText.loggable(tool),
                host,
                why);
    }

    private static Optional<String> text(JsonNode node, int max) {
        return node.isTextual()
                ? Optional.of(ForeignText.bounded(node.asText(), max))
                : Optional.empty();
    }

    private Outcome<List<ListedTool>> broken(String how) {
        return Outcome.refused(Refusal.failed(Code.SERVER_BROKEN, host + " " + how));
    }
}
