package dev.mooring.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.mooring.adapter.http.GuardedHttp;
import dev.mooring.adapter.http.OutboundAllow;
import dev.mooring.adapter.http.OutboundSettings;
import dev.mooring.adapter.oauth.ClientKeyPair;
import dev.mooring.adapter.oauth.DynamicClientRegistration;
import dev.mooring.application.fixture.SigningKeys;
import dev.mooring.application.port.Budget;
import dev.mooring.application.port.ClientRegistrar;
import dev.mooring.domain.client.Connection;
import dev.mooring.domain.client.StaticHeaders;
import dev.mooring.domain.lifecycle.Deregistration;
import dev.mooring.domain.lifecycle.RegistrationId;
import dev.mooring.domain.mcp.ServerUri;
import dev.mooring.domain.mcp.Transport;
import dev.mooring.domain.oauth.ClientMetadata;
import dev.mooring.domain.oauth.RedirectUri;
import dev.mooring.domain.oauth.TokenEndpointAuthMethod;
import dev.mooring.domain.oauth.VerificationKey;
import dev.mooring.endtoend.ApiClient.Reply;
import dev.mooring.endtoend.Mooring.Pending;

import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;

/**
 * What oidc-provider sees of us where a server can do more than it must: tokens bound to keys, keys
 * in the place of secrets, registrations that end.
 */
@NeedsNpm
final class OidcProviderIT {

    private static final String PUBLISHED = "https://mooring.example";
    private static final Duration PATIENCE = Duration.ofMinutes(2);

    @Test
    void tokensAreBoundToOurKeyAndGivenBackRefreshTokenFirst() {
        try (NodeParty issuer =
                        NodeParty.authorizationServer(
                                Duration.ofSeconds(5), Map.of("NONCES", "on"));
                NodeParty server = NodeParty.dualEraServerThatWantsProof(issuer);
                Mooring mooring = SharedService.mooring()) {
            Pending pending = mooring.connect(server.address());

            // The tokens live shorter than our margin, so each call refreshes and rotates.
            greet(mooring, pending.name());
            greet(mooring, pending.name());

            issuer.awaitLine("bound authorization_code");
            issuer.awaitLine("bound refresh_token");
            assertThat(mooring.delete(pending.id()).status()).isEqualTo(200);
            assertThat(issuer.awaitLine("revoked")).isEqualTo("revoked RefreshToken");
            assertThat(issuer.output()).noneMatch(line -> line.startsWith("bearer"));
        }
    }

    @Test
    void aMachineProvesItselfByASignature() {
        KeyPair pair = SigningKeys.pair("EC", 256);
        try (NodeParty issuer =
                        NodeParty.authorizationServer(
                                Duration.ofHours(1), Map.of("MACHINE_JWKS", jwks(pair)));
                NodeParty server = NodeParty.dualEraServer(issuer);
                Mooring mooring = SharedService.mooring()) {
            ObjectNode request = Mooring.request(server.address());
            request.putObject("oauth_config")
                    .put("grant_type", "client_credentials")
                    .put("client_id", "machine")
                    .put("private_key_pem", SigningKeys.pem(pair));

            Reply reply = mooring.api().post("/api/mcp/client", request);

            assertThat(reply.status()).as(reply.body()).isEqualTo(200);
            greet(mooring, request.path("name").asText());
            issuer.awaitLine("bearer client_credentials private_key_jwt machine");
        }
    }

    @Test
    void ourDocumentIsFetchedAndWeProveOurselvesByTheKeyInIt() throws IOException {
        Path data = SharedService.newDataDirectory();
        Path key = data.resolve("client-key.pem");
        Files.writeString(key, SigningKeys.pem(SigningKeys.pair("EC", 256)));
        try (ServiceProcess service =
                        ServiceProcess.start(
                                data,
                                Map.of(
                                        "MOORING_PUBLIC_URL",
                                        PUBLISHED,
                                        "MOORING_CLIENT_PRIVATE_KEY_FILE",
                                        key.toString()));
                NodeParty issuer =
                        NodeParty.authorizationServer(
                                Duration.ofSeconds(5),
                                Map.of("PUBLISHED", PUBLISHED + " " + service.address()));
                NodeParty server = NodeParty.dualEraServer(issuer);
                Mooring mooring = new Mooring(service.address(), service.printedKey())) {
            Pending pending = mooring.register(server.address());
            String callback =
                    mooring.browser()
                            .openUntil(pending.authorizeUrl(), PUBLISHED + "/api/oauth/callback")
                            .toString();
            Browser.Page page =
                    mooring.browser().open(callback.replace(PUBLISHED, service.address()));
            assertThat(page.status()).as(page.body()).isEqualTo(200);
            Reply completed = mooring.complete(pending.id());
            assertThat(completed.status()).as(completed.body()).isEqualTo(200);

            greet(mooring, pending.name());

            String us = " private_key_jwt " + PUBLISHED + "/.well-known/oauth-client";
            issuer.awaitLine("bearer authorization_code" + us);
            issuer.awaitLine("bearer refresh_token" + us);
            assertThat(mooring.delete(pending.id()).status()).isEqualTo(200);
            issuer.awaitLine("revoked RefreshToken");
            assertThat(issuer.output()).noneMatch(line -> line.startsWith("registered"));
        }
    }

    @Test
    void aRegistrationThatNobodyNeedsIsDeleted() {
        try (NodeParty issuer = NodeParty.authorizationServer(Duration.ofHours(1));
                GuardedHttp http =
                        new GuardedHttp(
                                OutboundSettings.of(
                                        OutboundAllow.parse("localhost"), "Mooring/test"))) {
            ClientRegistrar registrar = new DynamicClientRegistration(http, InstantSource.system());
            ClientRegistrar.Answer answer =
                    registrar.register(
                            URI.create(issuer.address() + "/reg"),
                            ClientMetadata.authorizationCode(
                                    "Mooring",
                                    new RedirectUri("http://localhost:1/api/oauth/callback"),
                                    TokenEndpointAuthMethod.NONE),
                            anybody(),
                            Budget.of(PATIENCE));
            assertThat(answer).isInstanceOf(ClientRegistrar.Answer.Registered.class);
            var registered = (ClientRegistrar.Answer.Registered) answer;
            Deregistration deregistration =
                    new Deregistration(
                            new RegistrationId("reg_1"), registered.management().orElseThrow());

            for (int time = 0; time < 2; time++) {
                assertThat(registrar.delete(deregistration, Budget.of(PATIENCE)))
                        .isEqualTo(new ClientRegistrar.Deletion.Deleted());
            }

            String id = registered.credentials().clientId().value();
            issuer.awaitLine("deleted " + id);
        }
    }

    private static Connection anybody() {
        return new Connection(
                new ServerUri("https://mcp.example/mcp"),
                Transport.STREAMABLE_HTTP,
                Optional.empty(),
                Optional.empty(),
                StaticHeaders.NONE);
    }

    private static void greet(Mooring mooring, String name) {
        Reply reply = mooring.execute(name, "greet", ApiClient.object().put("name", "you"));
        assertThat(reply.status()).as(reply.body()).isEqualTo(200);
        assertThat(reply.body()).contains("Hello, you!");
    }

    private static String jwks(KeyPair pair) {
        VerificationKey.Curve curve =
                (VerificationKey.Curve) ClientKeyPair.read(SigningKeys.pem(pair)).verification();
        ObjectNode set = ApiClient.object();
        set.putArray("keys")
                .addObject()
                .put("kty", "EC")
                .put("crv", VerificationKey.Curve.NAME)
                .put("alg", "ES256")
                .put("x", curve.x())
                .put("y", curve.y());
        return set.toString();
    }
}
