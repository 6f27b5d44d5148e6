package dev.mooring.application;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.application.port.McpConnector.ConnectAnswer;
import dev.mooring.domain.lifecycle.McpClient;
import dev.mooring.domain.lifecycle.Problem;
import dev.mooring.domain.lifecycle.ReauthorizationCause;
import dev.mooring.domain.oauth.AccessChallenge;
import dev.mooring.domain.oauth.Scopes;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.util.List;

/** A server may want more scope before it lists its tools; it gets a person's consent once. */
class ScopeRetryLimitTest {
    private static final ConnectAnswer LACKS_ADMIN =
            new ConnectAnswer.Challenged(
                    403,
                    AccessChallenge.parse(
                            List.of("Bearer error=\"insufficient_scope\", scope=\"admin\"")));

    private final InMemoryMooring mooring = new InMemoryMooring();

    @Test
    void aScopeThatNobodyWasAskedForIsAskedFor() {
        ConsentLink link = mooring.authorize("files");
        mooring.connector().connects().next(LACKS_ADMIN);

        assertLacksScope(mooring.complete(link));
        assertThat(mooring.client(link.client()))
                .isInstanceOfSatisfying(
                        McpClient.NeedsReauthorization.class,
                        needs ->
                                assertThat(needs.cause())
                                        .isEqualTo(
                                                new ReauthorizationCause.ScopeNeeded(
                                                        Scopes.of("admin"))));

        ConsentLink again = mooring.reauthorize(link.client());
        assertThat(again.scopes().tokens()).contains("admin");
        mooring.consent(again);
        assertThat(mooring.complete(again))
                .isEqualTo(new CompleteAuthorization.Outcome.Connected());
    }

    @Test
    void aScopeThatAPersonConsentedToIsNotAskedForAgain() {
        ConsentLink link = mooring.authorize("files");
        mooring.connector().connects().next(LACKS_ADMIN).next(LACKS_ADMIN).next(LACKS_ADMIN);
        mooring.complete(link);
        mooring.consent(mooring.reauthorize(link.client()));

        assertLacksScope(mooring.complete(link));
        assertLacksScope(mooring.complete(link));
        assertThat(mooring.client(link.client())).isInstanceOf(McpClient.Authorized.class);
        assertThat(mooring.grant(link.client())).isPresent();

        // Somebody saw to the rights of the person; the grant that stayed is enough.
        assertThat(mooring.complete(link)).isEqualTo(new CompleteAuthorization.Outcome.Connected());
    }

    /** A link that nobody opened, or a "no" to it, takes nothing from what was consented to. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aConsentCountsWhateverBecameOfLaterLinks(boolean denied) {
        ConsentLink link = mooring.authorize("files");
        mooring.connector().connects().next(LACKS_ADMIN).next(LACKS_ADMIN);
        mooring.complete(link);
        mooring.consent(mooring.reauthorize(link.client()));
        ConsentLink later = mooring.reauthorize(link.client());
        if (denied) {
            mooring.useCases().handleAuthorizationResponse().handle(mooring.denied(later));
        }

        assertLacksScope(mooring.complete(link));
        assertThat(mooring.grant(link.client())).isPresent();
        assertThat(mooring.complete(link)).isEqualTo(new CompleteAuthorization.Outcome.Connected());
    }

    private static void assertLacksScope(CompleteAuthorization.Outcome outcome) {
        assertThat(outcome)
                .isInstanceOfSatisfying(
                        CompleteAuthorization.Outcome.Failed.class,
                        failed ->
                                assertThat(failed.problem().code())
                                        .isEqualTo(Problem.Code.INSUFFICIENT_SCOPE));
    }
}
