package dev.mooring.application.port;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.application.fixture.Eventually;
import dev.mooring.application.fixture.Race;
import dev.mooring.application.port.IdempotencyKeys.Remembered;
import dev.mooring.domain.client.ClientId;

import org.junit.jupiter.api.Test;

import java.util.List;

/** What every {@link IdempotencyKeys} must keep. */
public abstract class IdempotencyKeysContract extends StoreContract {
    private static final ClientId CLIENT = new ClientId("files");

    @Test
    void aRememberedRequestIsKnownAgain() {
        assertThat(keys().remember("key", "digest", CLIENT, LONG)).isTrue();
        assertThat(keys().find("key")).contains(new Remembered("digest", CLIENT));
        assertThat(keys().find("Key")).isEmpty();
    }

    @Test
    void theFirstRequestUnderAKeyCounts() {
        keys().remember("key", "digest", CLIENT, LONG);
        assertThat(keys().remember("key", "another", new ClientId("other"), LONG)).isFalse();
        assertThat(keys().find("key")).contains(new Remembered("digest", CLIENT));
    }

    @Test
    void ofManyRequestsUnderOneKeyOneIsRemembered() {
        List<Boolean> remembered =
                Race.of(
                        16,
                        runner ->
                                keys().remember(
                                                "key",
                                                "digest",
                                                new ClientId("client" + runner),
                                                LONG));
        assertThat(remembered).containsOnlyOnce(true);
        assertThat(keys().find("key"))
                .contains(
                        new Remembered(
                                "digest", new ClientId("client" + remembered.indexOf(true))));
    }

    @Test
    void aRequestIsForgottenInTime() {
        keys().remember("key", "digest", CLIENT, SHORT);
        Eventually.holds("the key was forgotten", () -> keys().find("key").isEmpty());
        assertThat(keys().remember("key", "another", CLIENT, LONG)).isTrue();
        assertThat(keys().find("key")).contains(new Remembered("another", CLIENT));
    }

    private IdempotencyKeys keys() {
        return stores().idempotencyKeys();
    }
}
