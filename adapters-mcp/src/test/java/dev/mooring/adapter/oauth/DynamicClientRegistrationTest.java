package dev.mooring.adapter.oauth;

import static dev.mooring.adapter.oauth.OAuthFixtures.CALLBACK;
import static dev.mooring.adapter.oauth.OAuthFixtures.budget;
import static dev.mooring.adapter.oauth.OAuthFixtures.connection;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;

import dev.mooring.adapter.http.GuardedHttp;
import dev.mooring.application.port.ClientRegistrar;
import dev.mooring.application.port.ClientRegistrar.Deletion;
import dev.mooring.domain.client.Connection;
import dev.mooring.domain.lifecycle.Deregistration;
import dev.mooring.domain.lifecycle.Problem;
import dev.mooring.domain.lifecycle.Problem.Code;
import dev.mooring.domain.lifecycle.Registration.Management;
import dev.mooring.domain.lifecycle.RegistrationId;
import dev.mooring.domain.oauth.ClientMetadata;
import dev.mooring.domain.oauth.RedirectUri;
import dev.mooring.domain.oauth.RegistrationAccessToken;
import dev.mooring.domain.oauth.Scopes;
import dev.mooring.domain.oauth.TokenEndpointAuthMethod;
import dev.mooring.party.Answer;
import dev.mooring.party.AuthorizationServerParty;
import dev.mooring.party.AuthorizationServerParty.Endpoint;
import dev.mooring.party.Mischief;
import dev.mooring.party.Received;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;

@Timeout(60)
class DynamicClientRegistrationTest {
    private static final Connection ANYBODY = connection("https://mcp.example/mcp");

    private final AuthorizationServerParty party = AuthorizationServerParty.start();
    private final GuardedHttp http = OAuthFixtures.loopbackHttp();
    private final DynamicClientRegistration registrar =
            new DynamicClientRegistration(http, InstantSource.system());

    @AfterEach
    void closeAll() {
        http.close();
        party.close();
    }

    @ParameterizedTest
    @EnumSource(
            value = TokenEndpointAuthMethod.class,
            mode = EnumSource.Mode.EXCLUDE,
            names = "PRIVATE_KEY_JWT")
    void aServerThatKeepsToTheRfcRegistersUs(TokenEndpointAuthMethod method) {
        ClientRegistrar.Answer.Registered registered = registered(register(metadata(method)));

        assertThat(registered.credentials().method()).isEqualTo(method);
        assertThat(registered.credentials().secret().isPresent())
                .isEqualTo(method != TokenEndpointAuthMethod.NONE);
        assertThat(registered.credentials().clientId().value())
                .isEqualTo(party.clients().getFirst().clientId());
        assertThat(registered.secretExpiresAt()).isEmpty();
        assertThat(registered.management()).isPresent();
        assertThat(party.refusals()).isEmpty();
    }

    @Test
    void weSayWhatMcpWantsSaidAndNothingThatIsEmpty() {
        registered(register(metadata(TokenEndpointAuthMethod.NONE)));

        JsonNode sent = party.received(Endpoint.REGISTRATION).getFirst().json().orElseThrow();
        assertThat(sent.properties())
                .extracting(member -> member.getKey() + "=" + member.getValue())
                .containsExactlyInAnyOrder(
                        "client_name=\"Mooring\"",
                        "redirect_uris=[\"" + CALLBACK + "\"]",
                        "grant_types=[\"authorization_code\",\"refresh_token\"]",
                        "response_types=[\"code\"]",
                        "token_endpoint_auth_method=\"none\"",
                        "application_type=\"native\"");
    }

    @Test
    void aRemoteCallbackMakesUsAWebClientAndGivenScopesAreNamed() {
        ClientMetadata metadata =
                new ClientMetadata(
                        "Mooring",
                        Optional.of("https://mooring.example"),
                        List.of(new RedirectUri("https://mooring.example/api/oauth/callback")),
                        List.of("authorization_code"),
                        List.of("code"),
                        TokenEndpointAuthMethod.NONE,
                        "web",
                        Scopes.of("mcp:tools", "mcp:admin"),
                        Optional.empty());

        register(metadata);

        JsonNode sent = party.received(Endpoint.REGISTRATION).getFirst().json().orElseThrow();
        assertThat(sent.get("application_type").asText()).isEqualTo("web");
        assertThat(sent.get("scope").asText()).isEqualTo("mcp:tools mcp:admin");
        assertThat(sent.get("client_uri").asText()).isEqualTo("https://mooring.example");
    }

    @Test
    void realServersSendNullsEmptyStringsAndAStatusOfTwoHundred() {
        party.misbehaveOnce(
                Endpoint.REGISTRATION,
                (request, honest) -> {
                    var answer =
                            Mischief.editing(document ->
                                            document.putNull("client_secret")
                                                    .put("client_uri", "")
                                                    .put("logo_uri", "")
                                                    .putNull("client_secret_expires_at")
                                                    .putNull("registration_client_uri")
                                                    .put("scope", ""))
                                    .answer(request, honest);
                    return Mischief.withStatus(200).answer(request, () -> answer);
                });

        ClientRegistrar.Answer.Registered registered =
                registered(register(metadata(TokenEndpointAuthMethod.NONE)));

        assertThat(registered.credentials().secret()).isEmpty();
        assertThat(registered.management()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        // what we asked for, whether a secret comes, what the answer says, what it means
        "NONE, false, '', NONE",
        "NONE, true, '', CLIENT_SECRET_BASIC",
        "NONE, true, none, NONE",
        "NONE, true, client_secret_post, CLIENT_SECRET_POST",
        "NONE, false, client_secret_basic, NONE",
        "CLIENT_SECRET_POST, true, '', CLIENT_SECRET_POST",
        "CLIENT_SECRET_POST, true, client_secret_basic, CLIENT_SECRET_BASIC",
        "CLIENT_SECRET_BASIC, false, '', NONE",
        "CLIENT_SECRET_BASIC, false, none, NONE"
    })
    void theServersAnswerDecidesTheMethod(
            TokenEndpointAuthMethod asked,
            boolean secret,
            String said,
            TokenEndpointAuthMethod meant) {
        party.misbehaveOnce(
                Endpoint.REGISTRATION,
                Mischief.editing(document -> {
                    document.remove("client_secret");
                    document.remove("token_endpoint_auth_method");
                    if (secret) {
                        document.put("client_secret", "s3cret");
                    }
                    if (!said.isEmpty()) {
                        document.put("token_endpoint_auth_method", said);
                    }
                }));

        ClientRegistrar.Answer.Registered registered = registered(register(metadata(asked)));

        assertThat(registered.credentials().method()).isEqualTo(meant);
        assertThat(registered.credentials().secret().isPresent())
                .isEqualTo(meant != TokenEndpointAuthMethod.NONE);
    }

    @Test
    void aMethodThatWeDoNotSpeakIsSaidSo() {
        party.misbehaveOnce(
                Endpoint.REGISTRATION,
                Mischief.editing(document ->
                        document.put("client_secret", "x")
                                .put("token_endpoint_auth_method", "private_key_jwt")));

        ClientRegistrar.Answer answer =
                register(metadata(TokenEndpointAuthMethod.CLIENT_SECRET_BASIC));

        assertThat(answer)
                .isInstanceOfSatisfying(
                        ClientRegistrar.Answer.Useless.class,
                        useless -> {
                            assertThat(useless.problem().code())
                                    .isEqualTo(Code.REGISTRATION_REFUSED);
                            assertThat(useless.problem().message()).contains("authentication");
                            assertThat(useless.management()).isPresent();
                        });
    }

    /** RFC 7592 section 2.3. */
    @Test
    void aRegistrationIsDeletedAndDeletingItAgainDoesNoHarm() {
        Management management = managed();
        assertThat(party.clients()).hasSize(1);

        assertThat(delete(management)).isInstanceOf(Deletion.Deleted.class);
        assertThat(party.clients()).isEmpty();
        Received sent = party.received(Endpoint.CLIENT_MANAGEMENT).getFirst();
        assertThat(sent.method()).isEqualTo("DELETE");
        assertThat(sent.header("Authorization"))
                .contains("Bearer " + management.accessToken().value());

        assertThat(delete(management)).isInstanceOf(Deletion.Deleted.class);
    }

    @ParameterizedTest
    @CsvSource({
        "200, Deleted", "204, Deleted", "401, Deleted", "404, Deleted", "410, Deleted",
        "302, Refused", "400, Refused", "403, Refused", "405, Refused", "501, Refused",
        "429, Unavailable", "500, Unavailable", "503, Unavailable"
    })
    void whatTheServerSaysToADeletionIsUnderstood(int status, String meant) {
        Management management = managed();
        party.misbehave(Endpoint.CLIENT_MANAGEMENT, Mischief.failing(status));

        assertThat(delete(management).getClass().getSimpleName()).isEqualTo(meant);
    }

    @Test
    void howLongTheServerAsksToBeLeftAloneBeforeADeletionIsTold() {
        Management management = managed();
        party.misbehave(Endpoint.CLIENT_MANAGEMENT, Mischief.unavailable(Duration.ofSeconds(90)));
        assertThat(delete(management))
                .isInstanceOfSatisfying(
                        Deletion.Unavailable.class,
                        asked -> {
                            assertThat(asked.retryAfter()).contains(Duration.ofSeconds(90));
                            assertThat(asked.status()).hasValue(503);
                        });
    }

    @Test
    void aServerThatIsAwayIsAskedToDeleteLater() {
        Management management = managed();
        party.close();
        assertThat(delete(management)).isInstanceOf(Deletion.Unavailable.class);
    }

    @Test
    void whereTheGuardLetsNobodyGoNothingIsDeleted() {
        Management inside =
                new Management(
                        URI.create("https://10.0.0.1/register/1"),
                        new RegistrationAccessToken("token"),
                        Optional.empty());
        assertThat(delete(inside)).isInstanceOf(Deletion.Refused.class);
    }

    @ParameterizedTest
    @CsvSource({
        "registration_client_uri, https://elsewhere.example/register/1",
        "registration_client_uri, http://127.0.0.1:1/register/1",
        "registration_client_uri, javascript:alert(1)",
        "registration_access_token, 'a b'",
        "registration_access_token, ''"
    })
    void aTokenForNobodyOrForSomebodyElseIsNotKept(String member, String value) {
        party.misbehaveOnce(
                Endpoint.REGISTRATION, Mischief.editing(document -> document.put(member, value)));

        assertThat(registered(register(metadata(TokenEndpointAuthMethod.NONE))).management())
                .isEmpty();
    }

    private Management managed() {
        return registered(register(metadata(TokenEndpointAuthMethod.NONE)))
                .management()
                .orElseThrow();
    }

    private Deletion delete(Management management) {
        return registrar.delete(
                new Deregistration(new RegistrationId("reg_1"), management), budget());
    }

    @Test
    void theEndOfASecretIsKeptAndZeroMeansNever() {
        party.misbehaveOnce(
                Endpoint.REGISTRATION,
                Mischief.editing(
                        document -> document.put("client_secret_expires_at", 2_000_000_000)));
        party.misbehaveOnce(
                Endpoint.REGISTRATION,
                Mischief.editing(
                        document -> document.put("client_secret_expires_at", "2000000000")));
        party.misbehaveOnce(
                Endpoint.REGISTRATION,
                Mischief.editing(
                        document -> document.put("client_secret_expires_at", Long.MAX_VALUE)));
        ClientMetadata metadata = metadata(TokenEndpointAuthMethod.CLIENT_SECRET_BASIC);

        assertThat(registered(register(metadata)).secretExpiresAt())
                .contains(Instant.ofEpochSecond(2_000_000_000));
        assertThat(registered(register(metadata)).secretExpiresAt())
                .contains(Instant.ofEpochSecond(2_000_000_000));
        assertThat(registered(register(metadata)).secretExpiresAt()).isPresent();
        assertThat(registered(register(metadata)).secretExpiresAt()).isEmpty();
    }

    @Test
    void aRefusedRedirectUriIsToldWithTheUriAndTheWayOut() {
        party.misbehave(
                Endpoint.REGISTRATION,
                Mischief.instead(
                        Answer.text(
                                400,
                                "application/json",
                                "{\"error\":\"invalid_redirect_uri\",\"error_description\":\"<script>\"}")));

        ClientRegistrar.Answer answer = register(metadata(TokenEndpointAuthMethod.NONE));

        assertThat(answer).isInstanceOf(ClientRegistrar.Answer.RedirectUriRefused.class);
        Problem problem = ((ClientRegistrar.Answer.RedirectUriRefused) answer).problem();
        assertThat(problem.code()).isEqualTo(Code.REGISTRATION_REFUSED);
        assertThat(problem.message())
                .contains("invalid_redirect_uri", CALLBACK.value(), "oauth_config.client_id")
                .doesNotContain("script");
    }

    @ParameterizedTest
    @CsvSource({
        "400, REGISTRATION_REFUSED", "401, REGISTRATION_REFUSED", "403, REGISTRATION_REFUSED",
        "404, REGISTRATION_REFUSED", "302, REGISTRATION_REFUSED",
                "429, AUTHORIZATION_SERVER_BROKEN",
        "500, AUTHORIZATION_SERVER_BROKEN", "503, AUTHORIZATION_SERVER_BROKEN"
    })
    void refusalsAndOutagesAreToldApart(int status, Code code) {
        party.misbehave(Endpoint.REGISTRATION, Mischief.failing(status));

        assertThat(problem(register(metadata(TokenEndpointAuthMethod.NONE))).code())
                .isEqualTo(code);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "[]",
                "<html/>",
                "{}",
                "{\"client_id\":\"\"}",
                "{\"client_id\":7}",
                "{\"client_id\":\"ü\"}",
                "{\"client_id\":\"a\\u0000\"}"
            })
    void anAnswerWithoutAClientIdIsBroken(String body) {
        party.misbehave(
                Endpoint.REGISTRATION,
                Mischief.instead(Answer.text(201, "application/json", body)));

        assertThat(problem(register(metadata(TokenEndpointAuthMethod.NONE))).code())
                .isEqualTo(Code.AUTHORIZATION_SERVER_BROKEN);
    }

    @Test
    void anErrorWithAStatusOfSuccessIsARefusal() {
        party.misbehave(
                Endpoint.REGISTRATION,
                Mischief.instead(
                        Answer.text(200, "application/json", "{\"error\":\"access_denied\"}")));

        assertThat(problem(register(metadata(TokenEndpointAuthMethod.NONE))).message())
                .contains("access_denied");
    }

    @Test
    void anEndpointInAPrivateNetworkIsNotCalled() {
        ClientRegistrar.Answer answer =
                registrar.register(
                        URI.create("https://10.0.0.1/register"),
                        metadata(TokenEndpointAuthMethod.NONE),
                        ANYBODY,
                        budget());

        assertThat(problem(answer).code()).isEqualTo(Code.ADDRESS_NOT_ALLOWED);
    }

    private ClientRegistrar.Answer register(ClientMetadata metadata) {
        return registrar.register(
                URI.create(party.address(Endpoint.REGISTRATION)), metadata, ANYBODY, budget());
    }

    private static ClientMetadata metadata(TokenEndpointAuthMethod method) {
        return ClientMetadata.authorizationCode("Mooring", CALLBACK, method);
    }

    private static ClientRegistrar.Answer.Registered registered(ClientRegistrar.Answer answer) {
        assertThat(answer).isInstanceOf(ClientRegistrar.Answer.Registered.class);
        return (ClientRegistrar.Answer.Registered) answer;
    }

    private static Problem problem(ClientRegistrar.Answer answer) {
        assertThat(answer).isInstanceOf(ClientRegistrar.Answer.Failed.class);
        return ((ClientRegistrar.Answer.Failed) answer).problem();
    }
}
