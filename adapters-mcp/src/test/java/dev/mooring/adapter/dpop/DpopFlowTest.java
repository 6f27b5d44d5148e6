package dev.mooring.adapter.dpop;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;

import dev.mooring.adapter.http.GuardedHttp;
import dev.mooring.adapter.http.OutboundAllow;
import dev.mooring.adapter.http.OutboundSettings;
import dev.mooring.adapter.mcp.ClientInfo;
import dev.mooring.adapter.mcp.McpHttpConnector;
import dev.mooring.adapter.oauth.ClientAssertions;
import dev.mooring.adapter.oauth.HttpAuthorizationServerDiscovery;
import dev.mooring.adapter.oauth.HttpRevocationEndpoint;
import dev.mooring.adapter.oauth.HttpTokenEndpoint;
import dev.mooring.application.port.AuthorizationServerDiscovery.ResourceAnswer;
import dev.mooring.application.port.AuthorizationServerDiscovery.ServerAnswer;
import dev.mooring.application.port.Budget;
import dev.mooring.application.port.McpConnector.CallAnswer;
import dev.mooring.application.port.McpConnector.ConnectAnswer;
import dev.mooring.application.port.McpConnector.Target;
import dev.mooring.application.port.McpConnector.ToolCall;
import dev.mooring.application.port.RevocationEndpoint;
import dev.mooring.application.port.TokenEndpoint.Answer;
import dev.mooring.application.port.TokenEndpoint.CodeRedemption;
import dev.mooring.application.port.TokenEndpoint.TokenRefresh;
import dev.mooring.domain.client.ClientId;
import dev.mooring.domain.client.Connection;
import dev.mooring.domain.client.StaticHeaders;
import dev.mooring.domain.lifecycle.GrantId;
import dev.mooring.domain.lifecycle.Problem.Code;
import dev.mooring.domain.lifecycle.Revocation;
import dev.mooring.domain.mcp.ServerUri;
import dev.mooring.domain.mcp.Transport;
import dev.mooring.domain.oauth.AcceptedQuirks;
import dev.mooring.domain.oauth.AccessChallenge;
import dev.mooring.domain.oauth.AuthorizationCode;
import dev.mooring.domain.oauth.ClientCredentials;
import dev.mooring.domain.oauth.ClientIdentifier;
import dev.mooring.domain.oauth.CodeVerifier;
import dev.mooring.domain.oauth.Credential;
import dev.mooring.domain.oauth.DpopDemand;
import dev.mooring.domain.oauth.DpopKey;
import dev.mooring.domain.oauth.Issuer;
import dev.mooring.domain.oauth.OAuthError;
import dev.mooring.domain.oauth.RedirectUri;
import dev.mooring.domain.oauth.ResourceIdentifier;
import dev.mooring.domain.oauth.Scopes;
import dev.mooring.domain.oauth.TokenEndpointAuthMethod;
import dev.mooring.domain.oauth.TokenSet;
import dev.mooring.domain.oauth.TokenType;
import dev.mooring.party.AuthorizationServerParty;
import dev.mooring.party.AuthorizationServerParty.Endpoint;
import dev.mooring.party.ConformantClient;
import dev.mooring.party.McpServerParty;
import dev.mooring.party.McpServerParty.Era;
import dev.mooring.party.Mischief;
import dev.mooring.party.Received;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import java.net.URI;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Both sides of DPoP over real sockets, against servers that check every proof to the letter. */
class DpopFlowTest {
    private static final ClientAssertions KEYLESS =
            new ClientAssertions(Optional.empty(), InstantSource.system(), new SecureRandom());

    private static final InstantSource CLOCK = InstantSource.system();
    private static final ClientId CLIENT = new ClientId("client-1");

    private final GuardedHttp http =
            new GuardedHttp(
                    OutboundSettings.of(OutboundAllow.parse("localhost,127.0.0.1"), "Mooring/t"));
    private final EcDpopKeys keys = new EcDpopKeys();
    private final DpopProofs proofs = new DpopProofs(CLOCK, new SecureRandom());
    private final HttpTokenEndpoint tokens = new HttpTokenEndpoint(http, proofs, KEYLESS, CLOCK);
    private final McpHttpConnector connector =
            new McpHttpConnector(
                    http,
                    new DpopProofs(CLOCK, new SecureRandom()),
                    new ClientInfo("Mooring", "1"),
                    CLOCK);
    private final DpopKey key = keys.generate();
    private AuthorizationServerParty issuer = AuthorizationServerParty.settings().binding().start();
    private McpServerParty server =
            McpServerParty.settings().protectedBy(issuer, "mcp:tools").wantingProofs().start();

    @AfterEach
    void stop() {
        connector.close();
        http.close();
        server.close();
        issuer.close();
    }

    @Test
    void whatTheServersSayAboutDpopIsRead() {
        HttpAuthorizationServerDiscovery discovery =
                new HttpAuthorizationServerDiscovery(http, Duration.ZERO);
        assertThat(
                        discovery.protectedResource(
                                over(Era.MODERN),
                                AccessChallenge.SILENT,
                                AcceptedQuirks.NONE,
                                budget()))
                .isInstanceOfSatisfying(
                        ResourceAnswer.Found.class,
                        found ->
                                assertThat(found.resource().dpop())
                                        .isEqualTo(new DpopDemand(true, Set.of("ES256"))));
        assertThat(
                        discovery.authorizationServer(
                                new Issuer(issuer.issuer()),
                                over(Era.MODERN),
                                AcceptedQuirks.NONE,
                                budget()))
                .isInstanceOfSatisfying(
                        ServerAnswer.Found.class,
                        found ->
                                assertThat(found.server().dpopAlgorithms())
                                        .containsExactlyInAnyOrder("PS256", "ES256"));
        assertThat(connector.probe(over(Era.MODERN), budget()))
                .isInstanceOfSatisfying(
                        ConnectAnswer.Challenged.class,
                        challenged -> {
                            assertThat(challenged.challenge().schemes())
                                    .containsExactly(TokenType.DPOP);
                            assertThat(challenged.challenge().proofAlgorithms())
                                    .containsExactly("ES256");
                        });
    }

    @ParameterizedTest
    @EnumSource
    void everyRequestIsProvenFromTheTokenToTheGoodBye(Era era) throws Exception {
        restart(
                AuthorizationServerParty.settings().binding(),
                McpServerParty.settings().speaking(era).wantingProofs());
        TokenSet first = issued(redeem(consent()));
        assertThat(first.type()).isEqualTo(TokenType.DPOP);
        TokenSet second = issued(refresh(first));
        assertThat(second.type()).isEqualTo(TokenType.DPOP);

        assertThat(connect(second, era)).isInstanceOf(ConnectAnswer.Accepted.class);
        assertThat(callEcho(second, era)).isInstanceOf(CallAnswer.Returned.class);
        connector.close();

        assertThat(server.violations()).isEmpty();
        assertThat(issuer.refusals()).isEmpty();
        assertThat(withToken())
                .hasSizeGreaterThanOrEqualTo(3)
                .allSatisfy(request -> {
                    assertThat(request.header("Authorization"))
                            .contains("DPoP " + second.accessToken().value());
                    assertThat(request.headers("DPoP")).hasSize(1);
                });
        assertThat(server.calls("echo")).isEqualTo(1);
    }

    @ParameterizedTest
    @EnumSource
    void aServerThatWantsANonceIsAskedOnceMoreAndNothingHappensTwice(Era era) {
        restart(
                AuthorizationServerParty.settings().bindingWithNonces(),
                McpServerParty.settings().speaking(era).wantingProofs().wantingNonces());
        TokenSet first = issued(redeem(consent()));
        assertThat(issuer.received(Endpoint.TOKEN)).hasSize(2);
        assertThat(issuer.redemptions()).isEqualTo(1);

        assertThat(connect(first, era)).isInstanceOf(ConnectAnswer.Accepted.class);
        int withoutNonce = withToken().size();
        server.changeNonce();
        issuer.changeNonce();
        assertThat(callEcho(first, era)).isInstanceOf(CallAnswer.Returned.class);
        assertThat(server.calls("echo")).isEqualTo(1);
        assertThat(server.received("tools/call")).hasSize(2);
        assertThat(withToken()).hasSizeGreaterThan(withoutNonce);

        TokenSet second = issued(refresh(first));
        assertThat(issuer.received(Endpoint.TOKEN)).hasSize(4);
        // The nonce of before is known by now.
        issued(refresh(second));
        assertThat(issuer.received(Endpoint.TOKEN)).hasSize(5);
        assertThat(server.violations()).isEmpty();
        assertThat(issuer.refusals()).isEmpty();
    }

    @Test
    void aTokenEndpointThatIsNeverContentIsAskedTwiceAndNoMore() {
        AuthorizationCode code = consent();
        issuer.misbehave(Endpoint.TOKEN, wantingNonce("another"));
        assertThat(redeem(code)).isInstanceOf(Answer.Unavailable.class);
        assertThat(issuer.received(Endpoint.TOKEN)).hasSize(2);
        assertThat(issuer.redemptions()).isZero();
    }

    @Test
    void withoutTheNonceNothingIsRepeated() {
        AuthorizationCode code = consent();
        issuer.misbehave(Endpoint.TOKEN, Mischief.instead(error("{\"error\":\"use_dpop_nonce\"}")));
        assertThat(redeem(code)).isInstanceOf(Answer.Unavailable.class);
        assertThat(issuer.received(Endpoint.TOKEN)).hasSize(1);
    }

    @Test
    void noOtherRefusalIsRepeatedThoughItBringsANonce() {
        AuthorizationCode code = consent();
        issuer.misbehave(
                Endpoint.TOKEN,
                Mischief.instead(
                        error("{\"error\":\"invalid_dpop_proof\"}").with("DPoP-Nonce", "n")));
        assertThat(redeem(code)).isEqualTo(new Answer.Refused(OAuthError.INVALID_DPOP_PROOF));
        assertThat(issuer.received(Endpoint.TOKEN)).hasSize(1);
    }

    @Test
    void aMcpServerThatIsNeverContentDoesNotCostTheToken() {
        TokenSet bound = issued(redeem(consent()));
        connect(bound, Era.MODERN);
        server.misbehave(
                "tools/call",
                Mischief.instead(challenge("use_dpop_nonce").with("DPoP-Nonce", "another")));
        assertThat(callEcho(bound, Era.MODERN))
                .isInstanceOfSatisfying(
                        CallAnswer.Failed.class,
                        failed ->
                                assertThat(failed.problem().code())
                                        .isEqualTo(Code.DPOP_PROOF_REFUSED));
        assertThat(server.received("tools/call")).hasSize(2);
    }

    @Test
    void aRefusedProofIsNotTakenForARefusedToken() {
        TokenSet bound = issued(redeem(consent()));
        connect(bound, Era.MODERN);
        server.misbehave("tools/call", Mischief.instead(challenge("invalid_dpop_proof")));
        assertThat(callEcho(bound, Era.MODERN)).isInstanceOf(CallAnswer.Failed.class);
        assertThat(server.received("tools/call")).hasSize(1);

        server.misbehave(
                "tools/call", Mischief.instead(challenge("invalid_token").with("DPoP-Nonce", "n")));
        assertThat(callEcho(bound, Era.MODERN)).isInstanceOf(CallAnswer.Challenged.class);
        assertThat(server.received("tools/call")).hasSize(2);
    }

    @Test
    void aServerThatDoesNotBindIssuesABearerTokenAllTheSame() {
        restart(AuthorizationServerParty.settings(), McpServerParty.settings().takingProofs());
        TokenSet bearer = issued(redeem(consent()));
        assertThat(bearer.type()).isEqualTo(TokenType.BEARER);
        assertThat(
                        connector.connect(
                                new Target(
                                        CLIENT,
                                        over(Era.MODERN),
                                        new Credential.Bearer(bearer.accessToken())),
                                budget()))
                .isInstanceOf(ConnectAnswer.Accepted.class);
        assertThat(withToken()).allSatisfy(r -> assertThat(r.headers("DPoP")).isEmpty());
    }

    @Test
    void aRevocationProvesPossessionToo() {
        TokenSet bound = issued(redeem(consent()));
        Revocation revocation =
                new Revocation(
                        Optional.empty(),
                        new GrantId("grant_1"),
                        URI.create(issuer.address(Endpoint.REVOCATION)),
                        credentials(),
                        bound,
                        Optional.of(key),
                        Optional.empty());
        assertThat(
                        new HttpRevocationEndpoint(http, proofs, KEYLESS, InstantSource.system())
                                .revoke(revocation, budget()))
                .isEqualTo(new RevocationEndpoint.Answer.Revoked());
        assertThat(issuer.received(Endpoint.REVOCATION))
                .hasSize(2)
                .allSatisfy(request -> assertThat(request.headers("DPoP")).hasSize(1));
    }

    private AuthorizationCode consent() {
        try (ConformantClient person = new ConformantClient()) {
            JsonNode metadata = person.serverMetadata(issuer.issuer());
            clientId = person.register(metadata, "none").path("client_id").asText();
            Map<String, String> request = person.authorization(clientId, server.resource());
            request.put("dpop_jkt", keys.thumbprint(key));
            verifier = person.redemption("", "", "").get("code_verifier");
            return new AuthorizationCode(person.authorize(metadata, request).text("code"));
        }
    }

    private String clientId = "";
    private String verifier = "";

    private Answer redeem(AuthorizationCode code) {
        return tokens.redeem(
                new CodeRedemption(
                        URI.create(issuer.address(Endpoint.TOKEN)),
                        credentials(),
                        code,
                        new CodeVerifier(verifier),
                        new RedirectUri(ConformantClient.REDIRECT_URI),
                        Optional.of(new ResourceIdentifier(server.resource())),
                        Scopes.NONE,
                        Optional.of(key),
                        Optional.empty()),
                budget());
    }

    private Answer refresh(TokenSet earlier) {
        return tokens.refresh(
                new TokenRefresh(
                        URI.create(issuer.address(Endpoint.TOKEN)),
                        credentials(),
                        earlier.refreshToken().orElseThrow(),
                        Optional.of(new ResourceIdentifier(server.resource())),
                        Scopes.NONE,
                        Optional.of(key),
                        Optional.empty()),
                budget());
    }

    private ClientCredentials credentials() {
        return new ClientCredentials(
                new ClientIdentifier(clientId), Optional.empty(), TokenEndpointAuthMethod.NONE);
    }

    private ConnectAnswer connect(TokenSet bound, Era era) {
        return connector.connect(target(bound, era), budget());
    }

    private CallAnswer callEcho(TokenSet bound, Era era) {
        return connector.call(
                target(bound, era), new ToolCall("echo", "{\"text\":\"a\"}"), budget());
    }

    private Target target(TokenSet bound, Era era) {
        return new Target(CLIENT, over(era), new Credential.DpopBound(bound.accessToken(), key));
    }

    private Connection over(Era era) {
        return new Connection(
                new ServerUri(server.endpoint()),
                era == Era.HTTP_SSE ? Transport.HTTP_WITH_SSE : Transport.STREAMABLE_HTTP,
                Optional.empty(),
                Optional.empty(),
                StaticHeaders.NONE);
    }

    private List<Received> withToken() {
        return server.received().stream()
                .filter(request -> request.header("Authorization").isPresent())
                .toList();
    }

    private void restart(
            AuthorizationServerParty.Settings issuers, McpServerParty.Settings servers) {
        server.close();
        issuer.close();
        issuer = issuers.start();
        server = servers.protectedBy(issuer, "mcp:tools").start();
    }

    private static TokenSet issued(Answer answer) {
        assertThat(answer).isInstanceOf(Answer.Issued.class);
        return ((Answer.Issued) answer).tokens();
    }

    private static Mischief wantingNonce(String nonce) {
        return Mischief.instead(error("{\"error\":\"use_dpop_nonce\"}").with("DPoP-Nonce", nonce));
    }

    private static dev.mooring.party.Answer error(String json) {
        return dev.mooring.party.Answer.text(400, "application/json", json);
    }

    private static dev.mooring.party.Answer challenge(String error) {
        return dev.mooring.party.Answer.empty(401)
                .with("WWW-Authenticate", "DPoP error=\"" + error + "\"");
    }

    private static Budget budget() {
        return Budget.of(Duration.ofSeconds(20));
    }
}
