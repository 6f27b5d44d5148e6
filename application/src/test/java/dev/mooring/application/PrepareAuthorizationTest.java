package dev.mooring.application;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.application.fixture.Attempts;
import dev.mooring.application.fixture.OAuthSettingsBuilder;
import dev.mooring.application.fixture.SettingsBuilder;
import dev.mooring.application.port.AuthorizationServerDiscovery.ResourceAnswer;
import dev.mooring.application.port.AuthorizationServerDiscovery.ServerAnswer;
import dev.mooring.application.port.McpConnector.ConnectAnswer;
import dev.mooring.application.port.ScriptedDiscovery;
import dev.mooring.application.port.ScriptedTokenEndpoint;
import dev.mooring.domain.client.ClientSettings;
import dev.mooring.domain.lifecycle.Problem;
import dev.mooring.domain.oauth.AccessChallenge;
import dev.mooring.domain.oauth.AuthorizationServer.PkceSupport;
import dev.mooring.domain.oauth.DpopDemand;
import dev.mooring.domain.oauth.Issuer;
import dev.mooring.domain.oauth.ProtectedResource;
import dev.mooring.domain.oauth.ResourceIdentifier;
import dev.mooring.domain.oauth.Scopes;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;

/** What an authorization request asks for, of whom, and what keeps it from being made. */
class PrepareAuthorizationTest {
    private static final Issuer OTHER = new Issuer("https://other.example");

    private final InMemoryMooring mooring = new InMemoryMooring();

    /** "-" is nothing, and then the parameter is left out. */
    @ParameterizedTest
    @CsvSource({
        // the operator, the challenge, the resource, the authorization server -> what is asked for
        "-,    -,    -,    offline_access,      -",
        "-,    -,    read, read offline_access, read offline_access",
        "-,    deep, read, -,                   deep",
        "mine, deep, read, offline_access,      mine"
    })
    void theLinkAsksForTheScopesThatMcpChooses(
            String entered, String challenged, String listed, String known, String asked) {
        challenge("Bearer scope=\"" + scopes(challenged).parameter().orElse("") + "\"");
        resource("https://mcp.example/files", scopes(listed), ScriptedDiscovery.ISSUER);
        mooring.discovery()
                .servers()
                .always(issuer ->
                        new ServerAnswer.Found(
                                Attempts.server(
                                        issuer, scopes(known), PkceSupport.ANNOUNCED, false)));
        String[] operator = scopes(entered).tokens().toArray(String[]::new);

        Map<String, String> link = link(settings -> settings.scopes(operator));

        assertThat(link.getOrDefault("scope", "-")).isEqualTo(asked);
    }

    @Test
    void whatTheChallengeSaysIsHandedToDiscovery() {
        challenge("Bearer resource_metadata=\"https://mcp.example/custom\"");

        link();

        assertThat(mooring.discovery().resources().last().challenge().resourceMetadata())
                .contains("https://mcp.example/custom");
    }

    @Test
    void aServerThatChallengesNobodyYetIsLookedUpAllTheSame() {
        mooring.connector()
                .probes()
                .always(connection -> new ConnectAnswer.Accepted(mooring.connector().inventory()));

        assertThat(link()).containsEntry("client_id", "client-1");
        assertThat(mooring.discovery().resources().last().challenge())
                .isEqualTo(AccessChallenge.SILENT);
    }

    /** RFC 8707 section 2, and byte for byte as the metadata has it. */
    @ParameterizedTest
    @CsvSource({"https://mcp.example", "https://mcp.example/", "HTTPS://MCP.example:443/files"})
    void theResourceIsNamedInEveryRequestAsItsMetadataSpellsIt(String spelt) {
        resource(spelt, Scopes.NONE, ScriptedDiscovery.ISSUER);
        ConsentLink link = mooring.connect("files");
        mooring.clock().advance(ScriptedTokenEndpoint.TOKEN_LIFETIME);
        mooring.useCases().executeTool().handle("files-echo", "{}");

        assertThat(InMemoryMooring.parameters(link.authorizeUrl().value()))
                .containsEntry("resource", spelt);
        assertThat(mooring.tokenEndpoint().redemptions().last().resource().orElseThrow().value())
                .isEqualTo(spelt);
        assertThat(mooring.tokenEndpoint().refreshes().last().resource().orElseThrow().value())
                .isEqualTo(spelt);
    }

    @Test
    void withEndpointsGivenTheResourceIsTheServersOwnUrl() {
        Map<String, String> link =
                link(settings ->
                        settings.endpoints("https://as.example/authorize", "https://as.example/t")
                                .client("mine"));

        assertThat(link).containsEntry("resource", "https://mcp.example/files");
        assertThat(mooring.discovery().resources().count()).isZero();
    }

    @Test
    void withEndpointsGivenTheChallengeOfTheServerCountsToo() {
        mooring.connector()
                .probes()
                .next(
                        new ConnectAnswer.Challenged(
                                401, AccessChallenge.parse(List.of("DPoP scope=\"files:read\""))));

        assertThat(linkWithEndpointsGiven())
                .containsEntry("scope", "files:read")
                .containsKey("dpop_jkt");
    }

    @Test
    void withEndpointsGivenAServerThatIsAwayStopsNobody() {
        mooring.connector()
                .probes()
                .next(new ConnectAnswer.Failed(problem(Problem.Code.SERVER_UNREACHABLE)));

        assertThat(linkWithEndpointsGiven()).doesNotContainKeys("scope", "dpop_jkt");
    }

    private Map<String, String> linkWithEndpointsGiven() {
        return link(settings ->
                settings.endpoints("https://as.example/authorize", "https://as.example/t")
                        .client("mine"));
    }

    /** RFC 9728 section 7.6 leaves the choice to the client. */
    @Test
    void ofSeveralIssuersTheFirstUsableOneIsAsked() {
        resource("https://mcp.example/files", Scopes.NONE, ScriptedDiscovery.ISSUER, OTHER);
        mooring.discovery()
                .servers()
                .next(new ServerAnswer.Failed(problem(Problem.Code.AUTHORIZATION_SERVER_BROKEN)));

        ConsentLink link = mooring.register(settings(discovered -> discovered));

        assertThat(link.authorizeUrl().value()).startsWith(OTHER.value());
    }

    @Test
    void whereNoIssuerIsUsableTheFirstOnesProblemIsTold() {
        resource("https://mcp.example/files", Scopes.NONE, ScriptedDiscovery.ISSUER, OTHER);
        mooring.discovery()
                .servers()
                .next(new ServerAnswer.Failed(problem(Problem.Code.ISSUER_MISMATCH)))
                .next(new ServerAnswer.Failed(problem(Problem.Code.METADATA_INVALID)));

        assertThat(failed()).isEqualTo(Problem.Code.ISSUER_MISMATCH);
        assertThat(mooring.registrar().registrations().count()).isZero();
    }

    /** MCP "Authorization Code Protection": not announced is not supported. */
    @Test
    void aServerThatDoesNotAnnouncePkceIsNotUsed() {
        mooring.discovery()
                .servers()
                .always(issuer ->
                        new ServerAnswer.Found(
                                Attempts.server(
                                        issuer, Scopes.NONE, PkceSupport.NOT_ANNOUNCED, false)));

        assertThat(failed()).isEqualTo(Problem.Code.PKCE_UNSUPPORTED);
        assertThat(mooring.registrar().registrations().count()).isZero();
    }

    @Test
    void metadataForAnotherResourceStopsBeforeAnybodyElseIsAsked() {
        mooring.discovery()
                .resources()
                .always(new ResourceAnswer.Failed(problem(Problem.Code.RESOURCE_MISMATCH)));

        assertThat(failed()).isEqualTo(Problem.Code.RESOURCE_MISMATCH);
        assertThat(mooring.discovery().servers().count()).isZero();
    }

    /** The revision of March 2025 guessed endpoints at the server's origin; that is over. */
    @Test
    void withoutResourceMetadataNothingIsGuessed() {
        mooring.discovery().resources().always(new ResourceAnswer.NotOffered());

        assertThat(failed()).isEqualTo(Problem.Code.AUTHORIZATION_NOT_OFFERED);
        assertThat(mooring.discovery().servers().count()).isZero();
    }

    @Test
    void withoutResourceMetadataTheIssuerThatWasEnteredIsUsed() {
        mooring.discovery().resources().always(new ResourceAnswer.NotOffered());

        assertThat(link(settings -> settings.issuer(OTHER.value())))
                .containsEntry("resource", "https://mcp.example/files");
        assertThat(mooring.discovery().servers().questions()).containsExactly(OTHER);
    }

    private void challenge(String field) {
        mooring.connector()
                .probes()
                .always(new ConnectAnswer.Challenged(401, AccessChallenge.parse(List.of(field))));
    }

    private void resource(String resource, Scopes scopes, Issuer... issuers) {
        mooring.discovery()
                .resources()
                .always(
                        new ResourceAnswer.Found(
                                new ProtectedResource(
                                        new ResourceIdentifier(resource),
                                        Arrays.asList(issuers),
                                        scopes,
                                        DpopDemand.NONE)));
    }

    private Map<String, String> link() {
        return link(settings -> settings);
    }

    private Map<String, String> link(UnaryOperator<OAuthSettingsBuilder> entered) {
        return InMemoryMooring.parameters(
                mooring.register(settings(entered)).authorizeUrl().value());
    }

    private Problem.Code failed() {
        RegisterClient.Outcome outcome =
                mooring.useCases()
                        .registerClient()
                        .handle(
                                new RegisterClient.Command(
                                        Optional.empty(),
                                        settings(discovered -> discovered),
                                        false,
                                        Optional.empty()));
        assertThat(outcome).isInstanceOf(RegisterClient.Outcome.Failed.class);
        return ((RegisterClient.Outcome.Failed) outcome).problem().code();
    }

    private static ClientSettings settings(UnaryOperator<OAuthSettingsBuilder> entered) {
        return SettingsBuilder.oauth("files")
                .oauthSettings(entered.apply(OAuthSettingsBuilder.discovered()).build())
                .build();
    }

    private static Problem problem(Problem.Code code) {
        return new Problem(code, "as scripted");
    }

    private static Scopes scopes(String written) {
        return written.equals("-") ? Scopes.NONE : new Scopes(List.of(written.split(" ")));
    }
}
