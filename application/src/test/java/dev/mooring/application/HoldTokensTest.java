package dev.mooring.application;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mooring.application.port.StoreUnavailableException;

import org.junit.jupiter.api.Test;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.atomic.AtomicInteger;

/** What exists only in this process is not let go because somebody has waited long enough. */
class HoldTokensTest {
    private final Deque<Runnable> background = new ArrayDeque<>();
    private final HoldTokens holdTokens = new HoldTokens(background::add);
    private final AtomicInteger tries = new AtomicInteger();

    @Test
    void itTriesUntilTheStoreIsBack() {
        assertThat(holdTokens.until(() -> storeAfter(3), Duration.ofMinutes(1))).isEqualTo(3);
        assertThat(background).isEmpty();
    }

    @Test
    void whoHasWaitedLongEnoughIsToldAndItGoesOn() {
        assertThatThrownBy(() -> holdTokens.until(() -> storeAfter(3), Duration.ZERO))
                .isInstanceOf(StoreUnavailableException.class);
        assertThat(tries).hasValue(1);

        background.remove().run();
        assertThat(tries).hasValue(3);
    }

    @Test
    void anythingElseThatGoesWrongIsNotTriedAgain() {
        assertThatThrownBy(() ->
                        holdTokens.until(
                                () -> {
                                    throw new IllegalStateException("broken");
                                },
                                Duration.ZERO))
                .isInstanceOf(IllegalStateException.class);
        assertThat(background).isEmpty();
    }

    private int storeAfter(int untilItIsBack) {
        if (tries.incrementAndGet() < untilItIsBack) {
            throw new StoreUnavailableException("away");
        }
        return tries.get();
    }
}
