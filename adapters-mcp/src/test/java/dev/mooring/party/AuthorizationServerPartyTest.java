package dev.mooring.party;

import static dev.mooring.party.ConformantClient.json;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.mooring.party.AuthorizationServerParty.Document;
import dev.mooring.party.AuthorizationServerParty.Endpoint;
import dev.mooring.party.AuthorizationServerParty.Person;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.UncheckedIOException;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;

final class AuthorizationServerPartyTest {

    private static final String RESOURCE = "http://localhost:2/mcp";

    private final ConformantClient client = new ConformantClient();
    private AuthorizationServerParty server = AuthorizationServerParty.start();

    @AfterEach
    void stop() {
        server.close();
        client.close();
    }

    @Test
    void aConformantClientGetsItsTokensWithoutAnyRefusal() {
        JsonNode tokens = tokens("none");

        assertThat(tokens.path("token_type").asText()).isEqualTo("Bearer");
        assertThat(tokens.path("refresh_token").asText()).startsWith("refresh-");
        assertThat(server.lookUp(tokens.path("access_token").asText()))
                .hasValueSatisfying(token -> assertThat(token.resource()).isEqualTo(RESOURCE));
        assertThat(server.refusals()).isEmpty();
        assertThat(server.received(Endpoint.TOKEN)).hasSize(1);
    }

    @Test
    void theMetadataNamesTheIssuerAndEveryEndpoint() {
        assertThat(metadata().path("issuer").asText()).isEqualTo(server.issuer());
        assertThat(metadata().path("token_endpoint").asText())
                .isEqualTo(server.address(Endpoint.TOKEN));
        assertThat(metadata().path("code_challenge_methods_supported").path(0).asText())
                .isEqualTo("S256");
    }

    @ParameterizedTest
    @CsvSource({
        "OAUTH, /.well-known/oauth-authorization-server/tenant",
        "OIDC_INSERTED, /.well-known/openid-configuration/tenant",
        "OIDC_APPENDED, /tenant/.well-known/openid-configuration"
    })
    void anIssuerWithAPathPublishesOnlyTheDocumentsItIsToldTo(Document document, String path) {
        restart(
                AuthorizationServerParty.settings()
                        .issuerPath("/tenant")
                        .documents(document)
                        .noSuchDocument(405));
        String origin = server.issuer().replace("/tenant", "");

        assertThat(json(client.get(origin + path)).path("issuer").asText())
                .isEqualTo(server.issuer());
        assertThat(client.get(origin + "/.well-known/oauth-authorization-server").statusCode())
                .isEqualTo(405);
    }

    @Test
    void anIssuerMayEndInASlash() {
        restart(AuthorizationServerParty.settings().issuerPath("/"));

        assertThat(server.issuer()).endsWith("/");
        assertThat(metadata().path("issuer").asText()).isEqualTo(server.issuer());
        assertThat(server.address(Endpoint.TOKEN)).doesNotContain("//token");
    }

    @Nested
    final class Registration {

        @Test
        void aWebClientMayNotHaveALoopbackRedirectUri() {
            ObjectNode request = JsonRpc.object();
            request.putArray("redirect_uris").add(ConformantClient.REDIRECT_URI);

            assertThat(register(request).path("error").asText()).isEqualTo("invalid_redirect_uri");
        }

        @Test
        void anUnsupportedAuthenticationMethodIsRefused() {
            assertThat(client.register(metadata(), "private_key_jwt").path("error").asText())
                    .isEqualTo("invalid_client_metadata");
        }

        @Test
        void itsOwnTokenRemovesAClientAndNothingElseDoes() {
            JsonNode registration = client.register(metadata(), "none");
            ObjectNode stranger = registration.deepCopy();
            stranger.put("registration_access_token", "guessed");

            assertThat(client.unregister(stranger).statusCode()).isEqualTo(401);
            assertThat(client.unregister(registration).statusCode()).isEqualTo(204);
            assertThat(server.clients()).isEmpty();
        }

        @Test
        void aServerWithoutRegistrationNeitherAnnouncesNorHasIt() {
            restart(AuthorizationServerParty.settings().withoutRegistration());

            assertThat(metadata().has("registration_endpoint")).isFalse();
        }

        private JsonNode register(ObjectNode request) {
            return json(
                    client.rpc(
                            server.address(Endpoint.REGISTRATION), request, Map.of("X-Any", "1")));
        }
    }

    @Nested
    final class Authorization {

        @ParameterizedTest
        @CsvSource({
            "code_challenge, '', invalid_request",
            "code_challenge, tooshort, invalid_request",
            "code_challenge_method, plain, invalid_request",
            "state, '', invalid_request",
            "scope, made:up, invalid_scope",
            "resource, '', invalid_target",
            "resource, http://localhost:2/mcp#part, invalid_target",
            "response_type, token, unsupported_response_type"
        })
        void aSpoiledRequestGoesBackWithAnError(String parameter, String value, String error) {
            Map<String, String> parameters = authorization();
            parameters.put(parameter, value);

            Parameters answer = client.authorize(metadata(), parameters);

            assertThat(answer.text("error")).isEqualTo(error);
            assertThat(answer.text("iss")).isEqualTo(server.issuer());
            assertThat(server.refusals()).hasSize(1);
        }

        @ParameterizedTest
        @ValueSource(strings = {"client_id", "redirect_uri"})
        void anUnknownClientOrRedirectUriIsNeverSentAnywhere(String parameter) {
            Map<String, String> parameters = authorization();
            parameters.put(parameter, "http://localhost:3/other");

            HttpResponse<String> answer =
                    client.get(
                            server.address(Endpoint.AUTHORIZATION)
                                    + "?client_id="
                                    + parameters.get("client_id")
                                    + "&redirect_uri="
                                    + parameters.get("redirect_uri"));

            assertThat(answer.statusCode()).isEqualTo(400);
            assertThat(answer.headers().firstValue("Location")).isEmpty();
        }

        @Test
        void aPersonMayDeny() {
            server.person(Person.DENIES);

            Parameters answer = client.authorize(metadata(), authorization());

            assertThat(answer.text("error")).isEqualTo("access_denied");
            assertThat(answer.text("state")).isEqualTo("a-state");
        }

        @Test
        void aFormConsentsOnlyInTheBrowserThatWasAsked() {
            server.person(Person.CONSENTS_BY_FORM);
            Map<String, String> parameters = authorization();
            String query =
                    parameters.entrySet().stream()
                            .map(each -> each.getKey() + "=" + each.getValue())
                            .reduce("", (left, right) -> left + "&" + right)
                            .substring(1);
            HttpResponse<String> page =
                    client.get(server.address(Endpoint.AUTHORIZATION) + "?" + query);
            String cookie = page.headers().firstValue("Set-Cookie").orElseThrow().split(";", 2)[0];
            String ticket = cookie.substring(cookie.indexOf('=') + 1);
            Map<String, String> consent = Map.of("ticket", ticket, "decision", "approve");
            String address = server.address(Endpoint.AUTHORIZATION);

            assertThat(client.post(address, consent).statusCode()).isEqualTo(403);
            assertThat(
                            client.post(address, consent, "Cookie", cookie)
                                    .headers()
                                    .firstValue("Location")
                                    .orElseThrow())
                    .contains("code=");
        }

        @Test
        void withoutIssNeitherTheMetadataNorTheAnswerHasIt() {
            restart(AuthorizationServerParty.settings().withoutIss());

            assertThat(client.authorize(metadata(), authorization()).first("iss")).isEmpty();
            assertThat(metadata().has("authorization_response_iss_parameter_supported")).isFalse();
        }

        private Map<String, String> authorization() {
            String clientId = client.register(metadata(), "none").path("client_id").asText();
            return client.authorization(clientId, RESOURCE);
        }
    }

    @Nested
    final class TokenEndpoint {

        @ParameterizedTest
        @ValueSource(strings = {"none", "client_secret_basic", "client_secret_post"})
        void everyAuthenticationMethodWorksAsRegistered(String method) {
            assertThat(tokens(method).has("access_token")).isTrue();
        }

        @Test
        void anotherAuthenticationMethodThanTheRegisteredIsRefused() {
            JsonNode registration = client.register(metadata(), "client_secret_basic");
            Map<String, String> redemption = redemption(registration);
            redemption.put("client_secret", registration.path("client_secret").asText());

            HttpResponse<String> answer = client.post(server.address(Endpoint.TOKEN), redemption);

            assertThat(answer.statusCode()).isEqualTo(401);
            assertThat(json(answer).path("error").asText()).isEqualTo("invalid_client");
        }

        @ParameterizedTest
        @CsvSource({
            "code, made-up, invalid_grant",
            "code_verifier, another-verifier-of-at-least-forty-three-chars, invalid_grant",
            "redirect_uri, http://localhost:1/other, invalid_grant",
            "resource, http://localhost:9/mcp, invalid_target",
            "grant_type, password, unsupported_grant_type",
            "client_id, made-up, invalid_client"
        })
        void aSpoiledRedemptionIsRefused(String parameter, String value, String error) {
            Map<String, String> redemption = redemption(client.register(metadata(), "none"));
            redemption.put(parameter, value);

            assertThat(
                            json(client.post(server.address(Endpoint.TOKEN), redemption))
                                    .path("error")
                                    .asText())
                    .isEqualTo(error);
        }

        @Test
        void aCodeRedeemedTwiceEndsWhatItGave() {
            Map<String, String> redemption = redemption(client.register(metadata(), "none"));
            String address = server.address(Endpoint.TOKEN);
            String token = json(client.post(address, redemption)).path("access_token").asText();

            assertThat(json(client.post(address, redemption)).path("error").asText())
                    .isEqualTo("invalid_grant");
            assertThat(server.lookUp(token)).isEmpty();
            assertThat(server.mostRedemptionsOfOneCode()).isEqualTo(2);
        }

        @Test
        void aRefreshTokenRotatesAndItsReuseEndsTheFamily() {
            JsonNode registration = client.register(metadata(), "none");
            String clientId = registration.path("client_id").asText();
            String address = server.address(Endpoint.TOKEN);
            JsonNode first = json(client.post(address, redemption(registration)));
            Map<String, String> refresh =
                    client.refresh(clientId, first.path("refresh_token").asText(), RESOURCE);

            JsonNode second = json(client.post(address, refresh));

            assertThat(second.path("refresh_token")).isNotEqualTo(first.path("refresh_token"));
            assertThat(server.lookUp(second.path("access_token").asText())).isPresent();
            assertThat(json(client.post(address, refresh)).path("error").asText())
                    .isEqualTo("invalid_grant");
            assertThat(server.lookUp(second.path("access_token").asText())).isEmpty();
        }

        @Test
        void revokingARefreshTokenEndsTheFamily() {
            JsonNode registration = client.register(metadata(), "none");
            JsonNode tokens =
                    json(client.post(server.address(Endpoint.TOKEN), redemption(registration)));
            String refreshToken = tokens.path("refresh_token").asText();

            HttpResponse<String> answer =
                    client.post(
                            server.address(Endpoint.REVOCATION),
                            Map.of(
                                    "client_id",
                                    registration.path("client_id").asText(),
                                    "token",
                                    refreshToken));

            assertThat(answer.statusCode()).isEqualTo(200);
            assertThat(server.revoked()).containsExactly(refreshToken);
            assertThat(server.lookUp(tokens.path("access_token").asText())).isEmpty();
        }

        @Test
        void accessTokensExpireOnDemand() {
            String token = tokens("none").path("access_token").asText();

            server.expireAccessTokens();

            assertThat(server.lookUp(token)).isEmpty();
        }
    }

    @Nested
    final class Misbehaviour {

        @Test
        void aLostAnswerHasRedeemedTheCodeAllTheSame() {
            Map<String, String> redemption = redemption(client.register(metadata(), "none"));
            server.misbehaveOnce(Endpoint.TOKEN, Mischief.losingTheAnswer());

            assertThatThrownBy(() -> client.post(server.address(Endpoint.TOKEN), redemption))
                    .isInstanceOf(UncheckedIOException.class);
            assertThat(server.redemptions()).isEqualTo(1);
        }

        @Test
        void aDroppedRequestHasRedeemedNothing() {
            Map<String, String> redemption = redemption(client.register(metadata(), "none"));
            server.misbehaveOnce(Endpoint.TOKEN, Mischief.droppingTheRequest());

            assertThatThrownBy(() -> client.post(server.address(Endpoint.TOKEN), redemption))
                    .isInstanceOf(UncheckedIOException.class);
            assertThat(server.redemptions()).isZero();
        }

        @Test
        void metadataCanLieOmitAndSwell() {
            server.misbehaveOnce(
                    Endpoint.METADATA, Mischief.saying("token_endpoint", "javascript:alert(1)"));
            server.misbehaveOnce(
                    Endpoint.METADATA, Mischief.omitting("code_challenge_methods_supported"));
            server.misbehaveOnce(Endpoint.METADATA, Mischief.nulling("issuer"));
            server.misbehaveOnce(Endpoint.METADATA, Mischief.swollenBy(100_000));

            assertThat(metadata().path("token_endpoint").asText()).isEqualTo("javascript:alert(1)");
            assertThat(metadata().has("code_challenge_methods_supported")).isFalse();
            assertThat(metadata().path("issuer").isNull()).isTrue();
            assertThat(metadata().path("padding").asText()).hasSize(100_000);
            assertThat(metadata().has("padding")).isFalse();
        }

        @Test
        void statusMediaTypeAndDelayCanBeWrong() {
            String address = server.issuer() + "/.well-known/oauth-authorization-server";
            server.misbehaveOnce(Endpoint.METADATA, Mischief.labelled("text/plain"));
            server.misbehaveOnce(Endpoint.METADATA, Mischief.withStatus(500));
            server.misbehaveOnce(Endpoint.METADATA, Mischief.unavailable(Duration.ofSeconds(7)));
            server.misbehaveOnce(Endpoint.METADATA, Mischief.trickling(Duration.ofNanos(1)));

            assertThat(client.get(address).headers().firstValue("Content-Type"))
                    .hasValue("text/plain");
            assertThat(client.get(address).statusCode()).isEqualTo(500);
            assertThat(client.get(address).headers().firstValue("Retry-After")).hasValue("7");
            assertThat(json(client.get(address)).path("issuer").asText())
                    .isEqualTo(server.issuer());
        }

        @Test
        void anAnswerCanBeCutOff() {
            server.misbehave(Endpoint.METADATA, Mischief.cuttingOffAfter(10));

            assertThatThrownBy(AuthorizationServerPartyTest.this::metadata)
                    .isInstanceOf(UncheckedIOException.class);
        }

        @Test
        void redirectsCanGoOnForEver() {
            server.misbehave(Endpoint.METADATA, Mischief.redirectingForEver());
            String address = server.issuer() + "/.well-known/oauth-authorization-server";

            assertThat(client.get(address + "?hop=4").headers().firstValue("Location"))
                    .hasValue("/.well-known/oauth-authorization-server?hop=5");
        }

        @Test
        void theAuthorizationResponseCanBeForged() {
            String clientId = client.register(metadata(), "none").path("client_id").asText();
            Map<String, String> parameters = client.authorization(clientId, RESOURCE);
            server.misbehaveOnce(
                    Endpoint.AUTHORIZATION, Mischief.redirectingWith("iss", "http://evil.test"));
            server.misbehaveOnce(Endpoint.AUTHORIZATION, Mischief.redirectingWithout("iss"));

            Parameters forged = client.authorize(metadata(), parameters);
            Parameters bare = client.authorize(metadata(), parameters);

            assertThat(forged.text("iss")).isEqualTo("http://evil.test");
            assertThat(forged.text("state")).isEqualTo("a-state");
            assertThat(bare.first("iss")).isEmpty();
        }
    }

    private JsonNode tokens(String authMethod) {
        JsonNode registration = client.register(metadata(), authMethod);
        Map<String, String> redemption = redemption(registration);
        String clientId = registration.path("client_id").asText();
        String secret = registration.path("client_secret").asText();
        String address = server.address(Endpoint.TOKEN);
        return json(
                switch (authMethod) {
                    case "client_secret_post" -> {
                        redemption.put("client_secret", secret);
                        yield client.post(address, redemption);
                    }
                    case "client_secret_basic" -> {
                        redemption.remove("client_id");
                        String pair = clientId + ":" + secret;
                        byte[] bytes = pair.getBytes(StandardCharsets.UTF_8);
                        String basic = "Basic " + Base64.getEncoder().encodeToString(bytes);
                        yield client.post(address, redemption, "Authorization", basic);
                    }
                    default -> client.post(address, redemption);
                });
    }

    private Map<String, String> redemption(JsonNode registration) {
        String clientId = registration.path("client_id").asText();
        Parameters answer = client.authorize(metadata(), client.authorization(clientId, RESOURCE));
        return new HashMap<>(client.redemption(clientId, answer.text("code"), RESOURCE));
    }

    private JsonNode metadata() {
        return client.serverMetadata(server.issuer());
    }

    private void restart(AuthorizationServerParty.Settings settings) {
        server.close();
        server = settings.start();
    }
}
