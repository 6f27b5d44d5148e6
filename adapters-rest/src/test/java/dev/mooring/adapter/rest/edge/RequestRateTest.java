package dev.mooring.adapter.rest.edge;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;

class RequestRateTest {
    private final AtomicLong now = new AtomicLong();
    private final RequestRate rate = new RequestRate(5, 10, now::get);

    @Test
    void burstIsAllowedAndThenTheRate() {
        assertThat(allowedOf("a", 20)).isEqualTo(10);
        now.addAndGet(TimeUnit.SECONDS.toNanos(1));
        assertThat(allowedOf("a", 20)).isEqualTo(5);
        now.addAndGet(TimeUnit.HOURS.toNanos(1));
        assertThat(allowedOf("a", 20)).isEqualTo(10);
    }

    @Test
    void callersDoNotDisturbEachOther() {
        allowedOf("a", 20);

        assertThat(allowedOf("b", 3)).isEqualTo(3);
    }

    @Test
    void callersThatAreRememberedAreBounded() {
        allowedOf("a", 20);
        IntStream.range(0, 10_000).forEach(i -> rate.allows("other-" + i));

        assertThat(rate.allows("a")).isTrue();
    }

    @Test
    void noLimitIsNoLimit() {
        assertThat(IntStream.range(0, 1000).allMatch(i -> RequestRate.UNLIMITED.allows("a")))
                .isTrue();
    }

    private long allowedOf(String address, int requests) {
        return IntStream.range(0, requests).filter(i -> rate.allows(address)).count();
    }
}
