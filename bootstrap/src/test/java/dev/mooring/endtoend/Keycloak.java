package dev.mooring.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.mooring.endtoend.ApiClient.Credential;
import dev.mooring.endtoend.ApiClient.Reply;
import dev.mooring.party.ConformantClient;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A real Keycloak as a process on a loopback port, unpacked below {@code target} by the profile
 * {@code keycloak}. It begins without data, and is administered by its own admin API.
 */
final class Keycloak implements AutoCloseable {

    static final String USER = "resident";
    static final String PASSWORD = UUID.randomUUID().toString();

    private static final Duration PATIENCE = Duration.ofMinutes(6);
    private static final String POLICIES =
            "/components?type=org.keycloak.services.clientregistration.policy.ClientRegistrationPolicy";

    private final ChildProcess process;
    private final String address;
    private final ConformantClient http = new ConformantClient();

    private Keycloak(ChildProcess process, String address) {
        this.process = process;
        this.address = address;
    }

    static Keycloak start() {
        Path home = unpacked();
        deleteRecursively(home.resolve("data"));
        int port = FreePorts.next();
        ChildProcess process =
                ChildProcess.start(
                        List.of(
                                "bash",
                                home.resolve("bin").resolve("kc.sh").toString(),
                                "start-dev",
                                "--http-host=127.0.0.1",
                                "--http-port=" + port),
                        home,
                        Map.of(
                                "JAVA_HOME",
                                System.getProperty("java.home"),
                                "JAVA_OPTS_APPEND",
                                "-XX:TieredStopAtLevel=1",
                                "KC_BOOTSTRAP_ADMIN_USERNAME",
                                "admin",
                                "KC_BOOTSTRAP_ADMIN_PASSWORD",
                                PASSWORD));
        process.awaitLine(Pattern.compile("Listening on: http"), PATIENCE);
        return new Keycloak(process, "http://localhost:" + port);
    }

    /** Makes a realm with one user, and short-lived access tokens whose refresh tokens rotate. */
    String realm(String name) {
        ObjectNode user =
                ApiClient.object()
                        .put("username", USER)
                        .put("enabled", true)
                        .put("email", "resident@example.test")
                        .put("emailVerified", true)
                        .put("firstName", "A")
                        .put("lastName", "Resident");
        user.putArray("credentials")
                .addObject()
                .put("type", "password")
                .put("value", PASSWORD)
                .put("temporary", false);
        ObjectNode realm =
                ApiClient.object()
                        .put("realm", name)
                        .put("enabled", true)
                        .put("sslRequired", "none")
                        .put("accessTokenLifespan", 10)
                        .put("revokeRefreshToken", true)
                        .put("refreshTokenMaxReuse", 0);
        realm.putArray("users").add(user);
        created(post("/admin/realms", realm));
        return address + "/realms/" + name;
    }

    /** A scope that clients may ask for; its tokens are meant for this resource. */
    void scope(String realm, String name, String resource) {
        ObjectNode scope = ApiClient.object().put("name", name).put("protocol", "openid-connect");
        scope.putObject("attributes")
                .put("include.in.token.scope", "true")
                .put("display.on.consent.screen", "true");
        ObjectNode audience =
                scope.putArray("protocolMappers")
                        .addObject()
                        .put("name", "audience")
                        .put("protocol", "openid-connect")
                        .put("protocolMapper", "oidc-audience-mapper");
        audience.putObject("config")
                .put("included.custom.audience", resource)
                .put("access.token.claim", "true");
        String location = created(post("/admin/realms/" + realm + "/client-scopes", scope));
        String id = location.substring(location.lastIndexOf('/') + 1);
        assertThat(
                        admin().put(
                                        "/admin/realms/"
                                                + realm
                                                + "/default-optional-client-scopes/"
                                                + id,
                                        ApiClient.object())
                                .status())
                .isEqualTo(204);
    }

    /** Lets everybody register clients, whatever host they come from. */
    void trustEveryHost(String realm) {
        for (JsonNode policy : admin().get("/admin/realms/" + realm + POLICIES).json()) {
            if (policy.path("providerId").asText().equals("trusted-hosts")
                    && policy.path("subType").asText().equals("anonymous")) {
                assertThat(
                                admin().delete(
                                                "/admin/realms/"
                                                        + realm
                                                        + "/components/"
                                                        + policy.path("id").asText())
                                        .status())
                        .isEqualTo(204);
            }
        }
    }

    /** How many clients have a living offline grant of the user. */
    long offlineGrants(String realm) {
        JsonNode users = admin().get("/admin/realms/" + realm + "/users?username=" + USER).json();
        JsonNode consents =
                admin().get(
                                "/admin/realms/"
                                        + realm
                                        + "/users/"
                                        + users.path(0).path("id").asText()
                                        + "/consents")
                        .json();
        return Stream.of(consents)
                .flatMap(all -> all.valueStream())
                .filter(consent -> !consent.path("additionalGrants").isEmpty())
                .count();
    }

    @Override
    public void close() {
        http.close();
        process.close();
    }

    private Reply post(String path, JsonNode body) {
        return admin().post(path, body);
    }

    private static String created(Reply reply) {
        assertThat(reply.status()).as(reply.body()).isEqualTo(201);
        return reply.header("Location").orElse("");
    }

    /** Fresh each time, because its token lives for a minute. */
    private ApiClient admin() {
        String token =
                ConformantClient.json(
                                http.post(
                                        address + "/realms/master/protocol/openid-connect/token",
                                        Map.of(
                                                "grant_type",
                                                "password",
                                                "client_id",
                                                "admin-cli",
                                                "username",
                                                "admin",
                                                "password",
                                                PASSWORD)))
                        .path("access_token")
                        .asText();
        return new ApiClient(address, new Credential.Bearer(token));
    }

    private static Path unpacked() {
        try (Stream<Path> directories = Files.list(Path.of("target", "keycloak"))) {
            return directories
                    .filter(each -> Files.exists(each.resolve("bin").resolve("kc.sh")))
                    .findFirst()
                    .orElseThrow()
                    .toAbsolutePath();
        } catch (IOException missing) {
            throw new UncheckedIOException("Run with -Pkeycloak", missing);
        }
    }

    private static void deleteRecursively(Path directory) {
        if (!Files.exists(directory)) {
            return;
        }
        try (Stream<Path> all = Files.walk(directory)) {
            for (Path each : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(each);
            }
        } catch (IOException kept) {
            throw new UncheckedIOException(kept);
        }
    }
}
