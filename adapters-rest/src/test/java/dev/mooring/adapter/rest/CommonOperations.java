package dev.mooring.adapter.rest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.adapter.rest.security.IssuerParty;
import dev.mooring.domain.access.Permission;
import dev.mooring.domain.access.Role;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

import java.time.Duration;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** What every operation does alike. */
abstract class CommonOperations extends Operations {
    private static final Set<String> PUBLIC =
            Set.of(
                    "GET /api/oauth/callback",
                    "GET /.well-known/oauth-client",
                    "GET /health",
                    "GET /health/live",
                    "GET /health/ready",
                    "GET /metrics",
                    "GET /openapi",
                    "GET /",
                    "GET /sign-in",
                    "GET /oidc/redirect",
                    "POST /sign-out");

    static Stream<String> guarded() {
        return ApiServer.CONTRACT.operations().stream()
                .filter(operation -> !PUBLIC.contains(operation));
    }

    static Stream<String> changing() {
        return guarded().filter(operation -> !operation.startsWith("GET "));
    }

    static Stream<String> withBody() {
        return Stream.of(
                "POST /api/mcp/client",
                "PUT /api/mcp/client/{id}",
                "POST /api/keys",
                "POST /v1/mcp/tool/execute");
    }

    private ApiServer.Call call(String operation) {
        String[] parts = operation.split(" ", 2);
        return api.call(parts[0], parts[1].replace("{id}", "mcp_0"));
    }

    @ParameterizedTest
    @MethodSource("guarded")
    void credentialIsNeeded(String operation) {
        ApiReply missing = call(operation).send().failsWith(401, "credential_missing");
        assertThat(missing.header("WWW-Authenticate")).startsWith("Bearer ");
        call(operation)
                .header("x-api-key", "mrg_guess")
                .send()
                .failsWith(401, "credential_invalid");
    }

    /** The permission that an operation needs; one that is new has to be added. */
    private static Permission needed(String operation) {
        return switch (operation) {
            case "GET /api/keys" -> Permission.READ_KEYS;
            case "GET /api/audit" -> Permission.READ_AUDIT;
            case "POST /api/keys", "DELETE /api/keys/{id}" -> Permission.CHANGE_KEYS;
            case "POST /v1/mcp/tool/execute" -> Permission.EXECUTE_TOOLS;
            default ->
                    operation.startsWith("GET ")
                            ? Permission.READ_CLIENTS
                            : Permission.CHANGE_CLIENTS;
        };
    }

    /** A stream goes on; whether it would begin, HEAD tells as well. */
    private static String ending(String operation) {
        return operation.equals("GET /api/mcp/events") ? "HEAD /api/mcp/events" : operation;
    }

    static Stream<Arguments> guardedForEachRole() {
        return guarded()
                .flatMap(operation ->
                        Arrays.stream(Role.values()).map(role -> Arguments.of(operation, role)));
    }

    @ParameterizedTest
    @MethodSource("guardedForEachRole")
    void roleDecides(String operation, Role role) {
        if (role.permissions().contains(needed(operation))) {
            assertThat(call(ending(operation)).as(role).send().status()).isNotIn(401, 403);
        } else {
            call(operation).as(role).send().failsWith(403, "role_insufficient");
        }
    }

    @ParameterizedTest
    @MethodSource("changing")
    void auditorAndViewerChangeNothing(String operation) {
        call(operation).as(Role.AUDITOR).send().failsWith(403, "role_insufficient");
        call(operation).as(Role.VIEWER).send().failsWith(403, "role_insufficient");
    }

    @ParameterizedTest
    @MethodSource("guarded")
    void keyWithOtherScopesIsRefused(String operation) {
        Permission needed = needed(operation);
        Set<Permission> others = EnumSet.complementOf(EnumSet.of(needed));

        call(operation)
                .header("x-api-key", api.adminKeyWith(others))
                .send()
                .failsWith(403, "scope_insufficient");
    }

    @Test
    void personWithoutARoleMayNothing() throws Exception {
        try (IssuerParty issuer = new IssuerParty();
                ApiServer open = new ApiServer(issuer.forBearers(Duration.ofMinutes(1)))) {
            issuer.roles = List.of("something-else");
            String token = issuer.token(issuer.claims().build());
            for (String operation : guarded().toList()) {
                String[] parts = operation.split(" ", 2);
                open.call(parts[0], parts[1].replace("{id}", "mcp_0"))
                        .header("Authorization", "Bearer " + token)
                        .send()
                        .failsWith(403, "role_insufficient");
            }
        }
    }

    @ParameterizedTest
    @MethodSource("guarded")
    void withoutTheDatabaseEveryOperationIsUnavailable(String operation) {
        api.storeUp.set(false);

        ApiReply reply = call(operation).as(Role.ADMIN).send().failsWith(503, "store_unavailable");

        assertThat(Integer.parseInt(reply.header("Retry-After"))).isPositive();
        assertThat(reply.text()).doesNotContain("db.internal");
    }

    @ParameterizedTest
    @MethodSource("withBody")
    void bodyMustBeJson(String operation) {
        call(operation).as(Role.ADMIN).json("{").send().failsWith(400, "invalid_json");
        call(operation)
                .as(Role.ADMIN)
                .json("{\"a\":1,\"a\":2}")
                .send()
                .failsWith(400, "duplicate_field")
                .blames("a");
        call(operation)
                .as(Role.ADMIN)
                .json("a=b")
                .header("Content-Type", "application/x-www-form-urlencoded")
                .send()
                .failsWith(415, "unsupported_media_type");
        call(operation)
                .as(Role.ADMIN)
                .json("{\"name\":\"" + "x".repeat(1024 * 1024) + "\"}")
                .send()
                .failsWith(413, "body_too_large");
    }

    @Test
    void healthIsToldOnBothSocketsAndMetricsOnOne() {
        for (String path : List.of("/health", "/health/live", "/health/ready")) {
            api.call("GET", path).send().hasStatus(200);
            api.call("GET", path).onAdminSocket().send().hasStatus(200);
        }
        api.call("GET", "/metrics").onAdminSocket().send().hasStatus(200);
        api.call("GET", "/openapi").send().hasStatus(200);

        api.storeUp.set(false);

        // What was found is told for a second.
        Eventually.isTrue(() -> api.call("GET", "/health/ready").send().status() == 503);
        api.call("GET", "/health").send().failsWith(503, "not_ready");
        api.call("GET", "/health/ready").send().failsWith(503, "not_ready");
        api.call("GET", "/health/live").send().hasStatus(200);
    }

    @Test
    void wrongMethodNamesTheRightOnes() {
        ApiReply reply =
                api.call("PATCH", "/api/mcp/client/mcp_0")
                        .as(Role.ADMIN)
                        .send()
                        .failsWith(405, "method_not_allowed");

        assertThat(reply.header("Allow")).isEqualTo("DELETE, GET, HEAD, OPTIONS, PUT");
    }
}
