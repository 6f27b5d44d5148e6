package dev.mooring.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.mooring.endtoend.ApiClient.Credential;
import dev.mooring.endtoend.ApiClient.Reply;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.time.Instant;
import java.util.List;
import java.util.UUID;

/** Who may call what. */
final class AccessIT {

    private static final String CLIENTS = "/api/mcp/clients";

    private final Mooring admin = SharedService.mooring();

    @AfterEach
    void stop() {
        admin.close();
    }

    @Test
    void allThreeWaysToShowAKeyAreEqual() {
        String name = "three-" + UUID.randomUUID();
        String key = Keys.create(admin, "viewer", name);

        for (Credential credential :
                List.of(
                        new Credential.Bearer(key),
                        new Credential.Basic(name, key),
                        new Credential.ApiKey(key))) {
            try (ApiClient caller = caller(credential)) {
                assertThat(caller.get(CLIENTS).status()).isEqualTo(200);
            }
        }
    }

    @Test
    void aWrongCredentialOfAnyKindIs401AndIsNotRepeatedToAnybody() {
        String key = Keys.create(admin, "viewer");

        for (Credential credential :
                List.of(
                        new Credential.Nobody(),
                        new Credential.Bearer("guessed-token"),
                        new Credential.Basic("wrong-name", key),
                        new Credential.Basic("guessed-name", "guessed-token"),
                        new Credential.ApiKey("guessed-token"))) {
            try (ApiClient caller = caller(credential)) {
                Reply reply = caller.get(CLIENTS);
                Envelope.isError(reply, 401);
                assertThat(reply.header("WWW-Authenticate")).isPresent();
                assertThat(reply.body()).doesNotContain("guessed").doesNotContain(key);
            }
        }
    }

    @ParameterizedTest
    @CsvSource({
        "viewer, GET, /api/mcp/clients, true",
        "viewer, POST, /api/mcp/client, false",
        "viewer, DELETE, /api/mcp/client/any, false",
        "viewer, POST, /v1/mcp/tool/execute, false",
        "viewer, DELETE, /api/oauth/config/oauth_any, false",
        "viewer, GET, /api/keys, false",
        "auditor, GET, /api/mcp/clients, true",
        "auditor, GET, /api/keys, true",
        "auditor, POST, /api/keys, false",
        "auditor, POST, /api/mcp/client, false",
        "auditor, POST, /v1/mcp/tool/execute, false",
        "operator, POST, /api/mcp/client, true",
        "operator, DELETE, /api/mcp/client/any, true",
        "operator, POST, /v1/mcp/tool/execute, true",
        "operator, GET, /api/keys, false",
        "operator, POST, /api/keys, false",
        "admin, GET, /api/keys, true",
        "admin, POST, /api/keys, true"
    })
    void aRoleMayDoWhatIsSaidOfIt(String role, String method, String path, boolean may) {
        try (ApiClient caller = caller(new Credential.ApiKey(Keys.create(admin, role)))) {
            Reply reply =
                    switch (method) {
                        case "GET" -> caller.get(path);
                        case "DELETE" -> caller.delete(path);
                        default -> caller.post(path, ApiClient.object());
                    };
            if (may) {
                assertThat(reply.status()).as(reply.body()).isNotIn(401, 403);
            } else {
                Envelope.isError(reply, 403, "role_insufficient");
            }
        }
    }

    @Test
    void aKeyIsShownOnceAndIsDeadOnceDeleted() {
        String name = "once-" + UUID.randomUUID();
        Reply created = create(ApiClient.object().put("name", name).put("role", "operator"));
        String key = created.text("/key");

        assertThat(admin.api().get("/api/keys").body()).contains(name).doesNotContain(key);
        try (ApiClient caller = caller(new Credential.ApiKey(key))) {
            assertThat(caller.get(CLIENTS).status()).isEqualTo(200);
            assertThat(admin.api().delete("/api/keys/" + created.text("/id")).status())
                    .isEqualTo(200);
            Envelope.isError(caller.get(CLIENTS), 401);
        }
        Envelope.isError(
                admin.api().delete("/api/keys/" + created.text("/id")), 404, "key_not_found");
    }

    @Test
    void anExpiredKeyOpensNothing() {
        ObjectNode request =
                ApiClient.object().put("name", "old-" + UUID.randomUUID()).put("role", "viewer");
        Instant soon = Instant.now().plusSeconds(2);
        String key = create(request.put("expires_at", soon.toString())).text("/key");

        try (ApiClient caller = caller(new Credential.ApiKey(key))) {
            assertThat(caller.get(CLIENTS).status()).isEqualTo(200);
            Eventually.holds("the key expires", () -> caller.get(CLIENTS).status() == 401);
        }
    }

    @Test
    void aBadKeyRequestIsNamed() {
        Reply role = create(ApiClient.object().put("name", "x").put("role", "emperor"));
        Reply name = create(ApiClient.object().put("role", "viewer"));

        Envelope.isError(role, 400);
        assertThat(role.text("/error/param")).isEqualTo("role");
        Envelope.isError(name, 400);
        assertThat(name.text("/error/param")).isEqualTo("name");
    }

    @ParameterizedTest
    @ValueSource(strings = {"/health", "/health/live", "/health/ready", "/openapi"})
    void whatIsPublicNeedsNoCredential(String path) {
        try (ApiClient nobody = caller(new Credential.Nobody())) {
            assertThat(nobody.get(path).status()).isEqualTo(200);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/api/oauth/callback/../../mcp/clients",
                "/api/mcp/clients?x=/health",
                "/api/mcp/clients#/openapi",
                "//api/mcp/clients",
                "/API/mcp/clients"
            })
    void aPublicPathInDisguiseOpensNothing(String path) {
        try (ApiClient nobody = caller(new Credential.Nobody())) {
            assertThat(nobody.get(path).status()).isIn(400, 401, 404);
        }
    }

    private Reply create(ObjectNode request) {
        return admin.api().post("/api/keys", request);
    }

    private static ApiClient caller(Credential credential) {
        return new ApiClient(SharedService.get().address(), credential);
    }
}
