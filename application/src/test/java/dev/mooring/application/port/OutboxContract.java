package dev.mooring.application.port;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.application.fixture.Eventually;
import dev.mooring.application.fixture.Race;
import dev.mooring.application.port.Outbox.Backlog;
import dev.mooring.application.port.Outbox.Entry;
import dev.mooring.domain.lifecycle.Debt;
import dev.mooring.domain.oauth.Origin;

import org.junit.jupiter.api.Test;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** What every {@link Outbox} must keep, whatever is owed. */
abstract class OutboxContract<T> extends StoreContract {
    abstract Outbox<T> outbox();

    /** Of something that is gone: nothing but the entry knows of it. */
    abstract T owed();

    /**
     * Another one to another origin, with each optional part present or absent that is not so in
     * the first.
     */
    abstract T owedBesides();

    /** What may be told of {@link #owed()}. */
    abstract Debt debt();

    /** What may be told of {@link #owedBesides()}. */
    abstract Debt debtBesides();

    private List<Entry> take(int most) {
        return outbox().take(most, most, List.of(), LONG);
    }

    private Entry takeOne() {
        List<Entry> taken = take(10);
        assertThat(taken).hasSize(1);
        return taken.getFirst();
    }

    private void add(int count) {
        for (int i = 0; i < count; i++) {
            outbox().add(owed());
        }
    }

    private Origin first() {
        return debt().creditor();
    }

    @Test
    void whatIsOwedComesBackAsItWas() {
        outbox().add(owed());
        outbox().add(owedBesides());

        List<Entry> taken = take(10);
        assertThat(taken).extracting(Entry::debt).containsExactly(debt(), debtBesides());
        assertThat(taken.stream().map(outbox()::open).map(Optional::orElseThrow).toList())
                .isEqualTo(List.of(owed(), owedBesides()));
        assertThat(taken).allMatch(entry -> entry.attempts() == 1 && entry.tries() == 1);
    }

    @Test
    void whatIsTakenIsNotTakenByAnother() {
        outbox().add(owed());
        assertThat(take(10)).hasSize(1);
        assertThat(take(10)).isEmpty();
    }

    @Test
    void noMoreIsTakenThanWasAskedFor() {
        add(5);
        assertThat(take(2)).hasSize(2);
        assertThat(take(10)).hasSize(3);
    }

    @Test
    void anOriginHasItsPlacesAndNoMore() {
        add(5);
        outbox().add(owedBesides());

        assertThat(outbox().take(10, 2, List.of(), LONG))
                .extracting(entry -> entry.debt().creditor())
                .containsExactlyInAnyOrder(first(), first(), debtBesides().creditor());
        assertThat(outbox().take(10, 3, List.of(first(), first()), LONG)).hasSize(1);
        assertThat(outbox().take(10, 3, List.of(first(), first(), first()), LONG)).isEmpty();
        assertThat(outbox().take(10, 3, List.of(debtBesides().creditor()), LONG)).hasSize(2);
    }

    @Test
    void whatIsOwedToAnOriginWithoutRoomIsInNobodysWay() {
        add(20);
        outbox().add(owedBesides());
        assertThat(outbox().take(1, 2, List.of(first(), first()), LONG))
                .extracting(Entry::debt)
                .containsExactly(debtBesides());
    }

    @Test
    void aPausedOriginIsLeftAloneAndTheOthersAreNot() {
        add(2);
        outbox().add(owedBesides());
        outbox().pause(first(), LONG);
        outbox().pause(first(), Duration.ZERO);
        add(1);

        assertThat(take(10)).extracting(Entry::debt).containsExactly(debtBesides());
    }

    @Test
    void aPauseEnds() {
        outbox().pause(first(), SHORT);
        outbox().add(owed());
        assertThat(takenEventually().debt()).isEqualTo(debt());
    }

    @Test
    void whoTakeAtOnceTakeDifferentOnes() {
        add(32);
        Set<Long> numbers = new HashSet<>();
        List<List<Entry>> taken = Race.of(8, runner -> take(4));
        assertThat(taken).allSatisfy(some -> assertThat(some).hasSizeLessThanOrEqualTo(4));
        taken.stream()
                .flatMap(List::stream)
                .forEach(entry -> assertThat(numbers.add(entry.number())).isTrue());
        take(32).forEach(entry -> assertThat(numbers.add(entry.number())).isTrue());
        assertThat(numbers).hasSize(32);
    }

    @Test
    void whatADeadNodeTookIsTakenAgain() {
        outbox().add(owed());
        Entry dead = outbox().take(10, 10, List.of(), SHORT).getFirst();
        Entry again = takenEventually();
        assertThat(outbox().open(again)).contains(owed());
        assertThat(again.attempts()).isEqualTo(2);

        // It was not dead, only slow: what it has to say counts for nothing, unless it is done.
        assertThat(outbox().open(dead)).isEmpty();
        outbox().postpone(dead, Duration.ZERO);
        assertThat(take(10)).isEmpty();
        assertThat(outbox().giveUp(dead)).isFalse();
        assertThat(outbox().done(dead)).isTrue();
        assertThat(outbox().open(again)).isEmpty();
    }

    @Test
    void whatIsDoneIsForgotten() {
        outbox().add(owed());
        Entry entry = outbox().take(10, 10, List.of(), Duration.ZERO).getFirst();
        assertThat(outbox().done(entry)).isTrue();
        assertThat(outbox().done(entry)).isFalse();
        assertThat(outbox().giveUp(entry)).isFalse();
        outbox().postpone(entry, Duration.ZERO);
        assertThat(take(10)).isEmpty();
    }

    @Test
    void whatIsGivenUpIsForgotten() {
        outbox().add(owed());
        Entry entry = outbox().take(10, 10, List.of(), Duration.ZERO).getFirst();
        assertThat(outbox().giveUp(entry)).isTrue();
        assertThat(outbox().giveUp(entry)).isFalse();
        assertThat(take(10)).isEmpty();
    }

    @Test
    void whatIsPostponedIsNotTakenBeforeItsTime() {
        outbox().add(owed());
        outbox().postpone(takeOne(), LONG);
        outbox().add(owed());
        outbox().postpone(takeOne(), SHORT);
        Entry due = takenEventually();
        assertThat(due.attempts()).isEqualTo(2);
        assertThat(due.tries()).isEqualTo(2);
        assertThat(take(10)).isEmpty();
    }

    @Test
    void whatIsPostponedForNoTimeIsDueAtOnce() {
        outbox().add(owed());
        outbox().postpone(takeOne(), Duration.ZERO);
        assertThat(takenEventually().attempts()).isEqualTo(2);
    }

    @Test
    void whatIsExcusedDoesNotCount() {
        outbox().add(owed());
        outbox().excuse(takeOne(), Duration.ZERO);
        Entry second = takenEventually();
        assertThat(second.attempts()).isEqualTo(2);
        assertThat(second.tries()).isEqualTo(1);
        outbox().postpone(second, Duration.ZERO);
        assertThat(takenEventually().tries()).isEqualTo(2);
    }

    @Test
    void howMuchIsOwedAndForHowLongIsKnown() {
        assertThat(outbox().backlog()).isEqualTo(new Backlog(0, Duration.ZERO));
        add(2);
        Eventually.holds("time passes", () -> outbox().backlog().oldest().compareTo(SHORT) >= 0);
        outbox().add(owedBesides());
        assertThat(outbox().backlog().count()).isEqualTo(3);
        assertThat(outbox().backlog().oldest()).isGreaterThanOrEqualTo(SHORT);
        List<Entry> taken = take(10);
        assertThat(outbox().backlog().count()).isEqualTo(3);
        assertThat(taken.getFirst().age()).isGreaterThanOrEqualTo(SHORT);
        outbox().done(taken.getFirst());
        assertThat(outbox().backlog().count()).isEqualTo(2);
    }

    private Entry takenEventually() {
        List<Entry> taken = new ArrayList<>();
        Eventually.holds(
                "the entry is due",
                () -> {
                    taken.addAll(take(10));
                    return !taken.isEmpty();
                });
        assertThat(taken).hasSize(1);
        return taken.getFirst();
    }
}
