package dev.mooring.application;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mooring.application.fixture.Attempts;
import dev.mooring.application.fixture.Eventually;
import dev.mooring.application.fixture.OAuthSettingsBuilder;
import dev.mooring.application.fixture.Race;
import dev.mooring.application.fixture.SigningKeys;
import dev.mooring.application.port.AuthorizationServerDiscovery.ServerAnswer;
import dev.mooring.application.port.McpConnector.CallAnswer;
import dev.mooring.application.port.McpConnector.ConnectAnswer;
import dev.mooring.application.port.RegistrationStore;
import dev.mooring.application.port.RenewalMeter.Result;
import dev.mooring.application.port.Script;
import dev.mooring.application.port.ScriptedDiscovery;
import dev.mooring.application.port.ScriptedTokenEndpoint;
import dev.mooring.application.port.TokenEndpoint;
import dev.mooring.application.port.TokenEndpoint.Answer;
import dev.mooring.application.port.TokenEndpoint.ExchangeAnswer;
import dev.mooring.domain.InvalidValueException;
import dev.mooring.domain.client.AssertionFile;
import dev.mooring.domain.client.ClientSettings;
import dev.mooring.domain.client.OAuthSecret;
import dev.mooring.domain.lifecycle.ClientEvent;
import dev.mooring.domain.lifecycle.ConfigStatus;
import dev.mooring.domain.lifecycle.McpClient;
import dev.mooring.domain.lifecycle.Problem;
import dev.mooring.domain.lifecycle.ReauthorizationCause;
import dev.mooring.domain.oauth.Assertion;
import dev.mooring.domain.oauth.AuthorizationServer;
import dev.mooring.domain.oauth.ClientSecret;
import dev.mooring.domain.oauth.DpopPolicy;
import dev.mooring.domain.oauth.Issuer;
import dev.mooring.domain.oauth.OAuthError;
import dev.mooring.domain.oauth.ResourceIdentifier;
import dev.mooring.domain.oauth.Scopes;
import dev.mooring.domain.oauth.SubjectToken;
import dev.mooring.domain.oauth.TokenEndpointAuthMethod;

import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/** Clients for whose grant nobody has to consent. */
class UnattendedGrantTest extends UnattendedClients {
    private static final Set<OAuthSecret> ASSERTION = Set.of(OAuthSecret.ASSERTION);
    private static final Problem AWAY =
            new Problem(Problem.Code.AUTHORIZATION_SERVER_UNREACHABLE, "as.example is away");

    @Test
    void registeringConnectsAtOnceAndStoresTheGrant() {
        RegisterClient.Outcome outcome = register(OAuthSettingsBuilder.clientCredentials());

        assertThat(outcome).isInstanceOf(RegisterClient.Outcome.Registered.class);
        assertThat(machine()).isInstanceOf(McpClient.Connected.class);
        assertThat(mooring.grant(MACHINE).orElseThrow().tokens().refreshToken()).isEmpty();
        assertThat(callEcho()).isInstanceOf(ExecuteTool.Outcome.Returned.class);
        TokenEndpoint.DirectRequest asked = requests().last();
        assertThat(asked.assertion()).isEmpty();
        assertThat(asked.resource())
                .contains(new ResourceIdentifier("https://mcp.example/machine"));
        assertThat(asked.scopes()).isEqualTo(Scopes.of("read", "write"));
        assertThat(asked.credentials().method())
                .isEqualTo(TokenEndpointAuthMethod.CLIENT_SECRET_BASIC);
        assertThat(mooring.registrar().registrations().count()).isZero();
        assertThat(mooring.ports().attempts().newest(MACHINE)).isEmpty();
        assertThat(mooring.events())
                .extracting(Object::getClass)
                .containsExactly(
                        ClientEvent.ClientRegistered.class,
                        ClientEvent.GrantObtained.class,
                        ClientEvent.ClientConnected.class);
    }

    @Test
    void nothingIsStoredWhenTheServerRefuses() {
        requests().next(new Answer.Refused(OAuthError.INVALID_CLIENT));
        assertFailed(
                Problem.Code.GRANT_REFUSED, register(OAuthSettingsBuilder.clientCredentials()));
        assertThat(useCases.findClients().one(MACHINE)).isEmpty();
        assertThat(mooring.events()).isEmpty();
    }

    @Test
    void nothingIsStoredWhenConnectingFailsAndTheTokenIsGivenBack() {
        mooring.connector()
                .connects()
                .next(
                        new ConnectAnswer.Failed(
                                new Problem(Problem.Code.SERVER_BROKEN, "It is broken")));
        assertFailed(
                Problem.Code.SERVER_BROKEN, register(OAuthSettingsBuilder.clientCredentials()));
        assertThat(useCases.findClients().one(MACHINE)).isEmpty();
        mooring.awaitBackground();
        assertThat(mooring.revocationEndpoint().revocations().count()).isEqualTo(1);
    }

    @Test
    void pkceIsNotAskedForWhereNoBrowserIs() {
        mooring.discovery()
                .servers()
                .always(issuer -> new ServerAnswer.Found(withoutBrowser(issuer)));
        assertThat(register(OAuthSettingsBuilder.clientCredentials()))
                .isInstanceOf(RegisterClient.Outcome.Registered.class);
    }

    @Test
    void aStaleTokenIsAskedForAnewByOneOfMany() {
        registered(OAuthSettingsBuilder.clientCredentials());
        mooring.clock().advance(ScriptedTokenEndpoint.TOKEN_LIFETIME);

        List<ExecuteTool.Outcome> outcomes =
                Race.of(
                        8,
                        runner -> nodes.get(runner % 2).executeTool().handle("machine-echo", "{}"));

        assertThat(outcomes).allMatch(ExecuteTool.Outcome.Returned.class::isInstance);
        assertThat(requests().count()).isEqualTo(2);
        assertThat(mooring.grant(MACHINE).orElseThrow().generation()).isEqualTo(2);
    }

    @Test
    void aTokenThatTheServerRefusesIsAskedForAnewOnce() {
        registered(OAuthSettingsBuilder.clientCredentials());
        mooring.tokenEndpoint().end(mooring.grant(MACHINE).orElseThrow().tokens());

        assertThat(callEcho()).isInstanceOf(ExecuteTool.Outcome.Returned.class);
        assertThat(requests().count()).isEqualTo(2);
    }

    @Test
    void aLostAnswerIsSimplyAskedForAgain() {
        registered(OAuthSettingsBuilder.clientCredentials());
        mooring.clock().advance(ScriptedTokenEndpoint.TOKEN_LIFETIME);
        requests().next(new Answer.Lost(AWAY));

        assertThat(callEcho()).isEqualTo(new ExecuteTool.Outcome.Failed(AWAY));
        assertThat(callEcho()).isEqualTo(new ExecuteTool.Outcome.Failed(AWAY));
        assertThat(requests().count()).isEqualTo(2);
        mooring.clock().advance(ObtainAccessToken.AFTER_FAILURE.first());
        assertThat(callEcho()).isInstanceOf(ExecuteTool.Outcome.Returned.class);
        assertThat(callEcho()).isInstanceOf(ExecuteTool.Outcome.Returned.class);
        assertThat(requests().count()).isEqualTo(3);
    }

    @Test
    void aRefusalParksTheClientUntilAnOperatorActs() {
        registered(OAuthSettingsBuilder.clientCredentials());
        mooring.clock().advance(ScriptedTokenEndpoint.TOKEN_LIFETIME);
        requests().next(new Answer.Refused(OAuthError.INVALID_CLIENT));
        ReauthorizationCause refused =
                new ReauthorizationCause.GrantRefused(OAuthError.INVALID_CLIENT);

        assertThat(callEcho())
                .isEqualTo(new ExecuteTool.Outcome.GrantMissing(Optional.of(refused)));
        assertThat(callEcho())
                .isEqualTo(new ExecuteTool.Outcome.GrantMissing(Optional.of(refused)));
        assertThat(requests().count()).isEqualTo(2);
        assertNeeds(refused);
        assertThat(mooring.ports().attempts().newest(MACHINE)).isEmpty();

        assertThat(useCases.completeAuthorization().handle(MACHINE))
                .isEqualTo(new CompleteAuthorization.Outcome.Connected());
        assertThat(callEcho()).isInstanceOf(ExecuteTool.Outcome.Returned.class);
    }

    @Test
    void completingTellsWhatIsRefusedNow() {
        registered(OAuthSettingsBuilder.clientCredentials());
        useCases.revokeGrant().handle(oauthConfig());
        requests().next(new Answer.Refused(new OAuthError("invalid_scope")));

        assertThat(useCases.completeAuthorization().handle(MACHINE))
                .isInstanceOfSatisfying(
                        CompleteAuthorization.Outcome.Failed.class,
                        failed ->
                                assertThat(failed.problem().code())
                                        .isEqualTo(Problem.Code.GRANT_REFUSED));
        assertNeeds(new ReauthorizationCause.GrantRefused(new OAuthError("invalid_scope")));
    }

    @Test
    void whatIsRefusedIsNotAskedForByEveryPoll() {
        registered(OAuthSettingsBuilder.clientCredentials());
        useCases.revokeGrant().handle(oauthConfig());
        int before = requests().count();
        requests().always(new Answer.Refused(OAuthError.INVALID_CLIENT));

        for (int poll = 0; poll < 5; poll++) {
            assertThat(nodes.get(poll % 2).completeAuthorization().handle(MACHINE))
                    .isInstanceOfSatisfying(
                            CompleteAuthorization.Outcome.Failed.class,
                            failed ->
                                    assertThat(failed.problem().code())
                                            .isEqualTo(Problem.Code.GRANT_REFUSED));
        }
        assertThat(requests().count()).isEqualTo(before + 1);

        Duration first = pause();
        mooring.clock().advance(first);
        useCases.completeAuthorization().handle(MACHINE);
        mooring.clock().advance(pause());
        useCases.completeAuthorization().handle(MACHINE);
        assertThat(requests().count()).isEqualTo(before + 3);
        assertThat(pause()).isGreaterThan(first);
    }

    @Test
    void anOperatorsActEndsThePauseAfterARefusal() {
        registered(OAuthSettingsBuilder.clientCredentials());
        useCases.revokeGrant().handle(oauthConfig());
        requests().next(new Answer.Refused(OAuthError.INVALID_CLIENT));
        assertThat(useCases.completeAuthorization().handle(MACHINE))
                .isInstanceOf(CompleteAuthorization.Outcome.Failed.class);

        assertThat(useCases.reauthorizeClient().handle(MACHINE))
                .isEqualTo(new ReauthorizeClient.Outcome.Connected());
    }

    @Test
    void whatTheTokenEndpointAsksForIsKeptWhereNobodyHasAGrantYet() {
        registered(OAuthSettingsBuilder.clientCredentials());
        useCases.revokeGrant().handle(oauthConfig());
        int before = requests().count();
        requests().next(new Answer.Unavailable(AWAY, Optional.of(Duration.ofMinutes(20))));

        for (int minute = 0; minute < 20; minute += 5) {
            assertThat(useCases.completeAuthorization().handle(MACHINE))
                    .isEqualTo(new CompleteAuthorization.Outcome.Failed(AWAY));
            mooring.clock().advance(Duration.ofMinutes(5));
        }
        assertThat(requests().count()).isEqualTo(before + 1);
        assertThat(useCases.completeAuthorization().handle(MACHINE))
                .isEqualTo(new CompleteAuthorization.Outcome.Connected());
    }

    private Duration pause() {
        return mooring.ports().pauses().running(MACHINE).orElseThrow().left();
    }

    @Test
    void ofManyWhoCompleteOneAsks() {
        registered(OAuthSettingsBuilder.clientCredentials());
        useCases.revokeGrant().handle(oauthConfig());

        List<CompleteAuthorization.Outcome> outcomes =
                Race.of(8, runner -> nodes.get(runner % 2).completeAuthorization().handle(MACHINE));

        assertThat(outcomes).containsOnly(new CompleteAuthorization.Outcome.Connected());
        assertThat(requests().count()).isEqualTo(2);
        assertThat(mooring.connector().connects().count()).isEqualTo(2);
    }

    @Test
    void whoComesMeanwhileDoesNotAskBesides() {
        registered(OAuthSettingsBuilder.clientCredentials());
        useCases.revokeGrant().handle(oauthConfig());
        requests().next(new Answer.Refused(OAuthError.INVALID_CLIENT));
        CompletableFuture<CompleteAuthorization.Outcome> first;
        CompletableFuture<CompleteAuthorization.Outcome> second;
        try (Script.Hold hold = requests().holdNext()) {
            first = Race.start(() -> useCases.completeAuthorization().handle(MACHINE));
            hold.awaitAsked();
            second = Race.start(() -> nodes.get(1).completeAuthorization().handle(MACHINE));
            Eventually.holds("the second waits", () -> mooring.database().waiting() == 1);
        }
        CompleteAuthorization.Outcome outcome = Race.finish(first);
        assertThat(outcome).isInstanceOf(CompleteAuthorization.Outcome.Failed.class);
        assertThat(Race.finish(second)).isEqualTo(outcome);
        // The one that brought the grant which was revoked, and the one that was refused.
        assertThat(requests().count()).isEqualTo(2);
    }

    @Test
    void reauthorizingBringsANewGrantAndTheOldOneServesWhenItFails() {
        registered(OAuthSettingsBuilder.clientCredentials());
        var before = mooring.grant(MACHINE).orElseThrow();

        assertThat(useCases.reauthorizeClient().handle(MACHINE))
                .isEqualTo(new ReauthorizeClient.Outcome.Connected());
        var after = mooring.grant(MACHINE).orElseThrow();
        assertThat(after.id()).isNotEqualTo(before.id());

        requests().next(new Answer.Refused(OAuthError.INVALID_CLIENT));
        assertThat(useCases.reauthorizeClient().handle(MACHINE))
                .isInstanceOf(ReauthorizeClient.Outcome.Failed.class);
        assertThat(mooring.grant(MACHINE)).contains(after);
        assertThat(callEcho()).isInstanceOf(ExecuteTool.Outcome.Returned.class);
    }

    @Test
    void aClientThatIsRemovedMeanwhileLeavesNoToken() {
        registered(OAuthSettingsBuilder.clientCredentials());
        useCases.revokeGrant().handle(oauthConfig());
        mooring.awaitBackground();
        int before = mooring.revocationEndpoint().revocations().count();
        CompletableFuture<CompleteAuthorization.Outcome> completing;
        try (Script.Hold hold = requests().holdNext()) {
            completing = Race.start(() -> useCases.completeAuthorization().handle(MACHINE));
            hold.awaitAsked();
            useCases.removeClient().handle(MACHINE);
        }
        assertThat(Race.finish(completing)).isEqualTo(new CompleteAuthorization.Outcome.NotFound());
        mooring.deliverRevocations();
        assertThat(mooring.revocationEndpoint().revocations().count()).isEqualTo(before + 1);
    }

    @Test
    void aRotatedSecretIsUsedAtOnce() {
        registered(OAuthSettingsBuilder.clientCredentials());
        edit(settings -> settings.secret("rotated"), Set.of(OAuthSecret.CLIENT_SECRET));
        mooring.clock().advance(ScriptedTokenEndpoint.TOKEN_LIFETIME);

        assertThat(callEcho()).isInstanceOf(ExecuteTool.Outcome.Returned.class);
        assertThat(requests().last().credentials().secret()).contains(new ClientSecret("rotated"));
    }

    @Test
    void anEditThatMendsTheRefusalAsksAnew() {
        registered(OAuthSettingsBuilder.clientCredentials());
        mooring.clock().advance(ScriptedTokenEndpoint.TOKEN_LIFETIME);
        requests().next(new Answer.Refused(OAuthError.INVALID_CLIENT));
        callEcho();

        assertThat(edit(settings -> settings.secret("mended"), Set.of(OAuthSecret.CLIENT_SECRET)))
                .isInstanceOf(EditClient.Outcome.Edited.class);
        assertThat(machine()).isInstanceOf(McpClient.Connected.class);
        assertThat(requests().last().credentials().secret()).contains(new ClientSecret("mended"));
    }

    @Test
    void aKeptKeyIsNotSentElsewhere() {
        registered(
                OAuthSettingsBuilder.clientCredentials()
                        .noSecret()
                        .signingKey(SigningKeys.EC_OF_A_KID));
        assertThat(requests().last().credentials().key().orElseThrow().audience())
                .isEqualTo(ScriptedDiscovery.ISSUER);
        assertThatThrownBy(() ->
                        edit(
                                settings -> settings.tokenUrl("https://elsewhere.example/token"),
                                Set.of()))
                .isInstanceOfSatisfying(
                        InvalidValueException.class,
                        e -> assertThat(e.field()).isEqualTo("oauth_config.private_key_pem"));
    }

    @Test
    void moreScopesAreAskedForWithoutAPerson() {
        registered(OAuthSettingsBuilder.clientCredentials());
        mooring.connector().calls().next(new CallAnswer.Challenged(403, WANTS_ADMIN));

        assertThat(callEcho()).isInstanceOf(ExecuteTool.Outcome.Returned.class);
        assertThat(requests().last().scopes()).isEqualTo(Scopes.of("read", "write", "admin"));
        assertThat(mooring.grant(MACHINE).orElseThrow().tokens().scopes())
                .isEqualTo(Scopes.of("read", "write", "admin"));
    }

    @Test
    void moreScopesAreAskedForAtMostOnceForACall() {
        registered(OAuthSettingsBuilder.clientCredentials());
        mooring.connector().calls().always(new CallAnswer.Challenged(403, WANTS_ADMIN));

        assertLacksScope(callEcho());
        assertThat(requests().count()).isEqualTo(2);
        assertThat(mooring.connector().calls().count()).isEqualTo(2);
        // It was asked for and granted, and does not help.
        assertLacksScope(callEcho());
        assertThat(requests().count()).isEqualTo(2);
    }

    /** A server may leave scopes out without a word (RFC 6749 section 3.3). */
    @Test
    void scopesThatTheServerLeavesOutAreAskedForOnceForAToken() {
        registered(OAuthSettingsBuilder.clientCredentials());
        mooring.connector().calls().always(new CallAnswer.Challenged(403, WANTS_ADMIN));
        mooring.connector().connects().always(new ConnectAnswer.Challenged(403, WANTS_ADMIN));
        requests()
                .always(request ->
                        new Answer.Issued(
                                mooring.tokenEndpoint()
                                        .issue(
                                                request.resource().orElseThrow(),
                                                Scopes.of("read", "write"))));

        assertLacksScope(callEcho());
        assertLacksScope(callEcho());
        useCases.reconnectClient().handle(MACHINE);
        assertThat(requests().count()).isEqualTo(2);

        mooring.clock().advance(ScriptedTokenEndpoint.TOKEN_LIFETIME);
        callEcho();
        assertThat(requests().count()).isEqualTo(3);
        assertThat(requests().last().scopes()).isEqualTo(Scopes.of("read", "write", "admin"));
    }

    @Test
    void aFreshAssertionIsForTheNextRequest() {
        registered(OAuthSettingsBuilder.workload("first"));
        var before = mooring.grant(MACHINE).orElseThrow();
        OAuthSettingsBuilder fresh = OAuthSettingsBuilder.workload("second");
        assertThat(edit(settings -> settings.flow(fresh.build().flow()), ASSERTION))
                .isInstanceOf(EditClient.Outcome.Edited.class);
        assertThat(mooring.grant(MACHINE)).contains(before);
        assertThat(requests().count()).isEqualTo(1);

        mooring.clock().advance(ScriptedTokenEndpoint.TOKEN_LIFETIME);
        assertThat(callEcho()).isInstanceOf(ExecuteTool.Outcome.Returned.class);
        assertThat(requests().last().assertion()).contains(new Assertion("second"));
        assertThat(mooring.grant(MACHINE).orElseThrow().id()).isEqualTo(before.id());
    }

    @Test
    void aFreshSubjectTokenIsForTheNextRequest() {
        registered(OAuthSettingsBuilder.enterpriseManaged());
        var before = mooring.grant(MACHINE).orElseThrow();
        SubjectToken fresh = new SubjectToken("the-next-id-token");
        edit(settings -> settings.subjectToken(fresh), Set.of(OAuthSecret.SUBJECT_TOKEN));
        assertThat(mooring.grant(MACHINE)).contains(before);

        mooring.clock().advance(ScriptedTokenEndpoint.TOKEN_LIFETIME);
        assertThat(callEcho()).isInstanceOf(ExecuteTool.Outcome.Returned.class);
        assertThat(mooring.tokenEndpoint().exchanges().last().subjectToken()).isEqualTo(fresh);
        assertThat(mooring.grant(MACHINE).orElseThrow().id()).isEqualTo(before.id());
    }

    @Test
    void aSignatureNeedsToKnowForWhomItIs() {
        OAuthSettingsBuilder signing =
                OAuthSettingsBuilder.clientCredentials()
                        .noSecret()
                        .signingKey(SigningKeys.EC_OF_A_KID);
        assertNeedsIssuer(() -> register(signing.tokenUrl("https://as.example/token")));
        registered(signing.issuer("https://as.example"));
        assertThat(requests().last().credentials().key().orElseThrow().audience())
                .isEqualTo(new Issuer("https://as.example"));
    }

    @Test
    void anEditMayNotTakeAwayForWhomASignatureIs() {
        registered(OAuthSettingsBuilder.clientCredentials().tokenUrl("https://as.example/token"));
        assertNeedsIssuer(() ->
                edit(
                        settings -> settings.noSecret().signingKey(SigningKeys.EC_OF_A_KID),
                        Set.of(OAuthSecret.PRIVATE_KEY)));
    }

    private static void assertNeedsIssuer(ThrowingCallable entering) {
        assertThatThrownBy(entering)
                .isInstanceOfSatisfying(
                        InvalidValueException.class,
                        e -> assertThat(e.field()).isEqualTo("oauth_config.issuer"));
    }

    @Test
    void aRefusalOfMoreScopesLeavesTheGrant() {
        registered(OAuthSettingsBuilder.clientCredentials());
        mooring.connector().calls().next(new CallAnswer.Challenged(403, WANTS_ADMIN));
        requests().next(new Answer.Refused(new OAuthError("invalid_scope")));

        assertLacksScope(callEcho());
        assertThat(counts()).containsExactly(Map.entry(Result.FAILED, 1));
        assertThat(machine()).isInstanceOf(McpClient.Connected.class);
        assertThat(callEcho()).isInstanceOf(ExecuteTool.Outcome.Returned.class);
    }

    @Test
    void aWorkloadPresentsItsOwnToken() {
        registered(OAuthSettingsBuilder.workload("the-workload-token"));
        assertThat(requests().last().assertion()).contains(new Assertion("the-workload-token"));
        assertThat(requests().last().credentials().method())
                .isEqualTo(TokenEndpointAuthMethod.NONE);
    }

    @Test
    void aWorkloadsFileIsReadForEachRequest() {
        mooring.assertionFiles().put(new AssertionFile("token"), new Assertion("first"));
        registered(OAuthSettingsBuilder.workloadFile("token"));
        mooring.assertionFiles().put(new AssertionFile("token"), new Assertion("second"));
        mooring.clock().advance(ScriptedTokenEndpoint.TOKEN_LIFETIME);

        assertThat(callEcho()).isInstanceOf(ExecuteTool.Outcome.Returned.class);
        assertThat(requests().questions())
                .extracting(TokenEndpoint.DirectRequest::assertion)
                .containsExactly(
                        Optional.of(new Assertion("first")), Optional.of(new Assertion("second")));
    }

    @Test
    void anAssertionFileThatIsMissingIsSaid() {
        assertFailed(
                Problem.Code.ASSERTION_UNREADABLE,
                register(OAuthSettingsBuilder.workloadFile("token")));
    }

    @Test
    void withoutADirectoryNoFileCanBeNamed() {
        mooring.assertionFiles().withdraw();
        assertThatThrownBy(() -> register(OAuthSettingsBuilder.workloadFile("token")))
                .isInstanceOfSatisfying(
                        InvalidValueException.class,
                        e -> assertThat(e.field()).isEqualTo("oauth_config.assertion_file"));
    }

    @Test
    void anIdentityProviderVouchesForUs() {
        registered(OAuthSettingsBuilder.enterpriseManaged());

        TokenEndpoint.TokenExchange exchange = mooring.tokenEndpoint().exchanges().last();
        assertThat(exchange.tokenEndpoint()).hasToString("https://idp.example/token");
        assertThat(exchange.audience()).isEqualTo(ScriptedDiscovery.ISSUER);
        assertThat(exchange.resource().value()).isEqualTo("https://mcp.example/machine");
        assertThat(exchange.credentials().clientId().value()).isEqualTo("at-the-idp");
        assertThat(requests().last().assertion())
                .contains(
                        new Assertion(
                                "id-jag-for-https://as.example-by-https://mcp.example/machine"));
        assertThat(requests().last().credentials().clientId().value()).isEqualTo("machine");
    }

    @Test
    void theIdentityProvidersEndpointIsDiscoveredIfNeedBe() {
        registered(OAuthSettingsBuilder.publicEnterpriseManaged());
        assertThat(mooring.discovery().servers().questions())
                .contains(new Issuer("https://idp.example"));
        assertThat(mooring.tokenEndpoint().exchanges().last().tokenEndpoint())
                .hasToString("https://idp.example/token");
    }

    @Test
    void anIdentityProviderThatRefusesIsNotTheAuthorizationServer() {
        mooring.tokenEndpoint()
                .exchanges()
                .next(new ExchangeAnswer.Refused(OAuthError.INVALID_GRANT));
        assertFailed(
                Problem.Code.IDENTITY_PROVIDER_REFUSED,
                register(OAuthSettingsBuilder.enterpriseManaged()));
        assertThat(requests().count()).isZero();
    }

    @Test
    void aDisabledClientAsksNobodyUntilItIsEnabled() {
        ClientSettings settings = settings(OAuthSettingsBuilder.clientCredentials());
        useCases.registerClient()
                .handle(
                        new RegisterClient.Command(
                                Optional.of(MACHINE), settings, true, Optional.empty()));
        assertThat(requests().count()).isZero();
        assertThat(useCases.findClients().one(MACHINE).orElseThrow().authorization())
                .hasValueSatisfying(
                        summary -> assertThat(summary.status()).isEqualTo(ConfigStatus.PENDING));

        assertThat(mooring.disable(MACHINE, false)).isInstanceOf(EditClient.Outcome.Edited.class);
        assertThat(machine()).isInstanceOf(McpClient.Connected.class);
    }

    @Test
    void whyAFirstGrantDidNotComeIsKept() {
        ClientSettings settings = settings(OAuthSettingsBuilder.clientCredentials());
        useCases.registerClient()
                .handle(
                        new RegisterClient.Command(
                                Optional.of(MACHINE), settings, true, Optional.empty()));
        requests().next(new Answer.Refused(OAuthError.INVALID_CLIENT)).next(new Answer.Lost(AWAY));
        mooring.disable(MACHINE, false);
        assertPendingAfter(Problem.Code.GRANT_REFUSED);

        mooring.clock().advance(ObtainGrant.AFTER_REFUSAL.first());
        useCases.completeAuthorization().handle(MACHINE);
        assertPendingAfter(AWAY.code());
        assertThat(mooring.events())
                .filteredOn(ClientEvent.ClientConnectionFailed.class::isInstance)
                .hasSize(2);

        mooring.clock().advance(ObtainGrant.AFTER_REFUSAL.first());
        useCases.completeAuthorization().handle(MACHINE);
        assertThat(machine()).isInstanceOf(McpClient.Connected.class);
        assertThat(machine().lastFailure()).isEmpty();
    }

    private void assertPendingAfter(Problem.Code code) {
        assertThat(machine()).isInstanceOf(McpClient.Pending.class);
        assertThat(machine().lastFailure().orElseThrow().problem().code()).isEqualTo(code);
    }

    /** RFC 6749 section 4.4.2: each request is one of its own. */
    @Test
    void whatWasLeftOutOnceIsAskedForAgain() {
        requests()
                .next(request ->
                        new Answer.Issued(
                                mooring.tokenEndpoint()
                                        .issue(
                                                request.resource().orElseThrow(),
                                                Scopes.of("read"))));
        registered(OAuthSettingsBuilder.clientCredentials());
        assertThat(mooring.grant(MACHINE).orElseThrow().tokens().scopes())
                .isEqualTo(Scopes.of("read"));

        mooring.clock().advance(ScriptedTokenEndpoint.TOKEN_LIFETIME);
        assertThat(callEcho()).isInstanceOf(ExecuteTool.Outcome.Returned.class);
        assertThat(requests().last().scopes()).isEqualTo(Scopes.of("read", "write"));
        assertThat(mooring.grant(MACHINE).orElseThrow().tokens().scopes())
                .isEqualTo(Scopes.of("read", "write"));
    }

    @Test
    void whatAStepUpWonIsAskedForEverAfter() {
        registered(OAuthSettingsBuilder.clientCredentials());
        mooring.connector().calls().next(new CallAnswer.Challenged(403, WANTS_ADMIN));
        callEcho();

        mooring.clock().advance(ScriptedTokenEndpoint.TOKEN_LIFETIME);
        callEcho();
        assertThat(requests().last().scopes()).isEqualTo(Scopes.of("read", "write", "admin"));
        useCases.reauthorizeClient().handle(MACHINE);
        assertThat(requests().last().scopes()).isEqualTo(Scopes.of("read", "write", "admin"));
    }

    @Test
    void aChangeOfTheFlowEndsTheGrantAndAsksForAnother() {
        registered(OAuthSettingsBuilder.clientCredentials());
        var before = mooring.grant(MACHINE).orElseThrow();
        edit(
                settings ->
                        OAuthSettingsBuilder.workload("the-workload-token")
                                .client("machine")
                                .secret("machine-secret"),
                Set.of());
        assertThat(machine()).isInstanceOf(McpClient.Connected.class);
        assertThat(mooring.grant(MACHINE).orElseThrow().id()).isNotEqualTo(before.id());
        assertThat(requests().last().assertion()).isPresent();
    }

    @ParameterizedTest
    @ValueSource(strings = {"forbidden", "rate_limited", "server_is_tired"})
    void aWordThatIsNoRefusalOfTheStandardPasses(String word) {
        registered(OAuthSettingsBuilder.clientCredentials());
        mooring.clock().advance(ScriptedTokenEndpoint.TOKEN_LIFETIME);
        requests().next(new Answer.Refused(new OAuthError(word)));

        assertThat(callEcho())
                .isInstanceOfSatisfying(
                        ExecuteTool.Outcome.Failed.class,
                        failed ->
                                assertThat(failed.problem().code())
                                        .isEqualTo(Problem.Code.AUTHORIZATION_SERVER_BROKEN));
        mooring.clock().advance(ObtainAccessToken.AFTER_FAILURE.first());
        assertThat(callEcho()).isInstanceOf(ExecuteTool.Outcome.Returned.class);
    }

    @Test
    void aWordOfAGatewayBeforeTheIdentityProviderPasses() {
        registered(OAuthSettingsBuilder.enterpriseManaged());
        mooring.clock().advance(ScriptedTokenEndpoint.TOKEN_LIFETIME);
        mooring.tokenEndpoint()
                .exchanges()
                .next(new ExchangeAnswer.Refused(new OAuthError("forbidden")));

        assertThat(callEcho()).isInstanceOf(ExecuteTool.Outcome.Failed.class);
        mooring.clock().advance(ObtainAccessToken.AFTER_FAILURE.first());
        assertThat(callEcho()).isInstanceOf(ExecuteTool.Outcome.Returned.class);
    }

    @Test
    void aRefusalBeforeTheTokensEndLetsItServeToItsEnd() {
        registered(OAuthSettingsBuilder.clientCredentials());
        mooring.clock().advance(ScriptedTokenEndpoint.TOKEN_LIFETIME.minus(Duration.ofSeconds(10)));
        requests().always(new Answer.Refused(OAuthError.INVALID_CLIENT));

        assertThat(callEcho()).isInstanceOf(ExecuteTool.Outcome.Returned.class);
        assertThat(callEcho()).isInstanceOf(ExecuteTool.Outcome.Returned.class);
        assertThat(requests().count()).isEqualTo(2);
        assertThat(counts()).containsExactly(Map.entry(Result.FAILED, 1));

        mooring.clock().advance(Duration.ofSeconds(10));
        assertThat(callEcho()).isInstanceOf(ExecuteTool.Outcome.GrantMissing.class);
        assertThat(requests().count()).isEqualTo(3);
        assertThat(counts()).containsOnly(Map.entry(Result.FAILED, 1), Map.entry(Result.ENDED, 1));
    }

    private Map<Result, Integer> counts() {
        return mooring.database().renewalMeter().counts();
    }

    @Test
    void aFileIsSentOnlyToWhomItNames() {
        mooring.assertionFiles()
                .put(new AssertionFile("token"), new Assertion("t"), "https://cloud.example");
        assertFailed(
                Problem.Code.ASSERTION_UNREADABLE,
                register(OAuthSettingsBuilder.workloadFile("token")));
        // Nor to an endpoint of which only an operator says that it is theirs.
        assertFailed(
                Problem.Code.ASSERTION_UNREADABLE,
                register(
                        OAuthSettingsBuilder.workloadFile("token")
                                .issuer("https://cloud.example")
                                .tokenUrl("https://evil.example/token")));
        assertThat(requests().count()).isZero();

        registered(
                OAuthSettingsBuilder.workloadFile("token")
                        .issuer("https://cloud.example")
                        .tokenUrl("https://cloud.example/token"));
        assertThat(requests().count()).isEqualTo(1);
    }

    @Test
    void aClientWithAFileThatMovesIsAskedForTheFileAgain() {
        mooring.assertionFiles().put(new AssertionFile("token"), new Assertion("first"));
        registered(OAuthSettingsBuilder.workloadFile("token"));
        assertThatThrownBy(() ->
                        edit(settings -> settings.issuer("https://elsewhere.example"), Set.of()))
                .isInstanceOfSatisfying(
                        InvalidValueException.class,
                        e -> assertThat(e.field()).isEqualTo("oauth_config.assertion_file"));
    }

    @Test
    void whatIsEnteredBelongsToTheFirstWhoIsAboutToSeeIt() {
        ClientSettings settings = settings(OAuthSettingsBuilder.clientCredentials());
        useCases.registerClient()
                .handle(
                        new RegisterClient.Command(
                                Optional.of(MACHINE), settings, true, Optional.empty()));
        requests().next(new Answer.Refused(OAuthError.INVALID_CLIENT));
        mooring.disable(MACHINE, false);
        assertThat(requests().count()).isEqualTo(1);
        mooring.clock().advance(ObtainGrant.AFTER_REFUSAL.first());

        mooring.discovery().namesIssuers(new Issuer("https://other.example"));
        assertThat(useCases.completeAuthorization().handle(MACHINE))
                .isInstanceOfSatisfying(
                        CompleteAuthorization.Outcome.Failed.class,
                        failed ->
                                assertThat(failed.problem().code())
                                        .isEqualTo(Problem.Code.CREDENTIALS_OF_OTHER_ISSUER));
        assertThat(requests().count()).isEqualTo(1);
    }

    @Test
    void aRotatedSecretBelongsToWhoIsAskedWithItNext() {
        registered(OAuthSettingsBuilder.clientCredentials());
        edit(settings -> settings.secret("rotated"), Set.of(OAuthSecret.CLIENT_SECRET));
        mooring.clock().advance(ScriptedTokenEndpoint.TOKEN_LIFETIME);
        callEcho();

        mooring.discovery().namesIssuers(new Issuer("https://other.example"));
        assertThat(useCases.reauthorizeClient().handle(MACHINE))
                .isInstanceOfSatisfying(
                        ReauthorizeClient.Outcome.Failed.class,
                        failed ->
                                assertThat(failed.problem().code())
                                        .isEqualTo(Problem.Code.CREDENTIALS_OF_OTHER_ISSUER));
    }

    @Test
    void aRefusalOfTheOldSecretDoesNotEndTheGrantOfTheNewOne() {
        registered(OAuthSettingsBuilder.clientCredentials());
        mooring.clock().advance(ScriptedTokenEndpoint.TOKEN_LIFETIME);
        requests()
                .next(request -> {
                    edit(settings -> settings.secret("rotated"), Set.of(OAuthSecret.CLIENT_SECRET));
                    return new Answer.Refused(OAuthError.INVALID_CLIENT);
                });

        assertThat(callEcho()).isInstanceOf(ExecuteTool.Outcome.Returned.class);
        assertThat(requests().last().credentials().secret()).contains(new ClientSecret("rotated"));
        assertThat(counts())
                .containsOnly(Map.entry(Result.FAILED, 1), Map.entry(Result.RENEWED, 1));
    }

    @Test
    void credentialsForAnotherIssuerAreNotSentToTheOldOneBehindTheLease() {
        registered(OAuthSettingsBuilder.clientCredentials());
        mooring.clock().advance(ScriptedTokenEndpoint.TOKEN_LIFETIME);
        UseCases raced =
                mooring.interrupted(
                        RegistrationStore.class,
                        "find",
                        () ->
                                edit(
                                        settings ->
                                                settings.issuer("https://other.example")
                                                        .secret("of-the-other"),
                                        Set.of(OAuthSecret.CLIENT_SECRET)));
        raced.executeTool().handle("machine-echo", "{}");

        assertThat(requests().questions())
                .filteredOn(request -> request.tokenEndpoint().getHost().equals("as.example"))
                .noneMatch(request ->
                        request.credentials()
                                .secret()
                                .equals(Optional.of(new ClientSecret("of-the-other"))));
    }

    @Test
    void whoNeedsMoreScopesIsNotServedWithTheTokenOfWhoDoesNot() {
        registered(OAuthSettingsBuilder.clientCredentials());
        // While this call was refused for a scope, another one had the token renewed.
        mooring.connector()
                .calls()
                .next(call -> {
                    mooring.clock().advance(ScriptedTokenEndpoint.TOKEN_LIFETIME);
                    nodes.get(1).executeTool().handle("machine-echo", "{}");
                    return new CallAnswer.Challenged(403, WANTS_ADMIN);
                });

        assertThat(callEcho()).isInstanceOf(ExecuteTool.Outcome.Returned.class);
        assertThat(requests().last().scopes()).isEqualTo(Scopes.of("read", "write", "admin"));
    }

    @Test
    void connectingWithTooLittleScopeEndsNoGrantThatNeedsNoPerson() {
        registered(OAuthSettingsBuilder.clientCredentials());
        mooring.connector().connects().always(new ConnectAnswer.Challenged(403, WANTS_ADMIN));
        useCases.reconnectClient().handle(MACHINE);

        assertThat(machine()).isInstanceOf(McpClient.Disconnected.class);
        assertThat(machine().lastFailure().orElseThrow().problem().code())
                .isEqualTo(Problem.Code.INSUFFICIENT_SCOPE);
        assertThat(mooring.grant(MACHINE)).isPresent();
    }

    @Test
    void aRefusalOfTheClientOverAStepUpIsNoLackOfScope() {
        registered(OAuthSettingsBuilder.clientCredentials());
        mooring.connector().calls().next(new CallAnswer.Challenged(403, WANTS_ADMIN));
        requests().next(new Answer.Refused(OAuthError.INVALID_CLIENT));

        assertThat(callEcho())
                .isInstanceOfSatisfying(
                        ExecuteTool.Outcome.Failed.class,
                        failed ->
                                assertThat(failed.problem().code())
                                        .isEqualTo(Problem.Code.GRANT_REFUSED));
        assertThat(machine()).isInstanceOf(McpClient.Connected.class);
    }

    @Test
    void nobodyIsToldThatAPersonMustConsentWhereNoneIsNeeded() {
        registered(OAuthSettingsBuilder.clientCredentials());
        mooring.clock().advance(ScriptedTokenEndpoint.TOKEN_LIFETIME);
        requests().next(new Answer.Refused(OAuthError.INVALID_CLIENT));

        assertThat(useCases.reconnectClient().handle(MACHINE))
                .isInstanceOfSatisfying(
                        ReconnectClient.Outcome.Failed.class,
                        failed ->
                                assertThat(failed.problem().code())
                                        .isEqualTo(Problem.Code.GRANT_REFUSED));
    }

    @Test
    void aTokenThatIsNotBoundIsGivenBackAndNotAskedForAgain() {
        OAuthSettingsBuilder bound =
                OAuthSettingsBuilder.clientCredentials().dpop(DpopPolicy.ALWAYS);
        registered(bound);
        mooring.tokenEndpoint().bindNothing();
        mooring.clock().advance(ScriptedTokenEndpoint.TOKEN_LIFETIME);

        callEcho();
        assertNeeds(new ReauthorizationCause.GrantRefused(OAuthError.UNSUPPORTED_TOKEN_TYPE));
        useCases.completeAuthorization().handle(MACHINE);
        mooring.deliverRevocations();
        assertThat(requests().count()).isEqualTo(3);
        assertThat(mooring.revocationEndpoint().revocations().questions())
                .extracting(revocation -> revocation.tokens().accessToken().value())
                .containsExactly("access-2", "access-3");
    }

    @Test
    void whoReauthorizesIsNotAnsweredByARunThatListsTools() {
        registered(OAuthSettingsBuilder.clientCredentials());
        var before = mooring.grant(MACHINE).orElseThrow();
        CompletableFuture<ReconnectClient.Outcome> listing;
        CompletableFuture<ReauthorizeClient.Outcome> reauthorizing;
        try (Script.Hold hold = mooring.connector().connects().holdNext()) {
            listing = Race.start(() -> useCases.reconnectClient().refreshTools(MACHINE));
            hold.awaitAsked();
            reauthorizing = Race.start(() -> nodes.get(1).reauthorizeClient().handle(MACHINE));
        }
        assertThat(Race.finish(listing)).isInstanceOf(ReconnectClient.Outcome.Connected.class);
        assertThat(Race.finish(reauthorizing)).isEqualTo(new ReauthorizeClient.Outcome.Connected());
        assertThat(mooring.grant(MACHINE).orElseThrow().id()).isNotEqualTo(before.id());
    }

    @Test
    void anEditIsNotAnsweredByARunThatBeganBeforeIt() {
        registered(OAuthSettingsBuilder.clientCredentials());
        useCases.revokeGrant().handle(oauthConfig());
        CompletableFuture<CompleteAuthorization.Outcome> completing;
        CompletableFuture<EditClient.Outcome> editing;
        requests().next(new Answer.Refused(OAuthError.INVALID_CLIENT));
        try (Script.Hold hold = requests().holdNext()) {
            completing = Race.start(() -> useCases.completeAuthorization().handle(MACHINE));
            hold.awaitAsked();
            editing =
                    Race.start(() ->
                            edit(
                                    settings -> settings.secret("mended"),
                                    Set.of(OAuthSecret.CLIENT_SECRET)));
            Eventually.holds(
                    "the edit is stored",
                    () ->
                            machine()
                                    .settings()
                                    .oauth()
                                    .orElseThrow()
                                    .settings()
                                    .clientSecret()
                                    .equals(Optional.of(new ClientSecret("mended"))));
        }
        assertThat(Race.finish(completing))
                .isInstanceOf(CompleteAuthorization.Outcome.Failed.class);
        assertThat(Race.finish(editing)).isInstanceOf(EditClient.Outcome.Edited.class);
        assertThat(requests().last().credentials().secret()).contains(new ClientSecret("mended"));
    }

    @Test
    void aNewNameDoesNotSendAgainWhatWasRefused() {
        registered(OAuthSettingsBuilder.clientCredentials());
        mooring.clock().advance(ScriptedTokenEndpoint.TOKEN_LIFETIME);
        requests().next(new Answer.Refused(OAuthError.INVALID_CLIENT));
        callEcho();

        assertThat(mooring.edit(MACHINE, settings -> settings.name("renamed")))
                .isInstanceOf(EditClient.Outcome.Edited.class);
        assertThat(requests().count()).isEqualTo(2);
    }

    private static AuthorizationServer withoutBrowser(Issuer issuer) {
        AuthorizationServer full = Attempts.server(issuer);
        return new AuthorizationServer(
                issuer,
                Optional.empty(),
                full.tokenEndpoint(),
                Optional.empty(),
                Optional.empty(),
                Scopes.NONE,
                List.of("client_secret_basic"),
                List.of(),
                Set.of("client_credentials"),
                AuthorizationServer.PkceSupport.NOT_ANNOUNCED,
                false,
                false,
                Set.of());
    }
}
