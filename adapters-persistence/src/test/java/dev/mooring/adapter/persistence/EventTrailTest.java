package dev.mooring.adapter.persistence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mooring.application.Acting;
import dev.mooring.application.KeepHistory;
import dev.mooring.application.fixture.Events;
import dev.mooring.application.fixture.MutableClock;
import dev.mooring.application.port.EventHistory;
import dev.mooring.application.port.EventLog;
import dev.mooring.domain.audit.ActingParty;
import dev.mooring.domain.audit.AuditFilter;
import dev.mooring.domain.audit.AuditRecord;
import dev.mooring.domain.audit.Outcome;
import dev.mooring.domain.client.ClientId;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** What the database itself sees to: order, and that nothing is changed or taken out. */
@Timeout(60)
class EventTrailTest {

    @RegisterExtension static final TestDatabase DATABASE = new TestDatabase();

    private static TestStores stores;

    private final EventLog log = stores.persistence().events(Acting::current);
    private final EventHistory history = stores.persistence().history();
    private long begin;

    @BeforeAll
    static void open() {
        stores = TestStores.open(DATABASE);
    }

    @AfterAll
    static void close() {
        stores.close();
    }

    @BeforeEach
    void begin() {
        begin = history.settled();
    }

    private void append(String client) {
        log.append(Events.registered(new ClientId(client), MutableClock.START));
    }

    private List<String> clientsAfter(long number) {
        return history.after(number, AuditFilter.ALL, 100).records().stream()
                .map(each -> each.entry().client().orElseThrow().value())
                .toList();
    }

    @Test
    void nothingIsReadThatSomethingSmallerMayStillComeBefore() throws Exception {
        CountDownLatch appended = new CountDownLatch(1);
        CountDownLatch mayCommit = new CountDownLatch(1);
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<?> slow =
                    threads.submit(() ->
                            stores.persistence()
                                    .unitOfWork()
                                    .run(() -> {
                                        append("slow");
                                        appended.countDown();
                                        await(mayCommit);
                                    }));
            appended.await();
            append("quick");

            EventHistory.Page early = history.after(begin, AuditFilter.ALL, 100);
            assertThat(early.records()).isEmpty();
            assertThat(early.upTo()).isEqualTo(begin);
            assertThat(history.before(Long.MAX_VALUE, AuditFilter.ALL, 1))
                    .extracting(each -> each.entry().client().orElseThrow().value())
                    .containsExactly("quick");

            mayCommit.countDown();
            slow.get();
            assertThat(clientsAfter(early.upTo())).containsExactly("slow", "quick");
        }
    }

    /** An export that ends must not leave out what happened since the last time anybody looked. */
    @Test
    void trailThatIsReadEndsWithWhatHadHappenedThen() throws Exception {
        CountDownLatch appended = new CountDownLatch(1);
        CountDownLatch mayCommit = new CountDownLatch(1);
        KeepHistory keepHistory =
                new KeepHistory(
                        stores.persistence().unitOfWork(), history, log, new MutableClock());
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<?> slow =
                    threads.submit(() ->
                            stores.persistence()
                                    .unitOfWork()
                                    .run(() -> {
                                        append("slow");
                                        appended.countDown();
                                        await(mayCommit);
                                    }));
            appended.await();
            append("quick");
            Future<List<AuditRecord>> reading =
                    threads.submit(() -> keepHistory.after(begin, AuditFilter.ALL, 100));

            assertThatThrownBy(() -> reading.get(300, TimeUnit.MILLISECONDS))
                    .isInstanceOf(TimeoutException.class);
            mayCommit.countDown();
            slow.get();
            assertThat(reading.get())
                    .extracting(each -> each.entry().client().orElseThrow().value())
                    .containsExactly("slow", "quick");
        } finally {
            mayCommit.countDown();
        }
    }

    @Test
    void whoeverReadsWhileManyWriteMissesNothingAndReadsNothingTwice() throws Exception {
        int writers = 4;
        int each = 60;
        List<Long> read = new ArrayList<>();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<?>> writing = new ArrayList<>();
            for (int writer = 0; writer < writers; writer++) {
                String name = "writer_" + writer;
                writing.add(
                        threads.submit(() -> {
                            for (int i = 0; i < each; i++) {
                                int turn = i;
                                stores.persistence()
                                        .unitOfWork()
                                        .run(() -> {
                                            append(name);
                                            if (turn % 3 == 0) {
                                                append(name);
                                            }
                                        });
                            }
                        }));
            }
            long position = begin;
            while (read.size() < writers * each * 4 / 3) {
                EventHistory.Page page = history.after(position, AuditFilter.ALL, 7);
                page.records().stream().map(AuditRecord::number).forEach(read::add);
                position = page.upTo();
            }
            for (Future<?> end : writing) {
                end.get();
            }
        }
        assertThat(read).isSorted().doesNotHaveDuplicates();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "update client_event set actor = 'somebody else'",
                "delete from client_event",
                "truncate client_event",
                "set mooring.forgetting = 'on'; delete from client_event where at > now() -"
                        + " interval '1 minute'"
            })
    void whatIsWrittenStays(String slip) {
        append("files");
        stores.execute(
                "insert into client_event (client_id, at, type, detail) values ('files', now(),"
                        + " 'client_registered', '{}')");

        assertThatThrownBy(() -> stores.execute(slip)).hasMessageContaining("append-only");

        stores.execute("reset mooring.forgetting");
        assertThat(clientsAfter(begin)).containsExactly("files", "files");
    }

    @ParameterizedTest
    @CsvSource({
        "client_connected,          {},                                  success, ",
        "client_connection_failed,  {\"problem\":\"server_unreachable\"}, failed, "
                + " server_unreachable",
        "authorization_failed,      {\"error\":\"access_denied\"},        refused, access_denied",
        "authorization_failed,      {\"problem\":\"server_too_slow\"},    failed,  server_too_slow",
        "reauthorization_needed,    {\"cause\":\"revoked\"},              success, ",
        "reauthorization_needed,    {\"cause\":\"token_refused\"},        refused, token_refused"
    })
    void whatAnEarlierVersionWritesHasAnOutcomeToo(
            String type, String detail, String outcome, String code) {
        stores.execute(
                "insert into client_event (client_id, at, type, detail) values ('old', now(),"
                        + " '%s', '%s')".formatted(type, detail));

        AuditRecord found = history.after(begin, AuditFilter.ALL, 1).records().getFirst();
        assertThat(found.entry().outcome().word()).isEqualTo(outcome);
        assertThat(found.entry().outcome().reason().orElse(null)).isEqualTo(code);
        assertThat(found.party()).isEqualTo(ActingParty.UNKNOWN);
    }

    @Test
    void whatALaterVersionWritesIsToldAsFarAsItIsUnderstood() {
        stores.execute(
                """
                insert into client_event (client_id, at, type, outcome, code, detail, actor_kind)
                values ('new', now(), 'client_painted', 'failed', 'no_paint',
                        '{"colour":"red","shades":{"a":1}}', 'robot')
                """);

        AuditRecord found = history.after(begin, AuditFilter.ALL, 1).records().getFirst();
        assertThat(found.entry().type()).isEqualTo("client_painted");
        assertThat(found.entry().outcome()).isEqualTo(new Outcome.Failed("no_paint"));
        assertThat(found.entry().details()).hasSize(1);
        assertThat(found.party()).isEqualTo(ActingParty.UNKNOWN);
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
