package dev.mooring.application;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.application.FollowEvents.Follower;
import dev.mooring.application.fixture.Events;
import dev.mooring.application.fixture.MutableClock;
import dev.mooring.application.fixture.Race;
import dev.mooring.application.port.EventHistory;
import dev.mooring.application.port.InMemoryDatabase;
import dev.mooring.application.port.InMemoryEventLog;
import dev.mooring.domain.audit.AuditFilter;
import dev.mooring.domain.audit.AuditRecord;
import dev.mooring.domain.client.ClientId;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;

@Timeout(60)
class FollowEventsTest {
    private static final Duration LONG = Duration.ofSeconds(50);

    private final InMemoryDatabase database = new InMemoryDatabase(new MutableClock());
    private final InMemoryEventLog log = new InMemoryEventLog(database);
    private final AtomicInteger reads = new AtomicInteger();
    private final FollowEvents followEvents = new FollowEvents(new Counted(log, reads));

    private void happen(int count) {
        for (int i = 0; i < count; i++) {
            log.append(Events.registered(new ClientId("id"), MutableClock.START));
        }
    }

    private static List<Long> numbers(List<AuditRecord> records) {
        return records.stream().map(AuditRecord::number).toList();
    }

    private static List<Long> read(Follower follower, int count) throws InterruptedException {
        List<Long> read = new ArrayList<>();
        while (read.size() < count) {
            read.addAll(numbers(follower.next(LONG)));
        }
        return read;
    }

    private List<Long> all() {
        return numbers(database.trail());
    }

    @Test
    void manyFollowersCostOneReadOfTheHistory() throws Exception {
        happen(3);
        List<Follower> followers = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            followers.add(followEvents.follow(OptionalLong.empty()));
        }
        happen(2);
        reads.set(0);
        followEvents.poll();

        for (Follower follower : followers) {
            assertThat(numbers(follower.next(LONG))).isEqualTo(all().subList(3, 5));
        }
        assertThat(reads.get()).isEqualTo(1);
    }

    @Test
    void whoComesBackGoesOnWhereItWasWithoutLossOrRepetition() throws Exception {
        happen(1500);
        try (Follower follower = followEvents.follow(OptionalLong.of(all().get(9)))) {
            followEvents.poll();
            assertThat(read(follower, 1490)).isEqualTo(all().subList(10, 1500));
            happen(5);
            followEvents.poll();
            assertThat(read(follower, 5)).isEqualTo(all().subList(1500, 1505));
        }
    }

    @Test
    void whoFallsBehindWhatIsHeldReadsTheRestFromTheHistory() throws Exception {
        try (Follower slow = followEvents.follow(OptionalLong.empty())) {
            for (int i = 0; i < 5; i++) {
                happen(500);
                followEvents.poll();
            }
            assertThat(read(slow, 2500)).isEqualTo(all());
        }
    }

    @Test
    void whileNobodyFollowsNothingIsRead() {
        followEvents.follow(OptionalLong.empty()).close();
        reads.set(0);
        followEvents.poll();
        assertThat(reads.get()).isZero();
    }

    @Test
    void numberThatWasNeverGivenMeansNow() throws Exception {
        happen(1);
        try (Follower follower = followEvents.follow(OptionalLong.of(999_999))) {
            happen(1);
            followEvents.poll();
            assertThat(read(follower, 1)).isEqualTo(all().subList(1, 2));
        }
    }

    @Test
    void waitingEndsWhenAllFollowingDoes() {
        try (Follower follower = followEvents.follow(OptionalLong.empty())) {
            CompletableFuture<List<AuditRecord>> waiting = Race.start(() -> next(follower));
            followEvents.end();
            assertThat(Race.finish(waiting)).isEmpty();
            assertThat(followEvents.hasEnded()).isTrue();
        }
    }

    @Test
    void whatCameBeforeTheEndIsStillTold() throws Exception {
        try (Follower follower = followEvents.follow(OptionalLong.empty())) {
            happen(2);
            followEvents.poll();
            followEvents.end();
            assertThat(numbers(follower.next(Duration.ZERO))).isEqualTo(all());
            assertThat(follower.next(LONG)).isEmpty();
        }
    }

    private static List<AuditRecord> next(Follower follower) {
        try {
            return follower.next(LONG);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private record Counted(EventHistory history, AtomicInteger reads) implements EventHistory {
        @Override
        public Page after(long number, AuditFilter filter, int limit) {
            reads.incrementAndGet();
            return history.after(number, filter, limit);
        }

        @Override
        public List<AuditRecord> before(long number, AuditFilter filter, int limit) {
            return history.before(number, filter, limit);
        }

        @Override
        public long settled() {
            return history.settled();
        }

        @Override
        public long certain() {
            return history.certain();
        }

        @Override
        public int forget(Instant before, int limit) {
            return history.forget(before, limit);
        }
    }
}
