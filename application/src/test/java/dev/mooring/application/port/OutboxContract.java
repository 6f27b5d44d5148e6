package dev.mooring.application.port;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.application.fixture.Eventually;
import dev.mooring.application.fixture.Race;
import dev.mooring.application.port.Outbox.Entry;

import org.junit.jupiter.api.Test;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** What every {@link Outbox} must keep, whatever is owed. */
abstract class OutboxContract<T> extends StoreContract {
    abstract Outbox<T> outbox();

    /** Of something that is gone: nothing but the entry knows of it. */
    abstract T owed();

    /** Another one, with each optional part present or absent that is not so in the first. */
    abstract T owedBesides();

    @Test
    void whatIsOwedComesBackAsItWas() {
        outbox().add(owed());
        outbox().add(owedBesides());

        List<Entry<T>> taken = outbox().take(10, LONG);
        assertThat(taken.stream().map(Entry::owed).toList())
                .isEqualTo(List.of(owed(), owedBesides()));
        assertThat(taken).allMatch(entry -> entry.attempts() == 1);
    }

    @Test
    void whatIsTakenIsNotTakenByAnother() {
        outbox().add(owed());
        assertThat(outbox().take(10, LONG)).hasSize(1);
        assertThat(outbox().take(10, LONG)).isEmpty();
    }

    @Test
    void noMoreIsTakenThanWasAskedFor() {
        for (int i = 0; i < 5; i++) {
            outbox().add(owed());
        }
        assertThat(outbox().take(2, LONG)).hasSize(2);
        assertThat(outbox().take(10, LONG)).hasSize(3);
    }

    @Test
    void whoTakeAtOnceTakeDifferentOnes() {
        for (int i = 0; i < 32; i++) {
            outbox().add(owed());
        }
        Set<Long> numbers = new HashSet<>();
        List<List<Entry<T>>> taken = Race.of(8, runner -> outbox().take(4, LONG));
        assertThat(taken).allSatisfy(some -> assertThat(some).hasSizeLessThanOrEqualTo(4));
        taken.stream()
                .flatMap(List::stream)
                .forEach(entry -> assertThat(numbers.add(entry.number())).isTrue());
        outbox().take(32, LONG).forEach(entry -> assertThat(numbers.add(entry.number())).isTrue());
        assertThat(numbers).hasSize(32);
    }

    @Test
    void whatADeadNodeTookIsTakenAgain() {
        outbox().add(owed());
        outbox().take(10, SHORT);
        Entry<T> again = takenEventually();
        assertThat(again.owed()).isEqualTo(owed());
        assertThat(again.attempts()).isEqualTo(2);
    }

    @Test
    void whatIsDoneIsForgotten() {
        outbox().add(owed());
        Entry<T> entry = outbox().take(10, Duration.ZERO).getFirst();
        outbox().done(entry);
        outbox().done(entry);
        outbox().postpone(entry, Duration.ZERO);
        assertThat(outbox().take(10, LONG)).isEmpty();
    }

    @Test
    void whatIsPostponedIsNotTakenBeforeItsTime() {
        outbox().add(owed());
        outbox().postpone(outbox().take(10, SHORT).getFirst(), LONG);
        outbox().add(owed());
        outbox().postpone(outbox().take(10, LONG).getFirst(), SHORT);
        Entry<T> due = takenEventually();
        assertThat(due.attempts()).isEqualTo(2);
        assertThat(outbox().take(10, LONG)).isEmpty();
    }

    @Test
    void whatIsPostponedForNoTimeIsDueAtOnce() {
        outbox().add(owed());
        outbox().postpone(outbox().take(10, LONG).getFirst(), Duration.ZERO);
        assertThat(takenEventually().attempts()).isEqualTo(2);
    }

    private Entry<T> takenEventually() {
        List<Entry<T>> taken = new ArrayList<>();
        Eventually.holds(
                "the entry is due",
                () -> {
                    taken.addAll(outbox().take(10, LONG));
                    return !taken.isEmpty();
                });
        assertThat(taken).hasSize(1);
        return taken.getFirst();
    }
}
