package dev.mooring.application;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.application.port.McpConnector.CallAnswer;
import dev.mooring.application.port.McpConnector.ConnectAnswer;
import dev.mooring.application.port.ScriptedConnector;
import dev.mooring.application.port.ScriptedTokenEndpoint;
import dev.mooring.application.port.TokenEndpoint.Answer;
import dev.mooring.domain.lifecycle.McpClient;
import dev.mooring.domain.lifecycle.Problem;
import dev.mooring.domain.lifecycle.ReauthorizationCause;
import dev.mooring.domain.oauth.AccessChallenge;
import dev.mooring.domain.oauth.OAuthError;
import dev.mooring.domain.oauth.Scopes;
import dev.mooring.domain.oauth.TokenType;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;

/** Which scopes a person is asked for, and how often, when a server wants more at a later call. */
class StepUpTest {
    private final InMemoryMooring mooring = new InMemoryMooring();

    /** Every way in which a connected client is talked to besides the execution of a tool. */
    enum LaterCall {
        RECONNECT,
        REFRESH_TOOLS,
        KEEP_CONNECTED,
        COMPLETE
    }

    @Test
    void aStepUpAsksForWhatWasAskedBeforeAndForWhatIsMissing() {
        ConsentLink link = mooring.connect("files");
        mooring.connector().calls().next(insufficientScope("admin"));

        ConsentLink stepUp = consentNeeded("echo");
        assertThat(stepUp.scopes().tokens()).containsExactlyInAnyOrder("read", "write", "admin");
        assertThat(mooring.grant(link.client())).isPresent();
        assertThat(call("echo")).isInstanceOf(ExecuteTool.Outcome.Returned.class);

        mooring.consent(stepUp);
        assertThat(call("echo")).isInstanceOf(ExecuteTool.Outcome.Returned.class);
        assertThat(mooring.grant(link.client()).orElseThrow().tokens().scopes().tokens())
                .containsExactlyInAnyOrder("read", "write", "admin");
    }

    @Test
    void whatWasGrantedAndIsStillMissingIsNotAskedForAgain() {
        mooring.connect("files");
        mooring.connector().calls().always(insufficientScope("admin"));

        mooring.consent(consentNeeded("echo"));
        for (int again = 0; again < 3; again++) {
            assertInsufficient(call("echo"));
        }
        assertThat(mooring.tokenEndpoint().redemptions().count()).isEqualTo(2);
    }

    @Test
    void aServerThatWantsSomethingNewEachTimeIsNotFollowedForLong() {
        mooring.connect("files");
        AtomicInteger wish = new AtomicInteger();
        mooring.connector()
                .calls()
                .always(asked -> insufficientScope("scope-" + wish.incrementAndGet()));

        mooring.consent(consentNeeded("echo"));
        mooring.consent(consentNeeded("echo"));
        assertInsufficient(call("echo"));
        // Another tool is another operation.
        assertThat(call("add")).isInstanceOf(ExecuteTool.Outcome.ConsentNeeded.class);

        mooring.clock().advance(Duration.ofHours(2));
        assertThat(call("echo")).isInstanceOf(ExecuteTool.Outcome.ConsentNeeded.class);
    }

    @Test
    void whoIsAskedAgainAfterARefusedTokenIsAskedForWhatWasGranted() {
        mooring.connect("files");
        mooring.connector().calls().next(insufficientScope("admin"));
        mooring.consent(consentNeeded("echo"));
        mooring.connector()
                .calls()
                .next(new CallAnswer.Challenged(401, ScriptedConnector.CHALLENGE))
                .next(new CallAnswer.Challenged(401, ScriptedConnector.CHALLENGE));

        assertThat(consentNeeded("echo").scopes().tokens())
                .containsExactlyInAnyOrder("read", "write", "admin");
    }

    @Test
    void whoIsAskedAgainAfterARefusedRefreshIsAskedForWhatWasGranted() {
        ConsentLink link = mooring.connect("files");
        mooring.connector().calls().next(insufficientScope("admin"));
        mooring.consent(consentNeeded("echo"));
        mooring.clock().advance(ScriptedTokenEndpoint.TOKEN_LIFETIME);
        mooring.tokenEndpoint().refreshes().next(new Answer.Refused(OAuthError.INVALID_GRANT));

        assertThat(consentNeeded("echo").scopes().tokens())
                .containsExactlyInAnyOrder("read", "write", "admin");
        assertThat(mooring.reauthorize(link.client()).scopes().tokens())
                .containsExactlyInAnyOrder("read", "write", "admin");
    }

    @Test
    void whatAnOperatorTookAwayIsNotAskedForByItself() {
        ConsentLink link = mooring.connect("files");
        mooring.connector().calls().next(insufficientScope("admin"));
        mooring.consent(consentNeeded("echo"));
        mooring.useCases().revokeGrant().handle(link.config());

        assertThat(mooring.reauthorize(link.client()).scopes().tokens())
                .containsExactlyInAnyOrder("read", "write");
    }

    @ParameterizedTest
    @EnumSource(LaterCall.class)
    void aRefusedTokenIsRefreshedFirst(LaterCall later) {
        ConsentLink link = connected(later);
        mooring.connector()
                .connects()
                .next(new ConnectAnswer.Challenged(401, ScriptedConnector.CHALLENGE));
        make(later, link);

        assertThat(mooring.tokenEndpoint().refreshes().count()).isEqualTo(1);
        assertThat(mooring.client(link.client())).isInstanceOf(McpClient.Connected.class);
    }

    @ParameterizedTest
    @EnumSource(LaterCall.class)
    void aTokenThatIsRefusedEvenThenNeedsAPerson(LaterCall later) {
        ConsentLink link = connected(later);
        mooring.connector()
                .connects()
                .next(new ConnectAnswer.Challenged(401, ScriptedConnector.CHALLENGE))
                .next(new ConnectAnswer.Challenged(401, ScriptedConnector.CHALLENGE));
        make(later, link);

        assertThat(mooring.client(link.client()))
                .isInstanceOfSatisfying(
                        McpClient.NeedsReauthorization.class,
                        needs ->
                                assertThat(needs.cause())
                                        .isEqualTo(new ReauthorizationCause.TokenRefused()));
        assertThat(mooring.tokenEndpoint().refreshes().count()).isEqualTo(1);
        // The server that issued them still takes the refresh token.
        assertThat(mooring.database().owed())
                .extracting(owed -> owed.tokens().accessToken().value())
                .containsExactly("access-2");
    }

    @ParameterizedTest
    @EnumSource(LaterCall.class)
    void aMissingScopeNeedsAPersonAndNoRefresh(LaterCall later) {
        ConsentLink link = connected(later);
        mooring.connector().connects().next(new ConnectAnswer.Challenged(403, wants("admin")));
        make(later, link);

        assertThat(mooring.tokenEndpoint().refreshes().count()).isZero();
        assertThat(mooring.reauthorize(link.client()).scopes().tokens())
                .containsExactlyInAnyOrder("read", "write", "admin");
    }

    @ParameterizedTest
    @EnumSource(LaterCall.class)
    void aPlainProhibitionCostsNoGrant(LaterCall later) {
        ConsentLink link = connected(later);
        mooring.connector()
                .connects()
                .next(new ConnectAnswer.Challenged(403, AccessChallenge.SILENT));
        make(later, link);

        assertThat(mooring.tokenEndpoint().refreshes().count()).isZero();
        assertThat(mooring.grant(link.client())).isPresent();
        assertThat(mooring.client(link.client()).lastFailure().orElseThrow().problem().code())
                .isEqualTo(Problem.Code.INSUFFICIENT_SCOPE);
    }

    /** As a client is just before this call can be made. */
    private ConsentLink connected(LaterCall later) {
        ConsentLink link =
                later == LaterCall.COMPLETE ? mooring.authorize("files") : mooring.connect("files");
        if (later == LaterCall.KEEP_CONNECTED) {
            mooring.edit(
                    link.client(), settings -> settings.toolSyncInterval(Duration.ofMinutes(1)));
            mooring.clock().advance(Duration.ofMinutes(2));
        }
        return link;
    }

    private void make(LaterCall later, ConsentLink link) {
        switch (later) {
            case RECONNECT -> mooring.useCases().reconnectClient().handle(link.client());
            case REFRESH_TOOLS -> mooring.useCases().reconnectClient().refreshTools(link.client());
            case KEEP_CONNECTED -> mooring.useCases().keepConnected().handle();
            case COMPLETE -> mooring.complete(link);
        }
    }

    private ExecuteTool.Outcome call(String tool) {
        return mooring.useCases().executeTool().handle("files-" + tool, "{}");
    }

    private ConsentLink consentNeeded(String tool) {
        ExecuteTool.Outcome outcome = call(tool);
        assertThat(outcome).isInstanceOf(ExecuteTool.Outcome.ConsentNeeded.class);
        return ((ExecuteTool.Outcome.ConsentNeeded) outcome).link();
    }

    private static void assertInsufficient(ExecuteTool.Outcome outcome) {
        assertThat(outcome)
                .isInstanceOfSatisfying(
                        ExecuteTool.Outcome.Failed.class,
                        failed ->
                                assertThat(failed.problem().code())
                                        .isEqualTo(Problem.Code.INSUFFICIENT_SCOPE));
    }

    private static CallAnswer insufficientScope(String scope) {
        return new CallAnswer.Challenged(403, wants(scope));
    }

    private static AccessChallenge wants(String scope) {
        return new AccessChallenge(
                Optional.of(OAuthError.INSUFFICIENT_SCOPE),
                Scopes.of(scope),
                Optional.empty(),
                Set.of(TokenType.BEARER),
                Set.of());
    }
}
