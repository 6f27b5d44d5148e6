package dev.mooring.adapter.mcp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

class SseEventsTest {

    @Test
    void anEventEndsWithAnEmptyLine() {
        assertThat(events("data: one\n\ndata: two\n\n"))
                .containsExactly(message("one"), message("two"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"\n", "\r\n", "\r"})
    void everyLineEndingOfTheStandardIsOne(String end) {
        assertThat(events("event: endpoint" + end + "data: /a" + end + end + "data: b" + end + end))
                .containsExactly(new SseEvents.Event("endpoint", "/a"), message("b"));
    }

    @Test
    void linesOfDataAreJoined() {
        assertThat(events("data: {\ndata:  \"a\": 1\ndata\ndata: }\n\n"))
                .containsExactly(message("{\n \"a\": 1\n\n}"));
    }

    @Test
    void oneSpaceAfterTheColonIsNotPartOfTheValue() {
        assertThat(events("data:one\n\ndata:  two\n\n"))
                .containsExactly(message("one"), message(" two"));
    }

    @Test
    void commentsUnknownFieldsAndEmptyEventsAreNothing() {
        assertThat(events(":\n: hello\n\nevent: x\n\nfoo: bar\ndata: one\nlonely\n\n"))
                .containsExactly(message("one"));
    }

    @Test
    void anEventThatTheEndCutsOffDoesNotCount() {
        assertThat(events("data: one\n\ndata: two\n")).containsExactly(message("one"));
    }

    @Test
    void aByteOrderMarkIsAllowedAtTheStartOnly() {
        assertThat(events("\uFEFFdata: one\n\n\uFEFFdata: two\n\n"))
                .containsExactly(message("one"));
    }

    @Test
    void textIsUtf8HoweverTheBytesArrive() {
        byte[] bytes = "data: 世界 🌍\r\n\r\n".getBytes(StandardCharsets.UTF_8);
        InputStream oneByOne =
                new ByteArrayInputStream(bytes) {
                    @Override
                    public synchronized int read(byte[] into, int offset, int length) {
                        return super.read(into, offset, Math.min(1, length));
                    }
                };
        assertThat(all(new SseEvents(oneByOne))).containsExactly(message("世界 🌍"));
    }

    @Test
    void anIdCountsOnceItsEventIsComplete() throws IOException {
        SseEvents events = over("id: 1\ndata: one\n\nid: 2\ndata: two\n");
        assertThat(events.lastEventId()).isEmpty();
        events.next();
        assertThat(events.lastEventId()).contains("1");
        assertThat(events.next()).isEmpty();
        assertThat(events.lastEventId()).contains("1");
    }

    @Test
    void anEventWithoutDataPrimesTheIdAndTheRetry() throws IOException {
        SseEvents events = over("id: prime\nretry: 250\ndata:\n\n");
        events.next();
        assertThat(events.lastEventId()).contains("prime");
        assertThat(events.retry()).isEqualTo(Duration.ofMillis(250));
    }

    @Test
    void anIdLastsUntilAnotherOneComes() throws IOException {
        SseEvents events = over("id: 1\ndata: a\n\ndata: b\n\nid\ndata: c\n\n");
        events.next();
        events.next();
        assertThat(events.lastEventId()).contains("1");
        events.next();
        assertThat(events.lastEventId()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"a b", "ä", "x\u0000y"})
    void anIdThatNoHeaderCanCarryIsOfNoUse(String id) throws IOException {
        SseEvents events = over("id: " + id + "\ndata: a\n\n");
        events.next();
        assertThat(events.lastEventId()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"soon", "-1", "1.5", "", "99999999999"})
    void aRetryThatIsNoNumberChangesNothing(String retry) throws IOException {
        SseEvents events = over("retry: " + retry + "\ndata: a\n\n");
        events.next();
        assertThat(events.retry()).isEqualTo(Duration.ofSeconds(1));
    }

    @Test
    void anEventLargerThanAnyMessageIsRefused() {
        String line = "data: " + "x".repeat(1 << 20) + "\n";
        assertThatThrownBy(() -> over(line.repeat(5)).next())
                .isInstanceOf(SseEvents.TooLargeException.class);
        assertThatThrownBy(() -> over(": " + "x".repeat(5 << 20)).next())
                .isInstanceOf(SseEvents.TooLargeException.class);
    }

    private static SseEvents.Event message(String data) {
        return new SseEvents.Event("message", data);
    }

    private static SseEvents over(String stream) {
        return new SseEvents(new ByteArrayInputStream(stream.getBytes(StandardCharsets.UTF_8)));
    }

    private static List<SseEvents.Event> events(String stream) {
        return all(over(stream));
    }

    private static List<SseEvents.Event> all(SseEvents events) {
        try {
            List<SseEvents.Event> all = new ArrayList<>();
            Optional<SseEvents.Event> next = events.next();
            while (next.isPresent()) {
                all.add(next.get());
                next = events.next();
            }
            return all;
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }
}
