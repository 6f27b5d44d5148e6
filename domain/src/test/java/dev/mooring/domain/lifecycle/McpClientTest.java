package dev.mooring.domain.lifecycle;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.domain.client.ClientSettings;
import dev.mooring.domain.mcp.Inventory;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

class McpClientTest {
    private static final Instant LATER = Lives.LATER;
    private static final Inventory LISTED_LATER =
            new Inventory(Lives.INVENTORY.server(), List.of(), LATER);
    private static final GrantId NEXT_GRANT = new GrantId("grant_next");

    @Test
    void aStoredGrantAuthorizesAndNothingMore() {
        assertThat(Lives.pending().grantStored(Lives.GRANT))
                .isEqualTo(
                        new McpClient.Authorized(
                                Lives.pending().details(),
                                Lives.GRANT,
                                Optional.empty(),
                                Optional.empty()));
    }

    @Test
    void aConnectedClientGoesOnWithTheNewGrantWithoutAGap() {
        McpClient.Connected before = Lives.connected();
        McpClient.Connected after = before.grantStored(NEXT_GRANT);
        assertThat(after.grant()).contains(NEXT_GRANT);
        assertThat(after.current()).isEqualTo(before.current());
        assertThat(after.since()).isEqualTo(before.since());
    }

    @Test
    void whatWentWrongUnderTheOldGrantIsForgottenOnceTheNewOneIsStored() {
        McpClient.Authorized failed = Lives.authorized().connectionFailed(Lives.PROBLEM, LATER);
        assertThat(failed.lastFailure()).contains(new Failure(Lives.PROBLEM, LATER));
        assertThat(failed.grantStored(NEXT_GRANT).lastFailure()).isEmpty();
    }

    @Test
    void aFailureToConnectLeavesTheRightToConnectAlone() {
        for (McpClient.Connectable client :
                List.of(Lives.authorized(), Lives.connected(), Lives.disconnected())) {
            McpClient.Connectable failed = client.connectionFailed(Lives.PROBLEM, LATER);
            assertThat(failed.access()).isEqualTo(client.access());
            assertThat(failed.inventory()).isEqualTo(client.inventory());
            int before = client.lastFailure().map(Failure::inARow).orElse(0);
            assertThat(failed.lastFailure())
                    .contains(new Failure(Lives.PROBLEM, LATER, before + 1));
        }
    }

    @Test
    void listingToolsAnewDoesNotReconnect() {
        McpClient.Connected before = Lives.connected();
        McpClient.Connected after = before.connected(LISTED_LATER, LATER);
        assertThat(after.since()).isEqualTo(before.since());
        assertThat(after.current()).isEqualTo(LISTED_LATER);
    }

    @Test
    void aServerThatIsBackIsConnectedSinceThen() {
        McpClient.Connected back = Lives.disconnected().connected(LISTED_LATER, LATER);
        assertThat(back.since()).isEqualTo(LATER);
        assertThat(back.lastFailure()).isEmpty();
    }

    @Test
    void whoNeedsConsentHasNoGrantAndKeepsItsTools() {
        for (McpClient.Connectable client : List.of(Lives.connected(), Lives.disconnected())) {
            McpClient.Enabled after = client.needsReauthorization(Lives.CAUSE, LATER);
            assertThat(after)
                    .isEqualTo(
                            new McpClient.NeedsReauthorization(
                                    client.details(), Lives.CAUSE, LATER, client.inventory()));
            assertThat(after.grant()).isEmpty();
            assertThat(after.grantStored(NEXT_GRANT).inventory()).isEqualTo(client.inventory());
        }
    }

    @Test
    void theNewestCauseIsTheOneToReadAndTheFirstMomentTheOneItBeganAt() {
        ReauthorizationCause revoked = new ReauthorizationCause.Revoked();
        McpClient.NeedsReauthorization after =
                Lives.needsReauthorization(Lives.CAUSE).needsReauthorization(revoked, LATER);
        assertThat(after.cause()).isEqualTo(revoked);
        assertThat(after.since()).isEqualTo(Lives.NOW);
    }

    @Test
    void whoNeverConsentedIsStillPending() {
        assertThat(Lives.pending().needsReauthorization(Lives.CAUSE, LATER))
                .isEqualTo(Lives.pending());
    }

    @Test
    void noPersonCanHelpWhereThereIsNoGrant() {
        McpClient.Connected open = Lives.open().connected(Lives.INVENTORY, Lives.NOW);
        for (McpClient.Connectable client : List.of(Lives.open(), open)) {
            McpClient.Enabled after = client.needsReauthorization(Lives.CAUSE, LATER);
            assertThat(after).isInstanceOf(McpClient.Disconnected.class);
            assertThat(after.lastFailure().map(failure -> failure.problem().code()))
                    .contains(Problem.Code.CREDENTIALS_REFUSED);
        }
    }

    @Test
    void otherSettingsLeaveTheStateAsItIs() {
        ClientSettings other = Lives.open().settings();
        for (McpClient client : everyState()) {
            McpClient after = client.withSettings(other);
            assertThat(after.settings()).isEqualTo(other);
            assertThat(after.id()).isEqualTo(client.id());
            assertThat(after.withSettings(client.settings())).isEqualTo(client);
        }
    }

    @Test
    void aDisabledClientIsWhatItWasInAllButUse() {
        for (McpClient client : everyState()) {
            if (client instanceof McpClient.Enabled enabled) {
                McpClient.Disabled disabled = enabled.disable();
                assertThat(disabled.grant()).isEqualTo(client.grant());
                assertThat(disabled.inventory()).isEqualTo(client.inventory());
                assertThat(disabled.lastFailure()).isEqualTo(client.lastFailure());
                assertThat(disabled.grantStored(NEXT_GRANT).enable())
                        .isEqualTo(enabled.grantStored(NEXT_GRANT));
                assertThat(disabled.needsReauthorization(Lives.CAUSE, LATER).enable())
                        .isEqualTo(enabled.needsReauthorization(Lives.CAUSE, LATER));
            }
        }
    }

    @ParameterizedTest
    @CsvSource({
        "0, PENDING_OAUTH, pending_oauth",
        "1, AUTHORIZED, authorized",
        "2, CONNECTED, connected",
        "3, DISCONNECTED, disconnected",
        "4, NEEDS_REAUTH, needs_reauth",
        "5, DISABLED, disabled"
    })
    void eachStateHasItsWord(int index, ClientState state, String word) {
        assertThat(ClientState.of(everyState().get(index))).isEqualTo(state);
        assertThat(state.word()).isEqualTo(word);
        assertThat(ClientState.parse(word)).isEqualTo(state);
    }

    private static List<McpClient> everyState() {
        return List.of(
                Lives.pending(),
                Lives.authorized(),
                Lives.connected(),
                Lives.disconnected(),
                Lives.needsReauthorization(Lives.CAUSE),
                Lives.connected().disable());
    }
}
