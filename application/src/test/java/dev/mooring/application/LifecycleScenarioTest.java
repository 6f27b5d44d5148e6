package dev.mooring.application;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.application.fixture.Clients;
import dev.mooring.application.port.McpConnector.ConnectAnswer;
import dev.mooring.application.port.ScriptedTokenEndpoint;
import dev.mooring.domain.client.ClientId;
import dev.mooring.domain.lifecycle.ClientEvent;
import dev.mooring.domain.lifecycle.ClientState;
import dev.mooring.domain.lifecycle.ConfigStatus;
import dev.mooring.domain.lifecycle.McpClient;
import dev.mooring.domain.lifecycle.ReauthorizationCause;
import dev.mooring.domain.oauth.Scopes;

import org.junit.jupiter.api.Test;

import java.time.Duration;

/** The life of one client behind OAuth, from its registration to its removal, in order. */
class LifecycleScenarioTest {
    private final InMemoryMooring mooring = new InMemoryMooring();
    private final UseCases useCases = mooring.useCases();

    @Test
    void aClientLivesFromRegistrationToRemoval() {
        // An operator registers an MCP server. It answers 401; who grants access to it is
        // discovered, we register there, and a link is made for a person to open.
        ConsentLink link = mooring.register("files");
        ClientId files = link.client();
        assertThat(mooring.client(files)).isInstanceOf(McpClient.Pending.class);
        assertThat(mooring.connector().probes().count()).isEqualTo(1);
        assertThat(mooring.registrar().registrations().count()).isEqualTo(1);
        assertThat(link.scopes()).isEqualTo(Scopes.of("read", "write"));
        assertThat(status(link)).isEqualTo(ConfigStatus.PENDING);

        // Completing before anybody has consented changes nothing.
        assertThat(mooring.complete(link))
                .isEqualTo(new CompleteAuthorization.Outcome.NotAuthorized(ConfigStatus.PENDING));

        // The person consents; the browser brings the code back, once and by mistake once more.
        var response = mooring.granted(link);
        assertThat(useCases.handleAuthorizationResponse().handle(response))
                .isEqualTo(new HandleAuthorizationResponse.Outcome.Authorized());
        assertThat(useCases.handleAuthorizationResponse().handle(response))
                .isEqualTo(new HandleAuthorizationResponse.Outcome.Authorized());
        assertThat(mooring.tokenEndpoint().redemptions().count()).isEqualTo(1);
        assertThat(mooring.client(files)).isInstanceOf(McpClient.Authorized.class);
        assertThat(status(link)).isEqualTo(ConfigStatus.AUTHORIZED);

        // Completing connects, once, however often it is asked for.
        assertThat(mooring.complete(link)).isEqualTo(new CompleteAuthorization.Outcome.Connected());
        assertThat(mooring.complete(link)).isEqualTo(new CompleteAuthorization.Outcome.Connected());
        assertThat(mooring.connector().connects().count()).isEqualTo(1);
        assertThat(mooring.client(files)).isInstanceOf(McpClient.Connected.class);

        // Its tools can be called, by hour after hour of refreshed tokens.
        assertThat(callEcho()).isInstanceOf(ExecuteTool.Outcome.Returned.class);
        for (int hour = 2; hour < 5; hour++) {
            mooring.clock().advance(ScriptedTokenEndpoint.TOKEN_LIFETIME);
            assertThat(callEcho()).isInstanceOf(ExecuteTool.Outcome.Returned.class);
            assertThat(mooring.grant(files).orElseThrow().generation()).isEqualTo(hour);
        }

        // The server goes away and comes back; the grant has nothing to do with that.
        mooring.connector().connects().next(new ConnectAnswer.Failed(Clients.UNREACHABLE));
        useCases.reconnectClient().handle(files);
        assertThat(mooring.client(files)).isInstanceOf(McpClient.Disconnected.class);
        mooring.clock().advance(Duration.ofMinutes(2));
        useCases.keepConnected().handle();
        assertThat(mooring.client(files)).isInstanceOf(McpClient.Connected.class);

        // The operator renames it, switches it off and on again.
        mooring.edit(files, settings -> settings.name("documents"));
        mooring.disable(files, true);
        assertThat(ClientState.of(mooring.client(files))).isEqualTo(ClientState.DISABLED);
        mooring.disable(files, false);
        assertThat(mooring.client(files)).isInstanceOf(McpClient.Connected.class);

        // The operator revokes the grant: no tool runs any more, and the tokens are given back.
        assertThat(useCases.revokeGrant().handle(link.config())).isTrue();
        assertThat(mooring.client(files))
                .isInstanceOfSatisfying(
                        McpClient.NeedsReauthorization.class,
                        needs ->
                                assertThat(needs.cause())
                                        .isEqualTo(new ReauthorizationCause.Revoked()));
        assertThat(status(link)).isEqualTo(ConfigStatus.REVOKED);
        mooring.awaitBackground();
        assertThat(mooring.revocationEndpoint().revocations().count()).isEqualTo(1);

        // Whoever calls a tool now gets the link that lets a person consent again.
        ExecuteTool.Outcome needed = useCases.executeTool().handle("documents-echo", "{}");
        assertThat(needed).isInstanceOf(ExecuteTool.Outcome.ConsentNeeded.class);
        ConsentLink again = ((ExecuteTool.Outcome.ConsentNeeded) needed).link();
        assertThat(status(link)).isEqualTo(ConfigStatus.PENDING);
        assertThat(mooring.consent(again))
                .isEqualTo(new HandleAuthorizationResponse.Outcome.Authorized());
        assertThat(mooring.complete(again))
                .isEqualTo(new CompleteAuthorization.Outcome.Connected());
        assertThat(mooring.registrar().registrations().count()).isEqualTo(1);

        // At last it is removed, with all that it had; its tokens are given back.
        assertThat(useCases.removeClient().handle(files)).isTrue();
        assertThat(useCases.removeClient().handle(files)).isFalse();
        mooring.awaitBackground();
        assertThat(mooring.revocationEndpoint().revocations().count()).isEqualTo(2);
        assertThat(useCases.findClients().one(files)).isEmpty();
        assertThat(useCases.handleAuthorizationResponse().handle(response))
                .isEqualTo(new HandleAuthorizationResponse.Outcome.UnknownState());

        // All of it can be read from the events, in order, and no secret was ever sent twice.
        assertThat(mooring.events().stream().map(Object::getClass).distinct())
                .containsExactly(
                        ClientEvent.ClientRegistered.class,
                        ClientEvent.AuthorizationStarted.class,
                        ClientEvent.AuthorizationClaimed.class,
                        ClientEvent.GrantStored.class,
                        ClientEvent.ClientConnected.class,
                        ClientEvent.GrantRefreshed.class,
                        ClientEvent.ClientConnectionFailed.class,
                        ClientEvent.ClientEdited.class,
                        ClientEvent.ClientDisabled.class,
                        ClientEvent.ClientEnabled.class,
                        ClientEvent.GrantRevoked.class,
                        ClientEvent.ReauthorizationNeeded.class,
                        ClientEvent.ClientRemoved.class);
        assertThat(mooring.tokenEndpoint().codesSentAgain()).isZero();
        assertThat(mooring.tokenEndpoint().refreshTokensSentAgain()).isZero();
    }

    private ConfigStatus status(ConsentLink link) {
        return useCases.findClients().authorization(link.config()).orElseThrow().status();
    }

    private ExecuteTool.Outcome callEcho() {
        return useCases.executeTool().handle("files-echo", "{}");
    }
}
