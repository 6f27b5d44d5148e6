package dev.mooring.application;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.application.fixture.SettingsBuilder;
import dev.mooring.application.port.ClientRegistrar;
import dev.mooring.application.port.McpConnector.CallAnswer;
import dev.mooring.application.port.ScriptedConnector;
import dev.mooring.application.port.ScriptedTokenEndpoint;
import dev.mooring.application.port.TokenEndpoint.Answer;
import dev.mooring.domain.lifecycle.AttemptFailure;
import dev.mooring.domain.lifecycle.McpClient;
import dev.mooring.domain.lifecycle.Problem;
import dev.mooring.domain.oauth.Issuer;
import dev.mooring.domain.oauth.OAuthError;

import org.junit.jupiter.api.Test;

import java.time.Duration;
import java.util.Optional;

/** Registrations that we make ourselves: forgotten, refused, and those of another issuer. */
class ForgottenRegistrationTest {
    private static final Problem REFUSED =
            new Problem(Problem.Code.REGISTRATION_REFUSED, "Not with this redirect URI");

    private static final Duration SOME_MINUTES = Duration.ofMinutes(5);

    private final InMemoryMooring mooring = new InMemoryMooring();

    @Test
    void aRefreshThatFindsItForgottenRegistersAnewAndAsksThePersonOnce() {
        ConsentLink link = mooring.connect("files");
        mooring.clock().advance(ScriptedTokenEndpoint.TOKEN_LIFETIME);
        mooring.tokenEndpoint().refreshes().always(new Answer.Refused(OAuthError.INVALID_CLIENT));
        assertThat(call()).isInstanceOf(ExecuteTool.Outcome.Failed.class);
        mooring.clock().advance(SOME_MINUTES);

        ConsentLink again = consentNeeded();
        assertThat(again.authorizeUrl().value()).contains("client_id=client-2");
        assertThat(consentNeeded().flow()).isEqualTo(again.flow());
        assertThat(mooring.registrar().registrations().count()).isEqualTo(2);

        mooring.consent(again);
        assertThat(mooring.complete(link)).isEqualTo(new CompleteAuthorization.Outcome.Connected());
    }

    @Test
    void aRedemptionThatFindsItForgottenFailsAndTheNextLinkIsThroughANewOne() {
        ConsentLink link = mooring.register("files");
        mooring.tokenEndpoint().redemptions().next(new Answer.Refused(OAuthError.INVALID_CLIENT));

        assertThat(mooring.consent(link))
                .isEqualTo(
                        new HandleAuthorizationResponse.Outcome.Failed(
                                new AttemptFailure.RedemptionRefused(OAuthError.INVALID_CLIENT)));
        assertThat(mooring.reauthorize(link.client()).authorizeUrl().value())
                .contains("client_id=client-2");
    }

    @Test
    void anOpenLinkThroughAForgottenOneIsNotHandedOutAgain() {
        ConsentLink open = mooring.register("mail");
        ConsentLink link = mooring.connect("files");
        mooring.tokenEndpoint().refreshes().next(new Answer.Refused(OAuthError.INVALID_CLIENT));
        mooring.connector()
                .calls()
                .next(new CallAnswer.Challenged(401, ScriptedConnector.CHALLENGE));
        call();

        ConsentLink again = mooring.reauthorize(open.client());
        assertThat(again.flow()).isNotEqualTo(open.flow());
        assertThat(again.authorizeUrl().value()).contains("client_id=client-2");
        assertThat(mooring.grant(link.client())).isPresent();
    }

    @Test
    void aServerThatForgetsUsForAMinuteCostsNoGrant() {
        ConsentLink link = mooring.connect("files");
        mooring.clock().advance(ScriptedTokenEndpoint.TOKEN_LIFETIME);
        mooring.tokenEndpoint().refreshes().next(new Answer.Refused(OAuthError.INVALID_CLIENT));

        assertThat(call()).isInstanceOf(ExecuteTool.Outcome.Failed.class);
        assertThat(call()).isInstanceOf(ExecuteTool.Outcome.Failed.class);
        assertThat(mooring.tokenEndpoint().refreshes().count()).isEqualTo(1);
        mooring.clock().advance(SOME_MINUTES);
        assertThat(call()).isInstanceOf(ExecuteTool.Outcome.Returned.class);
        assertThat(mooring.grant(link.client()).orElseThrow().generation()).isEqualTo(2);
    }

    @Test
    void whileTheTokenServesNoRefusalOfOursEndsTheGrant() {
        ConsentLink link = mooring.connect("files");
        mooring.tokenEndpoint().refreshes().always(new Answer.Refused(OAuthError.INVALID_CLIENT));
        mooring.clock().advance(ScriptedTokenEndpoint.TOKEN_LIFETIME.minusSeconds(1));

        assertThat(call()).isInstanceOf(ExecuteTool.Outcome.Returned.class);
        assertThat(mooring.grant(link.client())).isPresent();
        assertThat(mooring.tokenEndpoint().refreshes().count()).isEqualTo(1);
    }

    /** RFC 6749 section 5.2: the client is known, and only may not do this. */
    @Test
    void whoMayNotRefreshIsNotForgotten() {
        ConsentLink link = mooring.connect("files");
        mooring.clock().advance(ScriptedTokenEndpoint.TOKEN_LIFETIME);
        mooring.tokenEndpoint()
                .refreshes()
                .next(new Answer.Refused(OAuthError.UNAUTHORIZED_CLIENT));

        assertThat(call()).isInstanceOf(ExecuteTool.Outcome.Failed.class);
        assertThat(mooring.grant(link.client())).isPresent();
        assertThat(clientOf(mooring.reauthorize(link.client()))).isEqualTo("client-1");
    }

    /** The error page of an authorization endpoint never comes back to us. */
    @Test
    void aLinkThatNobodyCameBackFromIsFollowedByOneThroughANewRegistration() {
        ConsentLink silent = mooring.register("files");
        mooring.clock().advance(Timing.DEFAULT.consent());

        ConsentLink again = mooring.reauthorize(silent.client());
        assertThat(clientOf(again)).isEqualTo("client-2");
        assertThat(mooring.reauthorize(silent.client()).flow()).isEqualTo(again.flow());
        assertThat(mooring.registrar().registrations().count()).isEqualTo(2);
        mooring.consent(again);
        assertThat(mooring.complete(again))
                .isEqualTo(new CompleteAuthorization.Outcome.Connected());
    }

    @Test
    void soIsALinkThatIsAskedForInPlaceOfAnOpenOne() {
        ConsentLink silent = mooring.register("files");
        mooring.clock().advance(Timing.DEFAULT.consent().multipliedBy(3).dividedBy(4));

        assertThat(clientOf(mooring.reauthorize(silent.client()))).isEqualTo("client-2");
    }

    @Test
    void aRegistrationThatServedSinceIsNotForgotten() {
        ConsentLink silent = mooring.register("files");
        mooring.connect("mail");
        mooring.clock().advance(Timing.DEFAULT.consent());

        assertThat(clientOf(mooring.reauthorize(silent.client()))).isEqualTo("client-1");
    }

    @Test
    void whoSaidNoCameBack() {
        ConsentLink denied = mooring.register("files");
        mooring.useCases().handleAuthorizationResponse().handle(mooring.denied(denied));

        assertThat(clientOf(mooring.reauthorize(denied.client()))).isEqualTo("client-1");
    }

    @Test
    void whereNoNewRegistrationIsToBeHadTheOldOneStays() {
        ConsentLink silent = mooring.register("files");
        mooring.clock().advance(Timing.DEFAULT.consent());
        mooring.registrar().registrations().next(new ClientRegistrar.Answer.Failed(REFUSED));

        assertThat(clientOf(mooring.reauthorize(silent.client()))).isEqualTo("client-1");
    }

    /** They come by themselves, all day long, and nobody may have looked at the link. */
    @Test
    void callsOfToolsDoNotRegisterAnew() {
        mooring.register("files");
        for (int day = 0; day < 3; day++) {
            mooring.clock().advance(Timing.DEFAULT.consent());
            assertThat(clientOf(consentNeeded())).isEqualTo("client-1");
        }
    }

    private static String clientOf(ConsentLink link) {
        return InMemoryMooring.parameters(link.authorizeUrl().value()).get("client_id");
    }

    @Test
    void aRefusedRedirectUriIsTriedOnceMoreAsTheOtherApplicationType() {
        mooring.registrar()
                .registrations()
                .next(new ClientRegistrar.Answer.RedirectUriRefused(REFUSED));

        mooring.connect("files");
        assertThat(mooring.registrar().registrations().questions())
                .extracting(question -> question.metadata().applicationType())
                .containsExactly("native", "web");
    }

    @Test
    void aRedirectUriThatIsRefusedEitherWayIsTold() {
        mooring.registrar()
                .registrations()
                .always(new ClientRegistrar.Answer.RedirectUriRefused(REFUSED));

        assertThat(
                        mooring.useCases()
                                .registerClient()
                                .handle(
                                        new RegisterClient.Command(
                                                Optional.empty(),
                                                SettingsBuilder.oauth("files").build(),
                                                false,
                                                Optional.empty())))
                .isEqualTo(new RegisterClient.Outcome.Failed(REFUSED));
        assertThat(mooring.registrar().registrations().count()).isEqualTo(2);
    }

    @Test
    void aServerThatMovesToAnotherIssuerIsRegisteredWithAnewThere() {
        ConsentLink link = mooring.connect("files");
        mooring.discovery().namesIssuers(new Issuer("https://new.example"));
        mooring.connector()
                .calls()
                .next(new CallAnswer.Challenged(401, ScriptedConnector.CHALLENGE))
                .next(new CallAnswer.Challenged(401, ScriptedConnector.CHALLENGE));

        ConsentLink again = consentNeeded();
        assertThat(again.authorizeUrl().value())
                .startsWith("https://new.example/")
                .contains("client_id=client-2");
        // What the old issuer gave went to the old issuer alone.
        assertThat(mooring.tokenEndpoint().refreshes().questions())
                .extracting(refresh -> refresh.tokenEndpoint().getHost())
                .containsOnly("as.example");
        assertThat(mooring.client(link.client()))
                .isInstanceOf(McpClient.NeedsReauthorization.class);
    }

    private ExecuteTool.Outcome call() {
        return mooring.useCases().executeTool().handle("files-echo", "{}");
    }

    private ConsentLink consentNeeded() {
        ExecuteTool.Outcome outcome = call();
        assertThat(outcome).isInstanceOf(ExecuteTool.Outcome.ConsentNeeded.class);
        return ((ExecuteTool.Outcome.ConsentNeeded) outcome).link();
    }
}
