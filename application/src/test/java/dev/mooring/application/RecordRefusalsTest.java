package dev.mooring.application;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mooring.application.fixture.MutableClock;
import dev.mooring.application.port.InMemoryDatabase;
import dev.mooring.application.port.InMemoryEventLog;
import dev.mooring.application.port.StoreUnavailableException;
import dev.mooring.domain.access.Caller;
import dev.mooring.domain.access.Role;
import dev.mooring.domain.audit.ActingParty;
import dev.mooring.domain.audit.Actor;
import dev.mooring.domain.audit.Detail;
import dev.mooring.domain.audit.Outcome;

import org.junit.jupiter.api.Test;

import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;

class RecordRefusalsTest {
    private static final String OPERATION = "POST /api/keys";
    private static final String CODE = "role_insufficient";

    private final MutableClock clock = new MutableClock();
    private final InMemoryDatabase database = new InMemoryDatabase(clock);
    private final RecordRefusals refusals =
            new RecordRefusals(database, new InMemoryEventLog(database), clock);

    private static ActingParty at(String address) {
        return new ActingParty(Actor.UNKNOWN, Optional.of(address), Optional.of("req"));
    }

    @Test
    void equalOnesAreOneLineWithTheirNumberAndTheFirstInstant() {
        for (int i = 0; i < 1000; i++) {
            refusals.refused(at("192.0.2.1"), OPERATION, CODE);
            clock.advance(Duration.ofMillis(10));
        }
        refusals.refused(at("192.0.2.2"), OPERATION, CODE);
        assertThat(database.trail()).isEmpty();

        refusals.handle();
        refusals.handle();

        assertThat(database.trail()).hasSize(2);
        var first = database.trail().getFirst();
        assertThat(first.party().address()).contains("192.0.2.1");
        assertThat(first.entry().outcome()).isEqualTo(new Outcome.Refused(CODE));
        assertThat(first.entry().details())
                .containsExactly(
                        new Detail.Count("count", 1000),
                        new Detail.Text("operation", OPERATION),
                        new Detail.Text("since", MutableClock.START.toString()));
    }

    @Test
    void whoeverComesFromEverywhereCannotFillTheTrail() {
        for (int i = 0; i < 10_000; i++) {
            refusals.refused(at("2001:db8::" + i), OPERATION, CODE);
        }
        refusals.handle();

        assertThat(database.trail()).hasSize(RecordRefusals.KINDS + 1);
        assertThat(database.trail().getLast().entry().details())
                .contains(
                        new Detail.Count("count", 10_000 - RecordRefusals.KINDS),
                        new Detail.Text("operation", "others"));
    }

    @Test
    void strangersCannotHideWhatSomebodyDoesWhoIsKnown() {
        for (int i = 0; i < 1000; i++) {
            refusals.refused(at("2001:db8::" + i), OPERATION, CODE);
        }
        Actor insider = Actor.of(Caller.user("7", "mallory", Set.of(Role.VIEWER), false));
        refusals.refused(
                new ActingParty(insider, Optional.of("192.0.2.1"), Optional.empty()),
                "POST /api/keys",
                "role_insufficient");
        refusals.handle();

        var last = database.trail().getLast();
        assertThat(last.party().actor()).isEqualTo(insider);
        assertThat(last.entry().details()).contains(new Detail.Text("operation", "POST /api/keys"));
    }

    @Test
    void whatCannotBeWrittenIsKept() {
        AtomicBoolean away = new AtomicBoolean(true);
        RecordRefusals patient =
                new RecordRefusals(new Away(database, away), new InMemoryEventLog(database), clock);
        patient.refused(at("192.0.2.1"), OPERATION, CODE);
        assertThatThrownBy(patient::handle).isInstanceOf(StoreUnavailableException.class);

        away.set(false);
        patient.refused(at("192.0.2.1"), OPERATION, CODE);
        patient.handle();

        assertThat(database.trail()).hasSize(1);
        assertThat(database.trail().getFirst().entry().details())
                .contains(new Detail.Count("count", 2));
    }

    private record Away(InMemoryDatabase database, AtomicBoolean away)
            implements dev.mooring.application.port.UnitOfWork {
        @Override
        public <T> T execute(Supplier<T> work) {
            if (away.get()) {
                throw new StoreUnavailableException("away");
            }
            return database.execute(work);
        }
    }
}
