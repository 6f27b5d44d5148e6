package dev.mooring.application;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.application.port.Budget;
import dev.mooring.application.port.Script;
import dev.mooring.domain.client.ClientSettings;

import org.junit.jupiter.api.Test;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/** How long the parties of a call may take. */
class ExecuteToolTest {
    private final InMemoryMooring mooring = new InMemoryMooring();

    @Test
    void waitingForATokenTakesNothingOfTheTimeOfTheServer() {
        mooring.connect("files");
        mooring.clock().advance(Duration.ofHours(1));
        CompletableFuture<ExecuteTool.Outcome> call;
        long released;
        try (Script.Hold refresh = mooring.tokenEndpoint().refreshes().holdNext()) {
            call =
                    CompletableFuture.supplyAsync(
                            () -> mooring.useCases().executeTool().handle("files-echo", "{}"));
            refresh.awaitAsked();
            letPass(Duration.ofMillis(100));
            released = System.nanoTime();
        }

        assertThat(call.join()).isInstanceOf(ExecuteTool.Outcome.Returned.class);
        Budget ofTheServer = mooring.connector().callBudgets().getLast();
        Duration left = ofTheServer.remaining();
        long end = System.nanoTime() + left.toNanos();
        assertThat(Duration.ofNanos(end - released))
                .isGreaterThanOrEqualTo(ClientSettings.DEFAULT_TOOL_EXECUTION_TIMEOUT);
    }

    private static void letPass(Duration time) {
        long end = System.nanoTime() + time.toNanos();
        while (System.nanoTime() - end < 0) {
            Thread.onSpinWait();
        }
    }
}
