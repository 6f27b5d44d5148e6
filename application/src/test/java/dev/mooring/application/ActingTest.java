package dev.mooring.application;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mooring.application.fixture.Race;
import dev.mooring.domain.audit.ActingParty;
import dev.mooring.domain.audit.Actor;

import org.junit.jupiter.api.Test;

import java.util.concurrent.atomic.AtomicReference;

class ActingTest {
    private static final ActingParty SWEEP = ActingParty.local(Actor.service("sweep"));
    private static final ActingParty BROWSER = ActingParty.local(Actor.BROWSER);

    @Test
    void partyActsForTheTimeOfItsWorkAlsoWhenThatFails() {
        assertThat(Acting.current()).isEqualTo(ActingParty.UNKNOWN);
        Acting.as(
                SWEEP,
                () -> {
                    assertThatThrownBy(() -> Acting.as(BROWSER, ActingTest::fail))
                            .hasMessage("failed as BROWSER");
                    assertThat(Acting.current()).isEqualTo(SWEEP);
                });
        assertThat(Acting.current()).isEqualTo(ActingParty.UNKNOWN);
    }

    private static void fail() {
        throw new IllegalStateException("failed as " + Acting.current().actor().kind());
    }

    @Test
    void taskActsForWhoHandedItInAndNobodyElse() {
        AtomicReference<ActingParty> seen = new AtomicReference<>();
        AtomicReference<ActingParty> without = new AtomicReference<>();
        Acting.as(
                SWEEP,
                () -> {
                    Acting.inherited(ActingTest::runElsewhere)
                            .execute(() -> seen.set(Acting.current()));
                    runElsewhere(() -> without.set(Acting.current()));
                });
        assertThat(seen.get()).isEqualTo(SWEEP);
        assertThat(without.get()).isEqualTo(ActingParty.UNKNOWN);
    }

    private static void runElsewhere(Runnable task) {
        Race.finish(
                Race.start(() -> {
                    task.run();
                    return true;
                }));
    }
}
