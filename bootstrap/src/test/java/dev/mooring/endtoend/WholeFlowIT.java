package dev.mooring.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.mooring.endtoend.ApiClient.Reply;
import dev.mooring.endtoend.Browser.Page;
import dev.mooring.endtoend.Mooring.Pending;
import dev.mooring.party.AuthorizationServerParty;
import dev.mooring.party.AuthorizationServerParty.Document;
import dev.mooring.party.AuthorizationServerParty.Endpoint;
import dev.mooring.party.AuthorizationServerParty.Person;
import dev.mooring.party.Framing;
import dev.mooring.party.McpServerParty;
import dev.mooring.party.McpServerParty.Era;
import dev.mooring.party.McpServerParty.MetadataPlace;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/** The main job, against strict servers of every kind that a conformant client must cope with. */
final class WholeFlowIT {

    /** One kind of authorization server with one kind of MCP server behind it. */
    record Setting(
            String title,
            UnaryOperator<AuthorizationServerParty.Settings> issuer,
            UnaryOperator<McpServerParty.Settings> server,
            String connectionType) {

        static Setting of(
                String title,
                UnaryOperator<AuthorizationServerParty.Settings> issuer,
                UnaryOperator<McpServerParty.Settings> server) {
            return new Setting(title, issuer, server, "http");
        }

        @Override
        public String toString() {
            return title;
        }
    }

    private final Mooring mooring = SharedService.mooring();

    @AfterEach
    void stop() {
        mooring.close();
    }

    static Stream<Setting> settings() {
        UnaryOperator<AuthorizationServerParty.Settings> usual = UnaryOperator.identity();
        return Stream.of(
                Setting.of("both eras", usual, s -> s),
                Setting.of("modern era", usual, s -> s.speaking(Era.MODERN)),
                Setting.of("modern era in events", usual, s -> s.framing(Framing.SSE)),
                Setting.of("legacy era", usual, s -> s.speaking(Era.LEGACY)),
                Setting.of(
                        "legacy era in events",
                        usual,
                        s -> s.speaking(Era.LEGACY).framing(Framing.SSE)),
                Setting.of(
                        "legacy era with resumed streams",
                        usual,
                        s -> s.speaking(Era.LEGACY).framing(Framing.SSE_RESUMED)),
                new Setting(
                        "the transport of 2024",
                        usual,
                        s -> s.path("/sse").speaking(Era.HTTP_SSE),
                        "sse"),
                Setting.of("metadata of the origin", usual, s -> s.metadata(MetadataPlace.AT_ROOT)),
                Setting.of("metadata somewhere else", usual, s -> s.metadata(MetadataPlace.CUSTOM)),
                Setting.of("bare challenges", usual, s -> s.withBareChallenges()),
                Setting.of("tools by pages", usual, s -> s.pageSize(1)),
                Setting.of("an issuer with a slash", i -> i.issuerPath("/"), s -> s),
                Setting.of(
                        "a tenant that answers 405 elsewhere",
                        i -> i.issuerPath("/tenant").noSuchDocument(405),
                        s -> s),
                Setting.of(
                        "a tenant with inserted OpenID metadata",
                        i -> i.issuerPath("/tenant").documents(Document.OIDC_INSERTED),
                        s -> s),
                Setting.of(
                        "a tenant with appended OpenID metadata",
                        i -> i.issuerPath("/tenant").documents(Document.OIDC_APPENDED),
                        s -> s),
                Setting.of("no iss", i -> i.withoutIss(), s -> s),
                Setting.of("no refresh tokens", i -> i.withoutRefreshTokens(), s -> s),
                Setting.of("Basic clients", i -> i.authMethods("client_secret_basic"), s -> s),
                Setting.of("posted secrets", i -> i.authMethods("client_secret_post"), s -> s));
    }

    @ParameterizedTest
    @MethodSource("settings")
    void aProtectedServerIsConnectedUsedAndForgotten(Setting setting) {
        try (AuthorizationServerParty issuer =
                        setting.issuer().apply(AuthorizationServerParty.settings()).start();
                McpServerParty server =
                        setting.server()
                                .apply(McpServerParty.settings().protectedBy(issuer, "mcp:tools"))
                                .start()) {
            ObjectNode request =
                    Mooring.request(server.endpoint())
                            .put("connection_type", setting.connectionType());

            Pending pending = mooring.register(request);
            assertThat(mooring.state(pending.id())).isEqualTo("pending_oauth");
            assertThat(mooring.status(pending.configId())).isEqualTo("pending");

            Page page = mooring.consent(pending);
            assertThat(page.status()).as(page.body()).isEqualTo(200);
            assertThat(mooring.status(pending.configId())).isEqualTo("authorized");

            Reply completed = mooring.complete(pending.id());
            assertThat(completed.status()).as(completed.body()).isEqualTo(200);
            assertThat(completed.text("/message")).isEqualTo(Mooring.CONNECTED);
            assertThat(mooring.state(pending.id())).isEqualTo("connected");
            assertThat(mooring.client(pending.id()).body())
                    .contains("echo", "add", "fail")
                    .doesNotContain("access-", "refresh-", "secret-");

            Reply echo = mooring.echo(pending.name(), "over the wire");
            assertThat(echo.status()).as(echo.body()).isEqualTo(200);
            assertThat(echo.text("/role")).isEqualTo("tool");
            assertThat(echo.text("/tool_call_id")).isEqualTo("call_1");
            assertThat(echo.text("/content")).isEqualTo("over the wire");

            assertThat(mooring.delete(pending.id()).status()).isEqualTo(200);
            assertThat(mooring.client(pending.id()).status()).isEqualTo(404);
            Eventually.holds("the tokens are revoked", () -> !issuer.revoked().isEmpty());

            assertThat(issuer.mostRedemptionsOfOneCode()).isEqualTo(1);
            assertThat(issuer.refusals()).isEmpty();
            assertThat(server.violations()).isEmpty();
        }
    }

    @Test
    void aWholeConnectionNeedsNineRequestsAndFiveWhereTheIssuerIsKnown() {
        try (AuthorizationServerParty issuer = AuthorizationServerParty.start();
                McpServerParty cold =
                        McpServerParty.settings().protectedBy(issuer, "mcp:tools").start();
                McpServerParty known =
                        McpServerParty.settings().protectedBy(issuer, "mcp:tools").start()) {
            mooring.connect(cold.endpoint());
            int coldRequests = requests(issuer) + cold.received().size();

            mooring.connect(known.endpoint());
            int knownRequests =
                    requests(issuer)
                            + cold.received().size()
                            + known.received().size()
                            - coldRequests;

            assertThat(coldRequests).isLessThanOrEqualTo(9);
            assertThat(knownRequests).isLessThanOrEqualTo(5);
        }
    }

    @Test
    void aConsentFormWorksAsARedirectDoes() {
        try (AuthorizationServerParty issuer = AuthorizationServerParty.start();
                McpServerParty server = McpServerParty.settings().protectedBy(issuer).start()) {
            issuer.person(Person.CONSENTS_BY_FORM);

            Pending pending = mooring.connect(server.endpoint());

            assertThat(mooring.state(pending.id())).isEqualTo("connected");
        }
    }

    @Test
    void aClientRegisteredByHandIsUsedAsGiven() {
        try (AuthorizationServerParty issuer =
                        AuthorizationServerParty.settings().withoutRegistration().start();
                McpServerParty server = McpServerParty.settings().protectedBy(issuer).start()) {
            issuer.preregister(
                    "by hand",
                    "s3cret/+:by hand",
                    "client_secret_basic",
                    SharedService.get().address() + "/api/oauth/callback");
            ObjectNode request = Mooring.request(server.endpoint());
            request.putObject("oauth_config")
                    .put("client_id", "by hand")
                    .put("client_secret", "s3cret/+:by hand");

            Pending pending = mooring.connect(request);

            assertThat(mooring.state(pending.id())).isEqualTo("connected");
            assertThat(issuer.refusals()).isEmpty();
            assertThat(mooring.client(pending.id()).body()).doesNotContain("s3cret");
        }
    }

    @Test
    void endpointsGivenByHandSkipDiscoveryWithAWarning() {
        try (AuthorizationServerParty issuer = AuthorizationServerParty.start();
                McpServerParty server =
                        McpServerParty.settings()
                                .protectedBy(issuer)
                                .metadata(MetadataPlace.NOWHERE)
                                .start()) {
            ObjectNode request = Mooring.request(server.endpoint());
            request.putObject("oauth_config")
                    .put("issuer", issuer.issuer())
                    .put("authorize_url", issuer.address(Endpoint.AUTHORIZATION))
                    .put("token_url", issuer.address(Endpoint.TOKEN))
                    .put("registration_url", issuer.address(Endpoint.REGISTRATION));

            Reply reply = mooring.api().post("/api/mcp/client", request);
            Pending pending = Mooring.pending(request.path("name").asText(), reply);
            mooring.consent(pending);

            assertThat(mooring.complete(pending.id()).status()).isEqualTo(200);
            assertThat(reply.json().at("/warnings").toString()).contains("S256");
            assertThat(issuer.received(Endpoint.METADATA)).isEmpty();
        }
    }

    private static int requests(AuthorizationServerParty issuer) {
        return issuer.received().size() - issuer.received(Endpoint.AUTHORIZATION).size();
    }
}
