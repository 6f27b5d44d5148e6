package dev.mooring.application;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.application.port.Budget;
import dev.mooring.application.port.McpConnector;
import dev.mooring.application.port.ScriptedConnector;
import dev.mooring.domain.client.ClientId;
import dev.mooring.domain.client.Connection;
import dev.mooring.domain.client.OAuthConfigId;
import dev.mooring.domain.oauth.Credential;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import java.time.Duration;

/** What one node changes, the others stop using. */
class FollowChangesTest {
    private final InMemoryMooring mooring = new InMemoryMooring();
    private final ScriptedConnector elsewhere =
            new ScriptedConnector(mooring.tokenEndpoint(), mooring.clock());
    private final UseCases other = mooring.node(1, elsewhere);
    private ClientId client;
    private Connection connection;

    @BeforeEach
    void connectAtBoth() {
        client = mooring.connect("files").client();
        connection = mooring.client(client).settings().connection();
        callAtOther();
        other.followChanges().begin();
        mooring.awaitBackground();
        assertThat(elsewhere.connected()).containsExactly(client);
    }

    @Test
    void aClientThatIsRemovedIsLeftByEveryNode() {
        mooring.useCases().removeClient().handle(client);
        mooring.awaitBackground();

        assertThat(elsewhere.disconnected()).containsExactly(client);
    }

    @Test
    void aClientWhoseGrantIsRevokedIsLeftByEveryNode() {
        mooring.useCases().revokeGrant().handle(config());
        mooring.awaitBackground();

        assertThat(elsewhere.disconnected()).containsExactly(client);
    }

    @Test
    void aClientThatIsSwitchedOffIsLeftByEveryNode() {
        mooring.disable(client, true);
        mooring.awaitBackground();

        assertThat(elsewhere.disconnected()).containsExactly(client);
    }

    @Test
    void aClientThatGotOtherHeadersIsLeftByEveryNode() {
        mooring.edit(client, settings -> settings.header("X-Tenant", "other"));
        mooring.awaitBackground();

        assertThat(elsewhere.disconnected()).containsExactly(client);
    }

    @Test
    void aClientThatGotAnotherNameIsNotLeft() {
        mooring.edit(client, settings -> settings.name("renamed"));
        mooring.awaitBackground();

        assertThat(elsewhere.disconnected()).isEmpty();
    }

    @Test
    void whatAnotherClientWentThroughIsNoMatter() {
        ClientId neighbour = mooring.connect("mail").client();
        mooring.useCases().removeClient().handle(neighbour);
        mooring.awaitBackground();

        assertThat(elsewhere.disconnected()).isEmpty();
    }

    @Test
    void whileTheFeedIsAwayChangesAreLookedFor() {
        mooring.database().changes().live(false);
        mooring.useCases().removeClient().handle(client);
        mooring.awaitBackground();
        assertThat(elsewhere.disconnected()).isEmpty();

        other.followChanges().handle();

        assertThat(elsewhere.disconnected()).containsExactly(client);
    }

    @Test
    void whatWasMissedIsLookedForWhenTheFeedIsBack() {
        mooring.database().changes().live(false);
        mooring.useCases().removeClient().handle(client);
        mooring.database().changes().live(true);
        mooring.awaitBackground();

        assertThat(elsewhere.disconnected()).containsExactly(client);
    }

    @Test
    void nowAndThenChangesAreLookedForAlthoughTheFeedTells() {
        other.followChanges().handle();
        mooring.useCases().removeClient().handle(client);
        mooring.awaitBackground();
        // A call that was under way when the client was removed made the connection anew.
        elsewhere.connect(target(), Budget.of(Duration.ofSeconds(5)));
        other.followChanges().handle();
        assertThat(elsewhere.disconnected()).hasSize(1);

        mooring.clock().advance(Duration.ofSeconds(30));
        other.followChanges().handle();

        assertThat(elsewhere.disconnected()).hasSize(2);
    }

    private void callAtOther() {
        assertThat(other.executeTool().handle("files-echo", "{}"))
                .isInstanceOf(ExecuteTool.Outcome.Returned.class);
    }

    private McpConnector.Target target() {
        return new McpConnector.Target(client, connection, new Credential.None());
    }

    private OAuthConfigId config() {
        return mooring.client(client).settings().oauth().orElseThrow().id();
    }
}
