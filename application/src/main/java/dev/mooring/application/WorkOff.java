package dev.mooring.application;

import dev.mooring.application.port.Budget;
import dev.mooring.application.port.Outbox;
import dev.mooring.application.port.Outbox.Entry;
import dev.mooring.domain.lifecycle.Problem;

import java.time.Duration;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.BiFunction;
import java.util.random.RandomGenerator;

/**
 * Works off what is owed to authorization servers, as often as it takes. What a server will not
 * take is given up, and so is what could not be brought to it in half a day of trying.
 */
final class WorkOff<T> {
    /** So few that the last one is done before the lease on all of them ends. */
    private static final int BATCH = 3;

    private static final int MAX_ATTEMPTS = 24;
    private static final Duration FIRST_DELAY = Duration.ofSeconds(10);
    private static final Duration LONGEST_DELAY = Duration.ofHours(1);

    private final Outbox<T> outbox;
    private final BiFunction<T, Budget, Delivery> delivery;
    private final BiConsumer<T, Problem> givenUp;
    private final Timing timing;
    private final RandomGenerator random;

    /**
     * @param givenUp notes that something will not be brought any more
     */
    WorkOff(
            Outbox<T> outbox,
            BiFunction<T, Budget, Delivery> delivery,
            BiConsumer<T, Problem> givenUp,
            Timing timing,
            RandomGenerator random) {
        this.outbox = outbox;
        this.delivery = delivery;
        this.givenUp = givenUp;
        this.timing = timing;
        this.random = random;
    }

    /** What came of one try. */
    sealed interface Delivery {
        record Done() implements Delivery {}

        record Refused(Problem problem) implements Delivery {}

        record Unavailable(Problem problem) implements Delivery {}
    }

    /** Brings what is due now; returns when nothing more is. */
    void handle() {
        List<Entry<T>> due = outbox.take(BATCH, timing.lease());
        while (!due.isEmpty()) {
            due.forEach(this::deliver);
            due = outbox.take(BATCH, timing.lease());
        }
    }

    private void deliver(Entry<T> entry) {
        switch (delivery.apply(entry.owed(), Budget.of(timing.tokenCall()))) {
            case Delivery.Done done -> outbox.done(entry);
            case Delivery.Refused refused -> giveUp(entry, refused.problem());
            case Delivery.Unavailable unavailable -> {
                if (entry.attempts() >= MAX_ATTEMPTS) {
                    giveUp(entry, unavailable.problem());
                } else {
                    outbox.postpone(entry, delayAfter(entry.attempts()));
                }
            }
        }
    }

    private void giveUp(Entry<T> entry, Problem problem) {
        givenUp.accept(entry.owed(), problem);
        outbox.done(entry);
    }

    /** Doubles up to an hour, with jitter so that many owed to one server do not come at once. */
    private Duration delayAfter(int attempts) {
        long doubled = FIRST_DELAY.toMillis() << Math.min(attempts, 16);
        long delay = Math.min(doubled, LONGEST_DELAY.toMillis());
        return Duration.ofMillis(delay / 2 + random.nextLong(delay / 2 + 1));
    }
}
