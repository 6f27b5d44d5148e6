package dev.mooring.adapter.rest.openapi;

import com.networknt.schema.Error;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SchemaRegistryConfig;
import com.networknt.schema.dialect.Dialect;
import com.networknt.schema.dialect.Dialects;
import com.networknt.schema.keyword.NonValidationKeyword;

import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.dataformat.yaml.YAMLMapper;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** An OpenAPI document as data: its operations, its references, its schemas at work. */
final class OpenApiDocument {
    static final List<String> METHODS =
            List.of("get", "put", "post", "delete", "options", "head", "patch", "trace");

    private static final YAMLMapper YAML =
            YAMLMapper.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();
    private static final JsonMapper JSON =
            JsonMapper.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();

    /** OpenAPI's own, in which a schema may stand beside the components that it refers to. */
    private static final Dialect DIALECT =
            Dialect.builder(Dialects.getOpenApi31())
                    .keyword(new NonValidationKeyword("components"))
                    .build();

    private final JsonNode root;
    private final List<Operation> operations;
    private final SchemaRegistry registry =
            SchemaRegistry.withDialect(
                    DIALECT,
                    builder ->
                            builder.schemaRegistryConfig(
                                    SchemaRegistryConfig.builder()
                                            .formatAssertionsEnabled(true)
                                            .build()));
    private final Map<JsonNode, Schema> compiled =
            Collections.synchronizedMap(new IdentityHashMap<>());

    private OpenApiDocument(JsonNode root) {
        this.root = root;
        this.operations = operationsOf(root);
    }

    /** The part of Bifrost's document that we promise to keep. */
    static OpenApiDocument bifrost() {
        return ofResource("/dev/mooring/adapter/rest/openapi/bifrost-complete-oauth.yaml");
    }

    /** The document that {@code /openapi} serves. */
    static OpenApiDocument served() {
        return ofResource("/META-INF/openapi.yaml");
    }

    static OpenApiDocument ofResource(String name) {
        try (InputStream in = OpenApiDocument.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new IllegalStateException(name + " is not on the class path");
            }
            return of(new String(in.readAllBytes(), StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(name, e);
        }
    }

    static OpenApiDocument of(String yaml) {
        return new OpenApiDocument(YAML.readTree(yaml));
    }

    /** One method of one path. */
    record Operation(String method, String template, JsonNode pathItem, JsonNode node) {
        /** {@code POST /api/keys}. */
        String name() {
            return method + " " + template;
        }

        private boolean matches(String path) {
            String literal = "\\Q" + template.replaceAll("\\{[^}]*}", "\\\\E[^/]+\\\\Q") + "\\E";
            return Pattern.matches(literal, path);
        }

        private int unknowns() {
            return (int) template.chars().filter(c -> c == '{').count();
        }
    }

    private static List<Operation> operationsOf(JsonNode root) {
        List<Operation> found = new ArrayList<>();
        for (Map.Entry<String, JsonNode> path : root.path("paths").properties()) {
            for (Map.Entry<String, JsonNode> member : path.getValue().properties()) {
                if (METHODS.contains(member.getKey())) {
                    found.add(
                            new Operation(
                                    member.getKey().toUpperCase(Locale.ROOT),
                                    path.getKey(),
                                    path.getValue(),
                                    member.getValue()));
                }
            }
        }
        return List.copyOf(found);
    }

    JsonNode root() {
        return root;
    }

    List<Operation> operations() {
        return operations;
    }

    /** The operation that a request means; a literal path segment wins over a parameter. */
    Optional<Operation> operation(String method, String path) {
        return operations.stream()
                .filter(operation -> operation.method().equals(method))
                .filter(operation -> operation.matches(path))
                .min(Comparator.comparingInt(Operation::unknowns));
    }

    /** All parameters of an operation, also those of its path. */
    List<JsonNode> parameters(Operation operation) {
        return Stream.of(operation.pathItem(), operation.node())
                .flatMap(node -> node.path("parameters").valueStream())
                .map(this::resolved)
                .toList();
    }

    /** The security requirements of an operation, its own or else everybody's; empty is public. */
    JsonNode security(Operation operation) {
        return operation.node().has("security")
                ? operation.node().get("security")
                : root.path("security");
    }

    /** The node itself, or what it refers to; a missing node when that is not there. */
    JsonNode resolved(JsonNode node) {
        JsonNode found = node;
        for (int hops = 0; found.has("$ref") && hops < 16; hops++) {
            String ref = found.get("$ref").asString();
            found = ref.startsWith("#/") ? root.at(ref.substring(1)) : root.at("/no/such/place");
        }
        return found;
    }

    /** What of {@code value} the schema does not allow, in words; empty when all is well. */
    List<String> violations(JsonNode schema, JsonNode value) {
        boolean isReference = schema.size() == 1 && schema.has("$ref");
        JsonNode meant = isReference ? resolved(schema) : schema;
        return compiled.computeIfAbsent(meant, this::compile).validate(value).stream()
                .map(OpenApiDocument::words)
                .distinct()
                .toList();
    }

    /** Schemas refer to each other by where they stand in the document. */
    private Schema compile(JsonNode schema) {
        if (!schema.isObject()) {
            return registry.getSchema(schema);
        }
        ObjectNode standalone = ((ObjectNode) schema).deepCopy();
        standalone.set("components", root.path("components"));
        return registry.getSchema(standalone);
    }

    private static String words(Error error) {
        String place = error.getInstanceLocation().toString();
        return (place.isEmpty() ? "the whole" : place) + ": " + error.getMessage();
    }

    /** Reads JSON as strictly as a careful client does; empty when it is none. */
    static Optional<JsonNode> json(String text) {
        try {
            return Optional.of(JSON.readTree(text)).filter(node -> !node.isMissingNode());
        } catch (JacksonException notJson) {
            return Optional.empty();
        }
    }

    /** A parameter or header value as the schema means it: text that should be a number is one. */
    JsonNode typed(JsonNode schema, String text) {
        String type = resolved(schema).path("type").asString("");
        return switch (type) {
            case "integer", "number", "boolean" ->
                    json(text)
                            .filter(JsonNode::isValueNode)
                            .orElseGet(() -> JsonNodeFactory.instance.stringNode(text));
            default -> JsonNodeFactory.instance.stringNode(text);
        };
    }
}
