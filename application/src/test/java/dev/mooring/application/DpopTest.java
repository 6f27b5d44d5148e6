package dev.mooring.application;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.application.fixture.Attempts;
import dev.mooring.application.fixture.OAuthSettingsBuilder;
import dev.mooring.application.fixture.SettingsBuilder;
import dev.mooring.application.port.AuthorizationServerDiscovery.ResourceAnswer;
import dev.mooring.application.port.AuthorizationServerDiscovery.ServerAnswer;
import dev.mooring.application.port.McpConnector.CallAnswer;
import dev.mooring.application.port.McpConnector.ConnectAnswer;
import dev.mooring.application.port.ScriptedDiscovery;
import dev.mooring.application.port.ScriptedTokenEndpoint;
import dev.mooring.application.port.TokenEndpoint.Answer;
import dev.mooring.domain.client.ClientSettings;
import dev.mooring.domain.lifecycle.AttemptFailure;
import dev.mooring.domain.lifecycle.AuthorizationAttempt;
import dev.mooring.domain.lifecycle.Grant;
import dev.mooring.domain.lifecycle.McpClient;
import dev.mooring.domain.lifecycle.Problem;
import dev.mooring.domain.lifecycle.ReauthorizationCause;
import dev.mooring.domain.lifecycle.Revocation;
import dev.mooring.domain.oauth.AccessChallenge;
import dev.mooring.domain.oauth.Credential;
import dev.mooring.domain.oauth.DpopDemand;
import dev.mooring.domain.oauth.DpopKey;
import dev.mooring.domain.oauth.DpopPolicy;
import dev.mooring.domain.oauth.OAuthError;
import dev.mooring.domain.oauth.ProtectedResource;
import dev.mooring.domain.oauth.ResourceIdentifier;
import dev.mooring.domain.oauth.Scopes;
import dev.mooring.domain.oauth.TokenBinding;
import dev.mooring.domain.oauth.TokenType;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Tokens that are bound to a key (RFC 9449), from the link to the revocation. */
class DpopTest {
    private final InMemoryMooring mooring = new InMemoryMooring();

    @Test
    void whereTheServerAsksForItEveryRequestIsBoundToOneKey() {
        challengeWith("DPoP");
        ConsentLink link = mooring.connect("files");
        assertThat(parameters(link)).containsEntry("dpop_jkt", "jkt-of-key-1");
        assertThat(mooring.tokenEndpoint().redemptions().last().dpopKey())
                .contains(new DpopKey("key-1"));
        Grant grant = mooring.grant(link.client()).orElseThrow();
        assertThat(grant.tokens().type()).isEqualTo(TokenType.DPOP);
        assertThat(grant.binding()).isEqualTo(new TokenBinding.Required(new DpopKey("key-1")));
        assertThat(mooring.connector().connects().last().credential())
                .isEqualTo(
                        new Credential.DpopBound(
                                grant.tokens().accessToken(), new DpopKey("key-1")));

        mooring.clock().advance(ScriptedTokenEndpoint.TOKEN_LIFETIME);
        assertThat(mooring.node(1).executeTool().handle("files-echo", "{}"))
                .isInstanceOf(ExecuteTool.Outcome.Returned.class);
        assertThat(mooring.tokenEndpoint().refreshes().last().dpopKey())
                .contains(new DpopKey("key-1"));
        assertThat(mooring.connector().calls().last().target().credential())
                .isInstanceOf(Credential.DpopBound.class);

        mooring.useCases().revokeGrant().handle(link.config());
        mooring.awaitBackground();
        assertThat(mooring.revocationEndpoint().revocations().last())
                .extracting(Revocation::dpopKey)
                .isEqualTo(Optional.of(new DpopKey("key-1")));
    }

    @Test
    void noTwoAttemptsShareAKey() {
        challengeWith("DPoP");
        ConsentLink first = mooring.connect("files");
        ConsentLink second = mooring.connect("mail");
        ConsentLink third = mooring.reauthorize(first.client());
        assertThat(
                        List.of(
                                parameters(first).get("dpop_jkt"),
                                parameters(second).get("dpop_jkt"),
                                parameters(third).get("dpop_jkt")))
                .doesNotHaveDuplicates();
    }

    @Test
    void withoutBeingAskedItStaysWithBearerTokens() {
        ConsentLink link = mooring.connect("files");
        assertThat(parameters(link)).doesNotContainKey("dpop_jkt");
        assertThat(mooring.tokenEndpoint().redemptions().last().dpopKey()).isEmpty();
        assertThat(mooring.connector().connects().last().credential())
                .isInstanceOf(Credential.Bearer.class);
    }

    @Test
    void theMetadataOfTheServerDemandsToo() {
        mooring.discovery()
                .resources()
                .always(question ->
                        new ResourceAnswer.Found(
                                new ProtectedResource(
                                        new ResourceIdentifier(
                                                question.connection().server().value()),
                                        List.of(ScriptedDiscovery.ISSUER),
                                        Scopes.NONE,
                                        new DpopDemand(true, Set.of("ES256")))));
        ConsentLink link = mooring.connect("files");
        assertThat(mooring.grant(link.client()).orElseThrow().binding())
                .isInstanceOf(TokenBinding.Required.class);
    }

    @Test
    void theOperatorDecidesOverTheServer() {
        challengeWith("Bearer, DPoP");
        ConsentLink never = mooring.register(settings("files", DpopPolicy.NEVER));
        assertThat(parameters(never)).doesNotContainKey("dpop_jkt");

        mooring.connector().probes().always(new ConnectAnswer.Challenged(401, bearer()));
        ConsentLink always = mooring.register(settings("mail", DpopPolicy.ALWAYS));
        assertThat(parameters(always)).containsKey("dpop_jkt");
    }

    @Test
    void aBearerTokenIsTakenWhereTheServerLeavesTheChoice() {
        challengeWith("Bearer, DPoP");
        mooring.tokenEndpoint().bindNothing();
        ConsentLink link = mooring.connect("files");
        assertThat(mooring.grant(link.client()).orElseThrow().tokens().type())
                .isEqualTo(TokenType.BEARER);
        assertThat(mooring.connector().connects().last().credential())
                .isInstanceOf(Credential.Bearer.class);
    }

    @Test
    void aBearerTokenIsGivenBackWhereABoundOneIsDemanded() {
        challengeWith("DPoP");
        mooring.tokenEndpoint().bindNothing();
        ConsentLink link = mooring.register("files");
        assertThat(mooring.consent(link))
                .isInstanceOfSatisfying(
                        HandleAuthorizationResponse.Outcome.Failed.class,
                        failed -> assertThat(code(failed.reason())).isEqualTo(TOKEN_NOT_BOUND));
        assertThat(mooring.attempt(link))
                .isInstanceOfSatisfying(
                        AuthorizationAttempt.Failed.class,
                        failed -> assertThat(code(failed.reason())).isEqualTo(TOKEN_NOT_BOUND));
        assertThat(mooring.grant(link.client())).isEmpty();
        assertThat(mooring.client(link.client())).isInstanceOf(McpClient.Pending.class);
        mooring.deliverRevocations();
        assertThat(mooring.revocationEndpoint().revocations().last().tokens().accessToken().value())
                .isEqualTo("access-1");
    }

    /** What a 403 says of schemes is no offer: the binding that served so far goes on. */
    @ParameterizedTest
    @CsvSource({
        "DPoP, Bearer, Required",
        "'Bearer, DPoP', Bearer, Offered",
        "'Bearer, DPoP', DPoP, Offered",
        "Bearer, DPoP, Unbound"
    })
    void aStepUpKeepsTheBindingOfTheGrant(String asked, String refused, String binding) {
        challengeWith(asked);
        ConsentLink link = mooring.connect("files");
        mooring.connector()
                .calls()
                .next(
                        new CallAnswer.Challenged(
                                403,
                                AccessChallenge.parse(
                                        List.of(
                                                refused
                                                        + " error=\"insufficient_scope\","
                                                        + " scope=\"admin\""))));

        ExecuteTool.Outcome outcome = mooring.useCases().executeTool().handle("files-echo", "{}");
        mooring.consent(((ExecuteTool.Outcome.ConsentNeeded) outcome).link());
        assertThat(mooring.grant(link.client()).orElseThrow().binding().getClass().getSimpleName())
                .isEqualTo(binding);
    }

    @Test
    void aBearerTokenIsNotRevokedWhereThatMightEndTheGrantThatServes() {
        challengeWith("DPoP");
        ConsentLink link = mooring.connect("files");
        ConsentLink again = mooring.reauthorize(link.client());
        mooring.tokenEndpoint().bindNothing();

        assertThat(mooring.consent(again))
                .isInstanceOf(HandleAuthorizationResponse.Outcome.Failed.class);
        mooring.deliverRevocations();
        assertThat(mooring.revocationEndpoint().revocations().count()).isZero();
        assertThat(mooring.useCases().executeTool().handle("files-echo", "{}"))
                .isInstanceOf(ExecuteTool.Outcome.Returned.class);
    }

    @Test
    void aRefreshThatBringsABearerTokenWhereABoundOneIsDemandedEndsTheGrant() {
        challengeWith("DPoP");
        ConsentLink link = mooring.connect("files");
        mooring.tokenEndpoint().bindNothing();
        mooring.clock().advance(ScriptedTokenEndpoint.TOKEN_LIFETIME);
        assertThat(mooring.useCases().executeTool().handle("files-echo", "{}"))
                .isInstanceOf(ExecuteTool.Outcome.ConsentNeeded.class);
        assertThat(mooring.client(link.client()))
                .isInstanceOfSatisfying(
                        McpClient.NeedsReauthorization.class,
                        needs ->
                                assertThat(needs.cause())
                                        .isEqualTo(
                                                new ReauthorizationCause.RefreshRefused(
                                                        OAuthError.UNSUPPORTED_TOKEN_TYPE)));
        mooring.deliverRevocations();
        assertThat(
                        mooring.revocationEndpoint()
                                .revocations()
                                .last()
                                .tokens()
                                .refreshToken()
                                .orElseThrow()
                                .value())
                .isEqualTo("refresh-2");
    }

    @Test
    void aBearerTokenIsNotRevokedWhereSomebodyStoredNewerTokensMeanwhile() {
        challengeWith("DPoP");
        ConsentLink link = mooring.connect("files");
        mooring.clock().advance(ScriptedTokenEndpoint.TOKEN_LIFETIME);
        mooring.tokenEndpoint()
                .refreshes()
                .next(refresh -> {
                    // The lease ran out, and another node was done in between.
                    mooring.clock().advance(InMemoryMooring.TIMING.lease());
                    assertThat(mooring.node(1).executeTool().handle("files-echo", "{}"))
                            .isInstanceOf(ExecuteTool.Outcome.Returned.class);
                    return new Answer.Issued(
                            mooring.tokenEndpoint()
                                    .issue(refresh.resource().orElseThrow(), Scopes.of("read")));
                });

        mooring.useCases().executeTool().handle("files-echo", "{}");
        mooring.deliverRevocations();
        assertThat(mooring.revocationEndpoint().revocations().count()).isZero();
        assertThat(mooring.grant(link.client())).isPresent();
    }

    @Test
    void aDemandThatCannotBeMetIsRefusedBeforeAnybodyIsAsked() {
        challengeWith("DPoP");
        mooring.discovery()
                .servers()
                .always(issuer -> new ServerAnswer.Found(Attempts.plainServer(issuer)));
        assertThat(
                        mooring.useCases()
                                .registerClient()
                                .handle(
                                        new RegisterClient.Command(
                                                Optional.empty(),
                                                SettingsBuilder.oauth("files").build(),
                                                false,
                                                Optional.empty())))
                .isInstanceOfSatisfying(
                        RegisterClient.Outcome.Failed.class,
                        failed ->
                                assertThat(failed.problem().code())
                                        .isEqualTo(Problem.Code.DPOP_UNSUPPORTED));
    }

    private static final Problem.Code TOKEN_NOT_BOUND = Problem.Code.TOKEN_NOT_BOUND;

    private void challengeWith(String field) {
        mooring.connector()
                .probes()
                .always(new ConnectAnswer.Challenged(401, AccessChallenge.parse(List.of(field))));
    }

    private static AccessChallenge bearer() {
        return AccessChallenge.parse(List.of("Bearer"));
    }

    private static ClientSettings settings(String name, DpopPolicy policy) {
        return SettingsBuilder.oauth(name)
                .oauthSettings(OAuthSettingsBuilder.discovered().dpop(policy).build())
                .build();
    }

    private static Map<String, String> parameters(ConsentLink link) {
        return InMemoryMooring.parameters(link.authorizeUrl().value());
    }

    private static Problem.Code code(AttemptFailure reason) {
        return ((AttemptFailure.RedemptionFailed) reason).problem().code();
    }
}
