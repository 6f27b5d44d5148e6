package dev.mooring.adapter.rest.openapi;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.PropertyNamingStrategies;

import dev.mooring.adapter.rest.edge.ErrorCode;
import dev.mooring.domain.lifecycle.ClientState;
import dev.mooring.domain.lifecycle.ConfigStatus;
import dev.mooring.domain.lifecycle.Problem;
import dev.mooring.domain.lifecycle.Problem.Blame;
import dev.mooring.domain.lifecycle.ReauthorizationCause;
import dev.mooring.domain.oauth.TokenEndpointAuthMethod;

import org.junit.jupiter.api.Test;

import tools.jackson.databind.JsonNode;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The document that we serve is sound, complete, and says what the code says. */
class ServedDocumentTest {
    private static final OpenApiDocument SERVED = OpenApiDocument.served();
    private static final OpenApiDocument BIFROST = OpenApiDocument.bifrost();

    /** Prose may differ; a name, a type or a status may not. */
    private static final Set<String> PROSE = Set.of("description", "summary", "example");

    @Test
    void documentIsSound() {
        assertThat(OpenApiLint.findings(SERVED)).isEmpty();
    }

    @Test
    void everyOperationIsThereWithEveryStatusItCanHave() {
        Map<String, String> statuses = new TreeMap<>();
        SERVED.operations()
                .forEach(operation ->
                        statuses.put(
                                operation.name(),
                                operation
                                        .node()
                                        .path("responses")
                                        .propertyStream()
                                        .map(Map.Entry::getKey)
                                        .filter(status -> !status.equals("default"))
                                        .sorted()
                                        .collect(Collectors.joining(" "))));

        assertThat(statuses)
                .containsExactlyInAnyOrderEntriesOf(
                        Map.ofEntries(
                                Map.entry(
                                        "POST /api/mcp/client",
                                        "200 400 401 403 409 413 415 422 502 503 504"),
                                Map.entry("GET /api/mcp/clients", "200 400 401 403 503"),
                                Map.entry("GET /api/mcp/client/{id}", "200 401 403 404 503"),
                                Map.entry(
                                        "PUT /api/mcp/client/{id}",
                                        "200 400 401 403 404 409 412 413 415 422 503"),
                                Map.entry("DELETE /api/mcp/client/{id}", "200 401 403 404 503"),
                                Map.entry(
                                        "POST /api/mcp/client/{id}/complete-oauth",
                                        "200 400 401 403 404 500 503"),
                                Map.entry(
                                        "POST /api/mcp/client/{id}/reauthorize",
                                        "200 400 401 403 404 409 422 502 503 504"),
                                Map.entry(
                                        "POST /api/mcp/client/{id}/reconnect",
                                        "200 400 401 403 404 409 502 503 504"),
                                Map.entry(
                                        "POST /api/mcp/client/{id}/refresh-tools",
                                        "200 400 401 403 404 409 502 503 504"),
                                Map.entry("GET /api/oauth/callback", "200 202 400 503"),
                                Map.entry(
                                        "GET /api/oauth/config/{id}/status",
                                        "200 400 401 403 404 503"),
                                Map.entry("DELETE /api/oauth/config/{id}", "200 401 403 404 503"),
                                Map.entry("GET /api/keys", "200 401 403 503"),
                                Map.entry("POST /api/keys", "200 400 401 403 409 413 415 503"),
                                Map.entry("DELETE /api/keys/{id}", "200 401 403 404 503"),
                                Map.entry(
                                        "POST /v1/mcp/tool/execute",
                                        "200 400 401 403 404 409 413 415 502 503 504"),
                                Map.entry("GET /api/audit", "200 400 401 403 503"),
                                Map.entry("GET /api/webhooks", "200 401 403 503"),
                                Map.entry("POST /api/webhooks", "200 400 401 403 409 413 415 503"),
                                Map.entry("DELETE /api/webhooks/{id}", "200 401 403 404 503"),
                                Map.entry(
                                        "POST /api/webhooks/{id}/rotate-secret",
                                        "200 401 403 404 503"),
                                Map.entry(
                                        "POST /api/webhooks/{id}/replay",
                                        "200 400 401 403 404 413 415 503"),
                                Map.entry("GET /api/mcp/events", "200 400 401 403 503"),
                                Map.entry("GET /.well-known/oauth-client", "200 404"),
                                Map.entry("GET /health", "200 503"),
                                Map.entry("GET /health/live", "200"),
                                Map.entry("GET /health/ready", "200 503"),
                                Map.entry("GET /metrics", "200"),
                                Map.entry("GET /openapi", "200"),
                                Map.entry("GET /", "200"),
                                Map.entry("GET /sign-in", "302 503"),
                                Map.entry("GET /oidc/redirect", "307 400 503"),
                                Map.entry("POST /sign-out", "303 403")));
    }

    @Test
    void completeOauthIsWhatBifrostPublished() {
        assertThat(missing("", BIFROST.root().path("paths"), SERVED.root().path("paths")))
                .isEmpty();
        assertThat(missing("", BIFROST.root().path("components"), SERVED.root().path("components")))
                .isEmpty();
        assertThat(SERVED.root().path("security")).isEqualTo(BIFROST.root().path("security"));
        JsonNode operation = completeOauth(SERVED);
        assertThat(operation.has("security")).isFalse();
        assertThat(operation.has("requestBody")).isFalse();
        assertThat(operation.path("parameters").size()).isEqualTo(1);
    }

    /** Whatever our document allows as an answer, Bifrost's allows too. */
    @Test
    void ourAnswersOfCompleteOauthFitWhatBifrostPublished() {
        OpenApiContract contract = OpenApiContract.of(BIFROST);
        JsonNode responses = completeOauth(SERVED).path("responses");
        Set<String> theirs =
                completeOauth(BIFROST).path("responses").propertyNames().stream()
                        .collect(Collectors.toCollection(TreeSet::new));
        assertThat(theirs).containsExactly("200", "400", "404", "500");

        for (String status : theirs) {
            String body =
                    responses.path(status).at("/content/application~1json/example").toString();
            assertThat(
                            contract.violations(
                                    new Exchange(
                                            "POST",
                                            "/api/mcp/client/mcp_1/complete-oauth",
                                            Map.of("x-api-key", List.of("key")),
                                            "",
                                            Integer.parseInt(status),
                                            Map.of("content-type", List.of("application/json")),
                                            body)))
                    .as(status)
                    .isEmpty();
        }
        contract.assertAllSeen();
    }

    private static JsonNode completeOauth(OpenApiDocument document) {
        return document.operation("POST", "/api/mcp/client/any/complete-oauth")
                .orElseThrow()
                .node();
    }

    /** Where {@code ours} lacks what {@code theirs} has, apart from prose. */
    private static List<String> missing(String where, JsonNode theirs, JsonNode ours) {
        if (theirs.isObject()) {
            return theirs.propertyStream()
                    .filter(member -> !PROSE.contains(member.getKey()))
                    .flatMap(member ->
                            missing(
                                    where + "/" + member.getKey(),
                                    member.getValue(),
                                    ours.path(member.getKey()))
                                    .stream())
                    .toList();
        }
        if (theirs.isArray()) {
            Predicate<JsonNode> isMissing =
                    wanted ->
                            ours.valueStream().noneMatch(had -> missing("", wanted, had).isEmpty());
            return theirs.valueStream()
                    .filter(isMissing)
                    .map(wanted -> where + ": " + wanted)
                    .toList();
        }
        return theirs.equals(ours) ? List.of() : List.of(where + ": " + theirs + " is " + ours);
    }

    @Test
    void codesOfTheDocumentAreTheCodesOfTheCode() {
        Set<String> documented = new TreeSet<>();
        SERVED.operations()
                .forEach(operation ->
                        operation
                                .node()
                                .path("responses")
                                .forEach(response -> documented.addAll(codes(response))));

        Set<String> coded = new TreeSet<>(problems(problem -> true));
        Arrays.stream(ErrorCode.values()).map(ErrorCode::word).forEach(coded::add);
        assertThat(documented).isEqualTo(coded);
    }

    @Test
    void eachOfOurCodesStandsBelowItsOwnStatus() {
        for (OpenApiDocument.Operation operation : SERVED.operations()) {
            operation
                    .node()
                    .path("responses")
                    .forEachEntry((status, response) ->
                            Arrays.stream(ErrorCode.values())
                                    .filter(code -> !status.equals("default"))
                                    .filter(code -> codes(response).contains(code.word()))
                                    .forEach(code ->
                                            assertThat(status)
                                                    .as("%s of %s", code.word(), operation.name())
                                                    .isEqualTo(String.valueOf(code.status()))));
        }
    }

    @Test
    void problemsStandBelowTheStatusOfWhoIsToBlame() {
        Set<String> refused = problems(problem -> problem.blame() == Blame.REFUSED);
        Set<String> broken = problems(problem -> problem.blame() == Blame.BROKEN);
        Set<String> slow = problems(problem -> problem.blame() == Blame.SLOW);
        Set<String> nobody = problems(problem -> problem.blame() == Blame.NOBODY);
        Set<String> either = new TreeSet<>(refused);
        either.addAll(broken);
        Set<String> completing = new TreeSet<>(problems(problem -> true));
        completing.add(ErrorCode.INTERNAL_ERROR.word());

        JsonNode responses = SERVED.root().at("/components/responses");
        assertThat(codes(responses.path("UpstreamRefuses"))).isEqualTo(refused);
        assertThat(codes(responses.path("UpstreamBroken"))).isEqualTo(broken);
        assertThat(codes(responses.path("UpstreamTooSlow"))).isEqualTo(slow);
        assertThat(codes(responses.path("ChangedMeanwhile"))).isEqualTo(nobody);
        assertThat(codes(responses.path("UpstreamRefusesOrBroken"))).isEqualTo(either);
        assertThat(codes(completeOauth(SERVED).at("/responses/500"))).isEqualTo(completing);
    }

    @Test
    void wordsOfTheDocumentAreTheWordsOfTheDomain() {
        assertThat(words("/ClientState/enum"))
                .isEqualTo(Arrays.stream(ClientState.values()).map(ClientState::word).toList());
        assertThat(words("/AuthorizationStatus/enum"))
                .isEqualTo(Arrays.stream(ConfigStatus.values()).map(ConfigStatus::word).toList());
        assertThat(words("/TokenEndpointAuthMethod/enum"))
                .isEqualTo(
                        Arrays.stream(TokenEndpointAuthMethod.values())
                                .map(TokenEndpointAuthMethod::word)
                                .toList());
        assertThat(words("/Reauthorization/properties/cause/enum"))
                .isEqualTo(
                        Arrays.stream(ReauthorizationCause.class.getPermittedSubclasses())
                                .map(Class::getSimpleName)
                                .map(PropertyNamingStrategies.SnakeCaseStrategy.INSTANCE::translate)
                                .toList());
    }

    private static List<String> words(String schema) {
        return SERVED.root()
                .at("/components/schemas" + schema)
                .valueStream()
                .map(JsonNode::asString)
                .toList();
    }

    private static Set<String> codes(JsonNode response) {
        return SERVED.resolved(response)
                .path("x-error-codes")
                .valueStream()
                .map(JsonNode::asString)
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static Set<String> problems(Predicate<Problem> which) {
        return Stream.of(Problem.Code.values())
                .filter(code -> which.test(new Problem(code, "any")))
                .map(code -> code.name().toLowerCase(Locale.ROOT))
                .collect(Collectors.toCollection(TreeSet::new));
    }
}
