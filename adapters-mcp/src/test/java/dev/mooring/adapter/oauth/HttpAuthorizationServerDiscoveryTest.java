package dev.mooring.adapter.oauth;

import static dev.mooring.adapter.oauth.OAuthFixtures.budget;
import static dev.mooring.adapter.oauth.OAuthFixtures.connection;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.adapter.http.GuardedHttp;
import dev.mooring.application.port.AuthorizationServerDiscovery.ResourceAnswer;
import dev.mooring.application.port.AuthorizationServerDiscovery.ServerAnswer;
import dev.mooring.application.port.Budget;
import dev.mooring.domain.client.Connection;
import dev.mooring.domain.lifecycle.Problem.Code;
import dev.mooring.domain.oauth.AcceptedQuirks;
import dev.mooring.domain.oauth.AccessChallenge;
import dev.mooring.domain.oauth.AuthorizationServer;
import dev.mooring.domain.oauth.AuthorizationServer.PkceSupport;
import dev.mooring.domain.oauth.Issuer;
import dev.mooring.domain.oauth.ProtectedResource;
import dev.mooring.domain.oauth.Scopes;
import dev.mooring.party.Answer;
import dev.mooring.party.AuthorizationServerParty;
import dev.mooring.party.AuthorizationServerParty.Document;
import dev.mooring.party.AuthorizationServerParty.Endpoint;
import dev.mooring.party.LoopbackServer;
import dev.mooring.party.Mischief;
import dev.mooring.party.Received;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

@Timeout(60)
class HttpAuthorizationServerDiscoveryTest {
    private static final Connection ANYBODY = connection("https://mcp.example/mcp");

    private final List<AutoCloseable> opened = new ArrayList<>();
    private final GuardedHttp http = open(OAuthFixtures.loopbackHttp());
    private final HttpAuthorizationServerDiscovery discovery =
            new HttpAuthorizationServerDiscovery(http, Duration.ZERO);

    @AfterEach
    void closeAll() throws Exception {
        for (AutoCloseable each : opened.reversed()) {
            each.close();
        }
    }

    @Nested
    class OfTheProtectedResource {
        private static final String AT_PATH = "/.well-known/oauth-protected-resource/mcp";
        private static final String AT_ROOT = "/.well-known/oauth-protected-resource";

        private final Map<String, Answer> pages = new ConcurrentHashMap<>();
        private final LoopbackServer server =
                open(
                        LoopbackServer.start(
                                request -> pages.getOrDefault(request.path(), Answer.empty(404))));
        private final String resource = server.origin() + "/mcp";

        @Test
        void isFoundAtThePathWithoutAskingTheRoot() {
            pages.put(AT_PATH, document(resource, "https://as.example"));
            pages.put(AT_ROOT, document(resource, "https://trap.example"));

            ProtectedResource found = found(ask(AccessChallenge.SILENT));

            assertThat(found.resource().value()).isEqualTo(resource);
            assertThat(found.authorizationServers())
                    .containsExactly(new Issuer("https://as.example"));
            assertThat(paths()).containsExactly(AT_PATH);
        }

        @ParameterizedTest
        @ValueSource(ints = {400, 401, 403, 404, 405, 302})
        void isSoughtAtTheRootWhereThePathHasNone(int status) {
            pages.put(AT_PATH, Answer.empty(status).with("Location", "https://elsewhere.example/"));
            pages.put(AT_ROOT, document(server.origin(), "https://as.example"));

            ProtectedResource found = found(ask(AccessChallenge.SILENT));

            assertThat(found.resource().value()).as("byte for byte").isEqualTo(server.origin());
            assertThat(paths()).containsExactly(AT_PATH, AT_ROOT);
        }

        @Test
        void isFoundWhereTheChallengeSaysAndNowhereElse() {
            pages.put("/custom", document(resource, "https://as.example"));
            pages.put(AT_PATH, document(resource, "https://trap.example"));

            ProtectedResource found = found(ask(challenge(server.origin() + "/custom")));

            assertThat(found.authorizationServers())
                    .containsExactly(new Issuer("https://as.example"));
            assertThat(paths()).containsExactly("/custom");
        }

        @ParameterizedTest
        @ValueSource(strings = {"http://169.254.169.254/meta", "https://10.0.0.1/", "javascript:x"})
        void isSoughtAtTheWellKnownPlaceWhereTheChallengeLeadsAstray(String place) {
            pages.put(AT_PATH, document(resource, "https://as.example"));

            assertThat(found(ask(challenge(place))).authorizationServers()).hasSize(1);
        }

        @Test
        void isNotOfferedWhereNobodyHasIt() {
            assertThat(ask(AccessChallenge.SILENT)).isEqualTo(new ResourceAnswer.NotOffered());
            assertThat(paths()).containsExactly(AT_PATH, AT_ROOT);
        }

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "<html>Welcome</html>",
                    "[]",
                    "\"x\"",
                    "{}",
                    "",
                    "{\"resource\":",
                    "{} {}"
                })
        void aPageThatIsNoMetadataIsNone(String page) {
            pages.put(AT_PATH, Answer.text(200, "text/html", page));

            assertThat(ask(AccessChallenge.SILENT)).isEqualTo(new ResourceAnswer.NotOffered());
        }

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "https://evil.example.com/mcp",
                    "ORIGIN/other",
                    "ORIGIN/mcp2",
                    "ORIGIN/mcp/deeper"
                })
        void metadataForAnotherResourceIsRefused(String other) {
            pages.put(
                    AT_PATH,
                    document(other.replace("ORIGIN", server.origin()), "https://as.example"));
            pages.put(AT_ROOT, document(resource, "https://as.example"));

            assertThat(problem(ask(AccessChallenge.SILENT))).isEqualTo(Code.RESOURCE_MISMATCH);
        }

        @Test
        void metadataForAnotherResourceIsUsedByWayOfException() {
            pages.put(AT_PATH, document("https://other.example.com/mcp", "https://as.example"));

            ResourceAnswer answer =
                    discovery.protectedResource(
                            connection(resource),
                            AccessChallenge.SILENT,
                            AcceptedQuirks.parse(List.of("resource_mismatch")),
                            budget());
            assertThat(found(answer).authorizationServers())
                    .containsExactly(new Issuer("https://as.example"));
        }

        @Test
        void issuersThatAreNoUrlsArePassedOverAndTheRestKeepTheirOrder() {
            pages.put(
                    AT_PATH,
                    document(
                            resource,
                            "javascript:alert(1)",
                            "https://b.example/x/",
                            "https://a.example",
                            "https://b.example/x/"));

            assertThat(found(ask(AccessChallenge.SILENT)).authorizationServers())
                    .containsExactly(
                            new Issuer("https://b.example/x/"), new Issuer("https://a.example"));
        }

        @Test
        void metadataWhoseIssuersAreAllUnusableIsInvalid() {
            pages.put(AT_PATH, document(resource, "javascript:alert(1)"));

            assertThat(problem(ask(AccessChallenge.SILENT))).isEqualTo(Code.METADATA_INVALID);
        }

        @Test
        void scopesAreReadLeniently() {
            pages.put(
                    AT_PATH,
                    Answer.text(
                            200,
                            "application/json",
                            """
                            {"resource":"%s","authorization_servers":["https://as.example"],
                             "scopes_supported":["a",7,null,"not one","b","a"],"jwks_uri":[]}
                            """
                                    .formatted(resource)));

            assertThat(found(ask(AccessChallenge.SILENT)).scopesSupported())
                    .isEqualTo(Scopes.of("a", "b"));
        }

        @Test
        void aBrokenServerIsSaidToBeBroken() {
            pages.put(AT_PATH, Answer.empty(500));

            assertThat(problem(ask(AccessChallenge.SILENT))).isEqualTo(Code.SERVER_BROKEN);
        }

        @Test
        void aHugePageIsBrokenButTheNextPlaceIsAskedAllTheSame() {
            pages.put(AT_PATH, Answer.text(200, "application/json", "x".repeat(2 << 20)));
            assertThat(problem(ask(AccessChallenge.SILENT))).isEqualTo(Code.SERVER_BROKEN);

            pages.put(AT_ROOT, document(resource, "https://as.example"));
            assertThat(ask(AccessChallenge.SILENT)).isInstanceOf(ResourceAnswer.Found.class);
        }

        @Test
        void aServerThatIsAwayIsAskedOnlyOnce() {
            server.close();

            assertThat(problem(ask(AccessChallenge.SILENT))).isEqualTo(Code.SERVER_UNREACHABLE);
        }

        @Test
        void aServerThatMustNotBeCalledIsSaidSo() {
            ResourceAnswer answer =
                    discovery.protectedResource(
                            connection("https://192.168.1.1/mcp"),
                            AccessChallenge.SILENT,
                            AcceptedQuirks.NONE,
                            budget());

            assertThat(problem(answer)).isEqualTo(Code.ADDRESS_NOT_ALLOWED);
        }

        @Test
        void aSpentBudgetAsksNobody() {
            ResourceAnswer answer =
                    discovery.protectedResource(
                            connection(resource),
                            AccessChallenge.SILENT,
                            AcceptedQuirks.NONE,
                            Budget.of(Duration.ZERO));

            assertThat(problem(answer)).isEqualTo(Code.SERVER_TOO_SLOW);
            assertThat(server.received()).isEmpty();
        }

        private ResourceAnswer ask(AccessChallenge challenge) {
            return discovery.protectedResource(
                    connection(resource), challenge, AcceptedQuirks.NONE, budget());
        }

        private List<String> paths() {
            return server.received().stream().map(Received::path).toList();
        }

        private static Answer document(String resource, String... issuers) {
            return Answer.text(
                    200,
                    "application/json",
                    "{\"resource\":\"%s\",\"authorization_servers\":[\"%s\"]}"
                            .formatted(resource, String.join("\",\"", issuers)));
        }

        private static AccessChallenge challenge(String place) {
            return AccessChallenge.parse(List.of("Bearer resource_metadata=\"" + place + "\""));
        }

        private static ProtectedResource found(ResourceAnswer answer) {
            assertThat(answer).isInstanceOf(ResourceAnswer.Found.class);
            return ((ResourceAnswer.Found) answer).resource();
        }

        private static Code problem(ResourceAnswer answer) {
            assertThat(answer).isInstanceOf(ResourceAnswer.Failed.class);
            return ((ResourceAnswer.Failed) answer).problem().code();
        }
    }

    @Nested
    class OfTheAuthorizationServer {

        @ParameterizedTest
        @CsvSource({"OAUTH, 1", "OIDC_INSERTED, 2", "OIDC_APPENDED, 3"})
        void isFoundInEveryPlaceOfAnIssuerWithAPath(Document document, int requests) {
            for (int absent : new int[] {404, 405, 401}) {
                AuthorizationServerParty party =
                        open(
                                AuthorizationServerParty.settings()
                                        .issuerPath("/tenant")
                                        .documents(document)
                                        .noSuchDocument(absent)
                                        .start());

                assertThat(found(ask(party)).issuer().value()).isEqualTo(party.issuer());
                assertThat(party.received()).hasSize(requests);
            }
        }

        @Test
        void isFoundForAnIssuerWithoutPathAndOneWithATrailingSlash() {
            for (String path : new String[] {"", "/"}) {
                for (Document document : new Document[] {Document.OAUTH, Document.OIDC_APPENDED}) {
                    AuthorizationServerParty party =
                            open(
                                    AuthorizationServerParty.settings()
                                            .issuerPath(path)
                                            .documents(document)
                                            .start());

                    assertThat(found(ask(party)).issuer().value()).isEqualTo(party.issuer());
                }
            }
        }

        @Test
        void isReadInFull() {
            AuthorizationServerParty party = open(AuthorizationServerParty.start());
            party.misbehave(
                    Endpoint.METADATA,
                    Mischief.editing(document ->
                            document.put("client_id_metadata_document_supported", true)));

            AuthorizationServer server = found(ask(party));

            assertThat(server.tokenEndpoint()).hasToString(party.address(Endpoint.TOKEN));
            assertThat(server.authorizationEndpoint())
                    .contains(URI.create(party.address(Endpoint.AUTHORIZATION)));
            assertThat(server.registrationEndpoint())
                    .contains(URI.create(party.address(Endpoint.REGISTRATION)));
            assertThat(server.revocationEndpoint())
                    .contains(URI.create(party.address(Endpoint.REVOCATION)));
            assertThat(server.scopesSupported()).isEqualTo(Scopes.of("mcp:tools", "mcp:admin"));
            assertThat(server.tokenEndpointAuthMethods())
                    .contains("none", "client_secret_basic", "client_secret_post");
            assertThat(server.grantTypesSupported())
                    .contains("authorization_code", "refresh_token");
            assertThat(server.s256()).isEqualTo(PkceSupport.ANNOUNCED);
            assertThat(server.issuerInResponse()).isTrue();
            assertThat(server.metadataDocuments()).isTrue();
        }

        @Test
        void thatDoesNotAnnounceS256IsToldApart() {
            AuthorizationServerParty party = open(AuthorizationServerParty.start());
            party.misbehaveOnce(
                    Endpoint.METADATA, Mischief.omitting("code_challenge_methods_supported"));
            party.misbehaveOnce(
                    Endpoint.METADATA,
                    Mischief.editing(document ->
                            document.putArray("code_challenge_methods_supported").add("plain")));

            assertThat(found(ask(party)).s256()).isEqualTo(PkceSupport.NOT_ANNOUNCED);
            assertThat(found(ask(party)).s256()).isEqualTo(PkceSupport.NOT_ANNOUNCED);
        }

        @Test
        void thatCallsItselfAnotherIssuerIsRefusedToTheLastSlash() {
            AuthorizationServerParty party = open(AuthorizationServerParty.start());
            for (String other :
                    new String[] {
                        party.issuer() + "/",
                        party.issuer().toUpperCase(Locale.ROOT),
                        "https://evil.example"
                    }) {
                party.misbehave(Endpoint.METADATA, Mischief.saying("issuer", other));

                assertThat(problem(ask(party))).isEqualTo(Code.ISSUER_MISMATCH);
            }
            party.misbehave(Endpoint.METADATA, Mischief.omitting("issuer"));
            assertThat(problem(ask(party))).isEqualTo(Code.ISSUER_MISMATCH);
        }

        @Test
        void thatCallsItselfAnotherIssuerIsUsedByWayOfExceptionAndForNobodyElse() {
            AuthorizationServerParty party = open(AuthorizationServerParty.start());
            HttpAuthorizationServerDiscovery keeping =
                    new HttpAuthorizationServerDiscovery(http, Duration.ofMinutes(1));
            Issuer issuer = new Issuer(party.issuer());
            party.misbehave(Endpoint.METADATA, Mischief.saying("issuer", "https://tenant.example"));

            ServerAnswer answer =
                    keeping.authorizationServer(
                            issuer,
                            ANYBODY,
                            AcceptedQuirks.parse(List.of("issuer_mismatch")),
                            budget());
            assertThat(found(answer).issuer()).isEqualTo(issuer);
            assertThat(
                            problem(
                                    keeping.authorizationServer(
                                            issuer, ANYBODY, AcceptedQuirks.NONE, budget())))
                    .isEqualTo(Code.ISSUER_MISMATCH);
        }

        @ParameterizedTest
        @ValueSource(strings = {"authorization_endpoint", "token_endpoint"})
        void whoseEndpointIsNoUrlIsInvalid(String endpoint) {
            AuthorizationServerParty party = open(AuthorizationServerParty.start());
            for (Mischief mischief :
                    List.of(
                            Mischief.saying(endpoint, "javascript:alert(1)"),
                            Mischief.saying(endpoint, "data:text/html,x"),
                            Mischief.saying(endpoint, "/relative"))) {
                party.misbehave(Endpoint.METADATA, mischief);

                ServerAnswer answer = ask(party);

                assertThat(problem(answer)).isEqualTo(Code.METADATA_INVALID);
                assertThat(((ServerAnswer.Failed) answer).problem().message()).contains(endpoint);
            }
        }

        @Test
        void withoutATokenEndpointIsInvalid() {
            AuthorizationServerParty party = open(AuthorizationServerParty.start());
            for (Mischief mischief :
                    List.of(
                            Mischief.omitting("token_endpoint"),
                            Mischief.nulling("token_endpoint"))) {
                party.misbehave(Endpoint.METADATA, mischief);

                assertThat(problem(ask(party))).isEqualTo(Code.METADATA_INVALID);
            }
        }

        @Test
        void withoutAnAuthorizationEndpointIsForGrantsThatNeedNoBrowser() {
            AuthorizationServerParty party = open(AuthorizationServerParty.start());
            for (Mischief mischief :
                    List.of(
                            Mischief.omitting("authorization_endpoint"),
                            Mischief.nulling("authorization_endpoint"))) {
                party.misbehave(Endpoint.METADATA, mischief);

                assertThat(found(ask(party)).authorizationEndpoint()).isEmpty();
            }
        }

        @ParameterizedTest
        @ValueSource(strings = {"token_endpoint", "registration_endpoint", "revocation_endpoint"})
        void whoseEndpointsLeadIntoAPrivateNetworkIsRefused(String endpoint) {
            AuthorizationServerParty party = open(AuthorizationServerParty.start());
            for (String url :
                    new String[] {
                        "https://10.0.0.1/", "http://169.254.169.254/", "http://1.1.1.1/"
                    }) {
                party.misbehave(Endpoint.METADATA, Mischief.saying(endpoint, url));

                ServerAnswer answer = ask(party);

                assertThat(problem(answer)).isEqualTo(Code.ADDRESS_NOT_ALLOWED);
            }
        }

        @Test
        void mayHaveAnAuthorizationEndpointThatOnlyTheBrowserReaches() {
            AuthorizationServerParty party = open(AuthorizationServerParty.start());

            party.misbehave(
                    Endpoint.METADATA,
                    Mischief.saying("authorization_endpoint", "https://10.0.0.1/authorize"));
            assertThat(ask(party)).isInstanceOf(ServerAnswer.Found.class);

            party.misbehave(
                    Endpoint.METADATA,
                    Mischief.saying("authorization_endpoint", "http://10.0.0.1/authorize"));
            assertThat(problem(ask(party))).as("plain http").isEqualTo(Code.ADDRESS_NOT_ALLOWED);
        }

        @Test
        void withoutAnyMetadataIsInvalid() {
            LoopbackServer site =
                    open(LoopbackServer.start(request -> Answer.text(200, "text/html", "<html/>")));

            assertThat(problem(ask(new Issuer(site.origin())))).isEqualTo(Code.METADATA_INVALID);
        }

        @Test
        void thatIsBrokenHugeOrEndlessIsToldApart() {
            AuthorizationServerParty party =
                    open(AuthorizationServerParty.settings().documents(Document.OAUTH).start());
            for (Mischief mischief :
                    List.of(
                            Mischief.failing(500),
                            Mischief.swollenBy(2 << 20),
                            Mischief.redirectingForEver(),
                            Mischief.droppingTheRequest(),
                            Mischief.cuttingOffAfter(10))) {
                party.misbehave(Endpoint.METADATA, mischief);

                assertThat(problem(ask(party))).isEqualTo(Code.AUTHORIZATION_SERVER_BROKEN);
            }
        }

        @Test
        void thatDripsIsTooSlow() {
            AuthorizationServerParty party = open(AuthorizationServerParty.start());
            party.misbehave(Endpoint.METADATA, Mischief.trickling(Duration.ofMillis(50)));

            ServerAnswer answer =
                    discovery.authorizationServer(
                            new Issuer(party.issuer()),
                            ANYBODY,
                            AcceptedQuirks.NONE,
                            Budget.of(Duration.ofMillis(400)));

            assertThat(problem(answer)).isEqualTo(Code.AUTHORIZATION_SERVER_TOO_SLOW);
        }

        @Test
        void isAskedAnewEachTimeUnlessItIsToBeKeptForAWhile() {
            AuthorizationServerParty party = open(AuthorizationServerParty.start());
            HttpAuthorizationServerDiscovery keeping =
                    new HttpAuthorizationServerDiscovery(http, Duration.ofMinutes(1));
            Issuer issuer = new Issuer(party.issuer());

            found(ask(party));
            found(ask(party));
            assertThat(party.received()).hasSize(2);

            found(keeping.authorizationServer(issuer, ANYBODY, AcceptedQuirks.NONE, budget()));
            found(keeping.authorizationServer(issuer, ANYBODY, AcceptedQuirks.NONE, budget()));
            assertThat(party.received()).hasSize(3);
        }

        @Test
        void isNotKeptWhenItFailed() {
            AuthorizationServerParty party =
                    open(AuthorizationServerParty.settings().documents(Document.OAUTH).start());
            HttpAuthorizationServerDiscovery keeping =
                    new HttpAuthorizationServerDiscovery(http, Duration.ofMinutes(1));
            Issuer issuer = new Issuer(party.issuer());
            party.misbehaveOnce(Endpoint.METADATA, Mischief.failing(500));

            assertThat(
                            problem(
                                    keeping.authorizationServer(
                                            issuer, ANYBODY, AcceptedQuirks.NONE, budget())))
                    .isEqualTo(Code.AUTHORIZATION_SERVER_BROKEN);
            assertThat(keeping.authorizationServer(issuer, ANYBODY, AcceptedQuirks.NONE, budget()))
                    .isInstanceOf(ServerAnswer.Found.class);
        }

        @Test
        void givenByHandIsLookedAtWithoutAskingAnybody() {
            AuthorizationServerParty party = open(AuthorizationServerParty.start());

            assertThat(discovery.given(given(party.address(Endpoint.TOKEN))))
                    .isInstanceOf(ServerAnswer.Found.class);
            assertThat(problem(discovery.given(given("http://10.0.0.1/token"))))
                    .isEqualTo(Code.ADDRESS_NOT_ALLOWED);
            assertThat(party.received()).isEmpty();
        }

        private static AuthorizationServer given(String tokenEndpoint) {
            return new AuthorizationServer(
                    new Issuer("https://as.example"),
                    Optional.of(URI.create("https://as.example/authorize")),
                    URI.create(tokenEndpoint),
                    Optional.empty(),
                    Optional.empty(),
                    Scopes.NONE,
                    List.of(),
                    List.of(),
                    Set.of(),
                    PkceSupport.UNVERIFIED,
                    false,
                    false,
                    Set.of());
        }

        private ServerAnswer ask(AuthorizationServerParty party) {
            return ask(new Issuer(party.issuer()));
        }

        private ServerAnswer ask(Issuer issuer) {
            return discovery.authorizationServer(issuer, ANYBODY, AcceptedQuirks.NONE, budget());
        }

        private static AuthorizationServer found(ServerAnswer answer) {
            assertThat(answer).isInstanceOf(ServerAnswer.Found.class);
            return ((ServerAnswer.Found) answer).server();
        }

        private static Code problem(ServerAnswer answer) {
            assertThat(answer).isInstanceOf(ServerAnswer.Failed.class);
            return ((ServerAnswer.Failed) answer).problem().code();
        }
    }

    private <T extends AutoCloseable> T open(T closeable) {
        opened.add(closeable);
        return closeable;
    }
}
