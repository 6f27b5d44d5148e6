package dev.mooring.adapter.rest.openapi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/** What breaks the document is reported, whatever part of an exchange breaks it. */
class OpenApiContractTest {
    private static final String ERROR =
            """
            {"event_id":"1c2d3e4f-5a6b-4c7d-8e9f-0a1b2c3d4e5f","type":"not_found","is_bifrost_error":false,
             "status_code":404,"error":{"type":"not_found","code":"key_not_found","message":"No such key",
             "event_id":"1c2d3e4f-5a6b-4c7d-8e9f-0a1b2c3d4e5f"},"extra_fields":{}}
            """;

    /** Exchanges that fit, to be broken in one place each. */
    private static final Exchange CREATED =
            exchange(
                    "POST",
                    "/api/keys",
                    "{\"name\":\"ci\",\"role\":\"viewer\"}",
                    200,
                    """
                    {"id":"key_1","name":"ci","role":"viewer","scopes":["clients:read"],"created_at":"2026-11-23T08:00:00Z",
                     "key":"mrg_x"}
                    """);

    private static final Exchange LISTED =
            exchange(
                    "GET",
                    "/api/mcp/clients?limit=10&search=git%20hub",
                    "",
                    200,
                    """
                    {"clients":[],"count":0,"total_count":0,"limit":10,"offset":0}
                    """);

    private static final Exchange NOT_FOUND = exchange("DELETE", "/api/keys/key_1", "", 404, ERROR);

    private static final Exchange EDITED =
            with(
                    exchange(
                            "PUT",
                            "/api/mcp/client/mcp_1",
                            "{}",
                            200,
                            """
                            {"status":"success","message":"Updated","state":"connected","revision":2}
                            """),
                    "ETag",
                    "\"2\"");

    private static final Exchange PAGE =
            with(
                    with(
                            with(
                                    with(
                                            exchange(
                                                    "GET",
                                                    "/api/oauth/callback?state=s&session_state=x",
                                                    "",
                                                    200,
                                                    "<!doctype html><p>Done"),
                                            "Content-Type",
                                            "text/html; charset=utf-8"),
                                    "Cache-Control",
                                    "no-store"),
                            "Content-Security-Policy",
                            "default-src 'none'; style-src 'nonce-1'"),
                    "Referrer-Policy",
                    "no-referrer");

    private static final OpenApiDocument SERVED = OpenApiDocument.served();

    private final OpenApiContract contract = OpenApiContract.of(SERVED);

    private static Exchange exchange(
            String method, String target, String requestBody, int status, String body) {
        Map<String, List<String>> requestHeaders = new HashMap<>();
        requestHeaders.put("authorization", List.of("Bearer mrg_key"));
        if (!requestBody.isEmpty()) {
            requestHeaders.put("content-type", List.of("application/json"));
        }
        return new Exchange(
                method,
                target,
                requestHeaders,
                requestBody,
                status,
                Map.of("content-type", List.of("application/json")),
                body);
    }

    /** The same exchange with another header in the answer; an empty value removes it. */
    private static Exchange with(Exchange exchange, String name, String value) {
        return new Exchange(
                exchange.method(),
                exchange.target(),
                exchange.requestHeaders(),
                exchange.requestBody(),
                exchange.status(),
                changed(exchange.headers(), name, value),
                exchange.body());
    }

    private static Exchange asking(Exchange exchange, String name, String value) {
        return new Exchange(
                exchange.method(),
                exchange.target(),
                changed(exchange.requestHeaders(), name, value),
                exchange.requestBody(),
                exchange.status(),
                exchange.headers(),
                exchange.body());
    }

    private static Map<String, List<String>> changed(
            Map<String, List<String>> headers, String name, String value) {
        Map<String, List<String>> changed = new HashMap<>();
        headers.forEach((other, values) -> {
            if (!other.equalsIgnoreCase(name)) {
                changed.put(other, values);
            }
        });
        if (!value.isEmpty()) {
            changed.put(name, List.of(value));
        }
        return changed;
    }

    private static Exchange asking(Exchange exchange, String target) {
        return new Exchange(
                exchange.method(),
                target,
                exchange.requestHeaders(),
                exchange.requestBody(),
                exchange.status(),
                exchange.headers(),
                exchange.body());
    }

    private static Exchange sending(Exchange exchange, UnaryOperator<String> requestBody) {
        return new Exchange(
                exchange.method(),
                exchange.target(),
                exchange.requestHeaders(),
                requestBody.apply(exchange.requestBody()),
                exchange.status(),
                exchange.headers(),
                exchange.body());
    }

    private static Exchange answering(Exchange exchange, UnaryOperator<String> body) {
        return answering(exchange, exchange.status(), body);
    }

    private static Exchange answering(Exchange exchange, int status, UnaryOperator<String> body) {
        return new Exchange(
                exchange.method(),
                exchange.target(),
                exchange.requestHeaders(),
                exchange.requestBody(),
                status,
                exchange.headers(),
                body.apply(exchange.body()));
    }

    static Stream<Exchange> whatFits() {
        return Stream.of(
                CREATED,
                LISTED,
                NOT_FOUND,
                EDITED,
                PAGE,
                asking(EDITED, "If-Match", "\"1\""),
                with(CREATED, "Content-Type", "Application/JSON; charset=utf-8"),
                asking(asking(CREATED, "Authorization", ""), "X-Api-Key", "mrg_key"),
                asking(asking(CREATED, "Authorization", ""), "Cookie", "session=1"));
    }

    @ParameterizedTest
    @MethodSource("whatFits")
    void whatFitsIsNotReported(Exchange exchange) {
        assertThat(contract.violations(exchange)).isEmpty();
        assertThat(contract.seen()).hasSize(1);
    }

    static Stream<Arguments> whatBreaks() {
        UnaryOperator<String> same = UnaryOperator.identity();
        return Stream.of(
                Arguments.of(
                        "another operation",
                        asking(CREATED, "/api/nothing"),
                        "operation: the document has no such method and path"),
                Arguments.of(
                        "another status",
                        answering(CREATED, 201, same),
                        "status: 201 is not documented"),
                Arguments.of(
                        "an error as a success",
                        answering(NOT_FOUND, 200, same),
                        "answer body: the whole: required property 'status' not found"),
                Arguments.of(
                        "a missing member",
                        answering(LISTED, body -> body.replace("\"count\":0,", "")),
                        "answer body: the whole: required property 'count' not found"),
                Arguments.of(
                        "a member too many",
                        answering(
                                LISTED,
                                body -> body.replace("{\"clients", "{\"more\":1,\"clients")),
                        "answer body: the whole: property 'more' is not defined"),
                Arguments.of(
                        "a member too many where schemas are combined",
                        answering(CREATED, body -> body.replace("{\"id", "{\"digest\":\"x\",\"id")),
                        "'digest'"),
                Arguments.of(
                        "a wrong type",
                        answering(LISTED, body -> body.replace("\"limit\":10", "\"limit\":\"10\"")),
                        "answer body: /limit: string found, integer expected"),
                Arguments.of(
                        "a word that does not exist",
                        answering(EDITED, body -> body.replace("connected", "online")),
                        "answer body: /state: does not have a value in the enumeration"),
                Arguments.of(
                        "a time that is none",
                        answering(CREATED, body -> body.replace("T08:00:00Z", "")),
                        "answer body: /created_at: does not match the date-time pattern"),
                Arguments.of(
                        "null",
                        answering(CREATED, body -> body.replace("\"mrg_x\"", "null")),
                        "answer body: /key: null found, string expected"),
                Arguments.of(
                        "no JSON",
                        answering(CREATED, body -> body.substring(1)),
                        "answer body: is not JSON"),
                Arguments.of(
                        "a doubled member",
                        answering(
                                LISTED,
                                body -> body.replace("\"count\":0", "\"count\":0,\"count\":0")),
                        "answer body: is not JSON"),
                Arguments.of("no body", answering(CREATED, body -> ""), "answer body: is not JSON"),
                Arguments.of(
                        "another page",
                        answering(PAGE, body -> "<p>Done"),
                        "answer body: the whole: does not match the regex pattern"),
                Arguments.of(
                        "another media type",
                        with(CREATED, "Content-Type", "text/plain"),
                        "answer Content-Type: text/plain is not documented, only application/json"),
                Arguments.of(
                        "no media type",
                        with(CREATED, "Content-Type", ""),
                        "answer Content-Type: none is not documented"),
                Arguments.of(
                        "a missing header",
                        with(EDITED, "ETag", ""),
                        "answer header ETag: is missing"),
                Arguments.of(
                        "a wrong header",
                        with(EDITED, "ETag", "W/\"2\""),
                        "answer header ETag: the whole: does not match the regex pattern"),
                Arguments.of(
                        "a looser header",
                        with(PAGE, "Referrer-Policy", "origin"),
                        "answer header Referrer-Policy: the whole: must be the constant"),
                Arguments.of(
                        "another status in the envelope",
                        answering(NOT_FOUND, body -> body.replace("404", "400")),
                        "answer body: status_code is not the status of the answer"),
                Arguments.of(
                        "two events",
                        answering(NOT_FOUND, body -> body.replaceFirst("1c2d", "aaaa")),
                        "answer body: the two event_ids differ"),
                Arguments.of(
                        "two types",
                        answering(NOT_FOUND, body -> body.replaceFirst("not_found", "conflict")),
                        "answer body: the two types differ"),
                Arguments.of(
                        "another code",
                        answering(NOT_FOUND, body -> body.replace("key_not", "flow_not")),
                        "answer body: the code flow_not_found is not among x-error-codes"),
                Arguments.of(
                        "an undocumented error",
                        answering(NOT_FOUND, 409, body -> body.replace("404", "409")),
                        "answer body: the code key_not_found is not among x-error-codes"),
                Arguments.of(
                        "a query parameter of the wrong type",
                        asking(LISTED, "/api/mcp/clients?limit=ten"),
                        "query parameter limit: the whole: string found, integer expected"),
                Arguments.of(
                        "a query parameter out of range",
                        asking(LISTED, "/api/mcp/clients?limit=101"),
                        "query parameter limit: the whole: must have a maximum value of 100"),
                Arguments.of(
                        "an undocumented query parameter",
                        asking(LISTED, "/api/mcp/clients?page=2"),
                        "query parameter page: is not documented"),
                Arguments.of(
                        "a wrong request header",
                        asking(EDITED, "If-Match", "1"),
                        "header parameter If-Match: the whole: does not match the regex pattern"),
                Arguments.of(
                        "an undocumented request field",
                        sending(CREATED, body -> body.replace("{", "{\"scope\":\"x\",")),
                        "request body: the whole: property 'scope' is not defined"),
                Arguments.of(
                        "a request that is no JSON",
                        sending(CREATED, body -> "name=ci"),
                        "request body: is not JSON"),
                Arguments.of(
                        "a request of another media type",
                        asking(CREATED, "Content-Type", "text/plain"),
                        "request Content-Type: text/plain is not documented"),
                Arguments.of(
                        "a request without its body",
                        sending(CREATED, body -> ""),
                        "request body: is missing"),
                Arguments.of(
                        "no credential",
                        asking(CREATED, "Authorization", ""),
                        "security: a success without any of the credentials that are needed"),
                Arguments.of(
                        "another kind of credential",
                        asking(CREATED, "Authorization", "Digest x"),
                        "security: a success without any of the credentials that are needed"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("whatBreaks")
    void whatBreaksTheDocumentIsReported(String what, Exchange exchange, String violation) {
        assertThat(contract.violations(exchange)).anyMatch(found -> found.contains(violation));
        assertThat(contract.seen()).isEmpty();
    }

    @Test
    void wrongRequestThatIsRefusedIsNoViolation() {
        assertThat(contract.violations(asking(NOT_FOUND, "Authorization", "nonsense"))).isEmpty();
    }

    @Test
    void answerToHeadHasTheHeadersOfGetAndNoBody() {
        Exchange head =
                new Exchange(
                        "HEAD",
                        LISTED.target(),
                        LISTED.requestHeaders(),
                        "",
                        200,
                        LISTED.headers(),
                        "");

        assertThat(contract.violations(head)).isEmpty();
        assertThat(contract.violations(with(head, "Content-Type", "text/plain"))).isNotEmpty();
    }

    @Test
    void whatIsNoOperationMayBeRefusedByTheWebServer() {
        UnaryOperator<String> noRoute = body -> body.replace("key_not_found", "route_not_found");
        UnaryOperator<String> noMethod =
                body ->
                        body.replace("key_not_found", "method_not_allowed")
                                .replace("not_found", "invalid_request")
                                .replace("404", "405");
        Exchange nowhere = answering(asking(NOT_FOUND, "/nowhere"), noRoute);
        Exchange wrongMethod = answering(asking(NOT_FOUND, "/health"), 405, noMethod);

        assertThat(contract.violations(nowhere)).isEmpty();
        assertThat(contract.violations(with(wrongMethod, "Allow", "GET, HEAD"))).isEmpty();
        assertThat(contract.violations(wrongMethod))
                .containsExactly("answer header Allow: is missing");
        assertThat(contract.violations(asking(NOT_FOUND, "/nowhere"))).hasSize(1);
    }

    @Test
    void literalPathWinsOverAParameter() {
        OpenApiDocument document =
                OpenApiDocument.of(
                        """
                        paths:
                          /{any}/a.b: {get: {operationId: general}}
                          /exact/a.b: {get: {operationId: special}}
                        """);

        assertThat(document.operation("GET", "/exact/a.b").orElseThrow().template())
                .isEqualTo("/exact/a.b");
        assertThat(document.operation("GET", "/other/a.b").orElseThrow().template())
                .isEqualTo("/{any}/a.b");
        assertThat(document.operation("GET", "/exact/axb")).isEmpty();
        assertThat(document.operation("GET", "/one/two/a.b")).isEmpty();
    }

    @Test
    void failureSaysWhatWasAskedAndEverythingThatIsWrong() {
        Exchange broken = with(answering(EDITED, body -> "{}"), "ETag", "2");

        assertThatThrownBy(() -> contract.check(broken))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("PUT /api/mcp/client/mcp_1 -> 200")
                .hasMessageContaining("answer header ETag")
                .hasMessageContaining("required property 'revision' not found")
                .hasMessageContaining("The answer was: {}");
    }

    @Test
    void answersThatWereNeverSeenAreNamed() {
        OpenApiContract small =
                OpenApiContract.of(
                        OpenApiDocument.of(
                                """
                                paths:
                                  /a:
                                    get:
                                      responses:
                                        '200': {description: Fine}
                                        '404': {description: Not there}
                                        default: {description: Anything}
                                """));
        Exchange fine = new Exchange("GET", "/a", Map.of(), "", 200, Map.of(), "");

        assertThatThrownBy(small::assertAllSeen)
                .hasMessageContaining("never seen: GET /a 200")
                .hasMessageContaining("never seen: GET /a 404")
                .message()
                .doesNotContain("default");

        small.check(fine);
        small.assertAllSeen("GET /a 404");
        assertThatThrownBy(() -> small.assertAllSeen("GET /a 404", "GET /a 200"))
                .hasMessageContaining("an exception, yet seen: GET /a 200");
        assertThatThrownBy(() -> small.assertAllSeen("GET /a 404", "GET /b 404"))
                .hasMessageContaining("an exception, yet not documented: GET /b 404");
    }

    @Test
    void operationsAreNamedAsRoutesAre() {
        assertThat(contract.operations())
                .contains("POST /api/mcp/client/{id}/complete-oauth", "GET /health/live");
    }
}
