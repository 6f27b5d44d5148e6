package dev.mooring.application;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.application.fixture.OAuthSettingsBuilder;
import dev.mooring.application.fixture.SettingsBuilder;
import dev.mooring.application.port.Script;
import dev.mooring.application.port.TokenEndpoint;
import dev.mooring.application.port.TokenEndpoint.Answer;
import dev.mooring.domain.client.ClientId;
import dev.mooring.domain.client.ClientSettings;
import dev.mooring.domain.client.OAuthConfigId;
import dev.mooring.domain.client.OAuthSecret;
import dev.mooring.domain.lifecycle.McpClient;
import dev.mooring.domain.lifecycle.Problem;
import dev.mooring.domain.lifecycle.ReauthorizationCause;
import dev.mooring.domain.oauth.AccessChallenge;
import dev.mooring.domain.oauth.OAuthError;
import dev.mooring.domain.oauth.Scopes;
import dev.mooring.domain.oauth.TokenType;

import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.UnaryOperator;

/** What tests of clients share for whose grant nobody has to consent. */
abstract class UnattendedClients {
    static final ClientId MACHINE = new ClientId("id_of_machine");
    static final AccessChallenge WANTS_ADMIN =
            new AccessChallenge(
                    Optional.of(OAuthError.INSUFFICIENT_SCOPE),
                    Scopes.of("admin"),
                    Optional.empty(),
                    Set.of(TokenType.BEARER),
                    Set.of());

    final InMemoryMooring mooring = new InMemoryMooring();
    final UseCases useCases = mooring.useCases();
    final List<UseCases> nodes = List.of(useCases, mooring.node(1));

    final Script<TokenEndpoint.DirectRequest, Answer> requests() {
        return mooring.tokenEndpoint().directRequests();
    }

    final McpClient machine() {
        return mooring.client(MACHINE);
    }

    final ExecuteTool.Outcome callEcho() {
        return useCases.executeTool().handle("machine-echo", "{}");
    }

    final OAuthConfigId oauthConfig() {
        return machine().settings().oauth().orElseThrow().id();
    }

    static final ClientSettings settings(OAuthSettingsBuilder oauth) {
        return SettingsBuilder.oauth("machine").oauthSettings(oauth.build()).build();
    }

    final RegisterClient.Outcome register(OAuthSettingsBuilder oauth) {
        return useCases.registerClient()
                .handle(
                        new RegisterClient.Command(
                                Optional.of(MACHINE), settings(oauth), false, Optional.empty()));
    }

    final void registered(OAuthSettingsBuilder oauth) {
        assertThat(register(oauth)).isInstanceOf(RegisterClient.Outcome.Registered.class);
    }

    final EditClient.Outcome edit(
            UnaryOperator<OAuthSettingsBuilder> change, Set<OAuthSecret> given) {
        return useCases.editClient()
                .handle(
                        new EditClient.Command(
                                MACHINE,
                                settings ->
                                        SettingsBuilder.from(settings)
                                                .oauthSettings(
                                                        change.apply(
                                                                        OAuthSettingsBuilder.from(
                                                                                settings.oauth()
                                                                                        .orElseThrow()
                                                                                        .settings()))
                                                                .build())
                                                .build(),
                                Optional.empty(),
                                given,
                                false,
                                OptionalLong.empty()));
    }

    final void assertNeeds(ReauthorizationCause cause) {
        assertThat(machine())
                .isInstanceOfSatisfying(
                        McpClient.NeedsReauthorization.class,
                        needs -> assertThat(needs.cause()).isEqualTo(cause));
    }

    static final void assertFailed(Problem.Code code, RegisterClient.Outcome outcome) {
        assertThat(outcome)
                .isInstanceOfSatisfying(
                        RegisterClient.Outcome.Failed.class,
                        failed -> assertThat(failed.problem().code()).isEqualTo(code));
    }

    static final void assertLacksScope(ExecuteTool.Outcome outcome) {
        assertThat(outcome)
                .isInstanceOfSatisfying(
                        ExecuteTool.Outcome.Failed.class,
                        failed ->
                                assertThat(failed.problem().code())
                                        .isEqualTo(Problem.Code.INSUFFICIENT_SCOPE));
    }
}
