package dev.mooring.adapter.rest.edge;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.net.InetAddress;
import java.net.UnknownHostException;
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

    @ParameterizedTest
    @CsvSource({
        "192.0.2.1, 192.0.2.1, true",
        "192.0.2.1, 192.0.2.2, false",
        "2001:db8::1, 2001:db8::ffff:ffff:ffff:ffff, true",
        "2001:db8::1, 2001:db8:0:1::1, false",
        "::ffff:192.0.2.1, ::ffff:192.0.2.2, false"
    })
    void addressesThatOneHostMayTakeCountAsOne(String one, String other, boolean same)
            throws UnknownHostException {
        assertThat(networkOf(one).equals(networkOf(other))).isEqualTo(same);
    }

    private static String networkOf(String address) throws UnknownHostException {
        return CallerAddress.of(InetAddress.getByName(address)).network();
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
