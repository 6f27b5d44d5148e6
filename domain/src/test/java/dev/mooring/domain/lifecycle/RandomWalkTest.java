package dev.mooring.domain.lifecycle;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.function.UnaryOperator;

/** Whatever happens to a client, in whatever order, some things stay true. */
class RandomWalkTest {
    private static final int STEPS = 1_000;

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void theInvariantsOfAClientBehindOAuthHoldOnAnyWalk(long seed) {
        Random random = new Random(seed);
        McpClient client = Lives.pending();
        Optional<GrantId> granted = Optional.empty();
        boolean everGranted = false;
        for (int step = 0; step < STEPS; step++) {
            Instant now = Lives.NOW.plusSeconds(step);
            switch (random.nextInt(6)) {
                case 0 -> {
                    GrantId next = new GrantId("grant_" + step);
                    client = client.grantStored(next);
                    granted = Optional.of(next);
                    everGranted = true;
                }
                case 1 -> {
                    client = client.needsReauthorization(Lives.CAUSE, now);
                    granted = Optional.empty();
                }
                case 2 ->
                        client =
                                ifConnectable(client, each -> each.connected(Lives.INVENTORY, now));
                case 3 ->
                        client =
                                ifConnectable(
                                        client, each -> each.connectionFailed(Lives.PROBLEM, now));
                case 4 -> client = toggled(client);
                default -> client = client.withSettings(Lives.oauthSettings());
            }
            assertThat(client.grant()).isEqualTo(granted);
            assertThat(client.details()).isEqualTo(Lives.pending().details());
            assertThat(enabled(client) instanceof McpClient.Pending).isEqualTo(!everGranted);
            assertThat(enabled(client) instanceof McpClient.Connectable)
                    .isEqualTo(granted.isPresent());
            if (ClientState.of(client) == ClientState.CONNECTED) {
                assertThat(client.inventory()).isPresent();
                assertThat(client.lastFailure()).isEmpty();
            }
            assertThat(ConfigStatus.of(client, Optional.empty(), now) == ConfigStatus.AUTHORIZED)
                    .isEqualTo(granted.isPresent());
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {11, 12, 13, 14})
    void aClientOfAnOpenServerIsOnlyEverConnectedDisconnectedOrDisabled(long seed) {
        Random random = new Random(seed);
        McpClient client = Lives.open();
        for (int step = 0; step < STEPS; step++) {
            Instant now = Lives.NOW.plusSeconds(step);
            client =
                    switch (random.nextInt(4)) {
                        case 0 -> client.needsReauthorization(Lives.CAUSE, now);
                        case 1 ->
                                ifConnectable(client, each -> each.connected(Lives.INVENTORY, now));
                        case 2 ->
                                ifConnectable(
                                        client, each -> each.connectionFailed(Lives.PROBLEM, now));
                        default -> toggled(client);
                    };
            assertThat(ClientState.of(client))
                    .isIn(ClientState.CONNECTED, ClientState.DISCONNECTED, ClientState.DISABLED);
            assertThat(client.grant()).isEmpty();
            assertThat(((McpClient.Connectable) enabled(client)).access())
                    .isEqualTo(new Access.Open());
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {21, 22, 23, 24})
    void aGrantOnlyEverGrowsInGenerations(long seed) {
        Random random = new Random(seed);
        Grant grant = Lives.grant();
        List<Long> generations = new ArrayList<>();
        for (int step = 0; step < STEPS; step++) {
            Instant now = Lives.NOW.plusSeconds(step);
            grant =
                    switch (random.nextInt(3)) {
                        case 0 ->
                                grant.refreshing(
                                        Lives.RUN,
                                        grant.tokens().refreshToken().orElseThrow(),
                                        now);
                        case 1 -> grant.notRefreshing();
                        default -> {
                            Grant next = grant.refreshed(Lives.tokens("" + step), now);
                            generations.add(next.generation());
                            yield next;
                        }
                    };
            assertThat(grant.resource()).isEqualTo(Lives.grant().resource());
            assertThat(grant.registration()).isEqualTo(Lives.grant().registration());
        }
        assertThat(generations).isSorted().doesNotHaveDuplicates();
    }

    private static McpClient ifConnectable(
            McpClient client, UnaryOperator<McpClient.Connectable> transition) {
        return client instanceof McpClient.Connectable connectable
                ? transition.apply(connectable)
                : client;
    }

    private static McpClient toggled(McpClient client) {
        return switch (client) {
            case McpClient.Disabled disabled -> disabled.enable();
            case McpClient.Enabled enabled -> enabled.disable();
        };
    }

    private static McpClient.Enabled enabled(McpClient client) {
        return switch (client) {
            case McpClient.Disabled disabled -> disabled.suspended();
            case McpClient.Enabled enabled -> enabled;
        };
    }
}
