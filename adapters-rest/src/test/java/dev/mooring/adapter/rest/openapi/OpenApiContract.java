package dev.mooring.adapter.rest.openapi;

import dev.mooring.adapter.rest.openapi.OpenApiDocument.Operation;

import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Holds real requests and answers against the OpenAPI document and remembers which answers of which
 * operations it has seen. Safe for use by many threads.
 *
 * <p>The answer is checked always: status, headers, media type, body, error code. The request is
 * checked only where the answer is a success, because a wrong request is what the others are for;
 * so a request that the document does not describe and the server takes is reported too.
 */
public final class OpenApiContract {
    private final OpenApiDocument document;
    private final Set<String> seen = new ConcurrentSkipListSet<>();

    private OpenApiContract(OpenApiDocument document) {
        this.document = document;
    }

    /** The contract of the document that {@code /openapi} serves. */
    public static OpenApiContract served() {
        return new OpenApiContract(OpenApiDocument.served());
    }

    /** The contract that Bifrost published for its clients. */
    public static OpenApiContract bifrost() {
        return new OpenApiContract(OpenApiDocument.bifrost());
    }

    static OpenApiContract of(OpenApiDocument document) {
        return new OpenApiContract(document);
    }

    /** Every operation of the document, as {@code METHOD template}. */
    public Set<String> operations() {
        return document.operations().stream()
                .map(Operation::name)
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /**
     * Checks one exchange and remembers it.
     *
     * @throws AssertionError that lists every violation
     */
    public void check(Exchange exchange) {
        List<String> violations = violations(exchange);
        if (!violations.isEmpty()) {
            throw new AssertionError(
                    "%s %s -> %d breaks the OpenAPI document:%n - %s%nThe answer was: %s"
                            .formatted(
                                    exchange.method(),
                                    exchange.target(),
                                    exchange.status(),
                                    String.join("%n - ".formatted(), violations),
                                    exchange.body()));
        }
    }

    /** What of the exchange breaks the document; remembers the exchange if nothing does. */
    public List<String> violations(Exchange exchange) {
        boolean head = exchange.method().equals("HEAD");
        Optional<Operation> operation =
                document.operation(head ? "GET" : exchange.method(), exchange.path());
        if (operation.isEmpty()) {
            return besideOperations(exchange);
        }
        JsonNode responses = operation.get().node().path("responses");
        String status = String.valueOf(exchange.status());
        // The default answer is what goes wrong everywhere, never a success.
        String key = responses.has(status) || exchange.status() < 400 ? status : "default";
        JsonNode response = document.resolved(responses.path(key));
        if (response.isMissingNode()) {
            return List.of("status: " + status + " is not documented");
        }
        List<String> violations = new ArrayList<>(answerViolations(response, exchange));
        if (exchange.isSuccess()) {
            violations.addAll(requestViolations(operation.get(), exchange));
        }
        if (violations.isEmpty() && responses.has(status)) {
            seen.add(operation.get().name() + " " + status);
        }
        return violations;
    }

    /** What is no operation can only be an error that the web server makes of any request. */
    private List<String> besideOperations(Exchange exchange) {
        if (exchange.status() < 400) {
            return List.of("operation: the document has no such method and path");
        }
        JsonNode other = document.root().at("/components/responses/Other");
        List<String> violations = new ArrayList<>(answerViolations(other, exchange));
        // RFC 9110 section 15.5.6
        if (exchange.status() == 405 && !exchange.headers().containsKey("Allow")) {
            violations.add("answer header Allow: is missing");
        }
        return violations;
    }

    private List<String> answerViolations(JsonNode response, Exchange exchange) {
        List<String> violations = new ArrayList<>();
        for (Map.Entry<String, JsonNode> header : response.path("headers").properties()) {
            violations.addAll(
                    valueViolations(
                            "answer header " + header.getKey(),
                            document.resolved(header.getValue()),
                            Optional.ofNullable(exchange.headers().get(header.getKey()))
                                    .map(values -> List.of(String.join(", ", values)))
                                    .orElse(List.of())));
        }
        violations.addAll(
                contentViolations(
                        "answer",
                        response.path("content"),
                        exchange.headers(),
                        exchange.method().equals("HEAD")
                                ? Optional.empty()
                                : Optional.of(exchange.body())));
        boolean isError =
                response.has("x-error-codes")
                        && !exchange.body().isEmpty()
                        && mediaType(exchange.headers()).equals("application/json");
        if (violations.isEmpty() && isError) {
            violations.addAll(errorViolations(response.get("x-error-codes"), exchange));
        }
        return violations;
    }

    /**
     * @param body empty when there can be none, as in an answer to HEAD
     */
    private List<String> contentViolations(
            String whose,
            JsonNode content,
            Map<String, List<String>> headers,
            Optional<String> body) {
        String type = mediaType(headers);
        if (content.isEmpty()) {
            return body.orElse("").isEmpty()
                    ? List.of()
                    : List.of(whose + " body: none is documented");
        }
        if (!content.has(type)) {
            return List.of(
                    "%s Content-Type: %s is not documented, only %s"
                            .formatted(
                                    whose,
                                    type.isEmpty() ? "none" : type,
                                    content.propertyStream()
                                            .map(Map.Entry::getKey)
                                            .collect(Collectors.joining(", "))));
        }
        if (body.isEmpty()) {
            return List.of();
        }
        boolean isJson = type.equals("application/json");
        Optional<JsonNode> value =
                isJson
                        ? OpenApiDocument.json(body.get())
                        : Optional.of(JsonNodeFactory.instance.stringNode(body.get()));
        return value.map(found ->
                        document.violations(content.get(type).path("schema"), found).stream()
                                .map(violation -> whose + " body: " + violation)
                                .toList())
                .orElseGet(() -> List.of(whose + " body: is not JSON"));
    }

    private static String mediaType(Map<String, List<String>> headers) {
        return headers.getOrDefault("Content-Type", List.of(""))
                .getFirst()
                .split(";", 2)[0]
                .strip()
                .toLowerCase(Locale.ROOT);
    }

    /** What no schema can say of an error: that it agrees with itself and with its answer. */
    private static List<String> errorViolations(JsonNode codes, Exchange exchange) {
        JsonNode envelope = OpenApiDocument.json(exchange.body()).orElseThrow();
        JsonNode error = envelope.path("error");
        List<String> violations = new ArrayList<>();
        if (envelope.path("status_code").asInt(0) != exchange.status()) {
            violations.add("answer body: status_code is not the status of the answer");
        }
        if (!envelope.path("event_id").equals(error.path("event_id"))) {
            violations.add("answer body: the two event_ids differ");
        }
        if (!envelope.path("type").equals(error.path("type"))) {
            violations.add("answer body: the two types differ");
        }
        String code = error.path("code").asString("");
        if (codes.valueStream().noneMatch(documented -> documented.asString().equals(code))) {
            violations.add("answer body: the code %s is not among x-error-codes".formatted(code));
        }
        return violations;
    }

    private List<String> requestViolations(Operation operation, Exchange exchange) {
        List<JsonNode> parameters = document.parameters(operation);
        Map<String, List<String>> query = query(exchange.query());
        List<String> violations = new ArrayList<>();
        for (JsonNode parameter : parameters) {
            String name = parameter.path("name").asString();
            String place = parameter.path("in").asString();
            // A path that matched has its parameters.
            if (!place.equals("path") && !isFreeForm(parameter)) {
                violations.addAll(
                        valueViolations(
                                place + " parameter " + name,
                                parameter,
                                (place.equals("query") ? query : exchange.requestHeaders())
                                        .getOrDefault(name, List.of())));
            }
        }
        violations.addAll(undocumentedQuery(parameters, query.keySet()));
        violations.addAll(requestBodyViolations(operation, exchange));
        if (!isAdmissible(document.security(operation), exchange)) {
            violations.add("security: a success without any of the credentials that are needed");
        }
        return violations;
    }

    private List<String> valueViolations(String what, JsonNode described, List<String> values) {
        if (values.isEmpty()) {
            return described.path("required").asBoolean(false)
                    ? List.of(what + ": is missing")
                    : List.of();
        }
        JsonNode schema = described.path("schema");
        return values.stream()
                .flatMap(value ->
                        document.violations(schema, document.typed(schema, value)).stream())
                .map(violation -> what + ": " + violation)
                .toList();
    }

    private List<String> undocumentedQuery(List<JsonNode> parameters, Set<String> sent) {
        if (parameters.stream().anyMatch(this::isFreeForm)) {
            return List.of();
        }
        Set<String> documented =
                parameters.stream()
                        .filter(parameter -> parameter.path("in").asString().equals("query"))
                        .map(parameter -> parameter.path("name").asString())
                        .collect(Collectors.toSet());
        return sent.stream()
                .filter(name -> !documented.contains(name))
                .map(name -> "query parameter " + name + ": is not documented")
                .toList();
    }

    /** OpenAPI's way to allow any further query parameter: an exploded object. */
    private boolean isFreeForm(JsonNode parameter) {
        return parameter.path("in").asString().equals("query")
                && document.resolved(parameter.path("schema"))
                        .path("type")
                        .asString("")
                        .equals("object");
    }

    private List<String> requestBodyViolations(Operation operation, Exchange exchange) {
        JsonNode described = document.resolved(operation.node().path("requestBody"));
        if (described.isMissingNode()) {
            return List.of();
        }
        if (exchange.requestBody().isEmpty()) {
            return described.path("required").asBoolean(false)
                    ? List.of("request body: is missing")
                    : List.of();
        }
        return contentViolations(
                "request",
                described.path("content"),
                exchange.requestHeaders(),
                Optional.of(exchange.requestBody()));
    }

    /** A browser's session cookie counts as any of the documented credentials. */
    private boolean isAdmissible(JsonNode security, Exchange exchange) {
        return security.isEmpty()
                || exchange.requestHeaders().containsKey("Cookie")
                || security.valueStream()
                        .anyMatch(requirement ->
                                requirement
                                        .propertyStream()
                                        .allMatch(scheme -> carries(scheme.getKey(), exchange)));
    }

    private boolean carries(String schemeName, Exchange exchange) {
        JsonNode scheme = document.root().at("/components/securitySchemes/" + schemeName);
        return switch (scheme.path("type").asString("")) {
            case "http" ->
                    exchange.requestHeaders().getOrDefault("Authorization", List.of()).stream()
                            .anyMatch(value ->
                                    value.toLowerCase(Locale.ROOT)
                                            .startsWith(scheme.path("scheme").asString() + " "));
            case "apiKey" -> exchange.requestHeaders().containsKey(scheme.path("name").asString());
            default -> false;
        };
    }

    private static Map<String, List<String>> query(String query) {
        return Arrays.stream(query.split("&"))
                .filter(pair -> !pair.isEmpty())
                .map(pair -> pair.split("=", 2))
                .collect(
                        Collectors.groupingBy(
                                pair -> decode(pair[0]),
                                Collectors.mapping(
                                        pair -> pair.length == 2 ? decode(pair[1]) : "",
                                        Collectors.toList())));
    }

    private static String decode(String text) {
        return URLDecoder.decode(text, StandardCharsets.UTF_8);
    }

    /** What was seen and fitted, each as {@code METHOD template status}. */
    public Set<String> seen() {
        return new TreeSet<>(seen);
    }

    /**
     * Asserts that every documented answer of every operation was seen, but for those that {@code
     * default} documents. An exception that is no documented answer, or that was seen after all, is
     * reported as well.
     *
     * @param except answers that cannot be had here, each as {@code METHOD template status}
     */
    public void assertAllSeen(String... except) {
        Set<String> documented =
                document.operations().stream()
                        .flatMap(operation ->
                                operation
                                        .node()
                                        .path("responses")
                                        .propertyStream()
                                        .map(Map.Entry::getKey)
                                        .filter(status -> !status.equals("default"))
                                        .map(status -> operation.name() + " " + status))
                        .collect(Collectors.toCollection(TreeSet::new));
        Set<String> exceptions = Set.of(except);
        List<String> wrong =
                Stream.of(
                                documented.stream()
                                        .filter(answer -> !seen.contains(answer))
                                        .filter(answer -> !exceptions.contains(answer))
                                        .map(answer -> "never seen: " + answer),
                                exceptions.stream()
                                        .filter(seen::contains)
                                        .map(answer -> "an exception, yet seen: " + answer),
                                exceptions.stream()
                                        .filter(answer -> !documented.contains(answer))
                                        .map(answer ->
                                                "an exception, yet not documented: " + answer))
                        .flatMap(lines -> lines)
                        .sorted()
                        .toList();
        if (!wrong.isEmpty()) {
            throw new AssertionError(
                    "The tests have not held all of the OpenAPI document:%n - %s"
                            .formatted(String.join("%n - ".formatted(), wrong)));
        }
    }
}
