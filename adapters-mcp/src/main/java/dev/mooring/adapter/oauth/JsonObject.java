package dev.mooring.adapter.oauth;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.nimbusds.oauth2.sdk.util.URLUtils;

import dev.mooring.adapter.http.Body;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A JSON object that somebody else wrote. A member of another type than the one asked for, {@code
 * null} or an empty string counts as absent, because real servers send all of these for "nothing".
 */
final class JsonObject {
    private static final int MOST_ELEMENTS = 1000;
    private static final Pattern WHOLE_NUMBER = Pattern.compile("-?\\d{1,18}");
    private static final JsonMapper MAPPER =
            JsonMapper.builder(
                            JsonFactory.builder()
                                    .streamReadConstraints(
                                            StreamReadConstraints.builder()
                                                    .maxNestingDepth(32)
                                                    .maxNumberLength(100)
                                                    .build())
                                    .build())
                    .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
                    // RFC 6749 section 3.2: no parameter comes twice. Of two values nobody could
                    // say which one a gateway before us has checked.
                    .enable(DeserializationFeature.FAIL_ON_READING_DUP_TREE_KEY)
                    .build();

    private final ObjectNode node;

    private JsonObject(ObjectNode node) {
        this.node = node;
    }

    /** The body as an object; empty if it is anything else. */
    static Optional<JsonObject> parse(Body body) {
        try {
            return MAPPER.readTree(body.bytes()) instanceof ObjectNode object
                    ? Optional.of(new JsonObject(object))
                    : Optional.empty();
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /** The parameters of a form as members that are strings; of a repeated one the first. */
    static JsonObject ofForm(Body body) {
        ObjectNode node = MAPPER.createObjectNode();
        URLUtils.parseParameters(body.text())
                .forEach((name, values) -> node.put(name, values.getFirst()));
        return new JsonObject(node);
    }

    Optional<String> text(String name) {
        return Optional.of(node.path(name))
                .filter(JsonNode::isTextual)
                .map(JsonNode::textValue)
                .filter(text -> !text.isEmpty());
    }

    /** The strings of an array, up to a thousand. */
    List<String> texts(String name) {
        JsonNode array = node.path(name);
        return (array.isArray() ? array.valueStream() : Stream.<JsonNode>empty())
                .filter(JsonNode::isTextual)
                .map(JsonNode::textValue)
                .limit(MOST_ELEMENTS)
                .toList();
    }

    boolean isTrue(String name) {
        return node.path(name).isBoolean() && node.path(name).booleanValue();
    }

    /** A number without its fraction, or the same written as a string. */
    Optional<Long> wholeNumber(String name) {
        JsonNode member = node.path(name);
        if (member.isNumber()) {
            return Optional.of(member.asLong());
        }
        return text(name)
                .map(String::strip)
                .filter(text -> WHOLE_NUMBER.matcher(text).matches())
                .map(Long::valueOf);
    }
}
