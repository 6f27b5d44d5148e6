package dev.mooring.adapter.persistence;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;

class RoomAlarmTest {

    private final AtomicLong now = new AtomicLong(Long.MAX_VALUE - 5);
    private final RoomAlarm alarm = new RoomAlarm(now::get);

    @Test
    void itRingsForAWhileAfterTheLastFailure() {
        assertThat(alarm.rings()).isFalse();

        alarm.ring();
        pass(Duration.ofSeconds(14));
        assertThat(alarm.rings()).isTrue();

        alarm.ring();
        pass(Duration.ofSeconds(14));
        assertThat(alarm.rings()).isTrue();

        pass(Duration.ofSeconds(2));
        assertThat(alarm.rings()).isFalse();
    }

    private void pass(Duration time) {
        now.addAndGet(time.toNanos());
    }
}
