package dev.mooring.party;

import static dev.mooring.party.ConformantClient.json;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.mooring.application.fixture.SigningKeys;
import dev.mooring.party.AuthorizationServerParty.Endpoint;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.net.http.HttpResponse;
import java.security.KeyPair;
import java.time.Instant;
import java.util.Map;
import java.util.UUID;

/** The authorization server is as strict with machines as with the clients of persons. */
final class GrantsToMachinesTest {

    private static final String RESOURCE = "http://localhost:2/mcp";
    private static final String JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer";
    private static final String WORKLOADS = "https://workloads.example";

    private final ConformantClient client = new ConformantClient();
    private final AuthorizationServerParty server =
            AuthorizationServerParty.settings().grantingWithoutAPerson().start();
    private final KeyPair key = SigningKeys.pair("EC", 256);

    @AfterEach
    void stop() {
        server.close();
        client.close();
    }

    @Test
    void aMachineGetsATokenForItsResourceAndNoRefreshToken() {
        server.preregisterMachine("m", "s", "client_secret_post", "client_credentials");

        var tokens = json(ask(credentials("m", "s")));

        assertThat(tokens.path("refresh_token").isMissingNode()).isTrue();
        assertThat(server.lookUp(tokens.path("access_token").asText()))
                .hasValueSatisfying(token -> {
                    assertThat(token.clientId()).isEqualTo("m");
                    assertThat(token.resource()).isEqualTo(RESOURCE);
                });
        assertThat(server.refusals()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "client_secret, wrong, invalid_client",
        "scope, mcp:unknown, invalid_scope",
        "resource, '', invalid_target",
        "grant_type, authorization_code, unauthorized_client",
        "grant_type, password, unsupported_grant_type"
    })
    void aSpoiltRequestIsRefused(String parameter, String value, String error) {
        server.preregisterMachine("m", "s", "client_secret_post", "client_credentials");
        Map<String, String> request = credentials("m", "s");
        request.put(parameter, value);

        refuses(ask(request), error);
    }

    @Test
    void aPublicClientProvesNothing() {
        server.preregisterMachine("m", "", "none", "client_credentials");
        refuses(ask(client.machine("client_credentials", "m", RESOURCE)), "unauthorized_client");
    }

    @Test
    void aSignatureIsJudgedAndCountsOnce() {
        server.preregisterSigning("m", "ES256", key.getPublic(), "client_credentials");
        String assertion = proof("m", server.issuer());
        assertThat(ask(proven("m", assertion)).statusCode()).isEqualTo(200);

        refuses(ask(proven("m", assertion)), "invalid_client");
        refuses(ask(proven("m", proof("m", server.address(Endpoint.TOKEN)))), "invalid_client");
        refuses(ask(credentials("m", "s")), "invalid_client");
        assertThat(server.refusals()).hasSize(3);
    }

    @Test
    void whoHasASecretIsNotTakenForItsSignature() {
        server.preregisterMachine("m", "s", "client_secret_post", "client_credentials");
        refuses(ask(proven("m", proof("m", server.issuer()))), "invalid_client");
    }

    @ParameterizedTest
    @CsvSource({"iss, https://others.example", "aud, https://others.example", "exp, 1", "sub, ''"})
    void anAssertionIsJudgedByItsClaims(String claim, String value) {
        server.preregisterMachine("m", "s", "client_secret_post", JWT_BEARER);
        server.trust(WORKLOADS, "ES256", key.getPublic());
        assertThat(ask(bearing(workload())).statusCode()).isEqualTo(200);

        ObjectNode spoilt = workload();
        spoilt.put(claim, value);
        refuses(ask(bearing(spoilt)), "invalid_grant");
    }

    @Test
    void anAssertionIsJudgedByItsSignature() {
        server.preregisterMachine("m", "s", "client_secret_post", JWT_BEARER);
        server.trust(WORKLOADS, "ES256", SigningKeys.pair("EC", 256).getPublic());
        refuses(ask(bearing(workload())), "invalid_grant");
    }

    @ParameterizedTest
    @CsvSource({
        "client_id, another, invalid_grant",
        "resource, http://localhost:3/mcp, invalid_grant",
        "jti, '', invalid_grant"
    })
    void theWordOfAnIdentityProviderIsForOneClientAndOneResource(
            String claim, String value, String error) {
        server.preregisterMachine("m", "s", "client_secret_post", JWT_BEARER);
        server.trust(WORKLOADS, "ES256", key.getPublic());
        ObjectNode claims = workload();
        claims.put("client_id", "m").put("resource", RESOURCE).put("jti", "once");
        Map<String, String> request = bearing(claims);
        request.put("assertion", SignedClaims.sign("oauth-id-jag+jwt", claims, key.getPrivate()));
        assertThat(ask(request).statusCode()).isEqualTo(200);
        refuses(ask(request), "invalid_grant");

        claims.put("jti", "another").put(claim, value);
        request.put("assertion", SignedClaims.sign("oauth-id-jag+jwt", claims, key.getPrivate()));
        refuses(ask(request), error);
    }

    private Map<String, String> credentials(String id, String secret) {
        Map<String, String> request = client.machine("client_credentials", id, RESOURCE);
        request.put("client_secret", secret);
        return request;
    }

    private Map<String, String> proven(String id, String assertion) {
        Map<String, String> request = client.machine("client_credentials", id, RESOURCE);
        request.put(
                "client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
        request.put("client_assertion", assertion);
        return request;
    }

    private String proof(String id, String audience) {
        ObjectNode claims = Answer.JSON.createObjectNode();
        claims.put("iss", id).put("sub", id).put("aud", audience);
        claims.put("exp", Instant.now().getEpochSecond() + 60);
        claims.put("jti", UUID.randomUUID().toString());
        return SignedClaims.sign("JWT", claims, key.getPrivate());
    }

    private ObjectNode workload() {
        ObjectNode claims = Answer.JSON.createObjectNode();
        claims.put("iss", WORKLOADS).put("sub", "a-workload").put("aud", server.issuer());
        return claims.put("exp", Instant.now().getEpochSecond() + 600);
    }

    private Map<String, String> bearing(ObjectNode claims) {
        Map<String, String> request = client.machine(JWT_BEARER, "m", RESOURCE);
        request.put("client_secret", "s");
        request.put("assertion", SignedClaims.sign("JWT", claims, key.getPrivate()));
        return request;
    }

    private HttpResponse<String> ask(Map<String, String> request) {
        return client.post(server.address(Endpoint.TOKEN), request);
    }

    private static void refuses(HttpResponse<String> answer, String error) {
        assertThat(json(answer).path("error").asText()).as(answer.body()).isEqualTo(error);
        assertThat(answer.statusCode()).isGreaterThanOrEqualTo(400);
    }
}
