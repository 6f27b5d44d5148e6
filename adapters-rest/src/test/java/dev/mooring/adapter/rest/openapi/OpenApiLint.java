package dev.mooring.adapter.rest.openapi;

import dev.mooring.adapter.rest.openapi.OpenApiDocument.Operation;

import tools.jackson.databind.JsonNode;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Holds an OpenAPI document against itself: what a reader, a generator and {@link OpenApiContract}
 * rely on is there, and every example is what it illustrates.
 */
final class OpenApiLint {
    private static final Pattern TEMPLATE_PARAMETER = Pattern.compile("\\{([^}]*)}");

    /** The keywords we use. A word that is none of them is more likely misspelt than meant. */
    private static final Set<String> SCHEMA_KEYWORDS =
            Set.of(
                    "$ref",
                    "type",
                    "format",
                    "description",
                    "example",
                    "examples",
                    "default",
                    "enum",
                    "const",
                    "pattern",
                    "minLength",
                    "maxLength",
                    "minimum",
                    "maximum",
                    "items",
                    "minItems",
                    "maxItems",
                    "uniqueItems",
                    "properties",
                    "required",
                    "dependentRequired",
                    "propertyNames",
                    "minProperties",
                    "maxProperties",
                    "additionalProperties",
                    "unevaluatedProperties",
                    "allOf",
                    "anyOf",
                    "oneOf",
                    "not",
                    "if",
                    "then",
                    "else");

    private static final Set<String> LISTS = Set.of("allOf", "anyOf", "oneOf");
    private static final Set<String> MEMBERS =
            Set.of("items", "additionalProperties", "propertyNames");
    private static final Set<String> CONDITIONS = Set.of("if", "then", "else", "not");

    private final OpenApiDocument document;
    private final List<String> findings = new ArrayList<>();

    private OpenApiLint(OpenApiDocument document) {
        this.document = document;
    }

    /** What is wrong, in words; empty when all is well. */
    static List<String> findings(OpenApiDocument document) {
        OpenApiLint lint = new OpenApiLint(document);
        lint.references();
        if (!lint.findings.isEmpty()) {
            // All else follows references.
            return List.copyOf(lint.findings);
        }
        lint.unusedComponents();
        lint.operationIds();
        document.operations().forEach(lint::operation);
        lint.schemas();
        return List.copyOf(lint.findings);
    }

    private void find(boolean wrong, String where, String what) {
        if (wrong) {
            findings.add(where + ": " + what);
        }
    }

    private void references() {
        for (String ref : refs(document.root())) {
            find(
                    !ref.startsWith("#/") || document.root().at(ref.substring(1)).isMissingNode(),
                    ref,
                    "leads nowhere");
        }
    }

    private void unusedComponents() {
        Set<String> used = refs(document.root());
        for (Map.Entry<String, JsonNode> kind : components()) {
            if (kind.getKey().equals("securitySchemes")) {
                continue;
            }
            for (Map.Entry<String, JsonNode> component : kind.getValue().properties()) {
                String ref = "#/components/%s/%s".formatted(kind.getKey(), component.getKey());
                find(!used.contains(ref), ref, "is not used");
            }
        }
    }

    private Set<Map.Entry<String, JsonNode>> components() {
        return document.root().path("components").properties();
    }

    private static Set<String> refs(JsonNode node) {
        Set<String> refs = new TreeSet<>();
        if (node.path("$ref").isString()) {
            refs.add(node.get("$ref").asString());
        }
        node.values().forEach(child -> refs.addAll(refs(child)));
        return refs;
    }

    private void operationIds() {
        Set<String> ids = new HashSet<>();
        for (Operation operation : document.operations()) {
            String id = operation.node().path("operationId").asString("");
            find(id.isEmpty(), operation.name(), "has no operationId");
            find(!id.isEmpty() && !ids.add(id), operation.name(), id + " is taken");
        }
    }

    private void operation(Operation operation) {
        String name = operation.name();
        find(operation.node().path("summary").asString("").isBlank(), name, "has no summary");
        find(operation.node().path("tags").isEmpty(), name, "has no tag");
        Set<String> tags =
                document.root()
                        .path("tags")
                        .valueStream()
                        .map(tag -> tag.path("name").asString())
                        .collect(Collectors.toSet());
        for (JsonNode tag : operation.node().path("tags")) {
            find(!tags.contains(tag.asString()), name, "tag " + tag + " is not declared");
        }
        security(operation);
        parameters(operation);
        JsonNode request = document.resolved(operation.node().path("requestBody"));
        examples(name + " request", request.path("content"));
        responses(operation);
    }

    private void security(Operation operation) {
        JsonNode security = document.security(operation);
        find(security.isMissingNode(), operation.name(), "has no security");
        security.valueStream()
                .flatMap(requirement -> requirement.propertyStream().map(Map.Entry::getKey))
                .forEach(scheme ->
                        find(
                                document.root()
                                        .at("/components/securitySchemes/" + scheme)
                                        .isMissingNode(),
                                operation.name(),
                                "security scheme " + scheme + " is not declared"));
        JsonNode responses = operation.node().path("responses");
        Stream.of("401", "403")
                .forEach(status -> {
                    find(
                            !security.isEmpty() && !responses.has(status),
                            operation.name(),
                            "needs a credential and has no answer " + status);
                });
        find(
                security.isEmpty() && responses.has("401"),
                operation.name(),
                "needs no credential and has an answer 401");
    }

    private void parameters(Operation operation) {
        Set<String> inTemplate =
                TEMPLATE_PARAMETER
                        .matcher(operation.template())
                        .results()
                        .map(match -> match.group(1))
                        .collect(Collectors.toSet());
        Set<String> declared = new HashSet<>();
        for (JsonNode parameter : document.parameters(operation)) {
            String name = parameter.path("name").asString("");
            String where = operation.name() + " parameter " + name;
            find(parameter.path("description").asString("").isBlank(), where, "has no description");
            find(!parameter.has("schema"), where, "has no schema");
            if (parameter.path("in").asString("").equals("path")) {
                declared.add(name);
                find(!parameter.path("required").asBoolean(false), where, "is not required");
            }
        }
        find(
                !declared.equals(inTemplate),
                operation.name(),
                "declares path parameters " + declared + ", its template has " + inTemplate);
    }

    private void responses(Operation operation) {
        JsonNode responses = operation.node().path("responses");
        find(
                responses
                        .propertyStream()
                        .noneMatch(response -> response.getKey().matches("[23]..")),
                operation.name(),
                "has no answer for success");
        find(!responses.has("default"), operation.name(), "has no default answer");
        for (Map.Entry<String, JsonNode> entry : responses.properties()) {
            String status = entry.getKey();
            String where = operation.name() + " " + status;
            JsonNode response = document.resolved(entry.getValue());
            find(response.path("description").asString("").isBlank(), where, "has no description");
            find(
                    status.equals("401") && !response.path("headers").has("WWW-Authenticate"),
                    where,
                    "has no WWW-Authenticate");
            find(
                    status.equals("503") && !response.path("headers").has("Retry-After"),
                    where,
                    "has no Retry-After");
            examples(where, response.path("content"));
            boolean isError = status.startsWith("4") || status.startsWith("5");
            if (isError || status.equals("default")) {
                error(where, status, response);
            }
        }
    }

    private void error(String where, String status, JsonNode response) {
        if (response.path("content").has("text/html")) {
            return;
        }
        JsonNode media = response.at("/content/application~1json");
        find(
                !media.at("/schema/$ref").asString("").equals("#/components/schemas/BifrostError"),
                where,
                "is no BifrostError");
        JsonNode codes = response.path("x-error-codes");
        find(codes.isEmpty(), where, "has no x-error-codes");
        JsonNode example = media.path("example");
        find(
                !status.equals("default")
                        && example.path("status_code").asInt(0) != Integer.parseInt(status),
                where,
                "its example has another status_code");
        JsonNode code = example.at("/error/code");
        find(
                codes.valueStream().noneMatch(code::equals),
                where,
                "its example has the code " + code + ", which is not among x-error-codes");
    }

    private void examples(String where, JsonNode content) {
        for (Map.Entry<String, JsonNode> media : content.properties()) {
            List<JsonNode> examples =
                    Stream.concat(
                                    media.getValue()
                                            .path("examples")
                                            .valueStream()
                                            .map(document::resolved)
                                            .map(example -> example.path("value")),
                                    Stream.of(media.getValue().path("example")))
                            .filter(example -> !example.isMissingNode())
                            .toList();
            find(examples.isEmpty(), where, "has no example");
            for (JsonNode example : examples) {
                document.violations(media.getValue().path("schema"), example)
                        .forEach(violation -> find(true, where, "its example: " + violation));
            }
        }
    }

    private void schemas() {
        Set<String> bases = new HashSet<>();
        collectBases(document.root(), bases);
        document.root()
                .at("/components/schemas")
                .properties()
                .forEach(entry -> {
                    String ref = "#/components/schemas/" + entry.getKey();
                    words(ref, entry.getValue());
                    shape(ref, entry.getValue(), bases.contains(ref));
                });
        for (Operation operation : document.operations()) {
            for (JsonNode parameter : document.parameters(operation)) {
                String where =
                        operation.name() + " parameter " + parameter.path("name").asString("");
                words(where, parameter.path("schema"));
            }
        }
    }

    /** Schemas that others extend, so that only those can close them. */
    private static void collectBases(JsonNode node, Set<String> bases) {
        node.path("allOf")
                .valueStream()
                .filter(part -> part.path("$ref").isString())
                .forEach(part -> bases.add(part.get("$ref").asString()));
        node.values().forEach(child -> collectBases(child, bases));
    }

    /** The schema and all schemas in it say what they say in keywords that mean something. */
    private void words(String where, JsonNode schema) {
        for (String word : schema.propertyNames()) {
            find(!SCHEMA_KEYWORDS.contains(word), where, "has the unknown keyword " + word);
        }
        if (schema.has("default")) {
            document.violations(schema, schema.get("default"))
                    .forEach(violation -> find(true, where, "its default: " + violation));
        }
        schema.path("properties").forEachEntry((name, child) -> words(where + "/" + name, child));
        Stream.concat(
                        LISTS.stream().flatMap(word -> schema.path(word).valueStream()),
                        Stream.concat(MEMBERS.stream(), CONDITIONS.stream()).map(schema::path))
                .filter(JsonNode::isObject)
                .forEach(child -> words(where, child));
    }

    /** Objects are closed, by themselves or by whoever extends them, and require what they have. */
    private void shape(String where, JsonNode schema, boolean isBase) {
        find(
                !isBase
                        && schema.has("properties")
                        && !schema.has("additionalProperties")
                        && !schema.has("unevaluatedProperties"),
                where,
                "is an open object");
        for (JsonNode required : schema.path("required")) {
            find(
                    !hasProperty(schema, required.asString()),
                    where,
                    "requires " + required + ", which is not described");
        }
        schema.path("properties")
                .forEachEntry((name, child) -> shape(where + "/" + name, child, false));
        MEMBERS.stream()
                .map(schema::path)
                .filter(JsonNode::isObject)
                .forEach(child -> shape(where + "/*", child, false));
    }

    private boolean hasProperty(JsonNode schema, String name) {
        JsonNode resolved = document.resolved(schema);
        return resolved.path("properties").has(name)
                || resolved.path("allOf").valueStream().anyMatch(part -> hasProperty(part, name));
    }
}
