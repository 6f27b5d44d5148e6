package dev.mooring.adapter.persistence;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.adapter.persistence.Horizon.Look;

import org.junit.jupiter.api.Test;

import java.util.Set;

class HorizonTest {
    private final Horizon horizon = new Horizon();

    @Test
    void numberIsCertainOnceAllHaveEndedWhoWroteThen() {
        assertThat(look(10, Set.of("a"))).isEqualTo(-1);
        assertThat(look(12, Set.of("a", "b"))).isEqualTo(-1);
        assertThat(look(20, Set.of("b"))).isEqualTo(10);
        assertThat(look(21, Set.of())).isEqualTo(21);
    }

    /** Else the event of b, who has a number up to 20, would be passed over for good. */
    @Test
    void lookOfAnotherThreadThatBeganEarlierSaysNothingOfALaterOne() {
        long slow = horizon.begin();
        long quick = horizon.begin();
        horizon.learn(quick, new Look(20, Set.of("b")));

        assertThat(horizon.learn(slow, new Look(10, Set.of("a")))).isEqualTo(-1);
        assertThat(look(30, Set.of("b"))).isEqualTo(-1);
        assertThat(look(31, Set.of("c"))).isEqualTo(20);
    }

    @Test
    void lookThatOverlapsAnotherSaysNothingOfIt() {
        long first = horizon.begin();
        long second = horizon.begin();
        horizon.learn(first, new Look(20, Set.of("b")));

        assertThat(horizon.learn(second, new Look(10, Set.of("a")))).isEqualTo(-1);
    }

    @Test
    void whatSomebodyWaitedForIsCertainForAll() {
        assertThat(horizon.reach(7)).isEqualTo(7);
        assertThat(look(9, Set.of("a"))).isEqualTo(7);
    }

    private long look(long number, Set<String> writers) {
        return horizon.learn(horizon.begin(), new Look(number, writers));
    }
}
