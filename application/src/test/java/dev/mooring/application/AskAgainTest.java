package dev.mooring.application;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.application.fixture.Attempts;
import dev.mooring.application.fixture.OAuthSettingsBuilder;
import dev.mooring.application.fixture.SettingsBuilder;
import dev.mooring.application.port.AuthorizationServerDiscovery.ServerAnswer;
import dev.mooring.application.port.McpConnector.CallAnswer;
import dev.mooring.application.port.McpConnector.ConnectAnswer;
import dev.mooring.application.port.TokenEndpoint;
import dev.mooring.domain.client.ClientSettings;
import dev.mooring.domain.lifecycle.AttemptFailure;
import dev.mooring.domain.oauth.AccessChallenge;
import dev.mooring.domain.oauth.AuthorizationResponse;
import dev.mooring.domain.oauth.AuthorizationServer.PkceSupport;
import dev.mooring.domain.oauth.OAuthError;
import dev.mooring.domain.oauth.Scopes;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.util.List;

/** For which scopes a person is asked when the first answer was not enough. */
class AskAgainTest {
    private final InMemoryMooring mooring = new InMemoryMooring();

    @Test
    void whoIsAskedAgainIsAskedForWhatWasGrantedBefore() {
        mooring.tokenEndpoint()
                .redemptions()
                .next(redemption ->
                        new TokenEndpoint.Answer.Issued(
                                mooring.tokenEndpoint()
                                        .issue(
                                                redemption.resource().orElseThrow(),
                                                Scopes.of("read", "more"))));
        ConsentLink link = mooring.connect("files");

        assertThat(mooring.reauthorize(link.client()).scopes())
                .isEqualTo(Scopes.of("read", "write", "more"));
    }

    /** MCP "Step-Up Authorization Flow": nothing that was asked for before is lost. */
    @Test
    void aStepUpAsksForTheUnionWhileTheOldGrantServes() {
        ConsentLink link = mooring.connect("files");
        mooring.connector().calls().next(new CallAnswer.Challenged(403, lacking("read", "admin")));

        ConsentLink stepUp = asked(mooring.useCases().executeTool().handle("files-echo", "{}"));

        assertThat(stepUp.scopes().tokens()).containsExactlyInAnyOrder("read", "write", "admin");
        assertThat(mooring.grant(link.client())).isPresent();
        assertThat(mooring.useCases().executeTool().handle("files-add", "{}"))
                .isInstanceOf(ExecuteTool.Outcome.Returned.class);
    }

    @Test
    void whatWasGrantedAndIsStillRefusedIsNotAskedForAgain() {
        mooring.connect("files");
        mooring.connector().calls().always(new CallAnswer.Challenged(403, lacking("admin")));
        ConsentLink stepUp = asked(mooring.useCases().executeTool().handle("files-echo", "{}"));
        mooring.consent(stepUp);

        assertThat(mooring.useCases().executeTool().handle("files-echo", "{}"))
                .isInstanceOf(ExecuteTool.Outcome.Failed.class);
    }

    /** Only a lack of scopes that are named can be helped by a person. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "Basic realm=\"x\"",
                "Bearer error=\"insufficient_scope\"",
                "Bearer error=\"invalid_request\", scope=\"admin\"",
                "Bearer scope=\"admin\""
            })
    void aRefusalThatNamesNoLackOfScopesAsksNobody(String field) {
        ConsentLink link = mooring.connect("files");
        refuse(mooring.reauthorize(link.client()), OAuthError.ACCESS_DENIED);
        mooring.connector()
                .calls()
                .next(new CallAnswer.Challenged(403, AccessChallenge.parse(List.of(field))));

        assertThat(mooring.useCases().executeTool().handle("files-echo", "{}"))
                .isInstanceOf(ExecuteTool.Outcome.Failed.class);
    }

    @Test
    void aLackOfScopeWhileConnectingIsAskedForAsWell() {
        ConsentLink link = mooring.authorize("files");
        mooring.connector().connects().next(new ConnectAnswer.Challenged(403, lacking("admin")));
        mooring.complete(link);

        assertThat(mooring.reauthorize(link.client()).scopes().tokens()).contains("admin");
    }

    /** A server may list offline_access and refuse it all the same. */
    @Test
    void refusedOfflineAccessIsLeftOutOfTheNextLinkAndTheOnesAfterIt() {
        listingOfflineAccess();
        ConsentLink first = mooring.register("files");
        assertThat(first.scopes()).isEqualTo(Scopes.of("read", "write", "offline_access"));
        refuse(first, OAuthError.INVALID_SCOPE);

        ConsentLink second = mooring.reauthorize(first.client());
        assertThat(second.scopes()).isEqualTo(Scopes.of("read", "write"));
        mooring.consent(second);
        mooring.complete(second);

        assertThat(mooring.reauthorize(first.client()).scopes())
                .as("the third time")
                .isEqualTo(Scopes.of("read", "write"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"not_allowed", "invalid_scope"})
    void soIsOneThatIsRefusedOnlyWhereTheCodeIsRedeemed(String error) {
        listingOfflineAccess();
        ConsentLink first = mooring.register("files");
        mooring.tokenEndpoint()
                .redemptions()
                .next(new TokenEndpoint.Answer.Refused(new OAuthError(error)));
        assertThat(mooring.consent(first))
                .isEqualTo(
                        new HandleAuthorizationResponse.Outcome.Failed(
                                new AttemptFailure.RedemptionRefused(new OAuthError(error))));

        assertThat(mooring.reauthorize(first.client()).scopes())
                .isEqualTo(Scopes.of("read", "write"));
    }

    @Test
    void anyOtherRefusalLeavesTheScopesAsTheyAre() {
        listingOfflineAccess();
        ConsentLink first = mooring.register("files");
        refuse(first, OAuthError.ACCESS_DENIED);

        assertThat(mooring.reauthorize(first.client()).scopes()).isEqualTo(first.scopes());
    }

    @Test
    void whatAnOperatorEnteredIsAskedForAgain() {
        listingOfflineAccess();
        ClientSettings settings =
                SettingsBuilder.oauth("files")
                        .oauthSettings(
                                OAuthSettingsBuilder.discovered()
                                        .scopes("read", "offline_access")
                                        .build())
                        .build();
        ConsentLink first = mooring.register(settings);
        refuse(first, OAuthError.INVALID_SCOPE);

        assertThat(mooring.reauthorize(first.client()).scopes()).isEqualTo(first.scopes());
    }

    /** That an operator's scopes, or a server's list, had it not, is no refusal. */
    @Test
    void whatWasNeverRefusedIsAskedFor() {
        ClientSettings settings =
                SettingsBuilder.oauth("files")
                        .oauthSettings(OAuthSettingsBuilder.discovered().scopes("read").build())
                        .build();
        ConsentLink first = mooring.register(settings);
        mooring.consent(first);
        listingOfflineAccess();
        mooring.edit(
                first.client(),
                edited -> edited.oauthSettings(OAuthSettingsBuilder.discovered().build()));

        assertThat(mooring.reauthorize(first.client()).scopes().tokens())
                .contains("offline_access");
    }

    @Test
    void whatASecondRefusalShowsToBeInnocentIsAskedForAgain() {
        listingOfflineAccess();
        ConsentLink first = mooring.register("files");
        refuse(first, OAuthError.INVALID_SCOPE);
        refuse(mooring.reauthorize(first.client()), OAuthError.INVALID_SCOPE);

        assertThat(mooring.reauthorize(first.client()).scopes()).isEqualTo(first.scopes());
    }

    private void listingOfflineAccess() {
        mooring.discovery()
                .servers()
                .always(issuer ->
                        new ServerAnswer.Found(
                                Attempts.server(
                                        issuer,
                                        Scopes.of("read", "write", "offline_access"),
                                        PkceSupport.ANNOUNCED,
                                        false)));
    }

    private void refuse(ConsentLink link, OAuthError error) {
        AuthorizationResponse.Denied usual = mooring.denied(link);
        mooring.useCases()
                .handleAuthorizationResponse()
                .handle(new AuthorizationResponse.Denied(usual.state(), error, usual.iss()));
    }

    private static ConsentLink asked(ExecuteTool.Outcome outcome) {
        assertThat(outcome).isInstanceOf(ExecuteTool.Outcome.ConsentNeeded.class);
        return ((ExecuteTool.Outcome.ConsentNeeded) outcome).link();
    }

    private static AccessChallenge lacking(String... scopes) {
        return AccessChallenge.parse(
                List.of(
                        "Bearer error=\"insufficient_scope\", scope=\"%s\""
                                .formatted(String.join(" ", scopes))));
    }
}
