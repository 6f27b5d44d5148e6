package dev.mooring.domain.lifecycle;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.domain.lifecycle.AuthorizationAttempt.Started;
import dev.mooring.domain.oauth.Scopes;
import dev.mooring.domain.oauth.State;

import org.junit.jupiter.api.Test;

import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

class AuthorizeUrlTest {

    @Test
    void theLinkHasAllParametersOfTheRequest() {
        Started started = Lives.started();
        Map<String, List<String>> query = query(started);
        String state = query.get("state").getFirst();

        assertThat(query)
                .containsEntry("response_type", List.of("code"))
                .containsEntry("client_id", List.of("client 1&2"))
                .containsEntry(
                        "redirect_uri", List.of("https://mooring.example/api/oauth/callback"))
                .containsEntry("scope", List.of("read write"))
                .containsEntry("resource", List.of("https://mcp.example/mcp"))
                .containsEntry("code_challenge_method", List.of("S256"))
                .containsEntry("code_challenge", List.of(started.request().verifier().challenge()));
        assertThat(new State(state).digest()).isEqualTo(started.details().state());
        assertThat(started.request().authorizeUrl().value())
                .doesNotContain(started.request().verifier().value());
    }

    @Test
    void theEndpointsOwnQueryIsKept() {
        assertThat(url(Lives.started()))
                .startsWith("https://as.example/authorize?tenant=a%20b&response_type=code&");
    }

    @Test
    void everythingIsEncodedSoThatNothingBreaksOut() {
        assertThat(url(Lives.started()))
                .contains("client_id=client%201%262")
                .contains("scope=read%20write")
                .contains("redirect_uri=https%3A%2F%2Fmooring.example%2Fapi%2Foauth%2Fcallback")
                .doesNotContain("+");
    }

    @Test
    void withoutScopesTheParameterIsLeftOut() {
        assertThat(query(Lives.started(Lives.server(true), Scopes.NONE, Map.of())))
                .doesNotContainKey("scope");
    }

    @Test
    void theOperatorsParametersAreAddedAndCannotReplaceOurs() {
        Started started =
                Lives.started(
                        Lives.server(true),
                        Scopes.NONE,
                        Map.of("access_type", "off line", "state", "mine", "resource", "mine"));
        assertThat(query(started)).containsEntry("access_type", List.of("off line"));
        assertThat(query(started).get("state")).hasSize(1).doesNotContain("mine");
        assertThat(query(started).get("resource")).containsExactly("https://mcp.example/mcp");
    }

    /** OpenID Connect Core section 11. */
    @Test
    void whoAsksForOfflineAccessAsksForConsent() {
        Scopes offline = Scopes.of("read", "offline_access");
        assertThat(query(Lives.started(Lives.server(true), offline, Map.of())))
                .containsEntry("prompt", List.of("consent"));
        assertThat(query(Lives.started(Lives.server(true), offline, Map.of("prompt", "login"))))
                .containsEntry("prompt", List.of("login"));
        assertThat(query(Lives.started())).doesNotContainKey("prompt");
    }

    private static String url(Started started) {
        return started.request().authorizeUrl().value();
    }

    private static Map<String, List<String>> query(Started started) {
        Map<String, List<String>> found = new LinkedHashMap<>();
        for (String pair : URI.create(url(started)).getRawQuery().split("&", -1)) {
            String[] nameAndValue = pair.split("=", 2);
            found.computeIfAbsent(decode(nameAndValue[0]), name -> new ArrayList<>())
                    .add(decode(nameAndValue[1]));
        }
        return found;
    }

    private static String decode(String text) {
        return URLDecoder.decode(text, StandardCharsets.UTF_8);
    }
}
