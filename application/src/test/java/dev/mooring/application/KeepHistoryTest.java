package dev.mooring.application;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.application.fixture.Events;
import dev.mooring.application.fixture.MutableClock;
import dev.mooring.application.port.InMemoryDatabase;
import dev.mooring.application.port.InMemoryEventLog;
import dev.mooring.domain.audit.AuditFilter;
import dev.mooring.domain.audit.AuditRecord;
import dev.mooring.domain.audit.Detail;
import dev.mooring.domain.client.ClientId;

import org.junit.jupiter.api.Test;

import java.time.Duration;
import java.util.List;

class KeepHistoryTest {
    private final MutableClock clock = new MutableClock();
    private final InMemoryDatabase database = new InMemoryDatabase(clock);
    private final InMemoryEventLog log = new InMemoryEventLog(database);
    private final KeepHistory keepHistory = new KeepHistory(database, log, log, clock);

    @Test
    void whatIsForgottenIsToldAndNothingElseIs() {
        int many = 4500;
        for (int i = 0; i < many; i++) {
            log.append(Events.registered(new ClientId("id"), clock.instant()));
        }
        clock.advance(Duration.ofDays(2));
        log.append(Events.removed(new ClientId("id"), clock.instant()));

        keepHistory.forget(Duration.ofDays(1));
        keepHistory.forget(Duration.ofDays(1));

        List<AuditRecord> left = keepHistory.after(0, AuditFilter.ALL, 10);
        assertThat(left)
                .extracting(each -> each.entry().type())
                .containsExactly("client_removed", "events_forgotten");
        assertThat(left.getLast().entry().details()).contains(new Detail.Count("count", many));
    }
}
