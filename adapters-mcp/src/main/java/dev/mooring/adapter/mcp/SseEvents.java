package dev.mooring.adapter.mcp;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;

/**
 * Reads server-sent events off a stream, by the grammar of the HTML standard (section 9.2.6). For
 * one thread.
 */
final class SseEvents {
    private static final int MOST_BYTES = 4 << 20;
    private static final int MOST_ID = 1024;
    private static final Duration DEFAULT_RETRY = Duration.ofSeconds(1);
    private static final String BYTE_ORDER_MARK = "\uFEFF";

    private final InputStream source;
    private final byte[] buffer = new byte[8192];
    private int at;
    private int end;
    private boolean atStart = true;
    private boolean afterCarriageReturn;

    private Optional<String> idOfEvent = Optional.empty();
    private Optional<String> lastEventId = Optional.empty();
    private Duration retry = DEFAULT_RETRY;

    SseEvents(InputStream source) {
        this.source = source;
    }

    /** One event; its data is never empty. */
    record Event(String type, String data) {}

    /** Signals an event that is larger than any message may be. */
    static final class TooLargeException extends IOException {
        private static final long serialVersionUID = 1L;
    }

    /**
     * Waits for the next event; empty at the end of the stream. An event that the end cuts off does
     * not count.
     */
    Optional<Event> next() throws IOException {
        String type = "";
        StringBuilder data = new StringBuilder();
        while (true) {
            Optional<String> line = line(data.length());
            if (line.isEmpty()) {
                return Optional.empty();
            }
            String text = withoutByteOrderMark(line.get());
            if (text.isEmpty()) {
                // The id counts from here on, also that of an event without data: such an event
                // primes us to resume.
                lastEventId = idOfEvent;
                if (!data.isEmpty()) {
                    data.setLength(data.length() - 1);
                    return Optional.of(
                            new Event(type.isEmpty() ? "message" : type, data.toString()));
                }
                type = "";
                continue;
            }
            int colon = text.indexOf(':');
            String field = colon < 0 ? text : text.substring(0, colon);
            String value = colon < 0 ? "" : text.substring(colon + 1);
            if (value.startsWith(" ")) {
                value = value.substring(1);
            }
            switch (field) {
                case "event" -> type = value;
                case "data" -> data.append(value).append('\n');
                case "id" -> id(value);
                case "retry" -> retry(value);
                default -> {
                    // A comment, or a field that is not ours to know.
                }
            }
        }
    }

    /** What to ask for to go on after the end of the stream; empty if it cannot be resumed. */
    Optional<String> lastEventId() {
        return lastEventId;
    }

    /** How long to wait before resuming. */
    Duration retry() {
        return retry;
    }

    private void id(String value) {
        if (value.indexOf('\0') < 0) {
            // An empty id takes the former one back. One that no header can carry is of no use.
            idOfEvent =
                    value.matches("[\\x21-\\x7E]{1," + MOST_ID + "}")
                            ? Optional.of(value)
                            : Optional.empty();
        }
    }

    private void retry(String value) {
        if (value.matches("[0-9]{1,9}")) {
            retry = Duration.ofMillis(Integer.parseInt(value));
        }
    }

    /** The next line without its end: LF, CR or both. */
    private Optional<String> line(int before) throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream(128);
        while (true) {
            if (at == end && !fill()) {
                return Optional.empty();
            }
            byte next = buffer[at++];
            boolean endsCarriageReturn = next == '\n' && afterCarriageReturn;
            afterCarriageReturn = next == '\r';
            if (endsCarriageReturn) {
                continue;
            }
            if (next == '\n' || next == '\r') {
                return Optional.of(line.toString(StandardCharsets.UTF_8));
            }
            line.write(next);
            if (line.size() + before > MOST_BYTES) {
                throw new TooLargeException();
            }
        }
    }

    private boolean fill() throws IOException {
        at = 0;
        end = Math.max(0, source.read(buffer));
        return end > 0;
    }

    private String withoutByteOrderMark(String line) {
        boolean first = atStart;
        atStart = false;
        return first && line.startsWith(BYTE_ORDER_MARK) ? line.substring(1) : line;
    }
}
