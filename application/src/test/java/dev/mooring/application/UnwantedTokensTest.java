package dev.mooring.application;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mooring.application.fixture.Interruption;
import dev.mooring.application.fixture.OAuthSettingsBuilder;
import dev.mooring.application.fixture.SettingsBuilder;
import dev.mooring.application.port.ClientStore;
import dev.mooring.application.port.McpConnector.ConnectAnswer;
import dev.mooring.application.port.ScriptedTokenEndpoint;
import dev.mooring.application.port.StoreUnavailableException;
import dev.mooring.application.port.TokenEndpoint.Answer;
import dev.mooring.domain.client.ClientId;
import dev.mooring.domain.client.OAuthSecret;
import dev.mooring.domain.lifecycle.Problem;
import dev.mooring.domain.oauth.AccessChallenge;
import dev.mooring.domain.oauth.Issuer;
import dev.mooring.domain.oauth.OAuthError;
import dev.mooring.domain.oauth.ResourceIdentifier;
import dev.mooring.domain.oauth.Scopes;
import dev.mooring.domain.oauth.TokenSet;

import org.junit.jupiter.api.Test;

import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;

/** Tokens that came for nothing are owed back, and none that still serve. */
class UnwantedTokensTest extends UnattendedClients {
    private static final Issuer OTHER = new Issuer("https://other.example");

    /** Tokens are held for no longer than a fifth of a second. */
    private static final Timing HASTY =
            new Timing(
                    Timing.DEFAULT.consent(),
                    Timing.DEFAULT.discovery(),
                    Duration.ofMillis(100),
                    Duration.ofMillis(100),
                    Duration.ofMillis(10_300),
                    Timing.DEFAULT.patience(),
                    Timing.DEFAULT.expiryMargin());

    @Test
    void aGrantThatIsReplacedThroughAnotherRegistrationIsGivenBack() {
        registered(OAuthSettingsBuilder.clientCredentials());
        moveToOtherIssuer();

        assertThat(useCases.reauthorizeClient().handle(MACHINE))
                .isEqualTo(new ReauthorizeClient.Outcome.Connected());
        assertThat(mooring.grant(MACHINE).orElseThrow().issuer()).isEqualTo(OTHER);
        assertGivenBack("access-1");
    }

    /** Some servers would end both (rule 6). */
    @Test
    void aGrantThatIsReplacedThroughTheSameRegistrationIsNot() {
        registered(OAuthSettingsBuilder.clientCredentials());
        useCases.reauthorizeClient().handle(MACHINE);

        assertThat(mooring.grant(MACHINE).orElseThrow().tokens().accessToken().value())
                .isEqualTo("access-2");
        assertGivenBack();
    }

    @Test
    void aRenewalThatComesAfterAGrantThroughAnotherRegistrationIsGivenBack() {
        registered(OAuthSettingsBuilder.clientCredentials());
        mooring.clock().advance(ScriptedTokenEndpoint.TOKEN_LIFETIME);
        requests()
                .next(request -> {
                    TokenSet late =
                            mooring.tokenEndpoint()
                                    .issue(request.resource().orElseThrow(), request.scopes());
                    moveToOtherIssuer();
                    nodes.get(1).reauthorizeClient().handle(MACHINE);
                    return new Answer.Issued(late);
                });
        callEcho();

        assertThat(mooring.grant(MACHINE).orElseThrow().issuer()).isEqualTo(OTHER);
        mooring.deliverRevocations();
        assertThat(mooring.revocationEndpoint().revocations().questions())
                .extracting(revocation -> revocation.tokens().accessToken().value())
                .contains("access-2");
    }

    @Test
    void aTokenIsHeldUntilTheStoreTakesTheClient() {
        RegisterClient.Outcome outcome =
                mooring.interrupted(
                                ClientStore.class,
                                "insert",
                                () -> {
                                    throw new StoreUnavailableException("away for a moment", null);
                                })
                        .registerClient()
                        .handle(command());

        assertThat(outcome).isInstanceOf(RegisterClient.Outcome.Registered.class);
        assertThat(requests().count()).isEqualTo(1);
        assertGivenBack();
    }

    /** Whoever was told that it failed registers anew, maybe under another name. */
    @Test
    void aClientThatCouldNotBeStoredInTimeDoesNotComeIntoBeingLater() {
        InMemoryMooring hasty = new InMemoryMooring(InMemoryMooring.PROFILE, HASTY);
        AtomicBoolean away = new AtomicBoolean(true);
        UseCases node =
                hasty.nodeOver(
                        Interruption.beforeEach(
                                hasty.ports(),
                                ClientStore.class,
                                "insert",
                                () -> {
                                    if (away.get()) {
                                        throw new StoreUnavailableException("away");
                                    }
                                }));
        assertThatThrownBy(() -> node.registerClient().handle(command()))
                .isInstanceOf(StoreUnavailableException.class);
        away.set(false);
        hasty.awaitBackground();

        assertThat(hasty.ports().clients().find(MACHINE)).isEmpty();
        hasty.useCases().deliverRevocations().handle();
        assertThat(hasty.revocationEndpoint().revocations().questions())
                .extracting(revocation -> revocation.tokens().accessToken().value())
                .containsExactly("access-1");
    }

    @Test
    void aTokenIsGivenBackWhenTheNameWasTakenMeanwhile() {
        ClientId faster = new ClientId("id_of_the_faster");
        RegisterClient.Outcome outcome =
                mooring.interrupted(
                                ClientStore.class,
                                "insert",
                                () ->
                                        useCases.registerClient()
                                                .handle(
                                                        new RegisterClient.Command(
                                                                Optional.of(faster),
                                                                SettingsBuilder.from(
                                                                                command()
                                                                                        .settings())
                                                                        .build(),
                                                                false,
                                                                Optional.empty())))
                        .registerClient()
                        .handle(command());

        assertThat(outcome).isInstanceOf(RegisterClient.Outcome.Taken.class);
        assertThat(mooring.grant(faster)).isPresent();
        assertGivenBack("access-1");
    }

    @Test
    void aTokenIsGivenBackWhenConnectingBreaks() {
        mooring.connector()
                .connects()
                .next(target -> {
                    throw new IllegalStateException("broken code");
                });
        assertThatThrownBy(() -> register(OAuthSettingsBuilder.clientCredentials()))
                .hasMessage("broken code");
        assertGivenBack("access-1");
    }

    @Test
    void theNarrowerTokenIsDroppedWhenAWiderOneIsStored() {
        mooring.connector().connects().next(new ConnectAnswer.Challenged(403, WANTS_ADMIN));
        registered(OAuthSettingsBuilder.clientCredentials());

        assertThat(mooring.grant(MACHINE).orElseThrow().tokens().scopes())
                .isEqualTo(Scopes.of("read", "write", "admin"));
        assertGivenBack();
    }

    @Test
    void aTokenThatTheServerGivesOutTwiceIsNotGivenBackWhileItServes() {
        TokenSet cached =
                mooring.tokenEndpoint()
                        .issue(new ResourceIdentifier("https://mcp.example"), Scopes.NONE);
        requests().always(new Answer.Issued(cached));
        mooring.connector()
                .connects()
                .always(target -> new ConnectAnswer.Accepted(mooring.connector().inventory()))
                .next(new ConnectAnswer.Challenged(403, WANTS_ADMIN));
        registered(OAuthSettingsBuilder.clientCredentials());
        assertGivenBack();
    }

    @Test
    void aRefusalThatIsNo403IsNotAnsweredWithAStepUp() {
        mooring.connector().connects().always(new ConnectAnswer.Challenged(401, WANTS_ADMIN));
        assertFailed(
                Problem.Code.TOKEN_REFUSED, register(OAuthSettingsBuilder.clientCredentials()));
        assertThat(requests().count()).isEqualTo(1);
    }

    @Test
    void scopesThatWereGrantedAreNotAskedForAgain() {
        mooring.connector()
                .connects()
                .always(
                        new ConnectAnswer.Challenged(
                                403,
                                new AccessChallenge(
                                        Optional.of(OAuthError.INSUFFICIENT_SCOPE),
                                        Scopes.of("read"),
                                        Optional.empty(),
                                        Set.of(),
                                        Set.of())));
        assertFailed(
                Problem.Code.INSUFFICIENT_SCOPE,
                register(OAuthSettingsBuilder.clientCredentials()));
        assertThat(requests().count()).isEqualTo(1);
    }

    /** An operator enters the secret anew, and the MCP server names another issuer since. */
    private void moveToOtherIssuer() {
        edit(settings -> settings.secret("rotated"), Set.of(OAuthSecret.CLIENT_SECRET));
        mooring.discovery().namesIssuers(OTHER);
    }

    private static RegisterClient.Command command() {
        return new RegisterClient.Command(
                Optional.of(MACHINE),
                settings(OAuthSettingsBuilder.clientCredentials()),
                false,
                Optional.empty());
    }

    private void assertGivenBack(String... accessTokens) {
        mooring.awaitBackground();
        mooring.deliverRevocations();
        assertThat(mooring.revocationEndpoint().revocations().questions())
                .extracting(revocation -> revocation.tokens().accessToken().value())
                .containsExactly(accessTokens);
    }
}
