package dev.mooring.adapter.rest.security;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.adapter.rest.Eventually;
import dev.mooring.adapter.rest.security.CookieOpening.Opened;

import io.helidon.common.crypto.CryptoException;

import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;

class CookieOpeningTest {
    private final AtomicInteger opened = new AtomicInteger();

    @Test
    void whatDidNotOpenIsNotTriedAgain() {
        CookieOpening opening = new CookieOpening(1, 1000);

        for (int i = 0; i < 5; i++) {
            assertThat(opening.open("c", cookie("c=junk"), this::refuse))
                    .isEqualTo(new Opened.Junk());
        }
        assertThat(opened).hasValue(1);
        opening.open("c", cookie("c=other"), this::refuse);
        assertThat(opened).hasValue(2);
    }

    @Test
    void whatIsRememberedIsBounded() {
        CookieOpening opening = new CookieOpening(1, 1000);
        for (int i = 0; i <= CookieOpening.MOST_REMEMBERED; i++) {
            opening.open("c", cookie("c=junk-" + i), this::refuse);
        }
        opened.set(0);

        opening.open("c", cookie("c=junk-0"), this::refuse);

        assertThat(opened).hasValue(1);
    }

    @Test
    void requestWithoutTheCookieCostsNothing() {
        CookieOpening opening = new CookieOpening(1, 1000);

        assertThat(opening.open("c_access", cookie("a=b; d=e"), this::refuse))
                .isEqualTo(new Opened.Absent());
        assertThat(opening.open("c_access", Map.of(), this::refuse)).isEqualTo(new Opened.Absent());
        assertThat(opened).hasValue(0);
    }

    @Test
    void aFewAreOpenedAtATimeAndTheOthersWaitOrAreSentAway() throws Exception {
        CookieOpening patient = new CookieOpening(2, 60_000);
        CountDownLatch gate = new CountDownLatch(1);
        AtomicInteger inside = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        List<Future<Opened>> waiting = new ArrayList<>();
        try (ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < 20; i++) {
                waiting.add(
                        callers.submit(() ->
                                patient.open(
                                        "c",
                                        cookie("c=good"),
                                        headers -> {
                                            most.accumulateAndGet(
                                                    inside.incrementAndGet(), Math::max);
                                            await(gate);
                                            inside.decrementAndGet();
                                            return Optional.of("content");
                                        })));
            }
            Eventually.isTrue(() -> inside.get() == 2);
            gate.countDown();
            for (Future<Opened> each : waiting) {
                assertThat(each.get()).isEqualTo(new Opened.Content("content"));
            }
        }
        assertThat(most).hasValue(2);
    }

    @Test
    void whoWaitedLongEnoughIsSentAway() throws Exception {
        CookieOpening hasty = new CookieOpening(1, 1);
        CountDownLatch gate = new CountDownLatch(1);
        try (ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor()) {
            AtomicInteger inside = new AtomicInteger();
            Future<Opened> first =
                    callers.submit(() ->
                            hasty.open(
                                    "c",
                                    cookie("c=good"),
                                    headers -> {
                                        inside.incrementAndGet();
                                        await(gate);
                                        return Optional.of("content");
                                    }));
            Eventually.isTrue(() -> inside.get() == 1);

            assertThat(hasty.open("c", cookie("c=good"), this::refuse))
                    .isEqualTo(new Opened.Busy());

            gate.countDown();
            assertThat(first.get()).isEqualTo(new Opened.Content("content"));
        }
        assertThat(opened).hasValue(0);
    }

    private Optional<String> refuse(Map<String, List<String>> headers) {
        opened.incrementAndGet();
        throw new CryptoException("does not open");
    }

    private static Map<String, List<String>> cookie(String value) {
        return Map.of("Cookie", List.of(value));
    }

    private static void await(CountDownLatch gate) {
        try {
            gate.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
