package dev.mooring.adapter.oauth;

import static dev.mooring.adapter.oauth.OAuthFixtures.PROOFS;
import static dev.mooring.adapter.oauth.OAuthFixtures.budget;
import static dev.mooring.adapter.oauth.OAuthFixtures.connection;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.adapter.http.GuardedHttp;
import dev.mooring.application.port.AuthorizationServerDiscovery.ServerAnswer;
import dev.mooring.application.port.TokenEndpoint;
import dev.mooring.domain.lifecycle.Problem.Code;
import dev.mooring.domain.oauth.AcceptedQuirks;
import dev.mooring.domain.oauth.Issuer;
import dev.mooring.domain.oauth.OAuthError;
import dev.mooring.domain.oauth.Scopes;
import dev.mooring.domain.oauth.TokenEndpointAuthMethod;
import dev.mooring.domain.oauth.TokenSet;
import dev.mooring.party.Answer;
import dev.mooring.party.AuthorizationServerParty;
import dev.mooring.party.AuthorizationServerParty.Document;
import dev.mooring.party.AuthorizationServerParty.Endpoint;
import dev.mooring.party.McpServerParty;
import dev.mooring.party.Mischief;
import dev.mooring.party.Received;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;

/** What real servers do though the specifications say otherwise, one oddity a test. */
@Timeout(60)
class OddServersTest {
    private static final Instant NOW = Instant.parse("2026-11-01T12:00:00Z");

    private final List<AutoCloseable> opened = new ArrayList<>();
    private final GuardedHttp http = open(OAuthFixtures.loopbackHttp());
    private final HttpTokenEndpoint tokens =
            new HttpTokenEndpoint(http, PROOFS, OAuthFixtures.keyless(), InstantSource.fixed(NOW));

    @AfterEach
    void closeAll() throws Exception {
        for (AutoCloseable each : opened.reversed()) {
            each.close();
        }
    }

    @Test
    void anIssuerMayEndInASlash() {
        AuthorizationServerParty party = started(party().issuerPath("/"));

        Flow flow = flow(party);

        assertThat(flow.server().issuer().value()).isEqualTo(party.issuer()).endsWith("/");
        assertThat(flow.response().text("iss")).isEqualTo(flow.server().issuer().value());
        assertThat(issued(flow)).isNotNull();
    }

    @Test
    void a405WhereNoMetadataIsLeadsToTheNextPlace() {
        AuthorizationServerParty party =
                started(
                        party().issuerPath("/tenant")
                                .documents(Document.OIDC_APPENDED)
                                .noSuchDocument(405));

        assertThat(issued(flow(party))).isNotNull();
        assertThat(party.received().stream().map(Received::path))
                .startsWith(
                        "/.well-known/oauth-authorization-server/tenant",
                        "/.well-known/openid-configuration/tenant",
                        "/tenant/.well-known/openid-configuration");
    }

    @Test
    void aServerThatHasHadEnoughOfUsIsNotSaidToPublishNothing() {
        AuthorizationServerParty party = started(party());
        party.misbehave(Endpoint.METADATA, Mischief.failing(429));
        HttpAuthorizationServerDiscovery discovery =
                new HttpAuthorizationServerDiscovery(http, Duration.ZERO);

        ServerAnswer answer =
                discovery.authorizationServer(
                        new Issuer(party.issuer()),
                        connection("https://mcp.example"),
                        AcceptedQuirks.NONE,
                        budget());

        assertThat(answer)
                .isInstanceOfSatisfying(
                        ServerAnswer.Failed.class,
                        failed ->
                                assertThat(failed.problem().code())
                                        .isEqualTo(Code.AUTHORIZATION_SERVER_BROKEN));
    }

    @Test
    void aServerMayRefuseEveryScopeInARegistration() {
        AuthorizationServerParty party = started(party());
        party.misbehave(
                Endpoint.REGISTRATION,
                (request, honest) ->
                        request.json().orElseThrow().has("scope")
                                ? Answer.text(
                                        400, "application/json", "{\"error\":\"invalid_scope\"}")
                                : honest.get());

        assertThat(issued(flow(party))).isNotNull();
    }

    @Test
    void aRegistrationMayAnswerWith200NullsAndEmptyStrings() {
        AuthorizationServerParty party = started(party());
        party.misbehave(
                Endpoint.REGISTRATION,
                (request, honest) -> {
                    Answer odd =
                            Mischief.editing(document ->
                                            document.putNull("client_secret")
                                                    .putNull("client_secret_expires_at")
                                                    .put("client_uri", "")
                                                    .put("logo_uri", "")
                                                    .put("registration_client_uri", ""))
                                    .answer(request, honest);
                    return Mischief.withStatus(200).answer(request, () -> odd);
                });

        assertThat(issued(flow(party))).isNotNull();
    }

    @Test
    void aServerMayIgnoreTheResourceWeNameAllTheSame() {
        AuthorizationServerParty party = started(party().ignoringResources());

        Flow flow = flow(party);
        TokenSet first = issued(flow);
        assertThat(tokens.refresh(flow.refresh(first), budget()))
                .isInstanceOf(TokenEndpoint.Answer.Issued.class);

        assertThat(party.lookUp(first.accessToken().value()).orElseThrow().resource()).isEmpty();
        assertThat(party.received(Endpoint.TOKEN))
                .hasSize(2)
                .allSatisfy(request ->
                        assertThat(request.form().text("resource"))
                                .isEqualTo(flow.resource().value()));
    }

    /** Some break when the resource maps to nothing they know. Nobody can say it with less. */
    @Test
    void aServerMayBreakOverAResourceAndIsAskedOnce() {
        AuthorizationServerParty party = started(party());
        party.misbehave(
                Endpoint.TOKEN,
                (request, honest) ->
                        request.form().first("resource").isPresent()
                                ? Answer.text(
                                        500, "application/json", "{\"error\":\"unknown_error\"}")
                                : honest.get());

        TokenEndpoint.Answer answer = tokens.redeem(flow(party).redemption(), budget());

        assertThat(answer)
                .isInstanceOfSatisfying(
                        TokenEndpoint.Answer.Unavailable.class,
                        unavailable ->
                                assertThat(unavailable.problem().code())
                                        .isEqualTo(Code.AUTHORIZATION_SERVER_BROKEN));
        assertThat(party.received(Endpoint.TOKEN)).hasSize(1);
    }

    @Test
    void offlineTokensMayBeRefusedOnlyAtTheTokenEndpoint() {
        AuthorizationServerParty party = started(party());
        party.misbehave(
                Endpoint.TOKEN,
                Mischief.instead(
                        Answer.text(
                                400,
                                "application/json",
                                """
                                {"error":"not_allowed",
                                 "error_description":"Offline tokens not allowed"}
                                """)));

        assertThat(tokens.redeem(flow(party).redemption(), budget()))
                .isEqualTo(new TokenEndpoint.Answer.Refused(new OAuthError("not_allowed")));
    }

    @Test
    void theTypeOfATokenMayBeSpeltInLowerCase() {
        assertThat(issuedWith(Mischief.saying("token_type", "bearer"))).isNotNull();
    }

    @Test
    void theLifeOfATokenMayBeAString() {
        assertThat(issuedWith(Mischief.saying("expires_in", "3600")).expiresAt())
                .contains(NOW.plusSeconds(3600));
    }

    @Test
    void theScopesOfATokenMayBeAList() {
        assertThat(
                        issuedWith(
                                        Mischief.editing(document ->
                                                document.putArray("scope").add("a").add("b")))
                                .scopes())
                .isEqualTo(Scopes.of("a", "b"));
    }

    @Test
    void tokensMayComeAsPlainText() {
        assertThat(issuedWith(Mischief.labelled("text/plain; charset=utf-8"))).isNotNull();
    }

    @Test
    void tokensMayComeAsAForm() {
        assertThat(
                        issuedWith((request, honest) ->
                                        Answer.text(
                                                200,
                                                "application/x-www-form-urlencoded",
                                                "access_token=a&token_type=bearer&scope=b%2Cc"))
                                .accessToken()
                                .value())
                .isEqualTo("a");
    }

    @Test
    void anErrorMayComeWithAStatusOfSuccess() {
        AuthorizationServerParty party = started(party());
        party.misbehave(
                Endpoint.TOKEN,
                Mischief.instead(
                        Answer.text(200, "application/json", "{\"error\":\"invalid_grant\"}")));

        assertThat(tokens.redeem(flow(party).redemption(), budget()))
                .isEqualTo(new TokenEndpoint.Answer.Refused(OAuthError.INVALID_GRANT));
    }

    private TokenSet issuedWith(Mischief mischief) {
        AuthorizationServerParty party = started(party());
        party.misbehave(Endpoint.TOKEN, mischief);
        return issued(flow(party));
    }

    private TokenSet issued(Flow flow) {
        TokenEndpoint.Answer answer = tokens.redeem(flow.redemption(), budget());
        assertThat(answer).isInstanceOf(TokenEndpoint.Answer.Issued.class);
        return ((TokenEndpoint.Answer.Issued) answer).tokens();
    }

    private Flow flow(AuthorizationServerParty party) {
        McpServerParty mcp = open(McpServerParty.settings().protectedBy(party).start());
        return Flow.through(http, connection(mcp.endpoint()), TokenEndpointAuthMethod.NONE);
    }

    private static AuthorizationServerParty.Settings party() {
        return AuthorizationServerParty.settings();
    }

    private AuthorizationServerParty started(AuthorizationServerParty.Settings settings) {
        return open(settings.start());
    }

    private <T extends AutoCloseable> T open(T closeable) {
        opened.add(closeable);
        return closeable;
    }
}
