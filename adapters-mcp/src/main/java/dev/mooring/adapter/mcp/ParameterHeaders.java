package dev.mooring.adapter.mcp;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.mooring.adapter.http.Headers;

import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Which arguments of a tool go into headers as well (MCP 2026-07-28, Streamable HTTP, custom
 * headers from tool parameters), as {@code x-mcp-header} in the tool's input schema says.
 */
record ParameterHeaders(List<Mirrored> mirrored) {
    private static final String ANNOTATION = "x-mcp-header";
    private static final int MOST_MIRRORED = 64;
    private static final int MOST_TEXT = 2048;
    private static final BigDecimal MOST_EXACT = BigDecimal.valueOf((1L << 53) - 1);
    private static final Pattern TOKEN = Pattern.compile("[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}");
    private static final Set<String> PRIMITIVE = Set.of("integer", "string", "boolean");

    /** Keywords whose value is data, where nothing is a schema. */
    private static final Set<String> DATA =
            Set.of("default", "const", "enum", "examples", "required", ANNOTATION);

    /** Keywords whose value has a schema under each of its names. */
    private static final Set<String> NAMED_SCHEMAS =
            Set.of("$defs", "definitions", "patternProperties", "dependentSchemas");

    ParameterHeaders {
        mirrored = List.copyOf(mirrored);
    }

    /**
     * One argument and its header.
     *
     * @param path the property names that lead to it from the root of the arguments
     */
    record Mirrored(List<String> path, String header) {}

    /** What the schema asks for; empty if it asks for something that the rules do not allow. */
    static Optional<ParameterHeaders> of(ObjectNode inputSchema) {
        List<Mirrored> mirrored = new ArrayList<>();
        return isValid(inputSchema, List.of(), true, mirrored) && areDistinct(mirrored)
                ? Optional.of(new ParameterHeaders(mirrored))
                : Optional.empty();
    }

    /** The headers for these arguments; an argument that is absent or null has none. */
    List<Headers.Field> fields(ObjectNode arguments) {
        List<Headers.Field> fields = new ArrayList<>();
        for (Mirrored each : mirrored) {
            JsonNode value = value(arguments, each);
            if (value.isValueNode() && !value.isNull()) {
                fields.add(new Headers.Field(each.header(), encode(text(value))));
            }
        }
        return fields;
    }

    /**
     * The first of these arguments that no header can carry: an integer beyond what JavaScript
     * keeps exact, which the rules forbid, or a text longer than servers take.
     */
    Optional<String> unfit(ObjectNode arguments) {
        return mirrored.stream()
                .filter(each -> !isFit(value(arguments, each)))
                .map(each -> String.join(".", each.path()))
                .findFirst();
    }

    private static boolean isFit(JsonNode value) {
        return value.isNumber()
                ? value.decimalValue().abs().compareTo(MOST_EXACT) <= 0
                : value.asText().length() <= MOST_TEXT;
    }

    private static JsonNode value(ObjectNode arguments, Mirrored mirrored) {
        JsonNode value = arguments;
        for (String name : mirrored.path()) {
            value = value.path(name);
        }
        return value;
    }

    /**
     * A value as a header can carry it: as it is where that is safe, else its UTF-8 form in Base64
     * between markers. What looks like such a form already is encoded too, so that nobody mistakes
     * it.
     */
    static String encode(String value) {
        boolean safe =
                value.chars().allMatch(c -> c >= 0x20 && c < 0x7f)
                        && value.strip().length() == value.length()
                        && !(value.startsWith("=?base64?") && value.endsWith("?="));
        return safe
                ? value
                : "=?base64?"
                        + Base64.getEncoder().encodeToString(value.getBytes(StandardCharsets.UTF_8))
                        + "?=";
    }

    /**
     * Looks through a schema and all within it.
     *
     * @param reachable whether only {@code properties} lead here from the root, which is where an
     *     annotation is allowed
     */
    private static boolean isValid(
            JsonNode schema, List<String> path, boolean reachable, List<Mirrored> found) {
        if (schema.isArray()) {
            for (JsonNode element : schema) {
                if (!isValid(element, path, false, found)) {
                    return false;
                }
            }
            return true;
        }
        if (schema.has(ANNOTATION)) {
            String name = schema.path(ANNOTATION).asText();
            if (!reachable
                    || path.isEmpty()
                    || !schema.path(ANNOTATION).isTextual()
                    || !TOKEN.matcher(name).matches()
                    || !isPrimitive(schema.path("type"))) {
                return false;
            }
            found.add(new Mirrored(path, "Mcp-Param-" + name));
        }
        for (Map.Entry<String, JsonNode> member : schema.properties()) {
            String keyword = member.getKey();
            JsonNode value = member.getValue();
            boolean named = NAMED_SCHEMAS.contains(keyword);
            if (DATA.contains(keyword)) {
                continue;
            }
            if (keyword.equals("properties") || named) {
                for (Map.Entry<String, JsonNode> property : value.properties()) {
                    if (!isValid(
                            property.getValue(),
                            and(path, property.getKey()),
                            reachable && !named,
                            found)) {
                        return false;
                    }
                }
            } else if (!isValid(value, path, false, found)) {
                return false;
            }
        }
        return true;
    }

    /** One of the primitive types; that null is allowed beside it does no harm. */
    private static boolean isPrimitive(JsonNode type) {
        if (type.isTextual()) {
            return PRIMITIVE.contains(type.asText());
        }
        int primitives = 0;
        for (JsonNode each : type) {
            if (PRIMITIVE.contains(each.asText())) {
                primitives++;
            } else if (!each.asText().equals("null")) {
                return false;
            }
        }
        return primitives > 0;
    }

    private static boolean areDistinct(List<Mirrored> mirrored) {
        long names =
                mirrored.stream()
                        .map(each -> each.header().toLowerCase(Locale.ROOT))
                        .distinct()
                        .count();
        return names == mirrored.size() && names <= MOST_MIRRORED;
    }

    /** Integers are written in decimal, however the arguments spell them: {@code 42.0} is 42. */
    private static String text(JsonNode value) {
        if (value.isNumber() && !value.isIntegralNumber()) {
            BigDecimal number = value.decimalValue().stripTrailingZeros();
            boolean isInteger = number.scale() <= 0 && number.precision() - number.scale() <= 16;
            return isInteger ? number.toBigIntegerExact().toString() : value.asText();
        }
        return value.asText();
    }

    private static List<String> and(List<String> path, String name) {
        List<String> longer = new ArrayList<>(path);
        longer.add(name);
        return List.copyOf(longer);
    }
}
