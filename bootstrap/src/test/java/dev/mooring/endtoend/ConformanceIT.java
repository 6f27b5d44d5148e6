package dev.mooring.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.endtoend.ConformanceSuite.Finding;

import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeSet;

/**
 * Mooring passes the public conformance suite of MCP: every client-side scenario of both revisions,
 * all its checks, without a failure, without a warning. All scenarios of a revision run at once
 * against one service.
 */
@NeedsNpm
final class ConformanceIT {

    /** The client id that the suite expects of who has a Client ID Metadata Document. */
    private static final String CLIENT_METADATA_URL =
            "https://conformance-test.local/client-metadata.json";

    private static final Set<String> OF_BOTH =
            Set.of(
                    "auth/basic-cimd",
                    "auth/client-credentials-basic",
                    "auth/client-credentials-jwt",
                    "auth/dpop",
                    "auth/dpop-nonce",
                    "auth/enterprise-managed-authorization",
                    "auth/metadata-default",
                    "auth/metadata-var1",
                    "auth/metadata-var2",
                    "auth/metadata-var3",
                    "auth/pre-registration",
                    "auth/scope-from-scopes-supported",
                    "auth/scope-from-www-authenticate",
                    "auth/scope-omitted-when-undefined",
                    "auth/scope-retry-limit",
                    "auth/scope-step-up",
                    "auth/token-endpoint-auth-basic",
                    "auth/token-endpoint-auth-none",
                    "auth/token-endpoint-auth-post",
                    "auth/wif-jwt-bearer",
                    "json-schema-2020-12-preservation",
                    "tools_call");

    private static final Map<String, Set<String>> OF_ONE =
            Map.of(
                    "2025-11-25",
                    Set.of("elicitation-sep1034-client-defaults", "initialize", "sse-retry"),
                    "2026-07-28",
                    Set.of(
                            "auth/authorization-server-migration",
                            "auth/iss-normalized",
                            "auth/iss-not-advertised",
                            "auth/iss-supported",
                            "auth/iss-supported-missing",
                            "auth/iss-unexpected",
                            "auth/iss-wrong-issuer",
                            "auth/metadata-issuer-mismatch",
                            "auth/offline-access-not-supported",
                            "auth/offline-access-scope",
                            "auth/resource-mismatch",
                            "http-custom-headers",
                            "http-invalid-tool-headers",
                            "http-standard-headers",
                            "json-schema-ref-no-deref",
                            "request-metadata",
                            "sep-2322-client-request-state"));

    /**
     * What the suite wants of a client with a person in front of it, who answers what a server asks
     * in the middle of a call. Mooring connects services and offers no {@code elicitation}; these
     * servers ask without looking at what the client offers, which both revisions forbid. All that
     * can be done is to refuse, and to pass the other checks.
     */
    private static final Map<String, Set<String>> ONLY_WITH_A_PERSON =
            Map.of(
                    "elicitation-sep1034-client-defaults",
                    Set.of(
                            "client-elicitation-sep1034-general",
                            "client-elicitation-sep1034-boolean-default",
                            "client-elicitation-sep1034-enum-default",
                            "client-elicitation-sep1034-integer-default",
                            "client-elicitation-sep1034-number-default",
                            "client-elicitation-sep1034-string-default"),
                    "sep-2322-client-request-state",
                    Set.of(
                            "sep-2322-client-jsonrpc-id-different",
                            "sep-2322-client-no-state-omitted",
                            "sep-2322-client-request-state-echoed"));

    /** Where a conformant client does not go on, and what Mooring says then. */
    private static final Map<String, String> ENDS =
            Map.of(
                    "elicitation-sep1034-client-defaults", "server_too_slow",
                    "auth/iss-normalized", "oauth_not_authorized",
                    "auth/iss-supported-missing", "oauth_not_authorized",
                    "auth/iss-unexpected", "oauth_not_authorized",
                    "auth/iss-wrong-issuer", "oauth_not_authorized",
                    "auth/metadata-issuer-mismatch", "issuer_mismatch",
                    "auth/resource-mismatch", "resource_mismatch",
                    "auth/scope-retry-limit", "insufficient_scope");

    private static ServiceProcess service;

    @BeforeAll
    static void start() {
        service =
                ServiceProcess.start(
                        SharedService.newDataDirectory(),
                        Map.of(
                                "MOORING_ADMIN_KEY",
                                SharedService.KEY,
                                "MOORING_CLIENT_METADATA_URL",
                                CLIENT_METADATA_URL));
    }

    @AfterAll
    static void stop() {
        service.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"2025-11-25", "2026-07-28"})
    void everyScenarioOfTheRevisionIsPassed(String revision) {
        SortedMap<String, Finding> findings =
                ConformanceSuite.run(revision, service.address(), SharedService.KEY);

        Set<String> expected = new TreeSet<>(OF_BOTH);
        expected.addAll(OF_ONE.get(revision));
        assertThat(findings.keySet()).isEqualTo(expected);
        SoftAssertions softly = new SoftAssertions();
        findings.forEach((scenario, finding) -> {
            softly.assertThat(finding.failed())
                    .as("%s: %s", scenario, finding.complaints())
                    .isEqualTo(ONLY_WITH_A_PERSON.getOrDefault(scenario, Set.of()));
            softly.assertThat(finding.passed() + finding.failed().size())
                    .as("checks of %s", scenario)
                    .isPositive();
            softly.assertThat(finding.end())
                    .as("%s, %s", scenario, finding.outcome())
                    .isEqualTo(ENDS.getOrDefault(scenario, "connected"));
        });
        softly.assertAll();
    }
}
