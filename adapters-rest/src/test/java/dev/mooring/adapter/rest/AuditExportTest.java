package dev.mooring.adapter.rest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.application.KeepHistory;
import dev.mooring.application.fixture.MutableClock;
import dev.mooring.application.port.InMemoryDatabase;
import dev.mooring.application.port.InMemoryEventLog;
import dev.mooring.domain.client.ClientId;
import dev.mooring.domain.lifecycle.ClientEvent;

import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/** An export goes at the pace of who reads it. */
class AuditExportTest {
    private static final String EXPORT =
            String.join(
                    "\r\n",
                    "GET /api/audit HTTP/1.1",
                    "Host: localhost",
                    "x-api-key: admin-key",
                    "Accept: application/x-ndjson",
                    "",
                    "");
    private static final String LAST_CHUNK = "\r\n0\r\n\r\n";

    private final MutableClock clock = new MutableClock();
    private final InMemoryDatabase database = new InMemoryDatabase(clock);
    private final InMemoryEventLog log = new InMemoryEventLog(database);

    private TestServer serverOf(int events, LongSupplier nanoTime) {
        List<String> words = Collections.nCopies(100, "x".repeat(150));
        ClientEvent event =
                new ClientEvent.ClientEdited(new ClientId("id"), words, clock.instant());
        for (int i = 0; i < events; i++) {
            log.append(event);
        }
        KeepHistory history = new KeepHistory(database, log, log, clock);
        return TestServer.startNarrow(new AuditResource(history, nanoTime));
    }

    /** Only one request is worked on at a time there. */
    @Test
    void readerThatStopsHoldsNoPlaceAmongTheRequests() throws IOException {
        try (TestServer server = serverOf(2000, System::nanoTime);
                RawHttp reader = new RawHttp(server.port())) {
            reader.send(EXPORT);
            assertThat(reader.isClosedByServer()).as("the answer has begun").isFalse();

            RawHttp.Reply other =
                    RawHttp.exchange(
                            server.port(), "GET /open HTTP/1.1\r\nHost: localhost\r\n\r\n");
            assertThat(other.status()).isEqualTo(200);
        }
    }

    @Test
    void readerThatTakesForEverIsLeft() throws IOException {
        AtomicLong now = new AtomicLong();
        LongSupplier tenMinutesEachTime = () -> now.addAndGet(Duration.ofMinutes(10).toNanos());
        try (TestServer server = serverOf(1200, tenMinutesEachTime);
                RawHttp reader = new RawHttp(server.port())) {
            reader.send(EXPORT);

            assertThat(reader.rest()).contains("client_edited").doesNotContain(LAST_CHUNK);
        }
        try (TestServer server = serverOf(0, System::nanoTime);
                RawHttp reader = new RawHttp(server.port())) {
            reader.send(EXPORT.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n"));

            assertThat(reader.rest()).endsWith(LAST_CHUNK);
        }
    }
}
